#!/usr/bin/python3
"""One order, told in both encodings: config/example_client.py [ENDPOINT [CLORDID]]"""
import json, os, sys, time, zmq

endpoint = sys.argv[1] if len(sys.argv) > 1 else "ipc://" + os.path.abspath("run/order-entry.ipc")
name = sys.argv[2] if len(sys.argv) > 2 else "PY-%d" % time.time()
gateway = zmq.Context().socket(zmq.DEALER)
gateway.connect(endpoint)
order = "35=D|49=OMS|11=%s|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|60=20261121-10:00:00|" % name
gateway.send(order.replace("|", "\x01").encode())
print(gateway.recv().decode().replace("\x01", "|"))  # 150=A: on disk; 150=I: it was already
gateway.send_json({"Header": {"MsgType": "H", "SenderCompID": "OMS"},
                   "Body": {"ClOrdID": name, "Symbol": "VOD", "Side": "1"}})
print(json.dumps(gateway.recv_json(), indent=1))

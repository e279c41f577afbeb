#!/usr/bin/python3
"""Writes config/demo-orders.fix: a day of a UK retail platform in a few hundred lines.

The result is committed; run this only to change its shape:
    tests/tools/demo_orders.py > config/demo-orders.fix
"""

import random

# Symbol, Product(460), Currency(15), price, tick, typical quantity.
EQUITIES = [
    ("VOD", 5, "GBX", 71.24, 0.02, 1500), ("LLOY", 5, "GBX", 58.10, 0.02, 2500),
    ("BARC", 5, "GBX", 268.35, 0.05, 600), ("HSBA", 5, "GBX", 742.60, 0.1, 250),
    ("AZN", 5, "GBX", 11842, 2, 12), ("SHEL", 5, "GBX", 2712.5, 0.5, 80),
    ("ULVR", 5, "GBX", 4588, 1, 45), ("GSK", 5, "GBX", 1421.5, 0.5, 130),
    ("TSCO", 5, "GBX", 372.4, 0.1, 500), ("BP.", 5, "GBX", 401.75, 0.05, 450),
    ("RR.", 5, "GBX", 588.2, 0.2, 300), ("NG.", 5, "GBX", 988.4, 0.2, 180),
    ("LGEN", 5, "GBX", 231.7, 0.1, 900), ("AV.", 5, "GBX", 488.9, 0.1, 350),
    ("DGE", 5, "GBX", 2455.5, 0.5, 70), ("REL", 5, "GBX", 3678, 1, 40),
]
ETFS = [
    ("VUSA", 5, "GBP", 92.155, 0.005, 40), ("ISF", 5, "GBX", 812.4, 0.1, 250),
    ("VWRL", 5, "GBP", 108.42, 0.01, 35), ("SWDA", 5, "GBX", 8431, 1, 25),
    ("IGLT", 5, "GBP", 10.142, 0.002, 600), ("VMID", 5, "GBP", 32.88, 0.01, 90),
]
GILTS = [  # Price per 100 nominal; the quantity is nominal pounds.
    ("TN28", 6, "GBP", 92.31, 0.005, 10000), ("TG30", 6, "GBP", 84.06, 0.005, 5000),
    ("TG31", 6, "GBP", 79.88, 0.005, 8000),
]
ORDERS = 360


def text(value):
    return f"{value:.4f}".rstrip("0").rstrip(".")


def price_near(draw, instrument, spread):
    _, _, _, price, tick, _ = instrument
    return round((price * (1 + draw.uniform(-spread, spread))) / tick) * tick


def quantity_of(draw, instrument):
    typical = instrument[5]
    quantity = max(1, int(typical * draw.lognormvariate(0, 0.6)))
    if instrument in GILTS:
        return max(1000, quantity // 1000 * 1000)
    return quantity // 10 * 10 if quantity > 100 and draw.random() < 0.6 else quantity


def main():
    draw = random.Random(1986)
    accounts = [f"{kind}-{draw.randint(100000, 399999)}" for kind in ["ISA"] * 26 + ["SIPP"] * 16
                + ["GIA"] * 22]
    later = {}  # Line number → lines to say then.
    lines = []
    for number in range(1, ORDERS + 1):
        instrument = draw.choice(draw.choices([EQUITIES, ETFS, GILTS], [66, 28, 6])[0])
        symbol, product, currency = instrument[:3]
        name = f"P{number:04d}"
        account = draw.choice(accounts)
        side = draw.choices("12", [62, 38])[0]
        quantity = quantity_of(draw, instrument)
        limit = draw.random() < 0.45
        who = f"1={account}|55={symbol}|460={product}|207=XLON|15={currency}|54={side}"
        kind = f"40=2|44={text(price_near(draw, instrument, 0.004))}" if limit else "40=1"
        until = draw.choices("01", [92, 8])[0] if limit else "0"
        lines.append(f"35=D|11={name}|{who}|38={quantity}|{kind}|59={until}")
        fate = draw.random()
        if limit and fate < 0.22:
            soon = len(lines) + draw.randint(2, 5)
            later.setdefault(soon, []).append(
                f"35=F|11={name}C|41={name}|1={account}|55={symbol}|54={side}|38={quantity}")
        elif limit and fate < 0.40:
            soon = len(lines) + draw.randint(2, 5)
            fewer = max(1, quantity * draw.randint(50, 90) // 100)
            if instrument in GILTS:
                fewer = max(1000, fewer // 1000 * 1000)
            price = text(price_near(draw, instrument, 0.004))
            later.setdefault(soon, []).append(
                f"35=G|11={name}R|41={name}|{who}|38={fewer}|40=2|44={price}|59={until}")
        for line in later.pop(len(lines), []):
            lines.append(line)
    for rest in later.values():
        lines += rest
    print("# A few hundred orders as a UK retail platform sends them: equities, ETFs and gilts; pounds")
    print("# (GBP) and pence (GBX); market and limit; ISA, SIPP and general accounts; some cancelled")
    print("# (35=F) or replaced (35=G) moments later. One FIX 4.4 message per line, '|' for SOH; what")
    print("# the OMS or nobody needs to say (8, 9, 10, 34, 49, 52, 56) is left out. `fixgate submit` reads")
    print("# this file too. Written by tests/tools/demo_orders.py; all of it is invented.")
    for number, line in enumerate(lines):
        second = number * 70  # From 08:00 to half past four.
        clock = f"{8 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        print(f"{line}|60=20261120-{clock}")


main()

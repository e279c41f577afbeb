/* What the parts of the rig share: core_rig_make.c makes it, core_rig.c is the gateway's side
 * and the store, core_rig_tell.c what the engine is told, core_rig_reads.c its reads,
 * core_rig_broker.c the brokers' side and the lines; core_rig_check.c watches both,
 * core_rig_look.c, core_rig_ask.c and core_rig_words.c are what tests look for, ask and say. */
#ifndef TESTS_UNIT_CORE_RIG_PARTS_H
#define TESTS_UNIT_CORE_RIG_PARTS_H

#include "tests/unit/core_rig.h"

/* Around what is told to the engine. False: the turn was refused, and the gateway has started
 * again. */
void rig_turn_begin(struct rig *rig);
bool rig_turn_end(struct rig *rig);

/* Binds the release ports to what the rig keeps. */
void rig_ports_init(struct rig *rig);

/* Appends "topic |message|" with '|' for SOH. */
void rig_log_line(struct rig_log *log, struct span topic, struct span message, uint64_t bus_seq);

/* The bytes of a text with '|' for SOH; returns their count. */
size_t rig_with_soh(const char *text, uint8_t *bytes);

void rig_line_add(struct rig_line *line, struct span bytes);
void rig_line_take(struct rig_line *line, size_t size);

/* A connection came to the broker; it is gone. */
void rig_broker_connect(struct rig *rig, struct rig_broker *broker);
void rig_broker_hang_up(struct rig *rig, struct rig_broker *broker);

/* One that dials does so when it is time. */
void rig_broker_dial(struct rig *rig, struct rig_broker *broker);

/* Reads what came, answers, does what is due. True if anything moved. */
bool rig_broker_move(struct rig *rig, struct rig_broker *broker);

/* Binds the engine's port to the store: core_rig.h, `reads_left`. */
void rig_reader_init(struct rig *rig);

/* core_rig_check.c: nothing is released that is not durable. Each first sending stands in
 * the outbound queue with the same bytes, below the session's next number; each order
 * that is said to be accepted, and each event, is in the store; no event is left out. */
void rig_check_sent(struct rig *rig, uint32_t session, struct span bytes);
void rig_check_reply(struct rig *rig, struct span bytes);
void rig_check_published(struct rig *rig, struct span topic, uint64_t bus_seq, struct span bytes);
/* After each turn: no stored number went backwards, except by a reset. */
void rig_check_turn(struct rig *rig);

#endif

/*
 * Messages per sender and minute, in memory: a table of fixed size, so that a
 * flood of senders costs no memory. What it forgets counts from zero.
 */
#ifndef SEKISHO_GATEWAY_MAIL_RATE_H
#define SEKISHO_GATEWAY_MAIL_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

/* NULL when out of memory. Threads may share it. */
struct rate *rate_new(uint32_t per_minute);
void rate_free(struct rate *rate);

/* Counts a message of this sender at `now_ms`; false: there were too many in
 * the minute before. Case of the address does not matter. */
bool rate_allows(struct rate *rate, const char *sender, uint64_t now_ms);

#endif

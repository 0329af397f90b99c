/*
 * One record of the audit log: a line of canonical JSON (docs/audit-log.md).
 * Keys stand in a fixed order, numbers are whole, there is no white space, and
 * whatever could be taken for something else on a screen is escaped, so that a
 * record has exactly one spelling.
 */
#ifndef SEKISHO_QUARANTINE_RECORD_H
#define SEKISHO_QUARANTINE_RECORD_H

#include "quarantine/note.h"
#include "quarantine/tenant.h"

enum {
	RECORD_TEXT_MAX = 255, /* bytes of UTF-8 in each text field */
	RECORD_LINE_MAX = 16 * 1024,
};

struct record {
	int year;        /* fiscal year: April to March, Japan's time */
	uint64_t seq;    /* in its year, from 0 */
	int64_t time_ms; /* since 1970, UTC */
	char node[NODE_NAME_MAX + 1];
	char actor[RECORD_TEXT_MAX + 1];  /* program or user that acted */
	char role[RECORD_TEXT_MAX + 1];   /* in which role: "system" ... */
	char unit[RECORD_TEXT_MAX + 1];   /* department of the object */
	char source[RECORD_TEXT_MAX + 1]; /* channel or address it came by */
	char action[RECORD_TEXT_MAX + 1]; /* "item.record", "log.open" ... */
	char object[RECORD_TEXT_MAX + 1]; /* "item:ID", "log:YEAR" ... */
	uint64_t version; /* state version of the object, or a size */
	char reason[RECORD_TEXT_MAX + 1];  /* stable name, "" for none */
	char outcome[RECORD_TEXT_MAX + 1]; /* state reached, "ok" ... */
	bool has_before;
	bool has_after;
	bool has_payload;
	uint8_t before[HASH_SIZE]; /* evidence hash, see item.h */
	uint8_t after[HASH_SIZE];
	uint8_t payload[HASH_SIZE];  /* SHA-256(salt || payload) */
	uint8_t previous[HASH_SIZE]; /* SHA-256 of the line before */
	char tenant[TENANT_MAX + 1]; /* whose it is, not in the line; "": the
					bound one's (tenant.h) */
};

/* Appends the line without its newline. */
void record_write(struct buffer *buffer, const struct record *record);

/* Reads a line without its newline. -ERR_MALFORMED unless record_write() would
 * spell it the same way. */
int record_read(struct view line, struct record *ret_record) MUST_CHECK;

/* Appends a JSON string, quotes included, in the record's spelling. Text that
 * is not UTF-8 comes out with U+FFFD. */
void json_write_string(struct buffer *buffer, const char *text);

/* The fiscal year of a moment. */
int fiscal_year(int64_t time_ms);

#endif

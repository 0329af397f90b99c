/*
 * sekisho-notifier's parts:
 *   main.c    what it is told, when it tells it on
 *   memory.c  what was told already; survives a restart
 *   letter.c  the message
 */
#ifndef SEKISHO_GATEWAY_NOTIFIER_H
#define SEKISHO_GATEWAY_NOTIFIER_H

#include "base/message.h"
#include "gateway/config/config.h"

enum {
	/* Of one kind no message comes sooner after another. */
	MEMORY_LEAST_MS = 60 * 60 * 1000,
	MEMORY_RETRY_MS = 60 * 1000, /* doubled each time, up to the least */
	MEMORY_HASH = 32,
};

/* Of one kind of alarm. Times in ms since 1970. */
struct told {
	int64_t tried_ms;         /* 0: never */
	int64_t sent_ms;          /* 0: never */
	uint32_t failures;        /* tries in a row that came to nothing */
	struct alarm_told try_;   /* the last one */
	bool noted;               /* it is on the vault's record */
	uint8_t key[MEMORY_HASH]; /* of what was sent */
};

struct memory {
	const char *path;
	struct told kinds[ALARM_KINDS];
};

/* Reads what a former run wrote; what cannot be read was never told. */
void memory_load(struct memory *memory, const char *path);

/* Whether it is to be told at this moment: it is new, or another one, or still
 * there after `again_hours`, and not too soon after the last. */
bool memory_is_due(const struct memory *memory, const struct alarm *alarm,
		   uint32_t again_hours, int64_t now_ms);

/* Notes a try and keeps it on the disk. */
int memory_note(struct memory *memory, const struct alarm *alarm,
		const struct alarm_told *told) MUST_CHECK;
/* The same: the try of that moment is on the vault's record. */
int memory_noted(struct memory *memory, enum alarm_kind kind,
		 int64_t time_ms) MUST_CHECK;

struct letter {
	const struct config *config;
	struct view texts; /* of the site; may be empty */
	const char *node;
	const struct alarm *alarm;
	int64_t now_ms;
};

/* Appends the whole message, CRLF lines of ASCII. */
void letter_write(const struct letter *letter, struct buffer *buffer);

#endif

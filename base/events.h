/*
 * What goes wrong with the gateway itself, in frames (message.h): programs that
 * ended, and what people are told of.
 */
#ifndef SEKISHO_BASE_EVENTS_H
#define SEKISHO_BASE_EVENTS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdint.h>

/* MESSAGE_PROGRAM_EVENT: u8 change, u8 cause, u32 code, u64 time_ms, program.
 */
enum program_change {
	PROGRAM_ENDED = 0,   /* unexpectedly; it is started again */
	PROGRAM_DOWN,        /* and stays down until a person has looked */
	PROGRAM_BACK,        /* started again */
	PROGRAM_EVENTS_LOST, /* `code` events before this one are not told */
	PROGRAM_CHANGES
};
enum program_cause {
	PROGRAM_CAUSE_NONE = 0,
	PROGRAM_CAUSE_EXIT,   /* `code`: its status */
	PROGRAM_CAUSE_SIGNAL, /* `code`: the signal's number */
	PROGRAM_CAUSE_BROKER, /* ended with the broker, whose work it did */
	PROGRAM_CAUSES
};

enum { PROGRAM_NAME_MAX = 31 };

struct program_event {
	enum program_change change;
	enum program_cause cause;
	uint32_t code;
	int64_t time_ms;                    /* since 1970, UTC */
	char program[PROGRAM_NAME_MAX + 1]; /* "sekisho-vault" */
};

void program_event_write(struct buffer *buffer,
			 const struct program_event *value);
int program_event_read(struct view payload,
		       struct program_event *ret) MUST_CHECK;

/* MESSAGE_ALARMS: u8 kind, key, text in Japanese, in English. */
enum alarm_kind {
#define ALARM(symbol, name, ja, en) ALARM_##symbol,
#include "base/alarm.def"
#undef ALARM
	ALARM_KINDS
};

enum { ALARM_KEY_MAX = 1023, ALARM_TEXT_MAX = 3071, ALARMS_MAX = 8 };

struct alarm {
	enum alarm_kind kind;
	char key[ALARM_KEY_MAX + 1];      /* another key: something else */
	char text[2][ALARM_TEXT_MAX + 1]; /* by enum language: lines */
};

struct alarms {
	size_t count;
	struct alarm list[ALARMS_MAX];
};

void alarms_write(struct buffer *buffer, const struct alarms *value);
int alarms_read(struct view payload, struct alarms *ret) MUST_CHECK;
/* "definitions.stale" */
const char *alarm_name(enum alarm_kind kind);
const char *alarm_sentence(enum alarm_kind kind, enum language language);

/* MESSAGE_ALARM_TOLD: in this order. */
struct alarm_told {
	enum alarm_kind kind;
	uint32_t recipients; /* that it was sent to; 0: to nobody */
	uint32_t code;       /* the mail server's; 0: it did not answer */
	int64_t time_ms;     /* since 1970, UTC */
};

void alarm_told_write(struct buffer *buffer, const struct alarm_told *value);
int alarm_told_read(struct view payload, struct alarm_told *ret) MUST_CHECK;

#endif

/* The frames of what went wrong: programs that ended, and who is told. */
#include "base/events.h"

#include "base/wire.h"

static const struct {
	const char *name;
	const char *sentence[2]; /* by enum language */
} alarm_kinds[ALARM_KINDS] = {
#define ALARM(symbol, name, ja, en)                                            \
	[ALARM_##symbol] = {name, {[LANGUAGE_JA] = (ja), [LANGUAGE_EN] = (en)}},
#include "base/alarm.def"
#undef ALARM
};

const char *alarm_name(enum alarm_kind kind)
{
	return alarm_kinds[kind].name;
}

const char *alarm_sentence(enum alarm_kind kind, enum language language)
{
	return alarm_kinds[kind].sentence[language];
}

static int64_t read_time(struct cursor *cursor)
{
	uint64_t value = cursor_u64le(cursor);

	if (value > INT64_MAX)
		cursor->failed = true;
	return cursor->failed ? 0 : (int64_t)value;
}

void program_event_write(struct buffer *buffer,
			 const struct program_event *value)
{
	buffer_u8(buffer, (uint8_t)value->change);
	buffer_u8(buffer, (uint8_t)value->cause);
	buffer_u32le(buffer, value->code);
	buffer_u64le(buffer, (uint64_t)value->time_ms);
	pack_string(buffer, value->program);
}

int program_event_read(struct view payload, struct program_event *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct program_event){0};
	ret->change = (enum program_change)wire_below(
	    &cursor, cursor_u8(&cursor), PROGRAM_CHANGES);
	ret->cause = (enum program_cause)wire_below(&cursor, cursor_u8(&cursor),
						    PROGRAM_CAUSES);
	ret->code = cursor_u32le(&cursor);
	ret->time_ms = read_time(&cursor);
	unpack_string(&cursor, ret->program, sizeof(ret->program));
	return wire_end(&cursor);
}

void alarms_write(struct buffer *buffer, const struct alarms *value)
{
	buffer_u8(buffer, (uint8_t)value->count);
	for (size_t i = 0; i < value->count; i++) {
		const struct alarm *alarm = &value->list[i];

		buffer_u8(buffer, (uint8_t)alarm->kind);
		pack_string(buffer, alarm->key);
		pack_string(buffer, alarm->text[LANGUAGE_JA]);
		pack_string(buffer, alarm->text[LANGUAGE_EN]);
	}
}

int alarms_read(struct view payload, struct alarms *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	ret->count =
	    wire_below(&cursor, cursor_u8(&cursor), (uint32_t)ALARMS_MAX + 1);
	for (size_t i = 0; i < ret->count && !cursor.failed; i++) {
		struct alarm *alarm = &ret->list[i];

		*alarm = (struct alarm){0};
		alarm->kind = (enum alarm_kind)wire_below(
		    &cursor, cursor_u8(&cursor), ALARM_KINDS);
		unpack_string(&cursor, alarm->key, sizeof(alarm->key));
		unpack_string(&cursor, alarm->text[LANGUAGE_JA],
			      sizeof(alarm->text[LANGUAGE_JA]));
		unpack_string(&cursor, alarm->text[LANGUAGE_EN],
			      sizeof(alarm->text[LANGUAGE_EN]));
	}
	if (cursor.failed)
		ret->count = 0;
	return wire_end(&cursor);
}

void alarm_told_write(struct buffer *buffer, const struct alarm_told *value)
{
	buffer_u8(buffer, (uint8_t)value->kind);
	buffer_u32le(buffer, value->recipients);
	buffer_u32le(buffer, value->code);
	buffer_u64le(buffer, (uint64_t)value->time_ms);
}

int alarm_told_read(struct view payload, struct alarm_told *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct alarm_told){0};
	ret->kind = (enum alarm_kind)wire_below(&cursor, cursor_u8(&cursor),
						ALARM_KINDS);
	ret->recipients = cursor_u32le(&cursor);
	ret->code = cursor_u32le(&cursor);
	ret->time_ms = read_time(&cursor);
	return wire_end(&cursor);
}

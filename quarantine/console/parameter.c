/* Reading a call's parameters: hostile, bounded, nothing unknown. */
#include "quarantine/console/call.h"

#include "base/bytes.h"

#include "base/banned.h"

int parameter_refuse(struct call *call, const char *key)
{
	if (call->parameter_wrong == NULL)
		call->parameter_wrong = key;
	return -ERR_PARAMETER;
}

/* NULL where it is absent; null counts as that. */
static const json_t *take(struct call *call, const char *key, enum need need)
{
	const json_t *value = json_object_get(call->parameters, key);

	if (value != NULL)
		call->parameters_read++;
	if (value == NULL || json_is_null(value)) {
		if (need == REQUIRED)
			(void)parameter_refuse(call, key);
		return NULL;
	}
	return value;
}

static bool has_controls(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (((unsigned char)*at < 0x20 && *at != '\t' && *at != '\n') ||
		    *at == 0x7f)
			return true;
	return false;
}

void parameter_text(struct call *call, const char *key, enum need need,
		    char *text, size_t size)
{
	const json_t *value = take(call, key, need);
	const char *given = json_string_value(value);

	text[0] = '\0';
	if (value == NULL)
		return;
	if (given == NULL || json_string_length(value) >= size ||
	    (need == REQUIRED && given[0] == '\0') || has_controls(given) ||
	    !text_copy(text, size, given))
		(void)parameter_refuse(call, key);
}

void parameter_integer(struct call *call, const char *key, enum need need,
		       int64_t least, int64_t most, int64_t *value)
{
	const json_t *given = take(call, key, need);

	if (given == NULL)
		return;
	if (!json_is_integer(given) || json_integer_value(given) < least ||
	    json_integer_value(given) > most)
		(void)parameter_refuse(call, key);
	else
		*value = json_integer_value(given);
}

void parameter_flag(struct call *call, const char *key, bool *value)
{
	const json_t *given = take(call, key, OPTIONAL);

	if (given == NULL)
		return;
	if (!json_is_boolean(given))
		(void)parameter_refuse(call, key);
	else
		*value = json_is_true(given);
}

void parameter_id(struct call *call, const char *key, enum need need,
		  char id[ITEM_ID_SIZE + 1])
{
	parameter_text(call, key, need, id, ITEM_ID_SIZE + 1);
	if (id[0] != '\0' && !item_id_valid(id)) {
		id[0] = '\0';
		(void)parameter_refuse(call, key);
	}
}

const json_t *parameter_list(struct call *call, const char *key, enum need need,
			     size_t most)
{
	const json_t *value = take(call, key, need);

	if (value == NULL)
		return NULL;
	if (!json_is_array(value) || json_array_size(value) > most) {
		(void)parameter_refuse(call, key);
		return NULL;
	}
	return value;
}

const json_t *parameter_object(struct call *call, const char *key,
			       enum need need)
{
	const json_t *value = take(call, key, need);

	if (value == NULL)
		return NULL;
	if (!json_is_object(value)) {
		(void)parameter_refuse(call, key);
		return NULL;
	}
	return value;
}

int parameters_end(struct call *call)
{
	call->parameters_ended = true;
	if (call->parameter_wrong != NULL)
		return -ERR_PARAMETER;
	/* What nobody asked for: a field that somebody hopes is assigned. */
	if (call->parameters_read != json_object_size(call->parameters))
		return parameter_refuse(call, "unknown");
	return 0;
}

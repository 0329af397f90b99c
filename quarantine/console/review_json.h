/* Rows of queries as JSON objects, by a list of their columns. */
#ifndef SEKISHO_QUARANTINE_CONSOLE_REVIEW_JSON_H
#define SEKISHO_QUARANTINE_CONSOLE_REVIEW_JSON_H

#include "quarantine/console/call.h"
#include "quarantine/review/review.h"

enum json_form {
	JSON_TEXT,
	JSON_NAME,   /* null for "" and "none" */
	JSON_NUMBER, /* null for NULL */
	JSON_TIME,   /* UTC; null for NULL */
	JSON_HASH,   /* hexadecimal; null for NULL */
	JSON_FLAG,
};

struct json_field {
	const char *key;
	enum json_form form;
};

/* A new object of the present row's first columns; NULL without memory. */
json_t *json_row(const struct query *query, const struct json_field *fields,
		 size_t count);

/* All rows as an array into `object`; one more than `most` sets *ret_more and
 * is left out (NULL: no limit). */
int json_rows(struct query *query, const struct json_field *fields,
	      size_t count, json_t *object, const char *key, int64_t most,
	      bool *ret_more) MUST_CHECK;

/* 0 when json_object_set_new() and its like said so. */
int json_error(int result) MUST_CHECK;

/* Of this call. */
struct reviewer reviewer_of(const struct call *call);

/* A time in UTC as the API writes it, milliseconds since 1970; `value` keeps
 * what it was where it is absent. */
void parameter_time(struct call *call, const char *key, enum need need,
		    int64_t *value);

#endif

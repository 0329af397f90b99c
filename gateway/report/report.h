/*
 * The report of an item: versioned JSON, docs/report.schema.json. Built by
 * the broker from what it knows itself and from what sandboxed processes say;
 * their strings are hostile and come out escaped (utf8_write_visible).
 */
#ifndef SEKISHO_GATEWAY_REPORT_H
#define SEKISHO_GATEWAY_REPORT_H

#include "base/buffer.h"
#include "base/message.h"

enum { REPORT_VERSION = 1 };

struct report;

/* What is known when the item comes in. Strings are copied; NULL counts as
 * "". */
struct report_start {
	const char *item_id;
	int64_t time_ms; /* since 1970, UTC */
	enum channel channel;
	enum direction direction;
	const char *department;
	const char *name;
	const char *declared; /* MIME type that the sender gave */
	uint64_t input_bytes;
	const uint8_t *input_sha256; /* 32 bytes; NULL: not known */
	const char *policy_name;     /* "": given with the item */
	const uint8_t *policy_sha256;
	const char *definitions; /* what the scanner says of its signatures */
};

/* One object of the item's tree. */
struct report_object {
	const char *path;   /* parts divided by '!'; the original is its name */
	const char *format; /* name, "unknown" */
	enum verdict verdict;
	enum error reason;
	const char *detail; /* malware name, what the verifier found; "" */
	uint64_t input_bytes;
	const uint8_t *input_sha256; /* NULL: not known */
	uint64_t output_bytes;
	const uint8_t *output_sha256; /* NULL: no output */
};

/* How it ended. */
struct report_end {
	enum verdict verdict;
	enum error reason;
	const char *detail;
	const char *type; /* format of the original, "unknown" */
	/* The output; used only when the verdict passes. */
	const char *output_name;
	const char *output_type;
	const char *output_mime;
	uint64_t output_bytes;
	const uint8_t *output_sha256;
	uint32_t duration_ms;
};

/* NULL when out of memory. */
struct report *report_new(const struct report_start *start);
void report_free(struct report *report);

/* Both are kept in the order of their paths, whatever order parallel objects
 * finish in; those of one path in the order they came. -ERR_MEMORY; for
 * removals -ERR_LIMIT_REMOVALS above REPORT_REMOVALS_MAX. */
enum { REPORT_REMOVALS_MAX = 100000 };
int report_add_object(struct report *report,
		      const struct report_object *object) MUST_CHECK;
int report_add_removal(struct report *report,
		       const struct removal *removal) MUST_CHECK;

/* The hash of the original, where it was not known at the start. */
int report_set_input(struct report *report,
		     const uint8_t sha256[32]) MUST_CHECK;

size_t report_removals(const struct report *report);

/*
 * Appends the report as indented JSON with a newline at the end; keys are
 * always in the same order. Call once. `ret_text` needs room for some hundred
 * bytes per removal and object (-ERR_LIMIT_OUTPUT).
 */
int report_finish(struct report *report, const struct report_end *end,
		  struct buffer *ret_text) MUST_CHECK;

#endif

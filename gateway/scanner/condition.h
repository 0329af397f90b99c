/*
 * What one generation of the scanner says about its definitions, and how that
 * is shown to the broker and in `sekisho status`.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_CONDITION_H
#define SEKISHO_GATEWAY_SCANNER_CONDITION_H

#include "gateway/scanner/definitions.h"
#include "gateway/scanner/engine.h"

enum {
	CONDITION_FILES_MAX = 2000,
	CONDITION_SANDBOX_MAX = 255,
	/* The broker keeps the JSON text in 4,096 bytes. */
	CONDITION_JSON_MAX = 4095,
};

struct condition {
	/* 0: they are loaded; else -ERR_SCANNER_NO_DEFINITIONS,
	 * -ERR_SCANNER_FAILED: no scan succeeds. */
	int error;
	int64_t time; /* see struct definitions */
	uint32_t signatures;
	struct engine_detail detail;             /* why not; printable ASCII */
	char files[CONDITION_FILES_MAX + 1];     /* JSON array of names */
	char sandbox[CONDITION_SANDBOX_MAX + 1]; /* members of a JSON object */
};

/* Many names are cut, "..." then stands for the rest. */
void condition_set_files(struct condition *condition,
			 const struct definitions *definitions);

/* As text in four lines, between the programs of one scanner. */
void condition_write(struct buffer *buffer, const struct condition *condition);
int condition_read(struct view text,
		   struct condition *ret_condition) MUST_CHECK;

/* "ok", "stale", "none" or "failed" at the time `now`. */
const char *condition_state(const struct condition *condition, int64_t now,
			    uint32_t max_age_hours);

/*
 * The JSON text of MESSAGE_ZYGOTE_READY: {"seccomp":..., "definitions":
 * {"state","signatures","time","age_hours","files","detail","reload",
 * "reload_detail"}}; `reload_failure` NULL: the last reload went well.
 */
void condition_to_json(struct buffer *buffer, const struct condition *condition,
		       int64_t now, uint32_t max_age_hours,
		       const char *reload_failure);

#endif

/*
 * libclamav with its ways of failing open closed. A scan is clean only when
 * the library said so, was silent, looked at the whole object, cut no member
 * short, and after that still found the EICAR test file in a compressed
 * canary, which it does only while its temporary folder works.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_ENGINE_H
#define SEKISHO_GATEWAY_SCANNER_ENGINE_H

#include "base/message.h"
#include "base/view.h"

struct engine;

struct engine_options {
	const char *definitions; /* folder */
	const char *temporary;   /* folder, exists; written to by scans */
	uint64_t file_bytes;     /* largest object and member; 0: as far as the
				    library goes, 2,147,483,645 */
};

/* Explains a failure in one English line, for the log and the status. */
struct engine_detail {
	char text[256];
};

/*
 * Loads, compiles and tests. Once per process: libclamav keeps its callback
 * for messages in one place. -ERR_SCANNER_NO_DEFINITIONS: the folder has no
 * signature; -ERR_SCANNER_FAILED: a file is damaged or cannot be read, or the
 * loaded engine does not find EICAR.
 */
int engine_load(const struct engine_options *options,
		struct engine **ret_engine,
		struct engine_detail *ret_detail) MUST_CHECK;
void engine_free(struct engine *engine);

uint32_t engine_signatures(const struct engine *engine);

/* Version of the library. Static storage. */
const char *engine_version(void);

/* Another folder for temporary files, for a process of its own. */
int engine_use_temporary(struct engine *engine, const char *folder) MUST_CHECK;

enum scan_verdict { SCAN_FAILED = 0, SCAN_INFECTED, SCAN_CLEAN };

struct scan_result {
	enum scan_verdict verdict;
	/* Name of the malware, or why it failed. UTF-8. */
	char detail[SCAN_NAME_MAX + 1];
};

/* What a scan that failed holds the object for: one of the limits where the
 * library met one, ERR_MAIL_PARTIAL for a fragment that it does not look
 * into, else ERR_SCANNER_FAILED. */
enum error engine_reason(const struct scan_result *result);

/* Scans an object in memory; it must not change meanwhile. */
void engine_scan(struct engine *engine, struct view content,
		 struct scan_result *ret_result);

/* 0 when EICAR is found in the canary, else -ERR_SCANNER_FAILED. */
int engine_self_test(struct engine *engine) MUST_CHECK;

/*
 * What one call of the library amounts to: `code` as it returned (cl_error_t),
 * `name` as it set it (may be NULL). Limits that were exceeded, which it calls
 * a virus, are failures.
 */
void engine_judge(int code, const char *name, struct scan_result *ret_result);

#endif

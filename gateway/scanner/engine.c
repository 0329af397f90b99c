#define _GNU_SOURCE
#include "gateway/scanner/engine.h"

#include "base/bytes.h"
#include "gateway/scanner/canary.h"
#include "gateway/scanner/repeats.h"

#include <clamav.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
	LIBRARY_FILE_BYTES = 2147483645, /* it takes no larger limit */
	LIBRARY_RECURSION = 100,
	LIBRARY_FILES = 1000000000,
	SMALL_BYTES = 5, /* up to here it does not look at the content */
	MESSAGE_SIZE = 200,
};

struct engine {
	struct cl_engine *library;
	unsigned signatures;
	uint64_t file_bytes;
	struct repeats repeats;
};

/* What the library saw during one scan. */
struct witness {
	uint64_t limit;     /* a member from this size on was cut */
	uint64_t top_bytes; /* size of the outermost file it inspected */
	bool inspected;
	bool cut;
	struct repeats *repeats;
};

/* Warnings and errors of libclamav since the last reset. The library has one
 * callback per process and calls it from deep inside without a context. */
static struct {
	unsigned count;
	char first[MESSAGE_SIZE];
} messages;

static void reset_messages(void)
{
	messages.count = 0;
	messages.first[0] = '\0';
}

/* Library messages name members and paths of the hostile object: only
 * printable ASCII is kept. */
static void hear_message(enum cl_msg severity, const char *full,
			 const char *text, void *context)
{
	size_t size = 0;

	(void)full;
	(void)context;
	if (severity < CL_MSG_WARN)
		return;
	if (messages.count++ > 0)
		return;
	for (; *text != '\0' && size + 1 < sizeof(messages.first); text++)
		if (*text >= ' ' && *text <= '~')
			messages.first[size++] = *text;
	messages.first[size] = '\0';
}

static cl_error_t see_file(int fd, const char *type, const char **ancestors,
			   size_t parent_size, const char *name, size_t size,
			   const char *data, uint32_t depth,
			   uint32_t attributes, void *context)
{
	struct witness *witness = context;

	(void)fd;
	(void)ancestors;
	(void)parent_size;
	(void)name;
	(void)attributes;
	if (witness == NULL)
		return CL_CLEAN;
	if (depth == 0 && !witness->inspected) {
		witness->inspected = true;
		witness->top_bytes = size;
	} else if (size >= witness->limit) {
		witness->cut = true;
	}
	/* CL_BREAK: not scanned, and clean. */
	return repeats_knows(witness->repeats, depth, type, view_of(data, size))
		   ? CL_BREAK
		   : CL_CLEAN;
}

/* Every limit as far as it goes: what is too large, too deep or too slow is
 * stopped by the limits of the sandbox, which end in an error, while most of
 * the library's own limits end in "clean". Time is left to the sandbox too. */
static int set_limits(struct cl_engine *library, uint64_t file_bytes)
{
	const struct {
		enum cl_engine_field field;
		long long value;
	} settings[] = {
	    {CL_ENGINE_MAX_FILESIZE, (long long)file_bytes},
	    {CL_ENGINE_MAX_SCANSIZE, 1LL << 40},
	    {CL_ENGINE_MAX_RECURSION, LIBRARY_RECURSION},
	    {CL_ENGINE_MAX_FILES, LIBRARY_FILES},
	    {CL_ENGINE_MAX_SCANTIME, 0},
	    {CL_ENGINE_MAX_EMBEDDEDPE, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_MAX_HTMLNORMALIZE, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_MAX_HTMLNOTAGS, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_MAX_SCRIPTNORMALIZE, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_MAX_ZIPTYPERCG, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_MAX_PARTITIONS, 1000},
	    {CL_ENGINE_MAX_ICONSPE, 10000},
	    {CL_ENGINE_MAX_RECHWP3, LIBRARY_RECURSION},
	    {CL_ENGINE_PCRE_MAX_FILESIZE, LIBRARY_FILE_BYTES},
	    {CL_ENGINE_BYTECODE_SECURITY, CL_BYTECODE_TRUST_SIGNED},
	    {CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER},
	    /* One object per process: nothing would ever be found in it. */
	    {CL_ENGINE_DISABLE_CACHE, 1},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (cl_engine_set_num(library, settings[i].field,
				      settings[i].value) != CL_SUCCESS)
			return -ERR_SCANNER_FAILED;
	return 0;
}

static void explain(struct engine_detail *detail, const char *what,
		    cl_error_t code)
{
	(void)snprintf(detail->text, sizeof(detail->text), "%s: %s", what,
		       messages.count > 0 ? messages.first : cl_strerror(code));
}

static int load_library(const struct engine_options *options,
			struct engine *engine, struct engine_detail *detail)
{
	cl_error_t code = cl_engine_set_str(engine->library, CL_ENGINE_TMPDIR,
					    options->temporary);

	if (code != CL_SUCCESS ||
	    set_limits(engine->library, engine->file_bytes) != 0) {
		explain(detail, "settings", CL_EARG);
		return -ERR_SCANNER_FAILED;
	}
	code = cl_load(options->definitions, engine->library,
		       &engine->signatures, CL_DB_STDOPT);
	if (code == CL_EOPEN ||
	    (code == CL_SUCCESS && engine->signatures == 0)) {
		explain(detail, "no signatures", code);
		return -ERR_SCANNER_NO_DEFINITIONS;
	}
	if (code == CL_SUCCESS)
		code = cl_engine_compile(engine->library);
	if (code != CL_SUCCESS) {
		explain(detail, "definitions do not load", code);
		return -ERR_SCANNER_FAILED;
	}
	cl_engine_set_clcb_file_inspection(engine->library, see_file);
	return 0;
}

int engine_load(const struct engine_options *options,
		struct engine **ret_engine, struct engine_detail *ret_detail)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int error = -ERR_SCANNER_FAILED;

	*ret_detail = (struct engine_detail){""};
	if (engine == NULL)
		return -ERR_MEMORY;
	reset_messages();
	cl_set_clcb_msg(hear_message);
	engine->file_bytes =
	    options->file_bytes != 0 ? options->file_bytes : LIBRARY_FILE_BYTES;
	if (cl_init(CL_INIT_DEFAULT) == CL_SUCCESS)
		engine->library = cl_engine_new();
	if (engine->library != NULL)
		error = load_library(options, engine, ret_detail);
	else
		explain(ret_detail, "library", CL_EMEM);
	if (error == 0) {
		error = engine_self_test(engine);
		if (error != 0)
			explain(ret_detail, "self-test: EICAR was not found",
				CL_CLEAN);
	}
	if (error != 0) {
		engine_free(engine);
		return error;
	}
	*ret_engine = engine;
	return 0;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	if (engine->library != NULL)
		(void)cl_engine_free(engine->library);
	free(engine);
}

uint32_t engine_signatures(const struct engine *engine)
{
	return engine->signatures;
}

const char *engine_version(void)
{
	return cl_retver();
}

int engine_use_temporary(struct engine *engine, const char *folder)
{
	return cl_engine_set_str(engine->library, CL_ENGINE_TMPDIR, folder) ==
		       CL_SUCCESS
		   ? 0
		   : -ERR_SCANNER_FAILED;
}

static void set_result(struct scan_result *result, enum scan_verdict verdict,
		       const char *detail)
{
	result->verdict = verdict;
	(void)text_copy(result->detail, sizeof(result->detail), detail);
}

void engine_judge(int code, const char *name, struct scan_result *ret_result)
{
	static const char limit[] = "Heuristics.Limits.Exceeded";

	if (code == CL_CLEAN && name == NULL)
		set_result(ret_result, SCAN_CLEAN, "");
	else if (code != CL_VIRUS && code != CL_CLEAN)
		set_result(ret_result, SCAN_FAILED,
			   cl_strerror((cl_error_t)code));
	else if (name == NULL)
		set_result(ret_result, SCAN_INFECTED, "unknown");
	else if (strncmp(name, limit, sizeof(limit) - 1) == 0)
		set_result(ret_result, SCAN_FAILED, name);
	else
		set_result(ret_result, SCAN_INFECTED, name);
}

enum error engine_reason(const struct scan_result *result)
{
	static const struct {
		const char *name;
		enum error reason;
	} limits[] = {
	    {"Heuristics.Limits.Exceeded.MaxRecursion", ERR_LIMIT_DEPTH},
	    {"Heuristics.Limits.Exceeded.MaxFiles", ERR_LIMIT_MEMBERS},
	    {"Heuristics.Limits.Exceeded.MaxScanSize", ERR_LIMIT_BYTES},
	    {"Heuristics.Limits.Exceeded.MaxFileSize", ERR_LIMIT_BYTES},
	    {"Heuristics.Limits.Exceeded.MaxScanTime", ERR_LIMIT_TIME},
	    /* What it warns of instead of looking into a fragment. */
	    {"Partial message received from MUA/MTA - message cannot be "
	     "scanned",
	     ERR_MAIL_PARTIAL},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strcmp(result->detail, limits[i].name) == 0)
			return limits[i].reason;
	return ERR_SCANNER_FAILED;
}

/* Alerts on encryption stay off: an encrypted original is opened by the
 * worker, and what was inside is scanned as objects of their own. Hashes of
 * pictures would decode every picture here, which the worker does anyway. */
static void call_library(struct engine *engine, struct view content,
			 struct witness *witness, struct scan_result *result)
{
	struct cl_scan_options options = {
	    .general = CL_SCAN_GENERAL_HEURISTICS,
	    .parse = ~(uint32_t)CL_SCAN_PARSE_IMAGE_FUZZY_HASH,
	    .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX,
	};
	cl_fmap_t *map = cl_fmap_open_memory(content.data, content.size);
	const char *name = NULL;
	unsigned long scanned = 0;
	int code;

	if (map == NULL) {
		set_result(result, SCAN_FAILED, "out of memory");
		return;
	}
	code = (int)cl_scanmap_callback(map, NULL, &name, &scanned,
					engine->library, &options, witness);
	cl_fmap_close(map);
	engine_judge(code, name, result);
}

static void doubt(const struct witness *witness, struct view content,
		  struct scan_result *result)
{
	if (messages.count > 0)
		set_result(result, SCAN_FAILED, messages.first);
	else if (witness->cut)
		set_result(result, SCAN_FAILED, "a member was cut");
	else if (content.size > SMALL_BYTES &&
		 (!witness->inspected || witness->top_bytes != content.size))
		set_result(result, SCAN_FAILED, "the object was passed over");
}

void engine_scan(struct engine *engine, struct view content,
		 struct scan_result *ret_result)
{
	/* Members are cut at whole blocks of their own kind of archive, so
	 * what was cut is somewhat smaller than the limit. */
	struct witness witness = {.limit = engine->file_bytes -
					   engine->file_bytes / 16,
				  .repeats = &engine->repeats};

	*ret_result = (struct scan_result){.verdict = SCAN_FAILED};
	reset_messages();
	repeats_begin(&engine->repeats);
	if (repeats_is_clean(&engine->repeats, content)) {
		set_result(ret_result, SCAN_CLEAN, "");
		return;
	}
	if (content.size > 0)
		call_library(engine, content, &witness, ret_result);
	else
		set_result(ret_result, SCAN_CLEAN, "");
	if (ret_result->verdict == SCAN_CLEAN)
		doubt(&witness, content, ret_result);
	/* Last, so that whatever the object did to this process shows. */
	if (ret_result->verdict == SCAN_CLEAN && engine_self_test(engine) != 0)
		set_result(ret_result, SCAN_FAILED,
			   messages.count > 0 ? messages.first
					      : "EICAR was not found");
	if (ret_result->verdict == SCAN_CLEAN)
		repeats_end_clean(&engine->repeats, content);
}

int engine_self_test(struct engine *engine)
{
	struct canary canary = {{0}};
	struct scan_result result;

	canary_make(&canary);
	reset_messages();
	call_library(engine, view_of(canary.bytes, sizeof(canary.bytes)), NULL,
		     &result);
	return result.verdict == SCAN_INFECTED && messages.count == 0
		   ? 0
		   : -ERR_SCANNER_FAILED;
}

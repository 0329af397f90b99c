#define _GNU_SOURCE
#include "gateway/scanner/engine.h"

#include "base/bytes.h"
#include "gateway/scanner/canary.h"

#include <clamav.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define DEFINITIONS SAMPLES_FOLDER "/definitions"

enum { LARGE = 3 * 1024 * 1024, SMALL_LIMIT = 1000 * 1000 };

static char folder[] = "/tmp/sekisho-engine-XXXXXX";

static struct engine *load(uint64_t file_bytes)
{
	const struct engine_options options = {DEFINITIONS, folder, file_bytes};
	struct engine *engine = NULL;
	struct engine_detail detail;

	assert_int_equal(engine_load(&options, &engine, &detail), 0);
	assert_non_null(engine);
	return engine;
}

static struct scan_result scan(struct engine *engine, struct view content)
{
	struct scan_result result;

	engine_scan(engine, content, &result);
	return result;
}

static struct view eicar(void)
{
	static uint8_t bytes[EICAR_SIZE];

	canary_eicar(bytes);
	return view_of(bytes, sizeof(bytes));
}

/* CRC-32 of ZIP, bit by bit. */
static uint32_t checksum(struct view bytes)
{
	uint32_t sum = 0xFFFFFFFF;

	for (size_t i = 0; i < bytes.size; i++) {
		sum ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (0xEDB88320 & (0 - (sum & 1)));
	}
	return ~sum;
}

/* A member as it lies in a ZIP file. */
struct member {
	struct view packed;
	struct view plain;
	uint16_t method;
};

static void zip_facts(struct buffer *zip, const struct member *member)
{
	buffer_u16le(zip, member->method);
	buffer_u16le(zip, 0); /* time, date */
	buffer_u16le(zip, 0x21);
	buffer_u32le(zip, checksum(member->plain));
	buffer_u32le(zip, (uint32_t)member->packed.size);
	buffer_u32le(zip, (uint32_t)member->plain.size);
	buffer_u16le(zip, 1); /* length of the name */
	buffer_u16le(zip, 0);
}

/* A ZIP file with one member. */
static struct buffer zip_with(const struct member *member)
{
	struct buffer zip = buffer_make((size_t)LARGE * 2);
	uint32_t directory;

	buffer_text(&zip, "PK\3\4");
	buffer_u16le(&zip, 20);
	buffer_u16le(&zip, 0);
	zip_facts(&zip, member);
	buffer_text(&zip, "a");
	buffer_view(&zip, member->packed);
	directory = (uint32_t)zip.size;
	buffer_text(&zip, "PK\1\2");
	buffer_u32le(&zip, 20 << 16 | 20);
	buffer_u16le(&zip, 0);
	zip_facts(&zip, member);
	buffer_fill(&zip, 0, 14);
	buffer_text(&zip, "aPK\5\6");
	buffer_u32le(&zip, 0);
	buffer_u32le(&zip, 1 << 16 | 1);
	buffer_u32le(&zip, (uint32_t)zip.size - 12 - directory);
	buffer_u32le(&zip, directory);
	buffer_u16le(&zip, 0);
	assert_int_equal(buffer_error(&zip), 0);
	return zip;
}

static struct buffer zip_of(struct view content)
{
	const struct member member = {content, content, 0};

	return zip_with(&member);
}

/* Writes bits for deflate, Huffman codes with their first bit first. */
struct bits {
	struct buffer *to;
	uint32_t byte;
	unsigned count;
};

static void put_bits(struct bits *bits, uint32_t code, unsigned count)
{
	while (count-- > 0) {
		bits->byte |= (code >> count & 1) << bits->count;
		if (++bits->count == 8) {
			buffer_u8(bits->to, (uint8_t)bits->byte);
			*bits = (struct bits){.to = bits->to};
		}
	}
}

static void put_literals(struct bits *bits, const char *text)
{
	for (; *text != '\0'; text++)
		put_bits(bits, 0x30U + (uint8_t)*text, 8);
}

enum { COPIES = 12000, COPY = 258 };

static const char marker[] = "SEKISHO-TEST-"
			     "MARKER-THAT-IS-TAKEN-FOR-MALWARE";

/* Three million spaces and behind them the marker, plain and as deflate with
 * fixed codes (RFC 1951, 3.2.6): one space, copies of 258 at distance 1. */
static void large_member(struct buffer *plain, struct buffer *packed)
{
	struct bits bits = {.to = packed};

	buffer_fill(plain, ' ', 1 + (size_t)COPIES * COPY);
	buffer_text(plain, marker);
	put_bits(&bits, 6, 3); /* last block, fixed codes */
	put_literals(&bits, " ");
	for (int i = 0; i < COPIES; i++)
		put_bits(&bits, 0xC5 << 5, 13);
	put_literals(&bits, marker);
	put_bits(&bits, 0, 7 + 7);
	assert_int_equal(buffer_error(plain), 0);
	assert_int_equal(buffer_error(packed), 0);
}

static void eicar_is_found(void **state)
{
	struct engine *engine = load(0);
	struct scan_result result = scan(engine, eicar());

	(void)state;
	assert_int_equal(result.verdict, SCAN_INFECTED);
	assert_non_null(strstr(result.detail, "Eicar-Test"));
	assert_int_equal(engine_signatures(engine), 3);
	engine_free(engine);
}

static void eicar_is_found_in_a_zip(void **state)
{
	struct engine *engine = load(0);
	BUFFER_CLEANUP struct buffer zip = zip_of(eicar());
	struct scan_result result = scan(engine, buffer_contents(&zip));

	(void)state;
	assert_int_equal(result.verdict, SCAN_INFECTED);
	engine_free(engine);
}

static void clean_content_is_clean(void **state)
{
	struct engine *engine = load(0);
	BUFFER_CLEANUP struct buffer zip =
	    zip_of(view_of_string("quarterly figures\n"));

	(void)state;
	assert_int_equal(scan(engine, view_of_string("hello\n")).verdict,
			 SCAN_CLEAN);
	assert_int_equal(scan(engine, view_of_string("abc")).verdict,
			 SCAN_CLEAN);
	assert_int_equal(scan(engine, view_of("", 0)).verdict, SCAN_CLEAN);
	assert_int_equal(scan(engine, buffer_contents(&zip)).verdict,
			 SCAN_CLEAN);
	engine_free(engine);
}

/* Trap: without its temporary folder the library says clean to everything. */
static void an_unusable_temporary_folder_is_a_failure(void **state)
{
	struct engine *engine = load(0);
	struct scan_result result;

	(void)state;
	assert_int_equal(engine_use_temporary(engine, "/nonexistent/tmp"), 0);
	result = scan(engine, eicar());
	assert_int_equal(result.verdict, SCAN_FAILED);
	result = scan(engine, view_of_string("hello, hello\n"));
	assert_int_equal(result.verdict, SCAN_FAILED);
	assert_non_null(strstr(result.detail, "temporary"));
	assert_int_equal(engine_self_test(engine), -ERR_SCANNER_FAILED);
	engine_free(engine);
}

static void loading_with_an_unusable_temporary_folder_fails(void **state)
{
	const struct engine_options options = {DEFINITIONS, "/nonexistent/tmp",
					       0};
	struct engine *engine = NULL;
	struct engine_detail detail;

	(void)state;
	assert_int_equal(engine_load(&options, &engine, &detail),
			 -ERR_SCANNER_FAILED);
	assert_null(engine);
	assert_non_null(strstr(detail.text, "self-test"));
}

/* In a process of its own, because limits cannot be taken back. Exits with
 * the verdict. */
static int verdict_without_writes(struct view content)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit none = {0, 0};
		struct engine *engine = load(0);

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &none) != 0)
			_exit(99);
		_exit((int)scan(engine, content).verdict);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Trap: writes that fail give clean. */
static void failing_writes_are_a_failure(void **state)
{
	BUFFER_CLEANUP struct buffer zip = zip_of(eicar());

	(void)state;
	assert_int_not_equal(verdict_without_writes(buffer_contents(&zip)),
			     SCAN_CLEAN);
	assert_int_equal(
	    verdict_without_writes(view_of_string("hello, hello\n")),
	    SCAN_FAILED);
}

/* Trap: a member above the limit is cut and the rest is not looked at. */
static void an_oversized_member_is_a_failure(void **state)
{
	BUFFER_CLEANUP struct buffer plain = buffer_make((size_t)LARGE * 2);
	BUFFER_CLEANUP struct buffer packed = buffer_make(LARGE);
	BUFFER_CLEANUP struct buffer zip = buffer_make(0);
	struct engine *engine = load(0);
	struct member member = {.method = 8};
	struct scan_result result;

	(void)state;
	large_member(&plain, &packed);
	member.plain = buffer_contents(&plain);
	member.packed = buffer_contents(&packed);
	zip = zip_with(&member);
	result = scan(engine, buffer_contents(&zip));
	assert_int_equal(result.verdict, SCAN_INFECTED);
	engine_free(engine);
	engine = load(SMALL_LIMIT);
	result = scan(engine, buffer_contents(&zip));
	assert_int_equal(result.verdict, SCAN_FAILED);
	assert_string_equal(result.detail, "a member was cut");
	engine_free(engine);
}

/* Trap: a top-level file above the limit is a virus without a name. */
static void an_oversized_object_is_never_clean(void **state)
{
	struct engine *engine = load(SMALL_LIMIT);
	BUFFER_CLEANUP struct buffer large = buffer_make(LARGE);
	struct scan_result result;

	(void)state;
	buffer_fill(&large, ' ', LARGE);
	result = scan(engine, buffer_contents(&large));
	assert_int_not_equal(result.verdict, SCAN_CLEAN);
	assert_true(result.detail[0] != '\0');
	engine_free(engine);
}

/* The library only warns: it keeps fragments from scan to scan, or none. */
static void a_fragment_of_a_mail_is_held_as_one(void **state)
{
	static const char fragment[] =
	    "From: a@example.com\r\nTo: b@example.com\r\nSubject: 1\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: message/partial; "
	    "id=\"x@y\"; number=1; total=2\r\n\r\n"
	    "Subject: inner\r\n\r\ntext\r\n";
	struct engine *engine = load(0);
	struct scan_result result = scan(engine, view_of_string(fragment));

	(void)state;
	assert_int_equal(result.verdict, SCAN_FAILED);
	assert_int_equal(engine_reason(&result), ERR_MAIL_PARTIAL);
	engine_free(engine);
}

static void judging(void **state)
{
	struct scan_result result;

	(void)state;
	engine_judge(CL_VIRUS, NULL, &result);
	assert_int_equal(result.verdict, SCAN_INFECTED);
	assert_string_equal(result.detail, "unknown");
	engine_judge(CL_CLEAN, "Some.Name", &result);
	assert_int_equal(result.verdict, SCAN_INFECTED);
	engine_judge(CL_VIRUS, "Heuristics.Limits.Exceeded.MaxFiles", &result);
	assert_int_equal(result.verdict, SCAN_FAILED);
	engine_judge(CL_CLEAN, NULL, &result);
	assert_int_equal(result.verdict, SCAN_CLEAN);
	for (int code = CL_VIRUS + 1; code < CL_ELAST_ERROR; code++) {
		engine_judge(code, NULL, &result);
		assert_int_equal(result.verdict, SCAN_FAILED);
		assert_true(result.detail[0] != '\0');
	}
}

static void write_definitions(const char *name, const char *text,
			      char ret_folder[64])
{
	char path[128];
	FILE *file;

	(void)snprintf(ret_folder, 64, "/tmp/sekisho-definitions-XXXXXX");
	assert_non_null(mkdtemp(ret_folder));
	(void)snprintf(path, sizeof(path), "%s/%s", ret_folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int load_from(const char *name, const char *text)
{
	char definitions[64];
	char path[128];
	struct engine_options options = {definitions, folder, 0};
	struct engine *engine = NULL;
	struct engine_detail detail;
	int error;

	write_definitions(name, text, definitions);
	error = engine_load(&options, &engine, &detail);
	assert_true(error == 0 || detail.text[0] != '\0');
	engine_free(engine);
	(void)snprintf(path, sizeof(path), "%s/%s", definitions, name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(definitions), 0);
	return error;
}

/* Trap: an empty database loads and compiles. */
static void definitions_without_signatures_do_not_load(void **state)
{
	(void)state;
	assert_int_equal(load_from("a.ndb", "# nothing\n"),
			 -ERR_SCANNER_NO_DEFINITIONS);
	assert_int_equal(load_from("a.txt", "not a database\n"),
			 -ERR_SCANNER_NO_DEFINITIONS);
}

static void damaged_definitions_do_not_load(void **state)
{
	(void)state;
	assert_int_equal(load_from("a.ndb", "Name:0:0:zzzz\n"),
			 -ERR_SCANNER_FAILED);
	assert_int_equal(load_from("a.cvd", "ClamAV-VDB:cut"),
			 -ERR_SCANNER_FAILED);
}

static void definitions_that_do_not_know_eicar_do_not_load(void **state)
{
	(void)state;
	assert_int_equal(load_from("a.ndb", "Other:0:0:0102030405060708\n"),
			 -ERR_SCANNER_FAILED);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(eicar_is_found),
	    cmocka_unit_test(eicar_is_found_in_a_zip),
	    cmocka_unit_test(clean_content_is_clean),
	    cmocka_unit_test(an_unusable_temporary_folder_is_a_failure),
	    cmocka_unit_test(loading_with_an_unusable_temporary_folder_fails),
	    cmocka_unit_test(failing_writes_are_a_failure),
	    cmocka_unit_test(an_oversized_member_is_a_failure),
	    cmocka_unit_test(an_oversized_object_is_never_clean),
	    cmocka_unit_test(a_fragment_of_a_mail_is_held_as_one),
	    cmocka_unit_test(judging),
	    cmocka_unit_test(definitions_without_signatures_do_not_load),
	    cmocka_unit_test(damaged_definitions_do_not_load),
	    cmocka_unit_test(definitions_that_do_not_know_eicar_do_not_load),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

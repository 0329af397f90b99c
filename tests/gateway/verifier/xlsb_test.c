#include "gateway/verifier/xlsb.h"
#include "sanitizers/xlsb/xlsb.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

#define EXCEL "application/vnd.ms-excel."

enum { MEMORY = 64 * 1024 * 1024 };

static int prepare(void **state)
{
	(void)state;
	return verifiers_prepare();
}

/* ---- whole packages ---- */

static bool accepts(const char *name)
{
	struct buffer input = sample_read("xlsb", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	struct policy policy;
	struct check check = {
	    .output = buffer_contents(&run->output),
	    .format = "xlsb",
	    .extension = "xlsb",
	    .policy = &policy,
	    .arena = arena_new(MEMORY),
	};
	bool passes = run->error == 0;

	policy_default(&policy);
	if (passes && verifier_for("xlsb")->verify(&check) != 0)
		fail_msg("%s: %s", name, check.detail);
	arena_free(check.arena);
	local_run_free(run);
	buffer_free(&input);
	return passes;
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/xlsb", &entries, NULL, alphasort);
	int passed = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strstr(name, ".expect.json") == NULL)
			passed += accepts(name);
		free(entries[i]);
	}
	free(entries);
	assert_true(passed > 70);
}

/* ---- lists ---- */

static void every_record_that_stays_is_on_the_lists(void **state)
{
	static const struct {
		const char *type;
		unsigned part;
	} parts[] = {
	    {EXCEL "sheet.binary.macroEnabled.main", XLSB_BOOK},
	    {EXCEL "worksheet", XLSB_SHEET},
	    {EXCEL "styles", XLSB_STYLES},
	    {EXCEL "sharedStrings", XLSB_STRINGS},
	    {EXCEL "comments", XLSB_COMMENTS},
	    {EXCEL "table", XLSB_TABLE},
	    {EXCEL "calcChain", XLSB_CHAIN},
	};
	size_t count;
	const struct xlsb_rule *rules = xlsb_rules(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		/* An end is wherever its beginning is, which is looked at. */
		bool stays = rules[i].layout != NULL && !rules[i].ends &&
			     rules[i].handler != xlsb_outside_book;

		for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
			bool here = stays && (rules[i].parts & parts[p].part);

			if (rules[i].ends)
				continue;
			if (xlsb_type_has(parts[p].type, rules[i].number) !=
			    here)
				fail_msg("%u in %s", rules[i].number,
					 parts[p].type);
			if (here && rules[i].end != 0)
				assert_true(
				    xlsb_type_has(parts[p].type, rules[i].end));
		}
	}
}

static void the_records_are_in_the_order_of_their_numbers(void **state)
{
	size_t count;
	const struct xlsb_rule *rules = xlsb_rules(&count);

	(void)state;
	assert_true(count > 200);
	for (size_t i = 1; i < count; i++)
		assert_true(rules[i - 1].number < rules[i].number);
	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(xlsb_rule_for(rules[i].number), &rules[i]);
	assert_null(xlsb_rule_for(3999));
}

/* ---- single parts ---- */

static uint8_t self_reference[] = {'s', 'a'};

/* A sheet with one record in it, through the verifier. */
static int check_bytes(const char *type, struct view content)
{
	struct xlsb_numbers numbers = {1, self_reference, 2};
	struct opc_link link = {"rId1", true};
	struct policy policy;
	struct check check = {.policy = &policy, .arena = arena_new(MEMORY)};
	struct opc opc = {.check = &check, .numbers = &numbers};
	struct opc_part part = {
	    .name = "part", .content = content, .type = type};
	struct opc_scan scan = {&opc, &part, &link, 1};
	int error;

	policy_default(&policy);
	error = xlsb_check_part(&scan);
	arena_free(check.arena);
	return error;
}

static int check_record(unsigned number, const void *body, size_t size)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(1024);

	xlsb_put_head(&out, 129, 0);
	xlsb_put(&out, number, view_of(body, size));
	xlsb_put_head(&out, 130, 0);
	return check_bytes(EXCEL "worksheet", buffer_contents(&out));
}

/* A cell with a number and this formula. */
static int check_tokens(const void *tokens, size_t size, const void *extra,
			size_t extra_size)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(1024);

	buffer_fill(&body, 0, 18);
	buffer_u32le(&body, (uint32_t)size);
	buffer_bytes(&body, tokens, size);
	buffer_u32le(&body, (uint32_t)extra_size);
	buffer_bytes(&body, extra, extra_size);
	return check_record(9, body.data, body.size);
}

static void records_that_are_not_listed_are_residue(void **state)
{
	static const unsigned numbers[] = {12,  39,   43,   355, 361, 384,
					   397, 495,  548,  553, 554, 639,
					   644, 2071, 1041, 3999};

	(void)state;
	assert_int_equal(check_record(485, "abcdefghijkl", 12), 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_int_equal(check_record(numbers[i], "", 0),
				 -ERR_VERIFY_RESIDUE);
}

static void formulas_that_lead_outside_are_residue(void **state)
{
	(void)state;
	assert_int_equal(check_tokens("\x1E\1\0", 3, NULL, 0), 0);
	assert_int_equal(check_tokens("\x41\4\0", 3, NULL, 0), 0);
	assert_int_equal(check_tokens("\x5A\0\0\0\0\0\0\0\xC0", 9, NULL, 0), 0);
	/* EXEC, RTD, a command */
	assert_int_equal(check_tokens("\x41\x6E\0", 3, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x42\1\x7B\1", 4, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x42\1\1\x80", 4, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	/* an add-in, a number that there is not, names that there are not */
	assert_int_equal(check_tokens("\x5A\1\0\0\0\0\0\0\xC0", 9, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x5A\2\0\0\0\0\0\0\xC0", 9, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x43\2\0\0\0", 5, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x59\1\0\1\0\0\0", 7, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	/* unknown, cut, with bytes behind it */
	assert_int_equal(check_tokens("\x1A\0\0\0\0", 5, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x44\0\0", 3, NULL, 0),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_tokens("\x1E\1\0", 3, "more", 4),
			 -ERR_VERIFY_RESIDUE);
}

static void references_must_be_there(void **state)
{
	static const uint8_t good[] = {4,   0, 0,   0, 'r', 0,
				       'I', 0, 'd', 0, '1', 0};
	static const uint8_t bad[] = {4,   0, 0,   0, 'r', 0,
				      'I', 0, 'd', 0, '2', 0};
	uint8_t printer[46] = {0};

	(void)state;
	assert_int_equal(check_record(550, good, sizeof(good)), 0);
	assert_int_equal(check_record(550, bad, sizeof(bad)),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_record(478, printer, sizeof(printer)),
			 -ERR_VERIFY_RESIDUE);
}

static void parts_are_as_short_as_they_can_be(void **state)
{
	static const char *const wrong[] = {
	    "\x81\1\x80",               /* a size in more bytes */
	    "\x81\1",                   /* none */
	    "\x81\1\5\x82",             /* beyond the part */
	    "\x81\1\5\xff\xff\xff\xff", /* in five bytes */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    check_bytes(EXCEL "worksheet", view_of_string(wrong[i])),
		    -ERR_VERIFY_MALFORMED);
	/* behind its end, of another part, empty */
	assert_int_equal(check_bytes(EXCEL "worksheet",
				     view_of("\x81\1\0\x82\1\0\x82\1\0", 9)),
			 -ERR_VERIFY_MALFORMED);
	assert_int_equal(
	    check_bytes(EXCEL "styles", view_of("\x81\1\0\x82\1\0", 6)),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(check_bytes(EXCEL "worksheet", view_of(NULL, 0)),
			 -ERR_VERIFY_MALFORMED);
	assert_int_equal(
	    check_bytes(EXCEL "worksheet",
			view_of(xlsb_blank_sheet, xlsb_blank_sheet_size)),
	    0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(every_record_that_stays_is_on_the_lists),
	    cmocka_unit_test(the_records_are_in_the_order_of_their_numbers),
	    cmocka_unit_test(records_that_are_not_listed_are_residue),
	    cmocka_unit_test(formulas_that_lead_outside_are_residue),
	    cmocka_unit_test(references_must_be_there),
	    cmocka_unit_test(parts_are_as_short_as_they_can_be),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}

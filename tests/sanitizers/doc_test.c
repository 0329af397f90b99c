#include "sanitizers/doc/document.h"
#include "sanitizers/ole/compound.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { FIELD_TABLE = 16, PAIRS = 154, TEXT_AT = 1024 };

/* A sample that was rebuilt, and its streams. */
struct rebuilt {
	struct buffer input;
	struct local_run *run;
	struct arena *arena;
	struct compound *compound;
};

static struct rebuilt rebuild_with(const char *name,
				   const struct policy *policy)
{
	struct rebuilt rebuilt = {.input = sample_read("doc", name)};

	rebuilt.run = local_run(buffer_contents(&rebuilt.input), name, policy);
	assert_int_equal(rebuilt.run->error, 0);
	rebuilt.arena = arena_new((size_t)16 << 20);
	assert_int_equal(compound_open(rebuilt.arena,
				       buffer_contents(&rebuilt.run->output),
				       &rebuilt.compound),
			 0);
	return rebuilt;
}

static struct rebuilt rebuild(const char *name)
{
	return rebuild_with(name, NULL);
}

static void release(struct rebuilt *rebuilt)
{
	arena_free(rebuilt->arena);
	local_run_free(rebuilt->run);
	buffer_free(&rebuilt->input);
}

static struct view stream(const struct rebuilt *rebuilt, const char *name)
{
	const struct compound_entry *entry =
	    compound_find_stream(compound_root(rebuilt->compound), name);
	struct view content;

	assert_non_null(entry);
	assert_int_equal(compound_read(rebuilt->compound, entry, &content), 0);
	return content;
}

static uint8_t byte_at(struct view view, size_t offset)
{
	struct cursor cursor = cursor_at(view, offset);

	return cursor_u8(&cursor);
}

static struct view region(const struct rebuilt *rebuilt, size_t number)
{
	struct view main = stream(rebuilt, "WordDocument");
	const uint8_t *pair = main.data + PAIRS + 8 * number;

	return view_slice(stream(rebuilt, "1Table"), doc_u32(pair),
			  doc_u32(pair + 4));
}

/* The text of samples lies in one piece of UTF-16; only ASCII is compared. */
static void assert_text_at(const struct rebuilt *rebuilt, const char *wanted)
{
	struct view main = stream(rebuilt, "WordDocument");

	for (size_t i = 0; wanted[i] != '\0'; i++)
		assert_int_equal(doc_u16(main.data + TEXT_AT + 2 * i),
				 (uint8_t)wanted[i]);
}

static bool holds(const struct rebuilt *rebuilt, const char *text)
{
	struct view output = buffer_contents(&rebuilt->run->output);
	uint8_t units[128];
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		doc_put_u16(units + 2 * i, (uint8_t)text[i]);
	return view_find(output, view_of_string(text), 0) != SIZE_MAX ||
	       view_find(output, view_of(units, 2 * size), 0) != SIZE_MAX;
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("doc"), 0);
}

static void a_field_that_goes_keeps_its_place_and_result(void **state)
{
	struct rebuilt rebuilt = rebuild("field-dde.doc");
	struct view table = region(&rebuilt, FIELD_TABLE);

	(void)state;
	assert_text_at(&rebuilt, "\x13QUOTE              \x14shown\x15\r");
	assert_int_equal(table.size, 4 * 4 + 3 * 2);
	assert_int_equal(byte_at(table, 16), 0x13);
	assert_int_equal(byte_at(table, 17), 0x23);
	assert_int_equal(byte_at(table, 20), 0x15);
	assert_int_equal(byte_at(table, 21), 0x90);
	assert_false(holds(&rebuilt, "calc"));
	release(&rebuilt);
}

static void a_field_that_stays_is_named_by_its_keyword(void **state)
{
	struct rebuilt rebuilt = rebuild("field-disguised.doc");

	(void)state;
	assert_text_at(&rebuilt, "\x13PAGE \x14"
				 "1\x15\r");
	assert_int_equal(byte_at(region(&rebuilt, FIELD_TABLE), 17), 0x21);
	release(&rebuilt);
}

static void a_field_that_never_ends_is_text(void **state)
{
	struct rebuilt rebuilt = rebuild("field-unended.doc");

	(void)state;
	assert_text_at(&rebuilt, "a DDEAUTO a b c\r");
	assert_int_equal(region(&rebuilt, FIELD_TABLE).size, 0);
	release(&rebuilt);
}

static void an_object_leaves_its_picture(void **state)
{
	struct rebuilt rebuilt = rebuild("object.doc");
	struct view data = stream(&rebuilt, "Data");

	(void)state;
	assert_null(
	    compound_find(compound_root(rebuilt.compound), "ObjectPool"));
	assert_true(view_find(data, view_of_string("\x89PNG"), 0) != SIZE_MAX);
	assert_int_equal(doc_u32(data.data), data.size);
	assert_false(holds(&rebuilt, "Excel"));
	release(&rebuilt);
}

static void a_picture_stays_where_signs_of_fields_share_its_list(void **state)
{
	struct rebuilt rebuilt = rebuild("object-shared.doc");

	(void)state;
	assert_true(view_find(stream(&rebuilt, "Data"),
			      view_of_string("\x89PNG"), 0) != SIZE_MAX);
	release(&rebuilt);
}

static void a_form_field_keeps_its_name_and_no_macro(void **state)
{
	struct rebuilt rebuilt = rebuild("form-macro.doc");

	(void)state;
	assert_true(holds(&rebuilt, "Text1"));
	assert_false(holds(&rebuilt, "Run"));
	assert_false(holds(&rebuilt, "AutoOpen"));
	release(&rebuilt);
}

static void what_nothing_leads_to_is_zero(void **state)
{
	struct rebuilt rebuilt = rebuild("leftover.doc");

	(void)state;
	assert_true(view_find(buffer_contents(&rebuilt.input),
			      view_of("s\0e\0c\0", 6), 0) != SIZE_MAX);
	assert_false(holds(&rebuilt, "secret"));
	release(&rebuilt);
}

static void a_floating_picture_lies_behind_the_text(void **state)
{
	struct rebuilt rebuilt = rebuild("floating.doc");
	struct view main = stream(&rebuilt, "WordDocument");
	size_t at = view_find(main, view_of_string("\x89PNG"), 0);

	(void)state;
	assert_true(at != SIZE_MAX && at > TEXT_AT);
	/* cbMac: all of it means something. */
	assert_int_equal(doc_u32(main.data + 64), main.size);
	release(&rebuilt);
}

static void comments_go_by_policy(void **state)
{
	struct policy policy;
	struct rebuilt rebuilt;

	(void)state;
	policy_default(&policy);
	policy.comments = 0;
	rebuilt = rebuild_with("comment.doc", &policy);
	assert_true(local_run_count(rebuilt.run, REMOVAL_DOC_COMMENT) > 0);
	assert_false(holds(&rebuilt, "remark"));
	assert_false(holds(&rebuilt, "Aoki"));
	assert_int_equal(region(&rebuilt, 4).size, 0);
	release(&rebuilt);
	rebuilt = rebuild("comment.doc");
	assert_true(holds(&rebuilt, "remark"));
	release(&rebuilt);
}

static void links_go_by_policy(void **state)
{
	struct policy policy;
	struct rebuilt rebuilt;

	(void)state;
	policy_default(&policy);
	policy.links = LINKS_REMOVE;
	rebuilt = rebuild_with("field-link.doc", &policy);
	assert_int_equal(local_run_count(rebuilt.run, REMOVAL_DOC_LINK), 1);
	assert_false(holds(&rebuilt, "a.example"));
	release(&rebuilt);
}

static void assert_text(const char *name, unsigned comments, const char *wanted)
{
	struct buffer input = sample_read("doc", name);
	struct policy policy;
	struct local_run *run;
	struct view got;

	policy_default(&policy);
	policy.modes[FORMAT_DOC] = MODE_TEXT;
	policy.comments = (uint8_t)comments;
	run = local_run(buffer_contents(&input), name, &policy);
	assert_int_equal(run->error, 0);
	got = buffer_contents(&run->output);
	if (!view_equal(got, view_of_string(wanted)))
		print_error("%s: %.*s\n", name, (int)got.size,
			    (const char *)got.data);
	assert_true(view_equal(got, view_of_string(wanted)));
	local_run_free(run);
	buffer_free(&input);
}

static void text_is_what_people_see(void **state)
{
	(void)state;
	assert_text("plain.doc", 1, "入札公告\n令和8年度\n");
	assert_text("narrow.doc", 1, "Windows text € “q”\n");
	assert_text("table.doc", 1, "品目\t数量\n後\n");
	assert_text("header.doc", 1, "text\nHeader\n");
	assert_text("revision.doc", 1, "a shown\n");
	assert_text("pieces.doc", 1, "345\nab12");
}

static void text_has_results_of_fields_and_no_instructions(void **state)
{
	(void)state;
	assert_text("field-dde.doc", 1, "shown\n");
	assert_text("field-nested-result.doc", 1, "x 1\n\n");
	assert_text("field-built.doc", 1, "x\n");
}

static void text_has_notes_where_they_are_referred_to(void **state)
{
	(void)state;
	assert_text("notes.doc", 1, "本文[ 注の本文]の注\n");
	assert_text("comment.doc", 1, "see[ remark] this\n");
	assert_text("comment.doc", 0, "see this\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_field_that_goes_keeps_its_place_and_result),
	    cmocka_unit_test(a_field_that_stays_is_named_by_its_keyword),
	    cmocka_unit_test(a_field_that_never_ends_is_text),
	    cmocka_unit_test(an_object_leaves_its_picture),
	    cmocka_unit_test(
		a_picture_stays_where_signs_of_fields_share_its_list),
	    cmocka_unit_test(a_form_field_keeps_its_name_and_no_macro),
	    cmocka_unit_test(what_nothing_leads_to_is_zero),
	    cmocka_unit_test(a_floating_picture_lies_behind_the_text),
	    cmocka_unit_test(comments_go_by_policy),
	    cmocka_unit_test(links_go_by_policy),
	    cmocka_unit_test(text_is_what_people_see),
	    cmocka_unit_test(text_has_results_of_fields_and_no_instructions),
	    cmocka_unit_test(text_has_notes_where_they_are_referred_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

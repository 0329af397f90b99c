#include "sanitizers/mail/tokenizer.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define MIXED "Content-Type: multipart/mixed; boundary=b1\r\n\r\n"
#define PART "--b1\r\n\r\none\r\n"

static struct arena *arena;
static struct mail_tree tree;

static int make_arena(void **state)
{
	(void)state;
	arena = arena_new(64 * 1024 * 1024);
	return arena == NULL;
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void read_bytes(struct view message)
{
	assert_int_equal(mail_tree_read(arena, message, &tree), 0);
}

static void read_text(const char *message)
{
	read_bytes(view_of_string(message));
}

/* The first finding; ERR_NONE. */
static enum error found(const char *message)
{
	read_text(message);
	return tree.finding_count == 0 ? ERR_NONE : tree.findings[0].error;
}

static void assert_body(const struct mail_part *part, const char *body)
{
	assert_true(view_equal(part->body, view_of_string(body)));
}

static void a_message_without_fields_of_mime_is_plain_text(void **state)
{
	(void)state;
	read_text("From: a@b\r\n\r\nwords\r\n");
	assert_int_equal(tree.finding_count, 0);
	assert_int_equal(tree.part_count, 1);
	assert_true(mail_part_is(tree.root, "text", "plain"));
	assert_false(tree.root->type_given);
	assert_body(tree.root, "words\r\n");
}

static void the_line_end_in_front_of_a_delimiter_is_not_the_parts(void **state)
{
	(void)state;
	read_text(MIXED "before\r\n--b1\r\n\r\none\r\n\r\n--b1\r\n"
			"Content-Type: text/html\r\n\r\ntwo\r\n--b1--\r\n"
			"behind");
	assert_int_equal(tree.finding_count, 0);
	assert_int_equal(tree.part_count, 3);
	assert_body(tree.root->first, "one\r\n");
	assert_body(tree.root->last, "two");
	assert_true(view_equal(tree.root->preamble, view_of_string("before")));
	assert_true(view_equal(tree.root->epilogue, view_of_string("behind")));
}

static void parts_come_in_the_order_of_the_message(void **state)
{
	const struct mail_part *part;
	size_t number = 0;

	(void)state;
	read_text(MIXED "--b1\r\nContent-Type: multipart/alternative; "
			"boundary=c2\r\n\r\n--c2\r\n\r\na\r\n--c2\r\n\r\nb\r\n"
			"--c2--\r\n--b1\r\n\r\nc\r\n--b1--\r\n");
	assert_int_equal(tree.finding_count, 0);
	for (part = tree.root; part != NULL; part = mail_part_next(part))
		assert_int_equal(part->number, number++);
	assert_int_equal(number, 5);
	assert_int_equal(tree.root->first->first->depth, 2);
	assert_body(tree.root->last, "c");
}

static void blanks_behind_a_boundary_do_not_matter(void **state)
{
	(void)state;
	assert_int_equal(found(MIXED "--b1 \t\r\n\r\none\r\n--b1-- \r\n"),
			 ERR_NONE);
	assert_int_equal(tree.part_count, 2);
}

static void a_boundary_in_quotation_marks_may_hold_anything(void **state)
{
	(void)state;
	assert_int_equal(
	    found("Content-Type: multipart/mixed; boundary=\"a b(c)?=\"\r\n\r\n"
		  "--a b(c)?=\r\n\r\none\r\n--a b(c)?=--\r\n"),
	    ERR_NONE);
	assert_body(tree.root->first, "one");
}

static void folds_become_one_line(void **state)
{
	const struct mail_field *field;

	(void)state;
	read_text("Subject: a\r\n\tb\r\n  c\r\nFrom: x\r\n\r\n");
	field = mail_field_find(tree.root->fields, "subject");
	assert_non_null(field);
	assert_true(view_equal(mail_field_unfold(arena, field->value),
			       view_of_string("a b  c")));
	assert_null(mail_field_again(field, "Subject"));
}

static void type_and_encoding_are_read_without_regard_to_case(void **state)
{
	(void)state;
	read_text("CONTENT-TYPE: Text/HTML; Charset=x\r\n"
		  "content-transfer-encoding: BASE64\r\n"
		  "Content-Disposition: Attachment\r\n\r\n");
	assert_int_equal(tree.finding_count, 0);
	assert_true(mail_part_is(tree.root, "text", "html"));
	assert_int_equal(tree.root->encoding, MAIL_ENCODING_BASE64);
	assert_string_equal(tree.root->disposition, "attachment");
}

static void a_header_that_readers_split_differently_is_found(void **state)
{
	(void)state;
	assert_int_equal(found("From: a\r\nno field\r\n\r\n"),
			 ERR_MAIL_HEADER_LINE);
	assert_int_equal(found("From: a\r\n \t\r\nTo: b\r\n\r\n"),
			 ERR_MAIL_HEADER_EMPTY);
	assert_int_equal(found("From: a\r\nTo: b\n\r\n"), ERR_MAIL_LINE_ENDS);
	assert_int_equal(found("From: a\rTo: b\r\n\r\n"), ERR_MAIL_LINE_ENDS);
	assert_int_equal(found("Content-Type : text/html\r\n\r\n"),
			 ERR_MAIL_HEADER_LINE);
	read_bytes(view_of("From: a\0b\r\n\r\n", 13));
	assert_int_equal(tree.findings[0].error, ERR_MAIL_HEADER_NUL);
}

static void fields_that_say_two_things_are_found(void **state)
{
	(void)state;
	assert_int_equal(found("Content-Type: text/plain\r\n"
			       "Content-Type: text/html\r\n\r\n"),
			 ERR_MAIL_DUPLICATE_FIELD);
	assert_int_equal(found("Content-Transfer-Encoding: x\r\n\r\n"),
			 ERR_MAIL_TRANSFER_ENCODING);
	assert_int_equal(found("Content-Type: text\r\n\r\n"),
			 ERR_MAIL_CONTENT_TYPE);
	assert_int_equal(found("Content-Type: text/plain (html)\r\n\r\n"),
			 ERR_MAIL_COMMENT);
}

static void boundaries_that_readers_read_differently_are_found(void **state)
{
	(void)state;
	assert_int_equal(found("Content-Type: multipart/mixed\r\n\r\n"),
			 ERR_MAIL_BOUNDARY);
	assert_int_equal(
	    found("Content-Type: multipart/mixed; boundary=a; boundary=b"
		  "\r\n\r\n--a\r\n\r\n--a--\r\n"),
	    ERR_MAIL_BOUNDARY_DUPLICATE);
	assert_int_equal(
	    found("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b"
		  "\r\n\r\n--ab\r\n\r\n--ab--\r\n"),
	    ERR_MAIL_BOUNDARY_SPLIT);
	assert_int_equal(found(MIXED "--b1\r\n\r\n--b1x\r\n--b1--\r\n"),
			 ERR_MAIL_BOUNDARY_PREFIX);
	assert_int_equal(found(MIXED "--b1\r\n" MIXED PART "--b1--\r\n"),
			 ERR_MAIL_BOUNDARY_REUSED);
}

static void ends_that_are_missing_or_passed_are_found(void **state)
{
	(void)state;
	assert_int_equal(found(MIXED PART), ERR_MAIL_TERMINATOR);
	assert_int_equal(found(MIXED "--b1--\r\n"), ERR_MAIL_MULTIPART_EMPTY);
	assert_int_equal(found(MIXED PART "--b1--\r\n" PART "--b1--\r\n"),
			 ERR_MAIL_AFTER_END);
	assert_int_equal(found(MIXED PART "a\n--b1--\r\n"), ERR_MAIL_LINE_ENDS);
	assert_int_equal(found(MIXED PART "a\r--b1\r\n--b1--\r\n"),
			 ERR_MAIL_LINE_ENDS);
}

static void findings_name_their_place(void **state)
{
	(void)state;
	assert_int_equal(found("From: a\r\nno field\r\n\r\n"),
			 ERR_MAIL_HEADER_LINE);
	assert_int_equal(tree.findings[0].offset, strlen("From: a\r\n"));
}

/* One level more than is read; every finding beyond the room is dropped. */
static void nesting_is_bounded(void **state)
{
	BUFFER_CLEANUP struct buffer message = buffer_make(64 * 1024);

	(void)state;
	for (int i = 0; i < MAIL_DEPTH_MAX + 4; i++)
		buffer_format(&message,
			      "Content-Type: multipart/mixed; boundary=x%03dy"
			      "\r\n\r\n--x%03dy\r\n",
			      i, i);
	buffer_text(&message, "\r\nwords\r\n");
	read_bytes(buffer_contents(&message));
	assert_true(tree.finding_count > 0);
	assert_true(tree.finding_count <= MAIL_FINDINGS_MAX);
	assert_int_equal(tree.findings[0].error, ERR_MAIL_NESTING);
}

static void parts_are_counted(void **state)
{
	BUFFER_CLEANUP struct buffer message = buffer_make(1024 * 1024);

	(void)state;
	buffer_text(&message, MIXED);
	for (int i = 0; i <= MAIL_PARTS_MAX; i++)
		buffer_text(&message, "--b1\r\n\r\n\r\n");
	buffer_text(&message, "--b1--\r\n");
	assert_int_equal(
	    mail_tree_read(arena, buffer_contents(&message), &tree),
	    -ERR_LIMIT_MEMBERS);
}

static void fields_are_counted(void **state)
{
	BUFFER_CLEANUP struct buffer message = buffer_make(1024 * 1024);

	(void)state;
	for (int i = 0; i <= MAIL_FIELDS_MAX; i++)
		buffer_text(&message, "X: y\r\n");
	assert_int_equal(
	    mail_tree_read(arena, buffer_contents(&message), &tree),
	    -ERR_LIMIT_MEMBERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_without_fields_of_mime_is_plain_text),
	    cmocka_unit_test(
		the_line_end_in_front_of_a_delimiter_is_not_the_parts),
	    cmocka_unit_test(parts_come_in_the_order_of_the_message),
	    cmocka_unit_test(blanks_behind_a_boundary_do_not_matter),
	    cmocka_unit_test(a_boundary_in_quotation_marks_may_hold_anything),
	    cmocka_unit_test(folds_become_one_line),
	    cmocka_unit_test(type_and_encoding_are_read_without_regard_to_case),
	    cmocka_unit_test(a_header_that_readers_split_differently_is_found),
	    cmocka_unit_test(fields_that_say_two_things_are_found),
	    cmocka_unit_test(
		boundaries_that_readers_read_differently_are_found),
	    cmocka_unit_test(ends_that_are_missing_or_passed_are_found),
	    cmocka_unit_test(findings_name_their_place),
	    cmocka_unit_test(nesting_is_bounded),
	    cmocka_unit_test(parts_are_counted),
	    cmocka_unit_test(fields_are_counted),
	};

	return cmocka_run_group_tests(tests, make_arena, free_arena);
}

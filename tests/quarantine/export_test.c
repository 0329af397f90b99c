/* Lists as CSV: what a spreadsheet would calculate is text, what is not the
 * session's is not in it, and each export is on record. */
#define _GNU_SOURCE
#include "quarantine/console/csv.h"
#include "tests/support/console_calls.h"
#include "tests/support/vault_process.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void check_field(const char *text, const char *wanted)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(4096);

	csv_field(&buffer, text);
	buffer_u8(&buffer, 0);
	assert_int_equal(buffer_error(&buffer), 0);
	assert_string_equal((const char *)buffer.data, wanted);
}

static void nothing_is_calculated(void **state)
{
	(void)state;
	check_field("plain", "\"plain\"");
	check_field("", "\"\"");
	check_field("=1+1", "\"'=1+1\"");
	check_field("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\"");
	check_field("-2+3", "\"'-2+3\"");
	check_field("@SUM(A1)", "\"'@SUM(A1)\"");
	check_field("\t=1", "\"' =1\"");
	check_field("\r=1", "\"' =1\"");
	check_field("\n=1", "\"' =1\"");
	check_field("  =1", "\"'  =1\"");
	check_field("\xe3\x80\x80=1", "\"'\xe3\x80\x80=1\"");
	check_field("\xc2\xa0=1", "\"'\xc2\xa0=1\"");
	check_field("＝1＋1", "\"'＝1＋1\"");
	check_field("＠x", "\"'＠x\"");
	/* Inside it is a sign like others. */
	check_field("a=1", "\"a=1\"");
	check_field("2026-11-21", "\"2026-11-21\"");
}

static void no_field_ends_its_row(void **state)
{
	(void)state;
	check_field("a\",\"=1", "\"a\"\",\"\"=1\"");
	check_field("a\r\n=1,b", "\"a  =1,b\"");
	check_field("a\x1b[2J", "\"a [2J\"");
}

/* --- against a store --- */

static struct calls calls;
static char administrator[TOKEN_TEXT_SIZE + 1];
static char auditor[TOKEN_TEXT_SIZE + 1];
static char staff[TOKEN_TEXT_SIZE + 1];

static void record_item(const char *department, const char *name)
{
	const struct actor broker = {"sekisho-broker", "system"};
	struct vault_record record;

	vault_sample(&record, ERR_TYPE_FORBIDDEN, name);
	(void)text_copy(record.department, sizeof(record.department),
			department);
	record.has_original = false;
	assert_int_equal(store_begin(calls.store), 0);
	assert_int_equal(item_record(calls.store, &broker, &record,
				     view_of_string("{}"), -1),
			 0);
	assert_int_equal(store_commit(calls.store), 0);
}

static int set_up(void **state)
{
	(void)state;
	calls_open(&calls);
	assert_int_equal(
	    calls_ask(&calls, "units_create", NULL, "{\"name\":\"税務課\"}"),
	    0);
	assert_int_equal(
	    calls_ask(&calls, "units_create", NULL, "{\"name\":\"福祉課\"}"),
	    0);
	(void)calls_user(&calls, "ada", "administrator", "", administrator);
	(void)calls_user(&calls, "aud", "auditor", "", auditor);
	(void)calls_user(&calls, "sam", "staff", "税務課", staff);
	record_item("税務課", "=HYPERLINK(\"http://x\").docm");
	record_item("福祉課", "秘密.docm");
	for (int i = 0; i < 250; i++)
		record_item("税務課", "a.docm");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	calls_close(&calls);
	return 0;
}

/* The file that a call hands out, as text; the caller frees it. */
static char *export_as(const char *token, const char *operation,
		       const char *parameters, int wanted)
{
	struct console_call request = {.source = "192.0.2.7"};
	struct call *call = calloc(1, sizeof(*call));
	struct view content;
	char *text = NULL;
	bool wrote = false;
	int result;

	assert_non_null(call);
	(void)text_copy(request.operation, sizeof(request.operation),
			operation);
	(void)text_copy(request.token, sizeof(request.token), token);
	result = call_run(calls.store, &request, view_of_string(parameters),
			  call, &wrote);
	assert_int_equal(store_commit(calls.store), 0);
	assert_int_equal(result, wanted);
	if (result == 0) {
		assert_true(wrote);
		assert_int_equal(handle_map(call->content, &content), 0);
		text = strndup((const char *)content.data, content.size);
		handle_unmap(&content);
		assert_non_null(text);
	}
	call_free(call);
	free(call);
	return text;
}

static void refused(const char *token, const char *operation,
		    const char *parameters, int wanted)
{
	free(export_as(token, operation, parameters, wanted));
}

static int rows_of(const char *text)
{
	int count = 0;

	for (; (text = strstr(text, "\r\n")) != NULL; text += 2)
		count++;
	return count - 1;
}

static void items_come_as_the_list_shows_them(void **state)
{
	char *text =
	    export_as(staff, "items_export", "{\"state\":\"held\"}", 0);

	(void)state;
	assert_memory_equal(text, "\xef\xbb\xbf\"番号\"", 11);
	/* More than a page, and nothing of another department. */
	assert_int_equal(rows_of(text), 251);
	assert_null(strstr(text, "秘密"));
	assert_non_null(strstr(text, "\"'=HYPERLINK(\"\"http://x\"\").docm\""));
	free(text);
	text = export_as(auditor, "items_export", "{\"lang\":\"en\"}", 0);
	assert_int_equal(rows_of(text), 252);
	assert_non_null(strstr(text, "\"Department\""));
	free(text);
	text = export_as(auditor, "items_export", "{\"name\":\"秘密\"}", 0);
	assert_int_equal(rows_of(text), 1);
	free(text);
}

static void what_the_list_refuses_is_refused(void **state)
{
	(void)state;
	refused(staff, "items_export", "{\"state\":\"x\"}", -ERR_PARAMETER);
	refused(staff, "items_export", "{\"tenant\":\"x\"}", -ERR_PARAMETER);
	refused(staff, "items_export", "{\"limit\":1}", -ERR_PARAMETER);
	refused(staff, "items_export", "{\"cursor\":1}", -ERR_PARAMETER);
	refused(staff, "items_export", "{\"lang\":\"fr\"}", -ERR_PARAMETER);
	refused(staff, "users_export", "{}", -ERR_FORBIDDEN);
	refused(staff, "audit_export", "{}", -ERR_FORBIDDEN);
	refused("", "items_export", "{}", -ERR_UNAUTHENTICATED);
}

static int64_t count_of(const char *sql)
{
	QUERY_CLEANUP struct query query =
	    query_make(&calls.store->database, sql);

	assert_int_equal(query_step(&query), 1);
	return query_column_integer(&query, 0);
}

static void each_is_on_record_with_its_hash(void **state)
{
	static const char records[] =
	    "SELECT count(*) FROM audit_entry WHERE line LIKE"
	    " '%\"action\":\"data.export\"%'";
	static const char last[] =
	    "SELECT line, payload FROM audit_entry e JOIN audit_payload p"
	    " ON p.year = e.year AND p.seq = e.seq"
	    " ORDER BY e.year DESC, e.seq DESC LIMIT 1";
	int64_t before = count_of(records);
	char *text = export_as(auditor, "users_export", "{}", 0);
	QUERY_CLEANUP struct query query =
	    query_make(&calls.store->database, last);
	struct record record;
	uint8_t hash[HASH_SIZE];

	(void)state;
	assert_int_equal(count_of(records), before + 1);
	assert_int_equal(query_step(&query), 1);
	assert_int_equal(record_read(query_column_bytes(&query, 0), &record),
			 0);
	hash_bytes(view_of_string(text), hash);
	assert_memory_equal(record.after, hash, HASH_SIZE);
	assert_string_equal(record.actor, "aud");
	assert_string_equal(record.object, "export:users");
	assert_int_equal(record.version, 3);
	assert_string_equal(query_column_text(&query, 1), "{}");
	assert_non_null(strstr(text, "\"sam\""));
	free(text);
	query_end(&query);
	/* What was refused is not an export. */
	refused(staff, "users_export", "{}", -ERR_FORBIDDEN);
	assert_int_equal(count_of(records), before + 1);
	text = export_as(administrator, "audit_export",
			 "{\"action\":\"data.export\"}", 0);
	assert_int_equal(rows_of(text), (int)before + 1);
	free(text);
	text = export_as(administrator, "requests_export", "{}", 0);
	assert_int_equal(rows_of(text), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_calculated),
	    cmocka_unit_test(no_field_ends_its_row),
	    cmocka_unit_test(items_come_as_the_list_shows_them),
	    cmocka_unit_test(what_the_list_refuses_is_refused),
	    cmocka_unit_test(each_is_on_record_with_its_hash),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

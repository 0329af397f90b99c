#include "gateway/scanner/condition.h"

#include "base/bytes.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { NOW = 100000000, HOUR = 3600 };

static struct condition loaded(void)
{
	return (struct condition){
	    .time = NOW - 5 * HOUR,
	    .signatures = 7,
	    .files = "[\"a.ndb\"]",
	    .sandbox = "\"seccomp\":true",
	};
}

static void it_arrives_as_it_was_sent(void **state)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(8192);
	struct condition sent = loaded();
	struct condition received = {0};

	(void)state;
	sent.error = -ERR_SCANNER_FAILED;
	(void)text_copy(sent.detail.text, sizeof(sent.detail.text), "why");
	condition_write(&text, &sent);
	assert_int_equal(condition_read(buffer_contents(&text), &received), 0);
	assert_int_equal(received.error, -ERR_SCANNER_FAILED);
	assert_int_equal(received.time, sent.time);
	assert_int_equal(received.signatures, 7);
	assert_string_equal(received.detail.text, "why");
	assert_string_equal(received.files, sent.files);
	assert_string_equal(received.sandbox, sent.sandbox);
	text.size -= 2;
	assert_int_equal(condition_read(buffer_contents(&text), &received),
			 -ERR_PROTOCOL);
}

static void the_state_says_whether_anything_passes(void **state)
{
	struct condition condition = loaded();

	(void)state;
	assert_string_equal(condition_state(&condition, NOW, 5), "ok");
	assert_string_equal(condition_state(&condition, NOW + 1, 5), "stale");
	condition.error = -ERR_SCANNER_NO_DEFINITIONS;
	assert_string_equal(condition_state(&condition, NOW, 5), "none");
	condition.error = -ERR_SCANNER_FAILED;
	assert_string_equal(condition_state(&condition, NOW, 5), "failed");
}

static void the_json_text_is_escaped(void **state)
{
	BUFFER_CLEANUP struct buffer json = buffer_make(CONDITION_JSON_MAX);
	struct condition condition = loaded();

	(void)state;
	condition_to_json(&json, &condition, NOW, 48, "line \"1\"\n\\");
	buffer_u8(&json, '\0');
	assert_int_equal(buffer_error(&json), 0);
	assert_string_equal(
	    (const char *)buffer_contents(&json).data,
	    "{\"seccomp\":true,\"definitions\":{\"state\":\"ok\","
	    "\"signatures\":7,\"time\":99982000,\"age_hours\":5,"
	    "\"max_age_hours\":48,\"files\":[\"a.ndb\"],\"detail\":\"\","
	    "\"reload\":\"failed\",\"reload_detail\":\"line \\\"1\\\"?\\\\\"}"
	    "}");
}

/* More than the broker keeps would cost the edge. */
static void the_longest_text_fits(void **state)
{
	static struct definitions definitions;
	BUFFER_CLEANUP struct buffer json = buffer_make(CONDITION_JSON_MAX);
	struct condition condition = loaded();

	(void)state;
	definitions.count = DEFINITION_FILES_MAX;
	for (size_t i = 0; i < definitions.count; i++)
		for (size_t j = 0; j < DEFINITION_NAME_MAX; j++)
			definitions.files[i].name[j] = '"';
	condition_set_files(&condition, &definitions);
	assert_non_null(strstr(condition.files, ",\"...\"]"));
	for (size_t i = 0; i + 1 < sizeof(condition.detail.text); i++)
		condition.detail.text[i] = '"';
	condition_to_json(&json, &condition, NOW, 48, condition.detail.text);
	assert_int_equal(buffer_error(&json), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_arrives_as_it_was_sent),
	    cmocka_unit_test(the_state_says_whether_anything_passes),
	    cmocka_unit_test(the_json_text_is_escaped),
	    cmocka_unit_test(the_longest_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

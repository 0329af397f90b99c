/* Policies that were approved on the console, in the place of the file's. */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/config/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define VERSION "00112233445566778899aabbccddeeff"
#define OURS                                                                   \
	"policies:\n  - name: default\n    links: remove\n"                    \
	"  - {name: strict, mode: text, modes: {pdf: block},"                  \
	" limits: {seconds: 7, input_bytes: 5MiB}}\n"                          \
	"rules:\n  - {department: \"a\\\"b*\", larger_than: 3KiB,"             \
	" policy: strict}\n"
#define THEIRS "policies:\n  - name: default\n    links: keep\n    mode: text\n"

static char folder[64];
static struct config_problems problems;

static int make_folder(void **state)
{
	char path[128];

	(void)state;
	(void)text_copy(folder, sizeof(folder), "/tmp/policies-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/policy", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	return 0;
}

static int remove_folder(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/policy/policies.yaml", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/policy", folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static struct config *load(const char *text)
{
	struct config *config = NULL;

	assert_int_equal(config_load_text(view_of_string(text), "test.yaml",
					  &problems, &config),
			 0);
	assert_int_equal(config_set_state(config, folder), 0);
	return config;
}

static void put(struct view bytes)
{
	HANDLE_CLEANUP int fd = -1;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/policy/policies.yaml", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(handle_write_all(fd, bytes), 0);
}

static void put_version(const struct config *config, const char *text)
{
	BUFFER_CLEANUP struct buffer bytes =
	    buffer_make(CONFIG_POLICIES_BYTES_MAX);

	config_write_policies_file(&bytes, config, VERSION,
				   view_of_string(text));
	assert_int_equal(buffer_error(&bytes), 0);
	put(buffer_contents(&bytes));
}

static void without_a_version_the_file_counts(void **state)
{
	CONFIG_CLEANUP struct config *config = load(OURS);
	CONFIG_CLEANUP struct config *again = NULL;
	struct policy policy;

	(void)state;
	assert_int_equal(config_use_policies(config, &problems), 0);
	assert_string_equal(config->policies_version, "");
	/* What it says of itself is a configuration that says the same. */
	again = load("");
	assert_int_equal(config_replace_policies(again, config->policies_text,
						 "own", &problems),
			 0);
	assert_int_equal(again->policy_count, 2);
	assert_int_equal(again->rule_count, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again->policies[i].name,
				    config->policies[i].name);
		assert_memory_equal(&again->policies[i].policy,
				    &config->policies[i].policy,
				    sizeof(struct policy));
	}
	assert_string_equal(again->rules[0].department, "a\"b*");
	assert_int_equal(again->rules[0].larger_than, 3 * 1024);
	(void)config_policy_for(again, CHANNEL_FOLDER, DIRECTION_INBOUND, "",
				&policy);
	assert_int_equal(policy.links, LINKS_REMOVE);
}

static void a_version_takes_its_place(void **state)
{
	CONFIG_CLEANUP struct config *config = load(OURS);
	/* The same again, in another dress. */
	CONFIG_CLEANUP struct config *other =
	    load("# a note\nlanguage: en\n" OURS "# the end\n");

	(void)state;
	put_version(config, THEIRS);
	assert_int_equal(config_use_policies(config, &problems), 0);
	assert_string_equal(config->policies_version, VERSION);
	assert_int_equal(config->policy_count, 1);
	assert_int_equal(config->rule_count, 0);
	assert_int_equal(config->policies[0].policy.modes[3], MODE_TEXT);
	assert_true(view_equal(config->policies_text, view_of_string(THEIRS)));
	assert_int_equal(config_use_policies(other, &problems), 0);
	assert_string_equal(other->policies_version, VERSION);
	assert_false(other->policies_passed_over);
}

static void a_change_of_the_file_counts_more(void **state)
{
	CONFIG_CLEANUP struct config *before = load(OURS);
	CONFIG_CLEANUP struct config *config =
	    load("policies:\n  - name: default\n    links: remove\n    dct: "
		 "reencode\n");

	(void)state;
	put_version(before, THEIRS);
	assert_int_equal(config_use_policies(config, &problems), 0);
	assert_true(config->policies_passed_over);
	assert_string_equal(config->policies_version, "");
	assert_int_equal(config->policies[0].policy.dct, DCT_REENCODE);
	assert_int_equal(config->policies[0].policy.modes[3], MODE_REBUILD);
}

static void a_spoilt_file_is_refused_with_its_line(void **state)
{
	CONFIG_CLEANUP struct config *config = load(OURS);

	(void)state;
	put_version(config, "policies:\n  - name: default\n    links: maybe\n");
	assert_int_equal(config_use_policies(config, &problems), -ERR_CONFIG);
	assert_int_equal(problems.list[0].line, 5); /* two are in front */
	assert_string_equal(problems.list[0].key, "policies[0].links");
	put(view_of_string(THEIRS));
	assert_int_equal(config_use_policies(config, &problems), -ERR_CONFIG);
	put(view_of_string("# sekisho-policies version=" VERSION
			   " base=\n#\n"));
	assert_int_equal(config_use_policies(config, &problems), -ERR_CONFIG);
	put(view_of_string(""));
	assert_int_equal(config_use_policies(config, &problems), -ERR_CONFIG);
}

static void only_policies_are_described(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *key;
	} bad[] = {
	    {"web: {enabled: false}\n", 1, "web"},
	    {"policies:\n  - name: default\n    file: /etc/passwd\n", 3,
	     "policies[0].file"},
	    {"policies:\n  - name: a\n  - name: a\n", 3, "policies[1].name"},
	    {"rules:\n  - policy: nowhere\n", 2, "rules[0].policy"},
	    {"a: &x [*x]\n", 1, ""},
	};
	json_t *content = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *list;

		assert_int_equal(
		    config_describe_policies(view_of_string(bad[i].text),
					     &problems, &content),
		    -ERR_CONFIG);
		assert_int_equal(problems.list[0].line, bad[i].line);
		assert_string_equal(problems.list[0].key, bad[i].key);
		list = config_problems_json(&problems);
		assert_int_equal(json_array_size(list), problems.count);
		json_decref(list);
	}
	assert_int_equal(
	    config_describe_policies(view_of_string(OURS), &problems, &content),
	    0);
	assert_string_equal(
	    json_string_value(json_object_get(
		json_array_get(json_object_get(content, "policies"), 1),
		"limits.seconds")),
	    "7");
	assert_string_equal(
	    json_string_value(json_object_get(
		json_array_get(json_object_get(content, "rules"), 0),
		"department")),
	    "a\"b*");
	json_decref(content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(without_a_version_the_file_counts,
					    make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(a_version_takes_its_place,
					    make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(a_change_of_the_file_counts_more,
					    make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		a_spoilt_file_is_refused_with_its_line, make_folder,
		remove_folder),
	    cmocka_unit_test_setup_teardown(only_policies_are_described,
					    make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

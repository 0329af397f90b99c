#include "gateway/config/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/banned.h"

/* The table's defaults and policy_default() are the same thing twice. */
static void every_key_has_a_good_default_and_comments(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];
		char name[128];

		(void)snprintf(name, sizeof(name), "%s%s",
			       key_prefix(key->section), key->name);
		assert_ptr_equal(key_find(name), key);
		if (key->section == SECTION_MODES)
			continue;
		assert_true(strlen(key->comments[0]) > 0);
		assert_true(strlen(key->comments[1]) > 0);
	}
}

static char *document(const char *name)
{
	char path[1024];
	FILE *file;
	char *text = calloc(1, 256 * 1024);

	assert_non_null(text);
	(void)snprintf(path, sizeof(path), PROJECT_FOLDER "/docs/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, 256 * 1024 - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* The row that docs/configuration.md must have for a key. */
static void write_row(struct buffer *row, const struct key *key)
{
	buffer_format(row, "| `%s` | `%s` | ", key->name,
		      key->value[0] == '\0' ? "\"\"" : key->value);
	key_write_allowed(row, key, LANGUAGE_EN);
	buffer_format(row, " | %s | %s |\n", key->comments[LANGUAGE_EN],
		      key->comments[LANGUAGE_JA]);
	buffer_u8(row, '\0');
}

static void the_documentation_has_every_key(void **state)
{
	char *text = document("configuration.md");
	char *manual = document("man/sekisho.yaml.5");

	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];
		struct buffer row = buffer_make(8192);
		char name[64];

		if (key->section == SECTION_MODES)
			continue;
		write_row(&row, key);
		assert_int_equal(buffer_error(&row), 0);
		if (strstr(text, (const char *)row.data) == NULL)
			fail_msg("docs/configuration.md lacks the row\n%s",
				 (const char *)row.data);
		buffer_free(&row);
		(void)snprintf(name, sizeof(name), ".B %s\n", key->name);
		if (strstr(manual, name) == NULL)
			fail_msg("docs/man/sekisho.yaml.5 lacks %s", key->name);
	}
	free(text);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_has_a_good_default_and_comments),
	    cmocka_unit_test(the_documentation_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sanitizers/ooxml/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const enum name_group groups[] = {NAME_ELEMENT, NAME_ATTRIBUTE,
					 NAME_OWN_ATTRIBUTE, NAME_REFERENCE};

/* The search halves the lists: one name out of order would hide others. */
static void every_list_is_sorted(void **state)
{
	size_t total = 0;

	(void)state;
	for (enum names list = 0; list < NAMES_COUNT; list++) {
		for (size_t g = 0; g < NAME_GROUPS; g++) {
			size_t count;
			const char *const *names =
			    names_all(list, groups[g], &count);

			for (size_t i = 1; i < count; i++)
				assert_true(strcmp(names[i - 1], names[i]) < 0);
			total += count;
		}
	}
	assert_true(total > 5000);
}

static const struct {
	enum vocabulary vocabulary;
	const char *name;
} dropped[] = {
#define DROP(vocabulary, name) {VOCABULARY_##vocabulary, name},
#define KEEP(vocabulary, name)
#define UNWRAP(vocabulary, name) {VOCABULARY_##vocabulary, name},
#define ELEMENT(vocabulary, name, treatment, kind, check, end)                 \
	treatment(vocabulary, name)
#define ATTRIBUTE(vocabulary, name, kind, check)
#include "sanitizers/ooxml/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
};

static const char *const uris[] = {
#define NAMESPACE(vocabulary, list, uri) uri,
#include "sanitizers/ooxml/vocabulary.def"
#undef NAMESPACE
};

/* If a rule were lost, what it drops must still not be on a list. */
static void what_rules_drop_is_not_listed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		const struct namespace *space = namespace_of(uris[i]);

		for (size_t j = 0; j < sizeof(dropped) / sizeof(dropped[0]);
		     j++)
			if (dropped[j].vocabulary == space->vocabulary &&
			    names_have(space->names, NAME_ELEMENT,
				       dropped[j].name) &&
			    strcmp(dropped[j].name, "externalData") != 0)
				fail_msg("%s: %s", uris[i], dropped[j].name);
	}
}

static void names_of_other_formats_are_not_listed(void **state)
{
	const char *word =
	    "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

	(void)state;
	assert_true(names_have(namespace_of(word)->names, NAME_ELEMENT, "tbl"));
	assert_true(
	    names_have(namespace_of(word)->names, NAME_REFERENCE, "hyperlink"));
	assert_false(
	    names_have(namespace_of(word)->names, NAME_REFERENCE, "p"));
	assert_false(
	    names_have(namespace_of(word)->names, NAME_ELEMENT, "sheetData"));
	assert_false(
	    names_have(namespace_of("urn:other")->names, NAME_ELEMENT, "p"));
	assert_int_equal(namespace_of("urn:other")->vocabulary,
			 VOCABULARY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_list_is_sorted),
	    cmocka_unit_test(what_rules_drop_is_not_listed),
	    cmocka_unit_test(names_of_other_formats_are_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

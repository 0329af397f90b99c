#include "gateway/verifier/ooxml_names.h"

#include "sanitizers/ooxml/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const char *const uris[] = {
#define NAMESPACE(vocabulary, list, uri) uri,
#include "sanitizers/ooxml/vocabulary.def"
#undef NAMESPACE
};

static bool knows(const char *uri, enum name_group group, const char *name)
{
	if (group == NAME_ELEMENT || group == NAME_REFERENCE)
		return opc_knows_element(uri, name);
	return opc_knows_attribute(uri, group == NAME_ATTRIBUTE ? "" : uri,
				   name);
}

/* A name that comes out of the rebuild must not hold the document. */
static void what_the_sanitizer_lists_is_known(void **state)
{
	static const enum name_group groups[] = {
	    NAME_ELEMENT, NAME_ATTRIBUTE, NAME_OWN_ATTRIBUTE, NAME_REFERENCE};

	(void)state;
	opc_names_prepare();
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		for (size_t g = 0; g < NAME_GROUPS; g++) {
			enum names list = namespace_of(uris[i])->names;
			size_t count;
			const char *const *names =
			    names_all(list, groups[g], &count);

			for (size_t n = 0; n < count; n++)
				if (!knows(uris[i], groups[g], names[n]))
					fail_msg("%s: %s", uris[i], names[n]);
		}
	}
}

static void the_functions_are_the_same(void **state)
{
	static const char *const functions[] = {
#define FUNCTION(name) name,
#include "sanitizers/ooxml/functions.def"
#undef FUNCTION
	};

	(void)state;
	opc_names_prepare();
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_true(opc_knows_function(functions[i]));
	assert_false(opc_knows_function("WEBSERVICE"));
	assert_false(opc_knows_function("CALL"));
	assert_false(opc_knows_function("tbl"));
}

static void the_functions_of_cells_are_the_same(void **state)
{
	static const char *const functions[] = {
#define CELL_FUNCTION(name) name,
#include "sanitizers/ooxml/cell_functions.def"
#undef CELL_FUNCTION
	};

	(void)state;
	opc_names_prepare();
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_true(opc_knows_cell_function(functions[i]));
	assert_false(opc_knows_cell_function("RUNADDON"));
	assert_false(opc_knows_cell_function("DOCMD"));
	assert_false(opc_knows_cell_function("SUMIF"));
}

static const struct {
	enum vocabulary vocabulary;
	enum treatment treatment;
	const char *name;
} rules[] = {
#define ELEMENT(vocabulary, name, treatment, kind, check, end)                 \
	{VOCABULARY_##vocabulary, TREATMENT_##treatment, name},
#define ATTRIBUTE(vocabulary, name, kind, check)
#include "sanitizers/ooxml/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
};

/* ...and what its rules always drop is on neither list. */
static void what_rules_drop_is_not_known(void **state)
{
	(void)state;
	opc_names_prepare();
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].treatment != TREATMENT_DROP ||
		    strcmp(rules[i].name, "externalData") == 0)
			continue;
		for (size_t u = 0; u < sizeof(uris) / sizeof(uris[0]); u++)
			if (namespace_of(uris[u])->vocabulary ==
				rules[i].vocabulary &&
			    opc_knows_element(uris[u], rules[i].name))
				fail_msg("%s: %s", uris[u], rules[i].name);
	}
}

static void other_names_are_not_known(void **state)
{
	const char *word =
	    "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
	const char *vml = "urn:schemas-microsoft-com:vml";

	(void)state;
	opc_names_prepare();
	assert_true(opc_names_count() > 4000);
	assert_true(opc_knows_element(word, "tbl"));
	assert_false(opc_knows_element(word, "tb"));
	assert_false(opc_knows_element(word, "sheetData"));
	assert_false(opc_knows_element("urn:other", "tbl"));
	assert_true(opc_knows_element("", "font"));
	assert_false(opc_knows_element("", "script"));
	assert_true(opc_knows_attribute(vml, "", "fillcolor"));
	assert_false(opc_knows_attribute(vml, "", "onclick"));
	assert_false(opc_knows_attribute(vml, "urn:other", "fillcolor"));
	assert_true(opc_knows_attribute(vml, word, "val"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_lists_is_known),
	    cmocka_unit_test(the_functions_are_the_same),
	    cmocka_unit_test(the_functions_of_cells_are_the_same),
	    cmocka_unit_test(what_rules_drop_is_not_known),
	    cmocka_unit_test(other_names_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

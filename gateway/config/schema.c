#include "gateway/config/schema.h"

#include "gateway/config/problem.h"

#include <cyaml/cyaml.h>

#include "base/banned.h"

enum { VALUE_MAX = 4096, ITEMS_MAX = 1024 };

/* The schemas, built once: a field list per section, the sections that are
 * mappings below it, and the end mark. */
struct fields {
	cyaml_schema_field_t list[KEY_COUNT + SECTION_COUNT + 3];
	size_t count;
};

static struct fields sections[SECTION_COUNT];
static cyaml_schema_value_t policy_entry;
static cyaml_schema_value_t rule_entry;
static cyaml_schema_value_t file_schema;
static cyaml_schema_value_t policy_schema;

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, VALUE_MAX),
};

static void add(struct fields *fields, cyaml_schema_field_t field)
{
	fields->list[fields->count++] = field;
}

static void add_key(const struct key *key)
{
	size_t slot = (size_t)(key - config_keys) * sizeof(struct slot);
	cyaml_schema_field_t field = {.key = key->name};

	if (key->type == KEY_LIST) {
		field.data_offset =
		    (uint32_t)(slot + offsetof(struct slot, items));
		field.count_offset =
		    (uint32_t)(slot + offsetof(struct slot, items_count));
		field.count_size = sizeof(uint32_t);
		field.value = (cyaml_schema_value_t){
		    .type = CYAML_SEQUENCE,
		    .flags = (enum cyaml_flag)(CYAML_FLAG_POINTER |
					       CYAML_FLAG_OPTIONAL),
		    .data_size = sizeof(char *),
		    .sequence = {&text_entry, 0, ITEMS_MAX},
		};
	} else {
		field.data_offset =
		    (uint32_t)(slot + offsetof(struct slot, text));
		field.value = (cyaml_schema_value_t){
		    .type = CYAML_STRING,
		    .flags = (enum cyaml_flag)(CYAML_FLAG_POINTER |
					       CYAML_FLAG_OPTIONAL),
		    .data_size = sizeof(char),
		    .string = {0, VALUE_MAX},
		};
	}
	add(&sections[key->section], field);
}

/* A section lies in the table of its parent, at the places of its keys. */
static void add_section(enum key_section parent, const char *name,
			enum key_section child)
{
	add(&sections[parent], (cyaml_schema_field_t){
				   .key = name,
				   .value =
				       {
					   .type = CYAML_MAPPING,
					   .flags = CYAML_FLAG_OPTIONAL,
					   .data_size = sizeof(struct table),
					   .mapping = {sections[child].list},
				       },
			       });
}

static void add_tables(const char *name, size_t offset, size_t count_offset,
		       const cyaml_schema_value_t *entry, uint32_t most)
{
	add(&sections[SECTION_GENERAL],
	    (cyaml_schema_field_t){
		.key = name,
		.data_offset = (uint32_t)offset,
		.count_offset = (uint32_t)count_offset,
		.count_size = sizeof(uint32_t),
		.value =
		    {
			.type = CYAML_SEQUENCE,
			.flags = (enum cyaml_flag)(CYAML_FLAG_POINTER |
						   CYAML_FLAG_OPTIONAL),
			.data_size = sizeof(struct table),
			.sequence = {entry, 0, most},
		    },
	    });
}

static cyaml_schema_value_t mapping(enum key_section section, size_t size,
				    enum cyaml_flag flags)
{
	return (cyaml_schema_value_t){
	    .type = CYAML_MAPPING,
	    .flags = flags,
	    .data_size = (uint32_t)size,
	    .mapping = {sections[section].list},
	};
}

static void build_schemas(void)
{
	if (sections[SECTION_GENERAL].count > 0)
		return;
	for (size_t i = 0; i < KEY_COUNT; i++)
		add_key(&config_keys[i]);
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		char name[32];
		const char *prefix = key_prefix((enum key_section)i);
		static char names[SECTION_COUNT][32];

		if (i == SECTION_GENERAL || strchr(prefix, '[') != NULL)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)strlen(prefix) - 1, prefix);
		(void)snprintf(names[i], sizeof(names[i]), "%s", name);
		add_section(SECTION_GENERAL, names[i], (enum key_section)i);
	}
	add_section(SECTION_POLICY, "limits", SECTION_LIMITS);
	add_section(SECTION_POLICY, "modes", SECTION_MODES);
	policy_entry =
	    mapping(SECTION_POLICY, sizeof(struct table), CYAML_FLAG_DEFAULT);
	rule_entry =
	    mapping(SECTION_RULE, sizeof(struct table), CYAML_FLAG_DEFAULT);
	add_tables("policies", offsetof(struct raw, policies),
		   offsetof(struct raw, policies_count), &policy_entry,
		   CONFIG_POLICIES_MAX);
	add_tables("rules", offsetof(struct raw, rules),
		   offsetof(struct raw, rules_count), &rule_entry,
		   CONFIG_RULES_MAX);
	file_schema =
	    mapping(SECTION_GENERAL, sizeof(struct raw), CYAML_FLAG_POINTER);
	policy_schema =
	    mapping(SECTION_POLICY, sizeof(struct table), CYAML_FLAG_POINTER);
}

/* libcyaml's first words about an error are the specific ones. */
struct words {
	char text[160];
};

static void collect(cyaml_log_t level, void *context, const char *format,
		    va_list arguments) __attribute__((format(printf, 3, 0)));

static void collect(cyaml_log_t level, void *context, const char *format,
		    va_list arguments)
{
	struct words *words = context;

	if (level == CYAML_LOG_ERROR && words->text[0] == '\0')
		(void)vsnprintf(words->text, sizeof(words->text), format,
				arguments);
	words->text[strcspn(words->text, "\n")] = '\0';
}

static cyaml_config_t library(struct words *words)
{
	return (cyaml_config_t){
	    .log_fn = collect,
	    .log_ctx = words,
	    .mem_fn = cyaml_mem,
	    .log_level = CYAML_LOG_ERROR,
	    .flags = CYAML_CFG_NO_ALIAS,
	};
}

static int load(struct view text, const cyaml_schema_value_t *schema,
		struct config_problems *problems, void **ret_data)
{
	struct words words = {""};
	cyaml_config_t config = library(&words);
	cyaml_err_t error;

	error = cyaml_load_data(text.data, text.size, &config, schema, ret_data,
				NULL);
	if (error == CYAML_OK)
		return 0;
	*ret_data = NULL;
	if (error == CYAML_ERR_OOM)
		return -ERR_MEMORY;
	return problem_quote(problems, 0, "",
			     words.text[0] != '\0' ? words.text
						   : cyaml_strerror(error),
			     "のため読めません。", ": cannot be read.");
}

int raw_load(struct view text, struct config_problems *problems,
	     struct raw **ret_raw)
{
	void *data = NULL;
	int error;

	build_schemas();
	error = load(text, &file_schema, problems, &data);
	if (error == 0)
		*ret_raw = data;
	return error;
}

int raw_load_policy(struct view text, struct config_problems *problems,
		    struct table **ret_table)
{
	void *data = NULL;
	int error;

	build_schemas();
	error = load(text, &policy_schema, problems, &data);
	if (error == 0)
		*ret_table = data;
	return error;
}

void raw_free(struct raw *raw)
{
	struct words words = {""};
	cyaml_config_t config = library(&words);

	if (raw != NULL)
		(void)cyaml_free(&config, &file_schema, raw, 0);
}

void raw_free_policy(struct table *table)
{
	struct words words = {""};
	cyaml_config_t config = library(&words);

	if (table != NULL)
		(void)cyaml_free(&config, &policy_schema, table, 0);
}

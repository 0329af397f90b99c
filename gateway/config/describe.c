/* What a text says of policies, as JSON: for forms and for messages. */
#include "gateway/config/config.h"
#include "gateway/config/fill.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include "base/banned.h"

enum { DESCRIBE_MEMORY_MAX = 16 * 1024 * 1024 };

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0 ? 0 : -ERR_MEMORY;
}

json_t *config_problems_json(const struct config_problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		if (json_array_append_new(
			list,
			json_pack("{s:i, s:s, s:s, s:s}", "line",
				  (int)problem->line, "key", problem->key, "ja",
				  problem->sentence[LANGUAGE_JA], "en",
				  problem->sentence[LANGUAGE_EN])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* --- keys --- */

static const char *const type_names[] = {
    [KEY_TEXT] = "text", [KEY_PATH] = "text",     [KEY_NUMBER] = "number",
    [KEY_SIZE] = "size", [KEY_CHOICE] = "choice", [KEY_FLAG] = "flag",
    [KEY_LIST] = "list",
};

/* "limits.seconds" of a policy, "department" of a rule. */
static void short_name(const struct key *key, char *name, size_t size)
{
	(void)snprintf(name, size, "%s%s",
		       key->section == SECTION_LIMITS  ? "limits."
		       : key->section == SECTION_MODES ? "modes."
						       : "",
		       key->name);
}

static json_t *describe_key(const struct key *key)
{
	char name[128];
	json_t *choices = json_array();
	json_t *object;

	short_name(key, name, sizeof(name));
	for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
		(void)json_array_append_new(choices,
					    json_string(key->choices[i]));
	object = json_pack(
	    "{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o}", "name", name, "of",
	    key->section == SECTION_RULE ? "rule" : "policy", "type",
	    type_names[key->type], "default",
	    key->value == NULL ? "" : key->value, "least",
	    (json_int_t)key->least, "most", (json_int_t)key->most, "ja",
	    key->comments[LANGUAGE_JA], "en", key->comments[LANGUAGE_EN],
	    "choices", choices);
	return object;
}

static json_t *describe_keys(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (config_keys[i].section >= SECTION_POLICY &&
		    config_keys[i].type != KEY_PATH)
			(void)json_array_append_new(
			    list, describe_key(&config_keys[i]));
	return list;
}

/* --- what is given --- */

/* Reads "policies[3].limits.seconds": which, and what follows. */
static const char *rest_of(const char *path, const char *list, size_t *ret_at)
{
	size_t length = strlen(list);
	const char *at = path + length + 1;

	if (strncmp(path, list, length) != 0 || path[length] != '[')
		return NULL;
	*ret_at = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		*ret_at = *ret_at * 10 + (size_t)(*at - '0');
	return at[0] == ']' && at[1] == '.' ? at + 2 : NULL;
}

static int describe_list(const struct outline *outline, const char *name,
			 json_t *ret_list)
{
	for (size_t i = 0; i < outline->count; i++) {
		const struct node *node = &outline->nodes[i];
		size_t index;
		const char *rest = rest_of(node->path, name, &index);
		json_t *entry;

		if (rest == NULL || node->kind != NODE_SCALAR ||
		    node->value == NULL)
			continue;
		while (json_array_size(ret_list) <= index)
			if (json_array_append_new(ret_list, json_object()) != 0)
				return -ERR_MEMORY;
		entry = json_array_get(ret_list, index);
		if (put(entry, rest, json_string(node->value)) != 0)
			return -ERR_MEMORY;
	}
	return 0;
}

static int describe(struct view text, struct arena *arena,
		    struct config_problems *problems, json_t *content)
{
	struct outline outline = {0};
	json_t *policies = json_array();
	json_t *rules = json_array();
	int error = fill_outline(text, "", arena, problems, &outline);

	if (error == 0)
		error = describe_list(&outline, "policies", policies);
	if (error == 0)
		error = describe_list(&outline, "rules", rules);
	outline_free(&outline);
	if (put(content, "policies", policies) != 0 ||
	    put(content, "rules", rules) != 0 ||
	    put(content, "keys", describe_keys()) != 0)
		error = error == 0 ? -ERR_MEMORY : error;
	return error;
}

int config_describe_policies(struct view text, struct config_problems *problems,
			     json_t **ret_content)
{
	struct config config = {.arena = arena_new(DESCRIBE_MEMORY_MAX)};
	json_t *content = json_object();
	int error = config.arena == NULL || content == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = config_replace_policies(&config, text, "", problems);
	if (error == 0)
		error = describe(text, config.arena, problems, content);
	arena_free(config.arena);
	if (error != 0) {
		json_decref(content);
		return error;
	}
	*ret_content = content;
	return 0;
}

/* From what a file says, checked, to the values of the configuration. */
#include "gateway/config/fill.h"

#include "base/bytes.h"
#include "gateway/config/check.h"
#include "gateway/config/problem.h"

#include <limits.h>
#include <unistd.h>

#include "base/banned.h"

/* Stores one key: what the file says, else its default. The text is copied
 * first, the file's goes with libcyaml's memory. */
static int store(const struct key *key, const char *given, struct arena *arena,
		 void *owner)
{
	const char *text = given == NULL ? key->value : given;
	const char *copy = arena_string(arena, view_of_string(text));

	if (copy == NULL)
		return -ERR_MEMORY;
	/* The quotes of a default are YAML's. */
	if (given == NULL && strcmp(text, "\"*\"") == 0)
		copy = "*";
	return key_store(key, copy, owner) ? 0 : -ERR_CONFIG;
}

static int store_list(const struct key *key, const struct slot *slot,
		      struct arena *arena, void *owner)
{
	struct config_list list = {0};
	bool every = slot->items == NULL && strcmp(key->value, "[]") != 0;

	list.count = slot->items == NULL ? every : slot->items_count;
	list.items = arena_array(arena, list.count + 1, sizeof(char *));
	if (list.items == NULL)
		return -ERR_MEMORY;
	if (every)
		list.items[0] = "*";
	for (size_t i = 0; slot->items != NULL && i < list.count; i++) {
		list.items[i] =
		    arena_string(arena, view_of_string(slot->items[i]));
		if (list.items[i] == NULL)
			return -ERR_MEMORY;
	}
	if (!bytes_copy((char *)owner + key->offset, key->size,
			view_of(&list, sizeof(list))))
		return -ERR_INTERNAL;
	return 0;
}

int fill_general(const struct table *table, struct config *config)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];

		if (key->section >= SECTION_POLICY)
			continue;
		if (key->type == KEY_LIST)
			error = store_list(key, &table->slots[i], config->arena,
					   config);
		else
			error = store(key, table->slots[i].text, config->arena,
				      config);
	}
	if (error == 0 && config->parallel == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);

		config->parallel = cores > 0 ? (uint32_t)cores : 1;
	}
	return error;
}

/* What the file says for a key; NULL: nothing. */
const char *fill_given(const struct table *table, const char *pattern)
{
	return table->slots[key_find(pattern) - config_keys].text;
}

/* `mode` first: the modes of single formats stand above it. On a base, which
 * may be NULL, only what is given changes anything. */
int fill_policy(const struct table *table, const struct policy *base,
		struct arena *arena, struct config_policy *policy)
{
	int error = 0;

	if (base == NULL)
		policy_default(&policy->policy);
	else
		policy->policy = *base;
	for (size_t i = 0; error == 0 && i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];
		bool ours = key->section == SECTION_POLICY ||
			    key->section == SECTION_LIMITS ||
			    (key->section == SECTION_MODES &&
			     table->slots[i].text != NULL);
		bool kept = base != NULL && table->slots[i].text == NULL &&
			    key->type != KEY_TEXT && key->type != KEY_PATH;

		if (!ours || kept)
			continue;
		error = store(key, table->slots[i].text, arena, policy);
		if (error == 0 && strcmp(key->name, "mode") == 0)
			memset(policy->policy.modes, policy->policy.modes[0],
			       sizeof(policy->policy.modes));
	}
	return error;
}

static int fill_rule(const struct table *table, struct arena *arena,
		     struct config_rule *rule)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < KEY_COUNT; i++)
		if (config_keys[i].section == SECTION_RULE)
			error = store(&config_keys[i], table->slots[i].text,
				      arena, rule);
	return error;
}

static const struct config_policy *find_policy(const struct config *config,
					       const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

static int name_taken(const struct outline *outline, const char *name,
		      uint32_t index, struct config_problems *problems)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "policies[%u].name", index);
	return problem_quote(problems, outline_line(outline, path), path, name,
			     "という名前のポリシーが二つあります。",
			     "is the name of two policies.");
}

/* One entry of `policies`, on top of the file that it names: policies can lie
 * beside the configuration. */
static int fill_entry(const struct table *table, struct config *config,
		      struct config_problems *problems,
		      struct config_policy *policy)
{
	const char *file = fill_given(table, "policies[].file");
	const char *slash = strrchr(problems->file, '/');
	struct config_problems own = *problems;
	struct policy base;
	char path[PATH_MAX];
	int error;

	if (file == NULL || file[0] == '\0')
		return fill_policy(table, NULL, config->arena, policy);
	if (file[0] == '/' || slash == NULL)
		(void)text_copy(path, sizeof(path), file);
	else
		(void)snprintf(path, sizeof(path), "%.*s/%s",
			       (int)(slash - problems->file), problems->file,
			       file);
	error = config_load_policy(path, problems, &base);
	if (error != 0)
		return error == -ERR_NOT_FOUND ? -ERR_CONFIG : error;
	*problems = own;
	return fill_policy(table, &base, config->arena, policy);
}

/* "default" is always there, and first. */
int fill_policies(const struct raw *raw, const struct outline *outline,
		  struct config_problems *problems, struct config *config)
{
	static const struct table nothing;
	uint32_t given = raw == NULL ? 0 : raw->policies_count;
	bool replaced = false;
	int error;

	config->policies = arena_array(config->arena, given + 1U,
				       sizeof(struct config_policy));
	if (config->policies == NULL)
		return -ERR_MEMORY;
	config->policy_count = 1;
	error =
	    fill_policy(&nothing, NULL, config->arena, &config->policies[0]);
	for (uint32_t i = 0; error == 0 && i < given; i++) {
		struct config_policy policy = {0};
		const struct config_policy *twin;

		error =
		    fill_entry(&raw->policies[i], config, problems, &policy);
		if (error != 0)
			break;
		twin = find_policy(config, policy.name);
		if (twin == NULL) {
			config->policies[config->policy_count++] = policy;
		} else if (twin == &config->policies[0] && !replaced) {
			config->policies[0] = policy;
			replaced = true;
		} else {
			error = name_taken(outline, policy.name, i, problems);
		}
	}
	return error;
}

int fill_rules(const struct raw *raw, const struct outline *outline,
	       struct config_problems *problems, struct config *config)
{
	uint32_t given = raw == NULL ? 0 : raw->rules_count;
	int error = 0;

	config->rules =
	    arena_array(config->arena, given + 1U, sizeof(struct config_rule));
	if (config->rules == NULL)
		return -ERR_MEMORY;
	config->rule_count = given;
	for (uint32_t i = 0; i < given; i++) {
		struct config_rule *rule = &config->rules[i];
		const struct config_policy *policy;
		char path[64];

		if (fill_rule(&raw->rules[i], config->arena, rule) != 0)
			return -ERR_MEMORY;
		policy = find_policy(config, rule->policy);
		(void)snprintf(path, sizeof(path), "rules[%u].policy", i);
		if (policy == NULL)
			error = problem_quote(
			    problems, outline_line(outline, path), path,
			    rule->policy, "という名前のポリシーはありません。",
			    "is not the name of a policy.");
		else
			rule->policy_index =
			    (size_t)(policy - config->policies);
	}
	return error;
}

int fill_outline(struct view text, const char *root, struct arena *arena,
		 struct config_problems *problems, struct outline *ret_outline)
{
	int error;

	if (text.size > CONFIG_BYTES_MAX)
		return problem_add(problems, 0, "",
				   "ファイルが大きすぎます(上限 1 MiB)。",
				   "The file is too large (limit 1 MiB).");
	error = outline_read(text, root, arena, problems, ret_outline);
	if (error != 0)
		return error;
	error = outline_check(ret_outline, problems);
	if (error != 0)
		outline_free(ret_outline);
	return error;
}

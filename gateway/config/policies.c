/* The policies that the console put in the place of the file's. */
#define _GNU_SOURCE
#include "gateway/config/policies.h"

#include "base/bytes.h"
#include "gateway/config/fill.h"
#include "gateway/config/problem.h"

#include <limits.h>
#include <sodium.h>

#include "base/banned.h"

/* In front of the text, so that both come and go in one rename. */
#define HEAD "# sekisho-policies version="
#define HEAD_BASE " base="
#define HEAD_NOTE                                                              \
	"# Written by the gateway; change it on the console (docs/policy.md)."
enum { HEAD_LINES = 2, HASH_BYTES = 32 };

static bool is_policies(const char *pattern)
{
	return strncmp(pattern, "policies", 8) == 0 ||
	       strncmp(pattern, "rules", 5) == 0;
}

/* Names of files count from the folder of the configuration; fill_entry() has
 * read this one already. */
static int hash_file(crypto_hash_sha256_state *hash, const char *file,
		     const char *configuration)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);
	static struct config_problems problems;
	const char *slash = strrchr(configuration, '/');
	char path[PATH_MAX];
	int error;

	if (file[0] == '/' || slash == NULL)
		(void)text_copy(path, sizeof(path), file);
	else
		(void)snprintf(path, sizeof(path), "%.*s/%s",
			       (int)(slash - configuration), configuration,
			       file);
	error = config_read_file(path, &problems, &text);
	if (error == 0)
		(void)crypto_hash_sha256_update(hash, text.data, text.size);
	return error;
}

int policies_hash(const struct outline *outline, const char *configuration,
		  struct config *config)
{
	crypto_hash_sha256_state hash;
	int error = 0;

	(void)crypto_hash_sha256_init(&hash);
	for (size_t i = 0; i < outline->count && error == 0; i++) {
		const struct node *node = &outline->nodes[i];

		if (!is_policies(node->pattern))
			continue;
		(void)crypto_hash_sha256_update(
		    &hash, (const uint8_t *)node->path, strlen(node->path) + 1);
		if (node->value == NULL)
			continue;
		(void)crypto_hash_sha256_update(&hash,
						(const uint8_t *)node->value,
						strlen(node->value) + 1);
		if (strcmp(node->pattern, "policies[].file") == 0 &&
		    node->value[0] != '\0')
			error = hash_file(&hash, node->value, configuration);
	}
	(void)crypto_hash_sha256_final(&hash, config->own_sha256);
	return error == -ERR_NOT_FOUND ? -ERR_CONFIG : error;
}

/* --- as YAML --- */

static bool differs(const struct key *key, const void *owner,
		    const void *defaults)
{
	BUFFER_CLEANUP struct buffer ours = buffer_make(4096);
	BUFFER_CLEANUP struct buffer other = buffer_make(4096);

	key_write_value(&ours, key, owner);
	key_write_value(&other, key, defaults);
	return !view_equal(buffer_contents(&ours), buffer_contents(&other));
}

static void write_section(struct buffer *buffer, enum key_section section,
			  const char *heading, const char *indent,
			  const void *owner, const void *defaults)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];

		if (key->section != section || strcmp(key->name, "name") == 0 ||
		    strcmp(key->name, "file") == 0 ||
		    !differs(key, owner, defaults))
			continue;
		buffer_format(buffer, "%s%s%s: ", heading, indent, key->name);
		key_write_value(buffer, key, owner);
		buffer_u8(buffer, '\n');
		heading = "";
	}
}

static void write_policy(struct buffer *buffer,
			 const struct config_policy *policy)
{
	struct config_policy defaults = {.name = "", .file = ""};
	struct config_policy general;

	policy_default(&defaults.policy);
	buffer_text(buffer, "  - ");
	buffer_text(buffer, "name: ");
	key_write_value(buffer, key_find("policies[].name"), policy);
	buffer_u8(buffer, '\n');
	write_section(buffer, SECTION_POLICY, "", "    ", policy, &defaults);
	/* `mode` is the mode of what has none of its own. */
	general = *policy;
	memset(general.policy.modes, policy->policy.modes[0],
	       sizeof(general.policy.modes));
	write_section(buffer, SECTION_MODES, "    modes:\n", "      ", policy,
		      &general);
	write_section(buffer, SECTION_LIMITS, "    limits:\n", "      ", policy,
		      &defaults);
}

/* Every rule says which policy it is for. */
static void write_rule(struct buffer *buffer, const struct config_rule *rule)
{
	const struct config_rule defaults = {.channel = CHANNEL_COUNT,
					     .direction = DIRECTION_COUNT,
					     .department = "*",
					     .sender = "*",
					     .recipient = "*",
					     .policy = ""};

	buffer_text(buffer, "  - policy: ");
	key_write_value(buffer, key_find("rules[].policy"), rule);
	buffer_u8(buffer, '\n');
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];

		if (key->section != SECTION_RULE ||
		    strcmp(key->name, "policy") == 0 ||
		    !differs(key, rule, &defaults))
			continue;
		buffer_format(buffer, "    %s: ", key->name);
		key_write_value(buffer, key, rule);
		buffer_u8(buffer, '\n');
	}
}

void policies_write(struct buffer *buffer, const struct config *config)
{
	buffer_text(buffer, "policies:\n");
	for (size_t i = 0; i < config->policy_count; i++)
		write_policy(buffer, &config->policies[i]);
	if (config->rule_count > 0)
		buffer_text(buffer, "rules:\n");
	for (size_t i = 0; i < config->rule_count; i++)
		write_rule(buffer, &config->rules[i]);
}

/* --- in the place of the file's --- */

/* Nothing but policies, and no path: what the console sends must not make the
 * gateway open a file. */
static int check_scope(const struct outline *outline,
		       struct config_problems *problems)
{
	int error = 0;

	for (size_t i = 0; i < outline->count; i++) {
		const struct node *node = &outline->nodes[i];

		if (strcmp(node->pattern, "policies[].file") == 0)
			error = problem_add(
			    problems, node->line, node->path,
			    "ここでは使えません。内容を直接書いてください。",
			    "It is not allowed here: write the keys "
			    "themselves.");
		else if (node->path[0] != '\0' && !is_policies(node->pattern))
			error = problem_add(
			    problems, node->line, node->path,
			    "コンソールで変えられるのは policies と rules "
			    "だけです。",
			    "Only policies and rules are changed on the "
			    "console.");
	}
	return error;
}

int config_replace_policies(struct config *config, struct view text,
			    const char *name, struct config_problems *problems)
{
	struct config staged = *config;
	struct outline outline = {0};
	struct raw *raw = NULL;
	int error;

	*problems = (struct config_problems){0};
	(void)text_copy(problems->file, sizeof(problems->file), name);
	error = fill_outline(text, "", config->arena, problems, &outline);
	if (error == 0)
		error = check_scope(&outline, problems);
	if (error == 0 && outline.count > 0)
		error = raw_load(text, problems, &raw);
	if (error == 0)
		error = fill_policies(raw, &outline, problems, &staged);
	if (error == 0)
		error = fill_rules(raw, &outline, problems, &staged);
	if (error == 0)
		*config = staged;
	raw_free(raw);
	outline_free(&outline);
	return error;
}

void config_write_policies_file(struct buffer *buffer,
				const struct config *config,
				const char *version, struct view text)
{
	char base[2 * HASH_BYTES + 1];

	(void)sodium_bin2hex(base, sizeof(base), config->own_sha256,
			     HASH_BYTES);
	buffer_format(buffer, HEAD "%s" HEAD_BASE "%s\n" HEAD_NOTE "\n",
		      version, base);
	buffer_view(buffer, text);
}

/* The two lines in front; *ret_base as hexadecimal digits. */
static int read_head(struct view file, char version[ITEM_ID_SIZE + 1],
		     char base[2 * HASH_BYTES + 1], struct view *ret_text)
{
	const size_t head = strlen(HEAD);
	const size_t at_base = head + ITEM_ID_SIZE + strlen(HEAD_BASE);
	size_t first = view_find(file, view_of_string("\n"), 0);
	size_t second = first == SIZE_MAX
			    ? SIZE_MAX
			    : view_find(file, view_of_string("\n"), first + 1);

	if (second == SIZE_MAX || first != at_base + (size_t)2 * HASH_BYTES ||
	    !view_starts_with(file, HEAD) ||
	    !view_equal(
		view_slice(file, head + ITEM_ID_SIZE, strlen(HEAD_BASE)),
		view_of_string(HEAD_BASE)) ||
	    file.data[first + 1] != '#')
		return -ERR_CONFIG;
	(void)snprintf(version, ITEM_ID_SIZE + 1, "%.*s", ITEM_ID_SIZE,
		       (const char *)file.data + head);
	(void)snprintf(base, 2 * HASH_BYTES + 1, "%.*s", 2 * HASH_BYTES,
		       (const char *)file.data + at_base);
	*ret_text = view_slice(file, second + 1, file.size);
	return item_id_valid(version) ? 0 : -ERR_CONFIG;
}

static int keep_text(struct config *config, struct view text,
		     const char *version)
{
	(void)text_copy(config->policies_version,
			sizeof(config->policies_version), version);
	config->policies_text = arena_copy(config->arena, text);
	if (text.size > 0 && config->policies_text.data == NULL)
		return -ERR_MEMORY;
	(void)crypto_hash_sha256(config->policies_sha256,
				 config->policies_text.data,
				 config->policies_text.size);
	return 0;
}

static int keep_own(struct config *config)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);

	policies_write(&text, config);
	return buffer_error(&text) != 0
		   ? buffer_error(&text)
		   : keep_text(config, buffer_contents(&text), "");
}

static int use_file(struct config *config, const char *path, struct view file,
		    struct config_problems *problems)
{
	char version[ITEM_ID_SIZE + 1];
	char base[2 * HASH_BYTES + 1];
	char own[2 * HASH_BYTES + 1];
	struct view text = {NULL, 0};
	int error;

	if (read_head(file, version, base, &text) != 0)
		return problem_add(
		    problems, 1, "",
		    "先頭の二行がゲートウェイの書いたものではありません。",
		    "The first two lines are not those that the gateway "
		    "writes.");
	(void)sodium_bin2hex(own, sizeof(own), config->own_sha256, HASH_BYTES);
	if (strcmp(base, own) != 0) {
		config->policies_passed_over = true;
		return keep_own(config);
	}
	error = config_replace_policies(config, text, path, problems);
	for (size_t i = 0; i < problems->count; i++)
		if (problems->list[i].line > 0)
			problems->list[i].line += HEAD_LINES;
	return error != 0 ? error : keep_text(config, text, version);
}

int config_use_policies(struct config *config, struct config_problems *problems)
{
	BUFFER_CLEANUP struct buffer file =
	    buffer_make(CONFIG_POLICIES_BYTES_MAX);
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", config->state,
		       CONFIG_POLICIES_FOLDER, CONFIG_POLICIES_NAME);
	error = config_read_file(path, problems, &file);
	if (error == -ERR_NOT_FOUND) {
		*problems = (struct config_problems){0};
		return keep_own(config);
	}
	return error != 0
		   ? error
		   : use_file(config, path, buffer_contents(&file), problems);
}

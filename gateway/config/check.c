#include "gateway/config/check.h"

#include "gateway/config/office.h"
#include "gateway/config/problem.h"

#include "base/banned.h"

/* The path as the reader of the file knows it: a file with one policy does
 * not say "policies[0]". */
static const char *shown(const struct outline *outline, const struct node *node)
{
	size_t length = strlen(outline->root);
	const char *path = node->path + length;

	return *path == '.' ? path + 1 : path;
}

/* Whether the pattern is a section: "folders", "policies[].limits", "". */
static bool is_section(const char *pattern)
{
	size_t length = strlen(pattern);

	if (length == 0)
		return true;
	for (unsigned i = SECTION_GENERAL + 1; i < SECTION_COUNT; i++) {
		const char *prefix = key_prefix((enum key_section)i);

		if (strlen(prefix) == length + 1 &&
		    strncmp(prefix, pattern, length) == 0)
			return true;
	}
	return false;
}

static bool is_sequence(const char *pattern)
{
	return strcmp(pattern, "policies") == 0 ||
	       strcmp(pattern, "rules") == 0;
}

/* The key whose list this is an element of; NULL. */
static const struct key *list_of(const char *pattern)
{
	char parent[200];
	size_t length = strlen(pattern);
	const struct key *key;

	if (length < 2 || length >= sizeof(parent) ||
	    strcmp(pattern + length - 2, "[]") != 0)
		return NULL;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)length - 2,
		       pattern);
	key = key_find(parent);
	return key != NULL && key->type == KEY_LIST ? key : NULL;
}

/* Every name that may stand where `pattern` does. */
static void write_siblings(struct buffer *buffer, const char *pattern)
{
	const char *dot = strrchr(pattern, '.');
	size_t length = dot == NULL ? 0 : (size_t)(dot + 1 - pattern);
	const char *between = "";

	for (size_t i = 0; i < KEY_COUNT; i++) {
		const char *prefix = key_prefix(config_keys[i].section);

		if (strlen(prefix) != length ||
		    strncmp(prefix, pattern, length) != 0)
			continue;
		buffer_format(buffer, "%s%s", between, config_keys[i].name);
		between = ", ";
	}
	for (unsigned i = SECTION_GENERAL + 1; i < SECTION_COUNT; i++) {
		const char *prefix = key_prefix((enum key_section)i);
		const char *name = prefix + length;
		size_t size = strlen(prefix) < length ? 0 : strlen(name);

		if (size < 2 || strncmp(prefix, pattern, length) != 0 ||
		    strchr(name, '.') != name + size - 1)
			continue;
		if (name[size - 2] == ']')
			size -= 2;
		buffer_format(buffer, "%s%.*s", between, (int)size - 1, name);
		between = ", ";
	}
}

static int unknown(const struct outline *outline, const struct node *node,
		   struct config_problems *problems)
{
	BUFFER_CLEANUP struct buffer names = buffer_make(8192);
	BUFFER_CLEANUP struct buffer ja = buffer_make(8192);
	BUFFER_CLEANUP struct buffer en = buffer_make(8192);
	const char *dot = strrchr(node->path, '.');

	write_siblings(&names, node->pattern);
	buffer_u8(&names, '\0');
	buffer_format(&ja, "というキーはありません。使えるキー: %s",
		      names.data == NULL ? "" : (char *)names.data);
	buffer_format(&en, "is not a key. Keys here: %s",
		      names.data == NULL ? "" : (char *)names.data);
	buffer_u8(&ja, '\0');
	buffer_u8(&en, '\0');
	if (buffer_error(&ja) != 0 || buffer_error(&en) != 0)
		return -ERR_MEMORY;
	return problem_quote(problems, node->line, shown(outline, node),
			     dot == NULL ? node->path : dot + 1,
			     (char *)ja.data, (char *)en.data);
}

static int wrong_kind(const struct outline *outline, const struct node *node,
		      enum node_kind wanted, struct config_problems *problems)
{
	static const char *const sentences[][2] = {
	    [NODE_SCALAR] = {"ここには一つの値を書きます。",
			     "One value is expected here."},
	    [NODE_MAPPING] = {"ここには「キー: 値」の組を書きます。",
			      "Pairs of key: value are expected here."},
	    [NODE_SEQUENCE] = {"ここには「- 」の並びを書きます。",
			       "A list (lines with \"- \") is expected here."},
	};

	if (node->kind == wanted)
		return 0;
	return problem_add(problems, node->line, shown(outline, node),
			   sentences[wanted][0], sentences[wanted][1]);
}

static int wrong_value(const struct outline *outline, const struct node *node,
		       const struct key *key, struct config_problems *problems)
{
	BUFFER_CLEANUP struct buffer ja = buffer_make(4096);
	BUFFER_CLEANUP struct buffer en = buffer_make(4096);

	buffer_text(&ja, "は使えません。使える値: ");
	buffer_text(&en, "is not allowed. Allowed: ");
	key_write_allowed(&ja, key, LANGUAGE_JA);
	key_write_allowed(&en, key, LANGUAGE_EN);
	buffer_u8(&ja, '\0');
	buffer_u8(&en, '\0');
	if (buffer_error(&ja) != 0 || buffer_error(&en) != 0)
		return -ERR_MEMORY;
	return problem_quote(problems, node->line, shown(outline, node),
			     node->value, (char *)ja.data, (char *)en.data);
}

/* It becomes part of a line of the audit log's checkpoints. */
static bool is_node_name(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	       strlen(name);
}

/* It becomes part of links, behind which there is nothing to be hidden. */
static bool is_origin(const char *url)
{
	size_t length = strlen(url);

	return length == 0 ||
	       (length > 8 && strncmp(url, "https://", 8) == 0 &&
		strspn(url + 8, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				".-:[]") == length - 8);
}

/* It goes into an envelope and a header field as it stands. */
static bool is_address(const char *value)
{
	const char *at = value == NULL ? NULL : strchr(value, '@');

	return at != NULL && at != value && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL && strlen(value) <= 254 &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789.!#$%&*+-/=?^_{|}~@") == strlen(value);
}

static bool is_server(const char *place)
{
	return place[0] == '\0' || strncmp(place, "inet:", 5) == 0 ||
	       strncmp(place, "unix:", 5) == 0;
}

/* What the table of keys cannot say. */
static bool is_sound(const struct key *key, const struct config *config)
{
	if (key->section == SECTION_VAULT && strcmp(key->name, "node") == 0)
		return is_node_name(config->node);
	if (key->section == SECTION_WEB && strcmp(key->name, "url") == 0)
		return is_origin(config->web.url);
	if (key->section == SECTION_ALARMS && strcmp(key->name, "server") == 0)
		return is_server(config->alarms.server);
	return true;
}

/* "PATTERN TENANT", "HOST TENANT". */
static bool gives_tenant(const char *value)
{
	size_t length = value == NULL ? 0 : strcspn(value, " ");
	const char *name;

	if (length == 0 || length > 255 || value[length] == '\0')
		return false;
	name = value + length + strspn(value + length, " ");
	length = strlen(name);
	return length > 0 && length <= CONSOLE_TENANT_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Somewhere to store what is only tried. */
union scratch {
	struct config config;
	struct config_policy policy;
	struct config_rule rule;
};

static int check_node(const struct outline *outline, const struct node *node,
		      struct config_problems *problems)
{
	const struct key *key = key_find(node->pattern);
	const struct key *list = list_of(node->pattern);
	static union scratch scratch;
	int error;

	if (is_section(node->pattern))
		return wrong_kind(outline, node, NODE_MAPPING, problems);
	if (is_sequence(node->pattern))
		return wrong_kind(outline, node, NODE_SEQUENCE, problems);
	if (list != NULL) {
		error = wrong_kind(outline, node, NODE_SCALAR, problems);
		if (error == 0 && ((list->section == SECTION_TENANTS &&
				    !gives_tenant(node->value)) ||
				   (list->section == SECTION_ALARMS &&
				    !is_address(node->value))))
			return wrong_value(outline, node, list, problems);
		return error;
	}
	if (key == NULL)
		return unknown(outline, node, problems);
	if (key->type == KEY_LIST)
		return wrong_kind(outline, node, NODE_SEQUENCE, problems);
	error = wrong_kind(outline, node, NODE_SCALAR, problems);
	if (error == 0 && node->value != NULL &&
	    (!key_store(key, node->value, &scratch) ||
	     !is_sound(key, &scratch.config)))
		return wrong_value(outline, node, key, problems);
	if (error == 0 && node->value != NULL && !office_can(key, node->value))
		return problem_quote(
		    problems, node->line, shown(outline, node), node->value,
		    "は、この形式では使えません(docs/office.md)。",
		    "is not there for this format (docs/office.md).");
	return error;
}

/* Whether the node lies below one that is itself wrong: said once. */
static bool below(const struct node *node, const struct node *wrong)
{
	size_t length = wrong == NULL ? 0 : strlen(wrong->path);

	return length > 0 && strncmp(node->path, wrong->path, length) == 0 &&
	       (node->path[length] == '.' || node->path[length] == '[');
}

int outline_check(const struct outline *outline,
		  struct config_problems *problems)
{
	const struct node *wrong = NULL;
	int result = 0;

	for (size_t i = 0; i < outline->count; i++) {
		const struct node *node = &outline->nodes[i];
		int error;

		if (below(node, wrong))
			continue;
		error = check_node(outline, node, problems);
		if (error != 0) {
			wrong = node;
			result = error;
		}
	}
	return result;
}

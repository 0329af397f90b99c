#include "gateway/config/outline.h"

#include "base/utf8.h"
#include "gateway/config/problem.h"

#include <yaml.h>

#include "base/banned.h"

/* One open mapping or sequence. */
struct level {
	size_t node;
	bool mapping;
	bool wants_value; /* the key was read */
	size_t elements;
	const char *key;
	unsigned key_line;
};

struct walk {
	struct outline *outline;
	struct config_problems *problems;
	struct level levels[OUTLINE_DEPTH_MAX];
	size_t depth;
	size_t documents;
};

static unsigned line_of(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

static int refuse(struct walk *walk, const yaml_event_t *event, const char *ja,
		  const char *en)
{
	return problem_add(walk->problems, line_of(event), "", ja, en);
}

/* The node's path without what the root puts in front of it. */
static const char *shown(const struct outline *outline, const char *path)
{
	size_t length = strlen(outline->root);

	path += strncmp(path, outline->root, length) == 0 ? length : 0;
	return *path == '.' ? path + 1 : path;
}

/* What stands in front of the next value: its path and pattern. */
static int name_node(struct walk *walk, struct node *node)
{
	struct arena *arena = walk->outline->arena;
	struct level *level;
	const struct node *parent;

	if (walk->depth == 0) {
		node->path = walk->outline->root;
		node->pattern =
		    walk->outline->root[0] == '\0' ? "" : "policies[]";
		return 0;
	}
	level = &walk->levels[walk->depth - 1];
	parent = &walk->outline->nodes[level->node];
	if (level->mapping) {
		const char *dot = parent->path[0] == '\0' ? "" : ".";

		node->path = arena_format(arena, "%s%s%s", parent->path, dot,
					  level->key);
		node->pattern = arena_format(arena, "%s%s%s", parent->pattern,
					     dot, level->key);
	} else {
		node->path = arena_format(arena, "%s[%zu]", parent->path,
					  level->elements);
		node->pattern = arena_format(arena, "%s[]", parent->pattern);
	}
	return node->path == NULL || node->pattern == NULL ? -ERR_CONFIG : 0;
}

static int add_node(struct walk *walk, const yaml_event_t *event,
		    enum node_kind kind)
{
	struct outline *outline = walk->outline;
	struct node node = {.line = line_of(event), .kind = kind};

	if (outline->count >= OUTLINE_NODES_MAX)
		return refuse(walk, event, "項目が多すぎます。",
			      "There are too many keys.");
	if (outline->count == outline->room) {
		size_t room = outline->room == 0 ? 256 : outline->room * 2;
		struct node *nodes =
		    reallocarray(outline->nodes, room, sizeof(*nodes));

		if (nodes == NULL)
			return -ERR_MEMORY;
		outline->nodes = nodes;
		outline->room = room;
	}
	if (name_node(walk, &node) != 0)
		return refuse(walk, event, "ファイルが大きすぎます。",
			      "The file is too large.");
	if (walk->depth > 0 && walk->levels[walk->depth - 1].mapping)
		node.line = walk->levels[walk->depth - 1].key_line;
	if (kind == NODE_SCALAR)
		node.value = arena_string(outline->arena,
					  view_of(event->data.scalar.value,
						  event->data.scalar.length));
	outline->nodes[outline->count++] = node;
	return 0;
}

static void value_done(struct walk *walk)
{
	if (walk->depth > 0) {
		walk->levels[walk->depth - 1].elements++;
		walk->levels[walk->depth - 1].wants_value = false;
	}
}

static int key_read(struct walk *walk, const yaml_event_t *event)
{
	struct level *level = &walk->levels[walk->depth - 1];
	struct outline *outline = walk->outline;
	struct node node;
	int error;

	level->key =
	    arena_string(outline->arena, view_of(event->data.scalar.value,
						 event->data.scalar.length));
	level->key_line = line_of(event);
	level->wants_value = true;
	if (level->key == NULL || event->data.scalar.length > 100)
		return refuse(walk, event, "キーが長すぎます。",
			      "The key is too long.");
	error = name_node(walk, &node);
	if (error != 0)
		return error;
	for (size_t i = level->node; i < outline->count; i++) {
		char ja[80];
		char en[80];

		if (strcmp(outline->nodes[i].path, node.path) != 0)
			continue;
		(void)snprintf(ja, sizeof(ja), "%u 行目にもあります。",
			       outline->nodes[i].line);
		(void)snprintf(en, sizeof(en), "was already given in line %u.",
			       outline->nodes[i].line);
		return problem_quote(walk->problems, line_of(event),
				     shown(outline, node.path), level->key, ja,
				     en);
	}
	return 0;
}

static int scalar(struct walk *walk, const yaml_event_t *event)
{
	int error;

	if (event->data.scalar.anchor != NULL)
		return refuse(walk, event, "アンカーと別名は使えません。",
			      "Anchors and aliases are not allowed.");
	if (event->data.scalar.tag != NULL)
		return refuse(walk, event, "タグは使えません。",
			      "Tags are not allowed.");
	if (memchr(event->data.scalar.value, 0, event->data.scalar.length) !=
	    NULL)
		return refuse(walk, event, "NUL 文字は使えません。",
			      "NUL characters are not allowed.");
	if (walk->depth > 0 && walk->levels[walk->depth - 1].mapping &&
	    !walk->levels[walk->depth - 1].wants_value)
		return key_read(walk, event);
	error = add_node(walk, event, NODE_SCALAR);
	value_done(walk);
	return error;
}

static int open_level(struct walk *walk, const yaml_event_t *event,
		      bool mapping, const yaml_char_t *anchor,
		      const yaml_char_t *tag)
{
	int error;

	if (anchor != NULL)
		return refuse(walk, event, "アンカーと別名は使えません。",
			      "Anchors and aliases are not allowed.");
	if (tag != NULL)
		return refuse(walk, event, "タグは使えません。",
			      "Tags are not allowed.");
	if (walk->depth >= OUTLINE_DEPTH_MAX)
		return refuse(walk, event, "入れ子が深すぎます。",
			      "The nesting is too deep.");
	if (walk->depth > 0 && walk->levels[walk->depth - 1].mapping &&
	    !walk->levels[walk->depth - 1].wants_value)
		return refuse(walk, event, "キーは文字列に限ります。",
			      "A key must be a text.");
	error = add_node(walk, event, mapping ? NODE_MAPPING : NODE_SEQUENCE);
	if (error != 0)
		return error;
	walk->levels[walk->depth++] = (struct level){
	    .node = walk->outline->count - 1,
	    .mapping = mapping,
	};
	return 0;
}

static int step(struct walk *walk, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++walk->documents > 1)
			return refuse(walk, event,
				      "文書(---)は一つに限ります。",
				      "There must be only one document (---).");
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(walk, event, "アンカーと別名は使えません。",
			      "Anchors and aliases are not allowed.");
	case YAML_SCALAR_EVENT:
		return scalar(walk, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(walk, event, false,
				  event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_level(walk, event, true,
				  event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		walk->depth--;
		value_done(walk);
		return 0;
	default:
		return 0;
	}
}

static int syntax_error(struct walk *walk, const yaml_parser_t *parser)
{
	const char *text = parser->problem == NULL ? "" : parser->problem;

	return problem_quote(
	    walk->problems, (unsigned)parser->problem_mark.line + 1, "", text,
	    ": YAML として読めません。", ": this is not YAML.");
}

static int walk_events(struct walk *walk, yaml_parser_t *parser)
{
	bool more = true;
	int error = 0;

	while (more && error == 0) {
		yaml_event_t event;

		if (yaml_parser_parse(parser, &event) == 0)
			return syntax_error(walk, parser);
		more = event.type != YAML_STREAM_END_EVENT;
		error = step(walk, &event);
		yaml_event_delete(&event);
	}
	return error;
}

int outline_read(struct view text, const char *root, struct arena *arena,
		 struct config_problems *problems, struct outline *ret_outline)
{
	struct outline outline = {.root = root, .arena = arena};
	struct walk walk = {.outline = &outline, .problems = problems};
	yaml_parser_t parser;
	int error;

	if (!utf8_valid(text))
		return problem_add(problems, 0, "", "UTF-8 ではありません。",
				   "The file is not UTF-8.");
	if (yaml_parser_initialize(&parser) == 0)
		return -ERR_MEMORY;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, text.data, text.size);
	error = walk_events(&walk, &parser);
	yaml_parser_delete(&parser);
	if (error != 0) {
		outline_free(&outline);
		return error;
	}
	*ret_outline = outline;
	return 0;
}

void outline_free(struct outline *outline)
{
	free(outline->nodes);
	*outline = (struct outline){0};
}

unsigned outline_line(const struct outline *outline, const char *path)
{
	for (size_t i = 0; i < outline->count; i++)
		if (strcmp(outline->nodes[i].path, path) == 0)
			return outline->nodes[i].line;
	return 0;
}

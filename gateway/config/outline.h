/*
 * The outline of a YAML file: every key and element with its line, read from
 * libyaml's events before libcyaml maps the values, so that a message about a
 * value can say where it stands. What no configuration needs is refused here:
 * anchors and aliases (billion laughs), tags, several documents, keys given
 * twice, depth and size.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_OUTLINE_H
#define SEKISHO_GATEWAY_CONFIG_OUTLINE_H

#include "gateway/config/config.h"

enum { OUTLINE_DEPTH_MAX = 8, OUTLINE_NODES_MAX = 5000 };

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
	const char *path;    /* "policies[1].limits.seconds" */
	const char *pattern; /* "policies[].limits.seconds" */
	const char *value;   /* of a scalar */
	unsigned line;       /* from 1 */
	enum node_kind kind;
};

struct outline {
	struct node *nodes;
	size_t count;
	size_t room;
	const char *root; /* in front of every path: "" or "policies[0]" */
	struct arena *arena;
};

/* Strings live in the arena, nodes until outline_free(). -ERR_CONFIG:
 * `problems` says why. An empty file gives no nodes. */
int outline_read(struct view text, const char *root, struct arena *arena,
		 struct config_problems *problems,
		 struct outline *ret_outline) MUST_CHECK;
void outline_free(struct outline *outline);

/* Line of the node with this path, 0 when there is none. */
unsigned outline_line(const struct outline *outline, const char *path);

#endif

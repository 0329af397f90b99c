#define _GNU_SOURCE
#include "sanitizers/mail/second.h"

#include <dlfcn.h>
#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>

#include "base/banned.h"

/*
 * GMime decodes parameters while it reads, by opening a converter for whatever
 * charset they name. In the sandbox no converter can be loaded, and its texts
 * are not wanted: while it reads, there are none.
 */
static bool iconv_refused;

__attribute__((visibility("default"))) iconv_t iconv_open(const char *to,
							  const char *from)
{
	static iconv_t (*real)(const char *, const char *);

	if (iconv_refused) {
		errno = EINVAL;
		return (iconv_t)-1;
	}
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	return real(to, from);
}

bool second_can_read(void)
{
	return true;
}

int second_prepare(void)
{
	g_mime_init();
	return 0;
}

struct comparison {
	struct mail_tree *tree;
	const struct view *contents;
	char *detail;
	bool differs;
};

static void differ(struct comparison *comparison, const struct mail_part *part,
		   const char *what)
{
	if (comparison->differs)
		return;
	comparison->differs = true;
	(void)snprintf(comparison->detail, 128, "part %zu: %s", part->number,
		       what);
	mail_tree_note(comparison->tree, ERR_MAIL_READERS, part->offset);
}

static bool same_type(GMimeObject *object, const struct mail_part *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);

	return type != NULL &&
	       strcasecmp(g_mime_content_type_get_media_type(type),
			  part->type) == 0 &&
	       strcasecmp(g_mime_content_type_get_media_subtype(type),
			  part->subtype) == 0;
}

/* Line ends at the end belong to the delimiter for one and to the part for
 * the other. */
static struct view without_end(struct view view)
{
	while (view.size > 0 && (view.data[view.size - 1] == '\n' ||
				 view.data[view.size - 1] == '\r'))
		view.size--;
	return view;
}

static bool same_content(GMimePart *part, struct view content)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes =
	    g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
	struct view other;
	bool same;

	if (wrapper != NULL)
		(void)g_mime_data_wrapper_write_to_stream(wrapper, stream);
	other = view_of(bytes->data, bytes->len);
	same = view_equal(without_end(other), without_end(content));
	g_object_unref(stream);
	return same;
}

/* Compares one part; the children of multiparts follow by the caller. */
static void compare(struct comparison *comparison, GMimeObject *object,
		    const struct mail_part *part)
{
	struct view content = comparison->contents[part->number];

	if (!same_type(object, part)) {
		differ(comparison, part, "type");
	} else if (GMIME_IS_MULTIPART(object)) {
		int count = 0;

		for (const struct mail_part *child = part->first; child != NULL;
		     child = child->next)
			count++;
		if (count !=
		    g_mime_multipart_get_count((GMimeMultipart *)object))
			differ(comparison, part, "number of parts");
	} else if (part->first != NULL) {
		differ(comparison, part, "no multipart");
	} else if (GMIME_IS_PART(object)) {
		if (!same_content((GMimePart *)object, content))
			differ(comparison, part, "content");
	}
}

/* Both trees in step, without recursion: our parts have parents, and GMime's
 * children are asked for by their numbers. */
static void compare_trees(struct comparison *comparison, GMimeObject *root)
{
	GMimeObject *objects[MAIL_DEPTH_MAX + 3] = {root};
	int next[MAIL_DEPTH_MAX + 3] = {0};
	const struct mail_part *part = comparison->tree->root;

	compare(comparison, root, part);
	while (!comparison->differs && (part = mail_part_next(part)) != NULL) {
		unsigned depth = part->depth;
		GMimeObject *parent = objects[depth - 1];

		if (part == part->parent->first)
			next[depth] = 0;
		objects[depth] = g_mime_multipart_get_part(
		    (GMimeMultipart *)parent, next[depth]++);
		compare(comparison, objects[depth], part);
	}
}

int second_compare(struct arena *arena, struct view input,
		   struct mail_tree *tree, const struct view *contents,
		   char ret_detail[128])
{
	struct comparison comparison = {tree, contents, ret_detail, false};
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeObject *root;

	(void)arena;
	/* The line of a mail box is for neither reader. */
	if (view_starts_with(input, "From "))
		input =
		    view_slice(input, view_find(input, view_of("\n", 1), 0) + 1,
			       input.size);
	ret_detail[0] = '\0';
	iconv_refused = true;
	stream = g_mime_stream_mem_new_with_buffer((const char *)input.data,
						   input.size);
	parser = g_mime_parser_new_with_stream(stream);
	root = g_mime_parser_construct_part(parser, NULL);
	if (root == NULL)
		differ(&comparison, tree->root, "nothing");
	else
		compare_trees(&comparison, root);
	iconv_refused = false;
	g_clear_object(&root);
	g_object_unref(parser);
	g_object_unref(stream);
	return 0;
}

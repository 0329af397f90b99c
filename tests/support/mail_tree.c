/*
 * mail-tree own|gmime < MESSAGE: the tree of a message as one reader sees it,
 * a line for each part in the order of the message, as the system tests get it
 * from other programs: depth, type, name, SHA-256 of a leaf's content. Exit 3:
 * the own reader finds something that readers disagree about.
 */
#include "base/buffer.h"
#include "sanitizers/mail/names.h"
#include "sanitizers/mail/transfer.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <sodium.h>
#include <string.h>

enum { INPUT_MAX = 1 << 28, NESTED_MAX = 8 };

static void print_part(unsigned depth, const char *type, const char *subtype,
		       const char *name, const struct view *content)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(digest) + 1] = "";

	if (content != NULL) {
		(void)crypto_hash_sha256(digest, content->data, content->size);
		(void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	}
	(void)printf("%u\t%s/%s\t%s\t%s\n", depth, type, subtype, name, hex);
}

/* --- the reader of sanitizers/mail --- */

static int print_own(struct arena *arena, struct view input, unsigned depth);

static int print_leaf(struct arena *arena, const struct mail_part *part,
		      unsigned depth, const char *name)
{
	struct view content;
	bool damaged;

	if (transfer_decode(arena, part->body, part->encoding, &content,
			    &damaged) != 0 ||
	    damaged)
		return 3;
	if (!mail_part_is(part, "message", "rfc822")) {
		print_part(depth, part->type, part->subtype, name, &content);
		return 0;
	}
	print_part(depth, part->type, part->subtype, name, NULL);
	return depth > NESTED_MAX ? 3 : print_own(arena, content, depth + 1);
}

static int print_own(struct arena *arena, struct view input, unsigned depth)
{
	struct mail_tree tree = {0};
	struct mail_names names;
	int said = 0;

	if (mail_tree_read(arena, input, &tree) != 0 || tree.finding_count > 0)
		return 3;
	for (const struct mail_part *part = tree.root;
	     part != NULL && said == 0; part = mail_part_next(part)) {
		if (mail_names_read(arena, part, &names) != 0 || names.conflict)
			return 3;
		if (part->first == NULL)
			said = print_leaf(arena, part, depth + part->depth,
					  names.chosen);
		else
			print_part(depth + part->depth, part->type,
				   part->subtype, names.chosen, NULL);
	}
	return said;
}

/* --- GMime --- */

static void print_gmime(GMimeObject *object, unsigned depth)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	const char *media = g_mime_content_type_get_media_type(type);
	const char *subtype = g_mime_content_type_get_media_subtype(type);
	const char *name =
	    g_mime_object_get_content_disposition_parameter(object, "filename");

	if (name == NULL)
		name = g_mime_object_get_content_type_parameter(object, "name");
	if (name == NULL)
		name = "";
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *parts = (GMimeMultipart *)object;
		int count = g_mime_multipart_get_count(parts);

		print_part(depth, media, subtype, name, NULL);
		for (int i = 0; i < count; i++)
			print_gmime(g_mime_multipart_get_part(parts, i),
				    depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *inner =
		    g_mime_message_part_get_message((GMimeMessagePart *)object);

		print_part(depth, media, subtype, name, NULL);
		if (inner != NULL)
			print_gmime(g_mime_message_get_mime_part(inner),
				    depth + 1);
	} else {
		GMimeDataWrapper *wrapper =
		    g_mime_part_get_content((GMimePart *)object);
		GMimeStream *stream = g_mime_stream_mem_new();
		GByteArray *bytes =
		    g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
		struct view content;

		if (wrapper != NULL)
			(void)g_mime_data_wrapper_write_to_stream(wrapper,
								  stream);
		content = view_of(bytes->data, bytes->len);
		print_part(depth, media, subtype, name, &content);
		g_object_unref(stream);
	}
}

static int by_gmime(struct view input)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;
	int said = 3;

	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer((const char *)input.data,
						   input.size);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		print_gmime(g_mime_message_get_mime_part(message), 0);
		g_object_unref(message);
		said = 0;
	}
	g_object_unref(parser);
	g_object_unref(stream);
	return said;
}

int main(int count, char **arguments)
{
	struct buffer input = buffer_make(INPUT_MAX);
	struct arena *arena = arena_new((size_t)INPUT_MAX * 4);
	uint8_t piece[65536];
	size_t size;
	int said;

	if (count != 2 || arena == NULL)
		return 64;
	while ((size = fread(piece, 1, sizeof(piece), stdin)) > 0)
		buffer_bytes(&input, piece, size);
	if (ferror(stdin) || buffer_error(&input) != 0)
		return 1;
	said = strcmp(arguments[1], "own") == 0
		   ? print_own(arena, buffer_contents(&input), 0)
		   : by_gmime(buffer_contents(&input));
	buffer_free(&input);
	arena_free(arena);
	return said;
}

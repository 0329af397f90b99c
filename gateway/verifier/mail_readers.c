#include "gateway/verifier/mail_readers.h"

#include <gmime/gmime.h>
#include <libetpan/libetpan.h>

#include "base/banned.h"

enum { PARTS_FIRST = 16 };

/* Room for one more. Nearly every message has a handful of parts: room for all
 * that there may be takes longer to clear than the message to read. */
static bool grow(struct mail_reading *list)
{
	size_t wanted = list->room == 0 ? PARTS_FIRST : 2 * list->room;
	struct mail_seen *parts;

	if (list->count < list->room)
		return true;
	parts = arena_array(list->arena, wanted, sizeof(*parts));
	if (parts == NULL)
		return false;
	for (size_t i = 0; i < list->count; i++)
		parts[i] = list->parts[i];
	list->parts = parts;
	list->room = wanted;
	return true;
}

/* Moves those that are there: none may be held over it. */
static struct mail_seen *add(struct mail_reading *list, unsigned depth)
{
	struct mail_seen *part;

	if (list->count == MAIL_PARTS_MAX || depth >= MAIL_DEPTH_MAX) {
		list->fault = "too many parts";
		return NULL;
	}
	if (!grow(list)) {
		list->fault = "out of memory";
		return NULL;
	}
	part = &list->parts[list->count++];
	*part = (struct mail_seen){.depth = depth,
				   .name = "",
				   .boundary = "",
				   .disposition = "",
				   .cid = ""};
	return part;
}

static void set_type(struct mail_seen *part, const char *type,
		     const char *subtype)
{
	(void)snprintf(part->type, sizeof(part->type), "%.50s/%.60s",
		       type == NULL ? "" : type,
		       subtype == NULL ? "" : subtype);
	for (char *at = part->type; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
}

static const char *keep(struct mail_reading *list, const char *text)
{
	const char *kept =
	    text == NULL ? "" : arena_string(list->arena, view_of_string(text));

	if (kept == NULL)
		list->fault = "out of memory";
	return kept == NULL ? "" : kept;
}

/* ---- GMime ---- */

static void note_warning(gint64 offset, GMimeParserWarning warning,
			 const char *item, gpointer context)
{
	struct mail_reading *list = context;

	(void)offset;
	(void)warning;
	(void)item;
	if (list->fault == NULL)
		list->fault = "GMime warns";
}

static void add_content(struct mail_reading *list, struct mail_seen *part,
			GMimePart *leaf)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(leaf);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes =
	    g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);

	if (wrapper != NULL)
		(void)g_mime_data_wrapper_write_to_stream(wrapper, stream);
	part->content =
	    arena_copy(list->arena, view_of(bytes->data, bytes->len));
	if (part->content.data == NULL && bytes->len > 0)
		list->fault = "out of memory";
	part->name = keep(list, g_mime_part_get_filename(leaf));
	part->leaf = true;
	g_object_unref(stream);
}

/* One object of the stack and which of its children comes next. */
struct level {
	GMimeObject *object;
	int next;
};

static GMimeObject *child_of(GMimeObject *object, int number)
{
	if (GMIME_IS_MULTIPART(object))
		return number < g_mime_multipart_get_count(
				    (GMimeMultipart *)object)
			   ? g_mime_multipart_get_part((GMimeMultipart *)object,
						       number)
			   : NULL;
	if (GMIME_IS_MESSAGE_PART(object) && number == 0) {
		GMimeMessage *message =
		    g_mime_message_part_get_message((GMimeMessagePart *)object);

		return message == NULL ? NULL
				       : g_mime_message_get_mime_part(message);
	}
	return NULL;
}

static void add_object(struct mail_reading *list, GMimeObject *object,
		       unsigned depth)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	struct mail_seen *part = add(list, depth);

	if (part == NULL)
		return;
	set_type(part, g_mime_content_type_get_media_type(type),
		 g_mime_content_type_get_media_subtype(type));
	part->disposition = keep(list, g_mime_object_get_disposition(object));
	part->cid = keep(list, g_mime_object_get_content_id(object));
	if (GMIME_IS_MULTIPART(object))
		part->boundary = keep(list, g_mime_multipart_get_boundary(
						(GMimeMultipart *)object));
	if (GMIME_IS_MESSAGE_PART(object))
		part->name =
		    keep(list, g_mime_object_get_content_disposition_parameter(
				   object, "filename"));
	if (GMIME_IS_PART(object))
		add_content(list, part, (GMimePart *)object);
}

static void walk_gmime(struct mail_reading *list, GMimeObject *root)
{
	struct level levels[MAIL_DEPTH_MAX + 1];
	unsigned depth = 1;

	add_object(list, root, 0);
	levels[0] = (struct level){root, 0};
	while (depth > 0 && list->fault == NULL) {
		struct level *level = &levels[depth - 1];
		GMimeObject *child = child_of(level->object, level->next++);

		if (child == NULL) {
			depth--;
			continue;
		}
		add_object(list, child, depth);
		if (list->fault == NULL)
			levels[depth++] = (struct level){child, 0};
	}
}

int mail_read_gmime(struct view message, struct mail_reading *list)
{
	GMimeParserOptions *options = g_mime_parser_options_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(
	    (const char *)message.data, message.size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *read;

	g_mime_parser_options_set_warning_callback(options, note_warning, list);
	read = g_mime_parser_construct_message(parser, options);
	if (read == NULL || g_mime_message_get_mime_part(read) == NULL)
		list->fault = "GMime reads nothing";
	else
		walk_gmime(list, g_mime_message_get_mime_part(read));
	g_clear_object(&read);
	g_object_unref(parser);
	g_object_unref(stream);
	g_mime_parser_options_free(options);
	return 0;
}

/* ---- libetpan ---- */

static const char *etpan_type(const struct mailmime_type *type)
{
	static const char *const discrete[] = {
	    [MAILMIME_DISCRETE_TYPE_TEXT] = "text",
	    [MAILMIME_DISCRETE_TYPE_IMAGE] = "image",
	    [MAILMIME_DISCRETE_TYPE_AUDIO] = "audio",
	    [MAILMIME_DISCRETE_TYPE_VIDEO] = "video",
	    [MAILMIME_DISCRETE_TYPE_APPLICATION] = "application",
	};
	int number;

	if (type->tp_type == MAILMIME_TYPE_COMPOSITE_TYPE)
		return type->tp_data.tp_composite_type->ct_type ==
			       MAILMIME_COMPOSITE_TYPE_MULTIPART
			   ? "multipart"
			   : "message";
	number = type->tp_data.tp_discrete_type->dt_type;
	return number >= MAILMIME_DISCRETE_TYPE_TEXT &&
		       number <= MAILMIME_DISCRETE_TYPE_APPLICATION
		   ? discrete[number]
		   : "x";
}

static void add_etpan_content(struct mail_reading *list, struct mail_seen *part,
			      const struct mailmime_data *data)
{
	char *decoded = NULL;
	size_t size = 0;
	size_t at = 0;

	part->leaf = true;
	if (data == NULL || data->dt_type != MAILMIME_DATA_TEXT)
		return;
	if (mailmime_part_parse(
		data->dt_data.dt_text.dt_data, data->dt_data.dt_text.dt_length,
		&at, data->dt_encoding, &decoded, &size) != MAILIMF_NO_ERROR) {
		list->fault = "libetpan cannot decode";
		return;
	}
	part->content = arena_copy(list->arena, view_of(decoded, size));
	if (part->content.data == NULL && size > 0)
		list->fault = "out of memory";
	mailmime_decoded_part_free(decoded);
}

/* What is still to be looked at, the next one last. */
struct waiting {
	struct mailmime *mime;
	unsigned depth;
};

static void push(struct mail_reading *list, struct waiting *stack,
		 size_t *count, struct mailmime *mime, unsigned depth)
{
	if (mime == NULL)
		return;
	if (*count == MAIL_PARTS_MAX) {
		list->fault = "too many parts";
		return;
	}
	stack[(*count)++] = (struct waiting){mime, depth};
}

static void visit(struct mail_reading *list, struct waiting *stack,
		  size_t *count, struct waiting one)
{
	struct mailmime *mime = one.mime;
	struct mail_seen *part = add(list, one.depth);
	const struct mailmime_content *type = mime->mm_content_type;

	if (part == NULL)
		return;
	if (type == NULL)
		set_type(part, "text", "plain");
	else
		set_type(part, etpan_type(type->ct_type), type->ct_subtype);
	switch (mime->mm_type) {
	case MAILMIME_MULTIPLE:
		for (clistiter *at =
			 clist_end(mime->mm_data.mm_multipart.mm_mp_list);
		     at != NULL; at = clist_previous(at))
			push(list, stack, count, clist_content(at),
			     one.depth + 1);
		break;
	case MAILMIME_MESSAGE:
		push(list, stack, count, mime->mm_data.mm_message.mm_msg_mime,
		     one.depth + 1);
		break;
	default:
		add_etpan_content(list, part, mime->mm_data.mm_single);
		break;
	}
}

int mail_read_etpan(struct view message, struct mail_reading *list)
{
	struct waiting *stack =
	    arena_array(list->arena, MAIL_PARTS_MAX, sizeof(*stack));
	struct mailmime *mime = NULL;
	size_t count = 0;
	size_t at = 0;

	if (stack == NULL)
		return -ERR_MEMORY;
	if (mailmime_parse((const char *)message.data, message.size, &at,
			   &mime) != MAILIMF_NO_ERROR ||
	    mime == NULL || mime->mm_type != MAILMIME_MESSAGE) {
		list->fault = "libetpan reads nothing";
		return 0;
	}
	push(list, stack, &count, mime->mm_data.mm_message.mm_msg_mime, 0);
	while (count > 0 && list->fault == NULL)
		visit(list, stack, &count, stack[--count]);
	mailmime_free(mime);
	return 0;
}

int mail_readers_prepare(void)
{
	static const char sample[] =
	    "From: =?UTF-8?B?44GC?= <a@example.jp>\r\n"
	    "Date: Sat, 21 Nov 2026 12:00:00 +0900\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=UTF-8;\r\n"
	    " name=\"=?UTF-8?B?44GC?=\"\r\n"
	    "Content-Disposition: attachment;\r\n"
	    " filename*0*=UTF-8''%E3%81%82.txt\r\n"
	    "\r\n"
	    "a\r\n";
	struct arena *arena = arena_new(16 * 1024 * 1024);
	struct mail_reading first = {.arena = arena};
	struct mail_reading second = {.arena = arena};
	int error = arena == NULL ? -ERR_MEMORY : 0;

	g_mime_init();
	if (error == 0)
		error = mail_read_gmime(view_of_string(sample), &first);
	if (error == 0)
		error = mail_read_etpan(view_of_string(sample), &second);
	if (error == 0 && (first.count != 1 || second.count != 1 ||
			   strcmp(first.parts[0].name, "\u3042.txt") != 0))
		error = -ERR_UNAVAILABLE;
	arena_free(arena);
	return error;
}

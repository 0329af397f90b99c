#include "sanitizers/mail/address.h"

#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/header.h"
#include "sanitizers/mail/text.h"

#include "base/banned.h"

enum { LINE_FOLD = 76, DOMAIN_MAX = 255, LOCAL_MAX = 128 };

struct writer {
	struct arena *arena;
	struct buffer *out;
	const char *name;
	size_t column;
	size_t count; /* written */
	bool comma;   /* one is due in front of the next */
	bool in_group;
	size_t mended;
	struct text_losses *losses;
};

/* What one stretch between commas is made of. */
struct mailbox {
	struct view phrase; /* in front of '<' */
	struct view address;
	struct view comment;
	bool angled;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct view trim(struct view view)
{
	while (view.size > 0 && is_blank(view.data[0]))
		view = view_slice(view, 1, view.size);
	while (view.size > 0 && is_blank(view.data[view.size - 1]))
		view.size--;
	return view;
}

/* The offset behind a quoted string, a comment or one byte. Kanji in
 * ISO-2022-JP may hold any punctuation. */
static size_t behind(struct view value, size_t at)
{
	uint8_t byte = value.data[at];
	size_t depth = 0;

	if (byte == 0x1B) {
		size_t end = view_find(value, view_of("\x1B(", 2), at + 1);

		return end == SIZE_MAX ? value.size : end + 3;
	}
	if (byte == '"') {
		for (at++; at < value.size && value.data[at] != '"'; at++)
			if (value.data[at] == '\\')
				at++;
		return at + 1;
	}
	if (byte != '(')
		return at + 1;
	for (; at < value.size; at++) {
		if (value.data[at] == '\\')
			at++;
		else if (value.data[at] == '(')
			depth++;
		else if (value.data[at] == ')' && --depth == 0)
			return at + 1;
	}
	return at;
}

/* The offset of one of `stops` outside of quotes, comments and angles; the
 * size when there is none. */
static size_t find_top(struct view value, size_t at, const char *stops)
{
	bool angle = false;

	while (at < value.size) {
		uint8_t byte = value.data[at];

		if (!angle && byte != 0 && strchr(stops, byte) != NULL)
			return at;
		if (byte == '<')
			angle = true;
		else if (byte == '>')
			angle = false;
		at = behind(value, at);
	}
	return value.size;
}

static struct mailbox split(struct view value)
{
	struct mailbox mailbox = {.address = value};
	size_t open = find_top(value, 0, "<");
	size_t paren = find_top(value, 0, "(");

	if (paren < value.size) {
		size_t end = behind(value, paren);

		if (end <= value.size && end >= paren + 2)
			mailbox.comment =
			    view_slice(value, paren + 1, end - paren - 2);
	}
	if (open < value.size) {
		size_t close = view_find(value, view_of(">", 1), open);

		mailbox.angled = true;
		mailbox.phrase = trim(view_slice(value, 0, open));
		mailbox.address = view_slice(
		    value, open + 1,
		    (close == SIZE_MAX ? value.size : close) - open - 1);
	}
	mailbox.address = trim(mailbox.address);
	return mailbox;
}

static bool is_atext(uint8_t byte)
{
	return byte != 0 &&
	       (isalnum(byte) || strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

static bool domain_valid(struct view domain)
{
	if (domain.size == 0 || domain.size > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < domain.size; i++) {
		uint8_t byte = domain.data[i];

		if (byte >= 0x80 ||
		    !(isalnum(byte) || strchr("-._[]:", byte) != NULL) ||
		    byte == 0)
			return false;
	}
	return domain.data[0] != '.';
}

/* The local part without quotation marks; NULL data when it is none. */
static struct view local_of(struct arena *arena, struct view local)
{
	uint8_t *text = arena_alloc(arena, local.size + 1);
	size_t size = 0;
	bool quoted = local.size >= 2 && local.data[0] == '"' &&
		      local.data[local.size - 1] == '"';

	if (text == NULL || local.size == 0 || local.size > LOCAL_MAX)
		return (struct view){NULL, 0};
	for (size_t i = quoted; i < local.size - quoted; i++) {
		uint8_t byte = local.data[i];

		if (quoted && byte == '\\' && i + 1 < local.size - quoted)
			byte = local.data[++i];
		if (byte < ' ' || byte >= 0x7F ||
		    (!quoted && !is_atext(byte) && byte != '.'))
			return (struct view){NULL, 0};
		text[size++] = byte;
	}
	return view_of(text, size);
}

/* "a.b" needs no quotation marks; "a..b" and "a." of old telephones do. */
static bool is_dot_atom(struct view local)
{
	for (size_t i = 0; i < local.size; i++) {
		bool edge = i == 0 || i + 1 == local.size;

		if (local.data[i] == '.' && (edge || local.data[i + 1] == '.'))
			return false;
		if (local.data[i] != '.' && !is_atext(local.data[i]))
			return false;
	}
	return local.size > 0;
}

/* Comments and blanks may stand between any two parts of an address. */
static struct view without_comments(struct arena *arena, struct view text)
{
	uint8_t *plain = arena_alloc(arena, text.size + 1);
	size_t size = 0;
	size_t at = 0;

	while (plain != NULL && at < text.size) {
		size_t end = behind(text, at);
		bool dropped = text.data[at] == '(' || is_blank(text.data[at]);

		for (; at < end && at < text.size; at++)
			if (!dropped)
				plain[size++] = text.data[at];
	}
	return view_of(plain, size);
}

/* The address anew, NULL when it is none (or out of memory). */
static const char *address_of(struct arena *arena, struct view text)
{
	BUFFER_CLEANUP struct buffer made = buffer_make(2048);
	size_t at;
	struct view local;
	struct view domain;

	text = without_comments(arena, text);
	if (text.data == NULL)
		return NULL;
	/* Routes of old: "@a,@b:c@d". */
	if (text.size > 0 && text.data[0] == '@') {
		size_t colon = view_find(text, view_of(":", 1), 0);

		if (colon == SIZE_MAX)
			return NULL;
		text = view_slice(text, colon + 1, text.size);
	}
	at = text.size;
	while (at > 0 && text.data[at - 1] != '@')
		at--;
	if (at == 0)
		return NULL;
	domain = view_slice(text, at, text.size);
	local = local_of(arena, view_slice(text, 0, at - 1));
	if (local.data == NULL || !domain_valid(domain))
		return NULL;
	if (is_dot_atom(local)) {
		buffer_view(&made, local);
	} else {
		buffer_u8(&made, '"');
		for (size_t i = 0; i < local.size; i++) {
			if (local.data[i] == '"' || local.data[i] == '\\')
				buffer_u8(&made, '\\');
			buffer_u8(&made, local.data[i]);
		}
		buffer_u8(&made, '"');
	}
	buffer_u8(&made, '@');
	buffer_view(&made, domain);
	return arena_string(arena, buffer_contents(&made));
}

/* A quoted string without its marks, anything else as it is; then decoded. */
static const char *phrase_of(const struct writer *writer, struct view text)
{
	uint8_t *plain = arena_alloc(writer->arena, text.size + 1);
	size_t size = 0;
	bool shifted = false;

	if (plain == NULL)
		return NULL;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte == 0x1B && i + 1 < text.size)
			shifted = text.data[i + 1] == '$';
		if (!shifted && byte == '\\' && i + 1 < text.size &&
		    (text.data[i + 1] == '"' || text.data[i + 1] == '\\'))
			byte = text.data[++i];
		else if (!shifted && byte == '"')
			continue;
		plain[size++] = byte;
	}
	return header_decode(writer->arena, view_of(plain, size),
			     writer->losses);
}

static void begin(struct writer *writer)
{
	if (writer->count == 0 && !writer->comma && writer->column == 0) {
		buffer_format(writer->out, "%s: ", writer->name);
		writer->column = strlen(writer->name) + 2;
	} else if (writer->comma) {
		buffer_text(writer->out, ",\r\n ");
		writer->column = 1;
	}
	writer->comma = true;
	writer->count++;
}

static void write_angled(struct writer *writer, const char *phrase,
			 const char *address)
{
	begin(writer);
	if (phrase[0] == '\0') {
		buffer_text(writer->out, address);
		writer->column += strlen(address);
		return;
	}
	writer->column = compose_phrase(writer->out, writer->column, phrase);
	if (writer->column + strlen(address) + 3 > LINE_FOLD) {
		buffer_text(writer->out, "\r\n");
		writer->column = 0;
	}
	buffer_format(writer->out, " <%s>", address);
	writer->column += strlen(address) + 3;
}

/* The name of a group; the members follow. */
static void open_group(struct writer *writer, const char *phrase)
{
	begin(writer);
	(void)compose_phrase(writer->out, writer->column, phrase);
	buffer_text(writer->out, ":");
	writer->comma = false;
	writer->column = LINE_FOLD;
}

static int write_one(struct writer *writer, struct view value)
{
	struct mailbox mailbox = split(trim(value));
	const char *address = address_of(writer->arena, mailbox.address);
	const char *phrase = phrase_of(
	    writer, mailbox.angled ? mailbox.phrase : mailbox.comment);

	if (trim(value).size == 0)
		return 0;
	if (phrase == NULL)
		return -ERR_MEMORY;
	if (writer->count >= ADDRESSES_MAX)
		return -ERR_LIMIT_MEMBERS;
	if (address != NULL) {
		write_angled(writer, phrase, address);
		return 0;
	}
	phrase = phrase_of(writer, trim(value));
	if (phrase == NULL)
		return -ERR_MEMORY;
	if (phrase[0] == '\0')
		return 0;
	writer->mended++;
	/* Groups hold no groups. */
	if (writer->in_group)
		return 0;
	open_group(writer, phrase);
	buffer_text(writer->out, ";");
	writer->comma = true;
	return 0;
}

/* Members of a group up to its ';', or of the whole list. */
static int write_members(struct writer *writer, struct view value, size_t *at,
			 bool group)
{
	int error = 0;

	while (*at < value.size && error == 0) {
		size_t end = find_top(value, *at, group ? ",;" : ",;:");
		struct view one = view_slice(value, *at, end - *at);
		uint8_t stop = end < value.size ? value.data[end] : 0;
		const char *phrase;

		*at = end < value.size ? end + 1 : end;
		if (stop != ':') {
			error = write_one(writer, one);
			if (group && stop == ';')
				return error;
			continue;
		}
		phrase = phrase_of(writer, trim(one));
		if (phrase == NULL)
			return -ERR_MEMORY;
		open_group(writer, phrase[0] == '\0' ? "-" : phrase);
		if (buffer_error(writer->out) != 0)
			return buffer_error(writer->out);
		writer->in_group = true;
		error = write_members(writer, value, at, true);
		writer->in_group = false;
		buffer_text(writer->out, ";");
		writer->comma = true;
	}
	return error;
}

int address_write_field(struct arena *arena, struct buffer *out,
			const char *name, struct view value, size_t *ret_mended,
			struct text_losses *losses)
{
	struct writer writer = {
	    .arena = arena, .out = out, .name = name, .losses = losses};
	size_t at = 0;
	int error = write_members(&writer, value, &at, false);

	if (error == 0 && writer.count > 0)
		buffer_text(out, "\r\n");
	*ret_mended += writer.mended;
	return error;
}

const char *address_only(struct arena *arena, struct view value)
{
	if (find_top(value, 0, ",;:") != value.size)
		return NULL;
	return address_of(arena, split(trim(value)).address);
}

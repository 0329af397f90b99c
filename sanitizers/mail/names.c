#include "sanitizers/mail/names.h"

#include "base/utf8.h"
#include "sanitizers/archive/name_set.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/mail/header.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/text.h"

#include "base/banned.h"

enum { EXTENSION_KEPT = 16 };

static void add(struct mail_names *names, const char *name)
{
	if (name == NULL || name[0] == '\0' ||
	    names->count == NAME_CANDIDATES_MAX)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->candidates[i], name) == 0)
			return;
	names->candidates[names->count++] = name;
}

/* What a field says: RFC 2231 goes first, as in what mailers do. */
static void add_all(struct arena *arena, struct mail_names *names,
		    const struct mail_parameters *parameters, const char *name,
		    struct text_losses *losses)
{
	add(names, header_decode_split(arena, parameters, name, false, losses));
	add(names, header_decode_split(arena, parameters, name, true, losses));
	for (size_t i = 0; parameters != NULL && i < parameters->count; i++) {
		const struct mail_parameter *one = &parameters->list[i];

		if (strcmp(one->name, name) == 0 && !one->extended &&
		    one->section < 0)
			add(names, header_decode(arena, one->value, losses));
	}
}

static bool is_device(const char *name)
{
	static const char *const devices[] = {
	    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$"};
	size_t base = strcspn(name, ". ");

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (base == strlen(devices[i]) &&
		    strncasecmp(name, devices[i], base) == 0)
			return true;
	return base == 4 && isdigit((unsigned char)name[3]) &&
	       (strncasecmp(name, "com", 3) == 0 ||
		strncasecmp(name, "lpt", 3) == 0);
}

/* The last part of a path of either system; in UTF-8 neither byte is part of
 * another character. */
static const char *last_part(const char *name)
{
	const char *at = name;

	for (const char *c = name; *c != '\0'; c++)
		if ((*c == '/' || *c == '\\') && c[1] != '\0')
			at = c + 1;
	return at;
}

/* Shortens the stem, not the extension, between two characters. */
static char *shorten(struct arena *arena, char *name)
{
	size_t size = strlen(name);
	size_t dot = name_dot(name);
	size_t keep;

	if (size <= ATTACHMENT_NAME_MAX)
		return name;
	if (size - dot > EXTENSION_KEPT)
		dot = size;
	keep = ATTACHMENT_NAME_MAX - (size - dot);
	while (keep > 0 && ((uint8_t)name[keep] & 0xC0) == 0x80)
		keep--;
	return arena_format(arena, "%.*s%s", (int)keep, name, name + dot);
}

static void trim_end(struct buffer *text)
{
	while (text->size > 0 && (text->data[text->size - 1] == ' ' ||
				  text->data[text->size - 1] == '.'))
		text->size--;
}

const char *mail_name_safe(struct arena *arena, const char *name)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(HEADER_TEXT_MAX);
	const char *composed = name_compose(arena, last_part(name));
	struct cursor cursor;
	char *made;

	if (composed == NULL)
		return NULL;
	cursor = cursor_at(view_of_string(composed), 0);
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (utf8_is_unsafe(character))
			continue;
		if (character < 0x80 &&
		    strchr("<>:\"|?*/\\", (int)character) != NULL)
			character = '_';
		if (text.size == 0 && character == ' ')
			continue;
		buffer_utf8(&text, character);
	}
	trim_end(&text);
	made = arena_string(arena, buffer_contents(&text));
	if (made != NULL)
		made = shorten(arena, made);
	if (made != NULL && is_device(made))
		made = arena_format(arena, "_%s", made);
	return made;
}

static void check_candidates(struct mail_names *names)
{
	char first[32];
	char other[32];

	for (size_t i = 0; i < names->count; i++) {
		struct kind kind = kind_by_name(names->candidates[i]);

		if (kind.name != NULL && names->refusal == ERR_NONE)
			names->refusal = kind.refusal;
		name_extension(names->candidates[0], first, sizeof(first));
		name_extension(names->candidates[i], other, sizeof(other));
		names->conflict |= strcmp(first, other) != 0;
	}
}

int mail_names_read(struct arena *arena, const struct mail_part *part,
		    struct mail_names *ret_names)
{
	struct text_losses losses = {0};

	*ret_names = (struct mail_names){.chosen = ""};
	add_all(arena, ret_names, part->disposition_parameters, "filename",
		&losses);
	add_all(arena, ret_names, part->disposition_parameters, "name",
		&losses);
	add_all(arena, ret_names, part->type_parameters, "name", &losses);
	add_all(arena, ret_names, part->type_parameters, "filename", &losses);
	check_candidates(ret_names);
	if (ret_names->count == 0)
		return 0;
	ret_names->chosen = mail_name_safe(arena, ret_names->candidates[0]);
	if (ret_names->chosen == NULL)
		return -ERR_MEMORY;
	ret_names->changed =
	    strcmp(ret_names->chosen, ret_names->candidates[0]) != 0 ||
	    losses.control + losses.bidi + losses.invisible > 0;
	return 0;
}

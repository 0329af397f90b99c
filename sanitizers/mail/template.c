#include "sanitizers/mail/template.h"

#include "base/utf8.h"

#include "base/banned.h"

static const struct {
	const char *name;
	const char *values[2]; /* by enum language */
} texts[MAIL_TEXT_COUNT] = {
#define TEXT(symbol, name, ja, en) {name, {ja, en}},
#include "sanitizers/mail/texts.def"
#undef TEXT
};

/* Whether the line is "[name]". */
static bool is_heading(struct view line, const char *name)
{
	size_t size = strlen(name);

	return line.size == size + 2 && view_starts_with(line, "[") &&
	       view_equal(view_slice(line, 1, size), view_of(name, size)) &&
	       view_equal(view_slice(line, size + 1, 1), view_of("]", 1));
}

struct view template_line(struct view *rest)
{
	size_t end = view_find(*rest, view_of("\n", 1), 0);
	struct view line = view_slice(*rest, 0, end);

	*rest = end == SIZE_MAX ? (struct view){NULL, 0}
				: view_slice(*rest, end + 1, rest->size);
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* A block of the site's file, without empty lines at its end. */
static struct view find_block(struct view file, const char *name)
{
	struct view rest = file;
	const uint8_t *start;
	const uint8_t *end;

	while (rest.size > 0 && !is_heading(template_line(&rest), name))
		continue;
	if (rest.size == 0)
		return (struct view){NULL, 0};
	start = end = rest.data;
	while (rest.size > 0 && rest.data[0] != '[') {
		struct view line = template_line(&rest);

		if (line.size > 0)
			end = line.data + line.size;
	}
	return view_of(start, (size_t)(end - start));
}

struct view template_find(struct view file, enum mail_text text,
			  enum language language)
{
	char name[64];
	struct view block;

	(void)snprintf(name, sizeof(name), "%s.%s", texts[text].name,
		       language == LANGUAGE_JA ? "ja" : "en");
	block = find_block(file, name);
	if (block.size == 0)
		block = find_block(file, texts[text].name);
	if (block.size == 0 || !utf8_valid(block))
		return view_of_string(texts[text].values[language]);
	return block;
}

static const char *value_of(const struct filler *fillers, struct view name)
{
	for (size_t i = 0; fillers[i].name != NULL; i++)
		if (view_equal(name, view_of_string(fillers[i].name)))
			return fillers[i].value;
	return NULL;
}

/* What stands between braces at the beginning; empty: nothing does. */
static struct view placeholder(struct view text)
{
	size_t end = view_find(text, view_of("}", 1), 0);

	return view_starts_with(text, "{") && end != SIZE_MAX && end > 1
		   ? view_slice(text, 1, end - 1)
		   : (struct view){NULL, 0};
}

void template_fill(struct buffer *out, struct view text,
		   const struct filler *fillers)
{
	for (size_t i = 0; i < text.size; i++) {
		struct view rest = view_slice(text, i, text.size);
		struct view name = placeholder(rest);
		const char *value =
		    name.size > 0 ? value_of(fillers, name) : NULL;

		if (value != NULL) {
			buffer_text(out, value);
			i += name.size + 1;
		} else if (text.data[i] == '\n') {
			buffer_text(out, "\r\n");
		} else if (text.data[i] != '\r') {
			buffer_u8(out, text.data[i]);
		}
	}
}

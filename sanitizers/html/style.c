#include "sanitizers/html/style.h"

#include "sanitizers/html/words.h"

#include "base/banned.h"

enum { VALUE_MAX = 1024 };

struct declaration {
	struct view name;
	struct view value;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' ||
	       byte == '\f';
}

static struct view trim(struct view view)
{
	while (view.size > 0 && is_blank(view.data[0]))
		view = view_slice(view, 1, SIZE_MAX);
	while (view.size > 0 && is_blank(view.data[view.size - 1]))
		view.size--;
	return view;
}

/* Up to the `;` that is in no quotes and no brackets. */
static struct view take_declaration(struct view style, size_t *offset)
{
	size_t begin = *offset;
	size_t end = begin;
	unsigned depth = 0;
	uint8_t quote = 0;

	for (; end < style.size; end++) {
		uint8_t byte = style.data[end];

		if (quote != 0)
			quote = byte == quote ? 0 : quote;
		else if (byte == '"' || byte == '\'')
			quote = byte;
		else if (byte == '(')
			depth++;
		else if (byte == ')' && depth > 0)
			depth--;
		else if (byte == ';' && depth == 0)
			break;
	}
	*offset = end + 1;
	return trim(view_slice(style, begin, end - begin));
}

static bool next_declaration(struct view style, size_t *offset,
			     struct declaration *ret)
{
	while (*offset < style.size) {
		struct view text = take_declaration(style, offset);
		size_t colon = view_find(text, view_of_string(":"), 0);

		if (text.size == 0)
			continue;
		*ret = (struct declaration){.name = text};
		if (colon != SIZE_MAX) {
			ret->name = trim(view_slice(text, 0, colon));
			ret->value =
			    trim(view_slice(text, colon + 1, SIZE_MAX));
		}
		return true;
	}
	return false;
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* The functions that only compute a colour. */
static bool is_color_function(struct view name)
{
	static const char *const names[] = {"rgb", "rgba", "hsl", "hsla"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* Quotes hold names of fonts: letters of any script, blanks, hyphens. */
static size_t quoted_size(struct view value, size_t at)
{
	size_t end = at + 1;

	while (end < value.size && value.data[end] != value.data[at]) {
		uint8_t byte = value.data[end];

		if (!is_letter(byte) && !is_digit(byte) && byte < 0x80 &&
		    strchr(" -_.,&+", byte) == NULL)
			return 0;
		end++;
	}
	return end < value.size ? end + 1 - at : 0;
}

static size_t word_size(struct view value, size_t at)
{
	size_t end = at;

	while (end < value.size &&
	       (is_letter(value.data[end]) || is_digit(value.data[end]) ||
		value.data[end] == '-' || value.data[end] == '_' ||
		value.data[end] >= 0x80))
		end++;
	return end - at;
}

bool style_value_allowed(struct view value)
{
	size_t at = 0;
	unsigned depth = 0;

	if (value.size == 0 || value.size > VALUE_MAX)
		return false;
	while (at < value.size) {
		uint8_t byte = value.data[at];
		size_t size = word_size(value, at);

		if (size > 0 && at + size < value.size &&
		    value.data[at + size] == '(' &&
		    !is_color_function(view_slice(value, at, size)))
			return false;
		if (size == 0 && (byte == '"' || byte == '\'')) {
			size = quoted_size(value, at);
			if (size == 0)
				return false;
		}
		if (size == 0) {
			if (!is_blank(byte) &&
			    strchr("#%.,()+!/", byte) == NULL)
				return false;
			/* Only the bracket of a colour: the words above. */
			if (byte == '(' &&
			    (at == 0 || !is_letter(value.data[at - 1])))
				return false;
			depth += byte == '(';
			depth -= byte == ')' && depth > 0;
			size = 1;
		}
		at += size;
	}
	return depth == 0;
}

/* A margin below zero lays an element over others. */
static bool is_negative_margin(const struct declaration *declaration)
{
	return view_equal_nocase(view_slice(declaration->name, 0, 6),
				 "margin") &&
	       view_find(declaration->value, view_of_string("-"), 0) !=
		   SIZE_MAX;
}

/* Of vendors and of word processors: no reader of ours knows them. */
static bool is_vendor_name(struct view name)
{
	return view_starts_with(name, "-") ||
	       view_equal_nocase(view_slice(name, 0, 4), "mso-");
}

static void write_lower(struct buffer *out, struct view name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		buffer_u8(out, byte >= 'A' && byte <= 'Z'
				   ? (uint8_t)(byte - 'A' + 'a')
				   : byte);
	}
}

void style_write(struct buffer *out, struct view style,
		 struct view *ret_dropped)
{
	struct declaration declaration;
	size_t offset = 0;
	bool first = true;

	*ret_dropped = (struct view){NULL, 0};
	while (next_declaration(style, &offset, &declaration)) {
		if (html_property_allowed(declaration.name) &&
		    style_value_allowed(declaration.value) &&
		    !is_negative_margin(&declaration)) {
			if (!first)
				buffer_text(out, "; ");
			write_lower(out, declaration.name);
			buffer_text(out, ": ");
			buffer_view(out, declaration.value);
			first = false;
		} else if (ret_dropped->size == 0 &&
			   !is_vendor_name(declaration.name)) {
			*ret_dropped =
			    view_of(declaration.name.data,
				    declaration.value.data == NULL
					? declaration.name.size
					: (size_t)(declaration.value.data +
						   declaration.value.size -
						   declaration.name.data));
		}
	}
}

/* "0", "0px", "0.0em", "0 !important" */
static bool is_zero(struct view value)
{
	size_t at = 0;

	while (at < value.size &&
	       (value.data[at] == '0' || value.data[at] == '.'))
		at++;
	return at > 0 && (at == value.size || !is_digit(value.data[at]));
}

bool style_hides(struct view style)
{
	struct declaration one;
	size_t offset = 0;
	bool clipped = false;
	bool empty = false;

	while (next_declaration(style, &offset, &one)) {
		if ((view_equal_nocase(one.name, "display") &&
		     view_starts_with_nocase(one.value, "none")) ||
		    (view_equal_nocase(one.name, "visibility") &&
		     (view_starts_with_nocase(one.value, "hidden") ||
		      view_starts_with_nocase(one.value, "collapse"))) ||
		    (view_equal_nocase(one.name, "mso-hide") &&
		     view_starts_with_nocase(one.value, "all")) ||
		    (view_equal_nocase(one.name, "opacity") &&
		     is_zero(one.value)) ||
		    (view_equal_nocase(one.name, "font-size") &&
		     is_zero(one.value)))
			return true;
		clipped |= view_equal_nocase(one.name, "overflow") &&
			   view_starts_with_nocase(one.value, "hidden");
		empty |= (view_equal_nocase(one.name, "max-height") ||
			  view_equal_nocase(one.name, "height") ||
			  view_equal_nocase(one.name, "max-width") ||
			  view_equal_nocase(one.name, "width")) &&
			 is_zero(one.value);
	}
	return clipped && empty;
}

#include "sanitizers/pdf/inline_image.h"

#include "sanitizers/pdf/filter.h"

#include "base/banned.h"

enum { KEY_MAX = 32, VALUE_DEPTH_MAX = 4, LOOK_AHEAD = 16 };

static const uint64_t unpacked_max = 64 * 1024 * 1024;

struct header {
	long long width;
	long long height;
	long long bits;
	int components; /* 0: not known */
	enum pdf_filter filter;
	unsigned filters;
	bool mask;
};

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' ||
	       byte == '\f' || byte == 0;
}

static bool is_regular(uint8_t byte)
{
	return !is_space(byte) && strchr("()<>[]{}/%", byte) == NULL;
}

/* Blanks and remarks. */
static void skip_blanks(struct view in, size_t *at)
{
	bool remark = false;

	while (*at < in.size) {
		uint8_t byte = in.data[*at];

		if (byte == '%')
			remark = true;
		else if (byte == '\n' || byte == '\r')
			remark = false;
		else if (!remark && !is_space(byte))
			return;
		(*at)++;
	}
}

static struct view next_token(struct view in, size_t *at)
{
	size_t from;

	skip_blanks(in, at);
	from = *at;
	if (from == in.size)
		return view_of(NULL, 0);
	(*at)++;
	if (in.data[from] == '/' || is_regular(in.data[from]))
		while (*at < in.size && is_regular(in.data[*at]))
			(*at)++;
	else if (in.data[from] == '<' && *at < in.size && in.data[*at] != '<') {
		while (*at < in.size && in.data[(*at)++] != '>')
			continue;
	} else if ((in.data[from] == '<' || in.data[from] == '>') &&
		   *at < in.size && in.data[*at] == in.data[from]) {
		(*at)++;
	}
	return view_slice(in, from, *at - from);
}

/* A name, number or constant, or an array or dictionary of them. */
static struct view next_value(struct view in, size_t *at)
{
	size_t from;
	int depth = 0;

	skip_blanks(in, at);
	from = *at;
	do {
		struct view token = next_token(in, at);

		if (token.size == 0 || depth > VALUE_DEPTH_MAX)
			return view_of(NULL, 0);
		if (view_starts_with(token, "[") ||
		    view_starts_with(token, "<<"))
			depth++;
		else if (view_starts_with(token, "]") ||
			 view_starts_with(token, ">>"))
			depth--;
		else if (strchr("(){}%", token.data[0]) != NULL)
			return view_of(NULL, 0);
	} while (depth > 0);
	return view_slice(in, from, *at - from);
}

static long long number_of(struct view value)
{
	long long number = 0;

	for (size_t i = 0; i < value.size && i < 9; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			break;
		number = number * 10 + (value.data[i] - '0');
	}
	return number;
}

static bool is_either(struct view word, const char *a, const char *b)
{
	return view_equal(word, view_of_string(a)) ||
	       view_equal(word, view_of_string(b));
}

static int components_of(struct view value)
{
	if (is_either(value, "/G", "/DeviceGray"))
		return 1;
	if (is_either(value, "/RGB", "/DeviceRGB"))
		return 3;
	if (is_either(value, "/CMYK", "/DeviceCMYK"))
		return 4;
	if (view_starts_with(value, "[/I") || view_starts_with(value, "[ /I"))
		return 1;
	return 0;
}

static void note_filters(struct header *header, struct view value)
{
	size_t at = 0;

	while (at < value.size) {
		struct view token = next_token(value, &at);
		char name[KEY_MAX];

		if (!view_starts_with(token, "/") || token.size >= sizeof(name))
			continue;
		for (size_t i = 0; i < token.size; i++)
			name[i] = (char)token.data[i];
		name[token.size] = '\0';
		if (header->filters++ == 0)
			header->filter = filter_by_name(name);
	}
}

/* Whether the key is one of an inline image; its value is noted. */
static bool note_key(struct header *header, struct view key, struct view value)
{
	if (is_either(key, "/W", "/Width"))
		header->width = number_of(value);
	else if (is_either(key, "/H", "/Height"))
		header->height = number_of(value);
	else if (is_either(key, "/BPC", "/BitsPerComponent"))
		header->bits = number_of(value);
	else if (is_either(key, "/CS", "/ColorSpace"))
		header->components = components_of(value);
	else if (is_either(key, "/IM", "/ImageMask"))
		header->mask = view_equal(value, view_of_string("true"));
	else if (is_either(key, "/F", "/Filter"))
		note_filters(header, value);
	else
		return is_either(key, "/D", "/Decode") ||
		       is_either(key, "/DP", "/DecodeParms") ||
		       is_either(key, "/I", "/Interpolate") ||
		       is_either(key, "/Intent", "/L") ||
		       is_either(key, "/Length", "/Name");
	return true;
}

/* Where EI begins when nothing but blanks lies between; SIZE_MAX: it is not
 * there. */
static size_t find_mark_at(struct view in, size_t from)
{
	size_t at = from;

	while (at < in.size && is_space(in.data[at]) && at - from < 4)
		at++;
	if (at + 2 > in.size || in.data[at] != 'E' || in.data[at + 1] != 'I')
		return SIZE_MAX;
	if (at + 2 < in.size && is_regular(in.data[at + 2]))
		return SIZE_MAX;
	return at;
}

/* The first EI that stands alone and is followed by what looks like text. */
static size_t search_mark(struct view in, size_t from, bool alone)
{
	for (size_t at = from; at + 2 <= in.size; at++) {
		bool plausible = true;

		if (in.data[at] != 'E' || in.data[at + 1] != 'I' ||
		    (alone && at > from && !is_space(in.data[at - 1])) ||
		    (at + 2 < in.size && !is_space(in.data[at + 2])))
			continue;
		for (size_t i = at + 2;
		     i < in.size && i < at + LOOK_AHEAD && plausible; i++)
			plausible = is_space(in.data[i]) ||
				    (in.data[i] >= 0x20 && in.data[i] < 0x7f);
		if (plausible)
			return at;
	}
	return SIZE_MAX;
}

/* Some writers leave no blank before it. */
static size_t find_mark(struct view in, size_t from)
{
	size_t at = search_mark(in, from, true);

	return at == SIZE_MAX ? search_mark(in, from, false) : at;
}

/* The length of the data by what packs it; SIZE_MAX: not known. */
static int data_size(struct pdf *pdf, const struct header *header,
		     struct view data, size_t *ret_size)
{
	struct filter_result result;
	long long bits = header->mask ? 1 : header->bits;
	long long components = header->mask ? 1 : header->components;
	int error;

	*ret_size = SIZE_MAX;
	if (header->filters == 0) {
		if (components > 0 && bits <= 16)
			*ret_size =
			    (size_t)((header->width * bits * components + 7) /
				     8 * header->height);
		return 0;
	}
	if (header->filter == FILTER_UNKNOWN || header->filter >= FILTER_CRYPT)
		return 0;
	error = filter_decode(pdf->job, header->filter, true, data,
			      unpacked_max, NULL, &result);
	if (error == 0 && result.clean)
		*ret_size = result.consumed;
	return error;
}

int pdf_inline_image(struct pdf *pdf, struct view in, size_t *at,
		     struct buffer *out, bool *ret_kept, bool *ret_changed)
{
	struct header header = {.bits = 8};
	const size_t begin = *at;
	size_t start;
	size_t size;
	size_t mark = SIZE_MAX;
	int error;

	*ret_kept = false;
	while (true) {
		struct view key = next_token(in, at);
		struct view value;

		if (view_equal(key, view_of_string("ID")))
			break;
		if (!view_starts_with(key, "/"))
			return 0; /* no image: go on behind it */
		value = next_value(in, at);
		if (value.size == 0)
			return 0;
		if (!note_key(&header, key, value)) {
			*ret_changed = true;
			continue;
		}
		buffer_u8(out, ' ');
		buffer_view(out, key);
		buffer_u8(out, ' ');
		buffer_view(out, value);
	}
	/* Remarks between the keys go. */
	if (view_find(view_slice(in, begin, *at - begin), view_of("%", 1), 0) !=
	    SIZE_MAX)
		*ret_changed = true;
	if (*at < in.size && is_space(in.data[*at]))
		(*at)++;
	start = *at;
	error = data_size(pdf, &header, view_slice(in, start, SIZE_MAX), &size);
	if (error != 0)
		return error;
	if (size <= in.size - start)
		mark = find_mark_at(in, start + size);
	if (mark == SIZE_MAX) {
		mark = find_mark(in, start);
		if (mark == SIZE_MAX) {
			*at = in.size;
			return 0;
		}
		/* What is behind the data that its header speaks of. */
		if (size > mark - start)
			size = mark - start;
		else
			*ret_changed = true;
	}
	buffer_text(out, " ID ");
	buffer_view(out, view_slice(in, start, size));
	buffer_text(out, "\nEI");
	*at = mark + 2;
	*ret_kept = true;
	return buffer_error(out);
}

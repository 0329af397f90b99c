#include "sanitizers/mail/clear.h"

#include "base/buffer.h"

#include "base/banned.h"

struct line {
	struct view text; /* without its end and blanks there */
	struct view raw;
	size_t next;
};

static bool next_line(struct view text, size_t at, struct line *ret_line)
{
	size_t end = view_find(text, view_of("\n", 1), at);
	size_t next = end == SIZE_MAX ? text.size : end + 1;
	size_t size;

	if (at >= text.size)
		return false;
	size = next - at;
	while (size > 0 && text.data[at + size - 1] <= ' ')
		size--;
	*ret_line = (struct line){
	    .text = view_of(text.data + at, size),
	    .raw = view_of(text.data + at, next - at),
	    .next = next,
	};
	return true;
}

static bool is_line(const struct line *line, const char *text)
{
	return view_equal(line->text, view_of_string(text));
}

/* Behind the header of a block; SIZE_MAX where it is none. */
static size_t skip_header(struct view text, size_t at)
{
	struct line line;

	while (next_line(text, at, &line)) {
		at = line.next;
		if (line.text.size == 0)
			return at;
		if (!view_starts_with(line.text, "Hash:"))
			return SIZE_MAX;
	}
	return SIZE_MAX;
}

/* The text up to the signature; `ret_at` is behind the signature's first line,
 * SIZE_MAX where there is none. */
static void read_text(struct view text, size_t at, struct buffer *out,
		      size_t *ret_at)
{
	struct line line;

	*ret_at = SIZE_MAX;
	while (next_line(text, at, &line)) {
		at = line.next;
		if (is_line(&line, "-----BEGIN PGP SIGNATURE-----")) {
			*ret_at = at;
			return;
		}
		if (view_starts_with(line.raw, "- "))
			line.raw = view_slice(line.raw, 2, line.raw.size);
		else if (view_starts_with(line.raw, "-"))
			return;
		buffer_view(out, line.raw);
	}
}

static size_t skip_signature(struct view text, size_t at)
{
	struct line line;

	while (next_line(text, at, &line)) {
		at = line.next;
		if (is_line(&line, "-----END PGP SIGNATURE-----"))
			return at;
		if (view_starts_with(line.text, "-----"))
			return SIZE_MAX;
	}
	return SIZE_MAX;
}

/* The block whose first line ends at `at`; SIZE_MAX where it is none. */
static size_t read_block(struct view text, size_t at, struct buffer *out)
{
	out->size = 0;
	at = skip_header(text, at);
	if (at != SIZE_MAX)
		read_text(text, at, out, &at);
	return at == SIZE_MAX ? SIZE_MAX : skip_signature(text, at);
}

int clear_find(struct arena *arena, struct view text,
	       struct clear_block *ret_block)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(text.size);
	struct line line;
	size_t at = 0;

	*ret_block = (struct clear_block){0};
	while (next_line(text, at, &line)) {
		size_t end;

		if (!is_line(&line, "-----BEGIN PGP SIGNED MESSAGE-----")) {
			at = line.next;
			continue;
		}
		end = read_block(text, line.next, &out);
		if (end == SIZE_MAX) {
			at = line.next;
			continue;
		}
		if (buffer_error(&out) != 0)
			return buffer_error(&out);
		*ret_block = (struct clear_block){
		    at, end, arena_copy(arena, buffer_contents(&out))};
		return ret_block->text.data == NULL && out.size > 0
			   ? -ERR_MEMORY
			   : 0;
	}
	return 0;
}

bool clear_is_encrypted(struct view text)
{
	struct line line;

	for (size_t at = 0; next_line(text, at, &line); at = line.next)
		if (view_starts_with(line.text, "-----BEGIN PGP MESSAGE"))
			return true;
	return false;
}

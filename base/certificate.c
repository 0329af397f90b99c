#include "base/certificate.h"

static const char mark[] = ",\"signature\":\"";

/* The word keeps a signature of a certificate from being taken for one of
 * something else. */
static void write_signed(struct buffer *buffer, struct view body)
{
	buffer_text(buffer, "sekisho certificate\n");
	buffer_view(buffer, body);
}

void certificate_sign(struct buffer *buffer, const struct signer *signer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(2 * CERTIFICATE_MAX);

	write_signed(&text, buffer_contents(buffer));
	if (buffer_error(&text) != 0) {
		if (buffer->error == 0)
			buffer->error = text.error;
		return;
	}
	buffer_format(buffer, "%s%s ", mark, signer->name);
	signer_sign(buffer, signer, buffer_contents(&text));
	buffer_text(buffer, "\"}\n");
}

int certificate_check(struct view text, const struct signer *signer,
		      struct view *ret_body)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(2 * CERTIFICATE_MAX);
	size_t name = strlen(signer->name);
	size_t at = view_find_last(text, view_of_string(mark));
	struct view rest;
	size_t end;

	if (text.size > CERTIFICATE_MAX || at == SIZE_MAX)
		return -ERR_MALFORMED;
	rest = view_slice(text, at + sizeof(mark) - 1, SIZE_MAX);
	end = view_find(rest, view_of_string("\"}\n"), 0);
	if (end == SIZE_MAX || end + 3 != rest.size)
		return -ERR_MALFORMED;
	rest = view_slice(rest, 0, end);
	if (!view_starts_with(rest, signer->name) || rest.size <= name ||
	    rest.data[name] != ' ')
		return -ERR_NOT_FOUND;
	write_signed(&body, view_slice(text, 0, at));
	if (buffer_error(&body) != 0)
		return buffer_error(&body);
	*ret_body = view_slice(text, 0, at);
	return signer_check(signer, view_slice(rest, name + 1, SIZE_MAX),
			    buffer_contents(&body));
}

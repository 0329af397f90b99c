/*
 * DKIM by libopendkim. It is given the keys: it asks nobody.
 */
#include "sanitizers/mail/authentication.h"
#include "sanitizers/mail/transfer.h"

#include "base/bytes.h"

#include <dkim.h>

#include "base/banned.h"

enum { SIGNATURES_SHOWN = 8, KEY_BITS_MIN = 1024, NAME_SIZE = 256 };

static DKIM_LIB *library;

/* ---- keys ---- */

enum answer { ANSWER_NONE, ANSWER_LATER, ANSWER_FOUND };

/* The line of one name, in lower case as the door wrote it. */
static enum answer find_key(struct view given, const char *name,
			    struct view *ret_text)
{
	size_t size = strlen(name);
	size_t at = 0;

	while (at < given.size) {
		size_t end = view_find(given, view_of("\n", 1), at);
		struct view line = view_slice(
		    given, at, (end == SIZE_MAX ? given.size : end) - at);

		at = end == SIZE_MAX ? given.size : end + 1;
		if (!view_equal_nocase(view_slice(line, 0, size), name))
			continue;
		if (line.size == size)
			return ANSWER_LATER;
		if (line.data[size] != ' ')
			continue;
		*ret_text = view_slice(line, size + 1, line.size);
		return ANSWER_FOUND;
	}
	return ANSWER_NONE;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *info,
			   unsigned char *buffer, size_t size)
{
	const struct view *given = dkim_get_user_context(dkim);
	char name[2 * NAME_SIZE];
	struct view text = {NULL, 0};

	(void)snprintf(name, sizeof(name), "%s._domainkey.%s",
		       (const char *)dkim_sig_getselector(info),
		       (const char *)dkim_sig_getdomain(info));
	switch (find_key(*given, name, &text)) {
	case ANSWER_LATER:
		return DKIM_CBSTAT_TRYAGAIN;
	case ANSWER_NONE:
		return DKIM_CBSTAT_NOTFOUND;
	case ANSWER_FOUND:
		break;
	}
	if (text.size >= size)
		return DKIM_CBSTAT_ERROR;
	(void)snprintf((char *)buffer, size, "%.*s", (int)text.size,
		       (const char *)text.data);
	return DKIM_CBSTAT_CONTINUE;
}

int authentication_prepare(void)
{
	unsigned bits = KEY_BITS_MIN;
	/* One key that cannot be had must not end it for the others. */
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC;

	if (library != NULL)
		return 0;
	library = dkim_init(NULL, NULL);
	if (library == NULL)
		return -ERR_MEMORY;
	if (dkim_set_key_lookup(library, look_up) != DKIM_STAT_OK ||
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
			 sizeof(flags)) != DKIM_STAT_OK ||
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits,
			 sizeof(bits)) != DKIM_STAT_OK)
		return -ERR_UNAVAILABLE;
	return 0;
}

/* ---- what is said ---- */

static bool is_name(const char *text)
{
	return text != NULL && text[0] != '\0' && strlen(text) < NAME_SIZE &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-._") == strlen(text);
}

/* A signature that leaves the end of the body to anybody is no pass. */
static bool is_cut(DKIM *dkim, DKIM_SIGINFO *info)
{
	ssize_t size = 0;
	ssize_t covered = 0;
	ssize_t limit = 0;

	return dkim_sig_getcanonlen(dkim, info, &size, &covered, &limit) !=
		   DKIM_STAT_OK ||
	       (limit != -1 && covered != size);
}

static const char *result_of(DKIM *dkim, DKIM_SIGINFO *info)
{
	DKIM_STAT status = DKIM_STAT_OK;

	if ((dkim_sig_getflags(info) & DKIM_SIGFLAG_PROCESSED) == 0)
		status = dkim_sig_process(dkim, info);
	if (status == DKIM_STAT_KEYFAIL || status == DKIM_STAT_CBTRYAGAIN)
		return "temperror";
	switch (dkim_sig_geterror(info)) {
	case DKIM_SIGERROR_OK:
	case DKIM_SIGERROR_UNKNOWN:
		break;
	case DKIM_SIGERROR_KEYFAIL:
		return "temperror";
	case DKIM_SIGERROR_BADSIG:
	case DKIM_SIGERROR_TIMESTAMPS:
	case DKIM_SIGERROR_FUTURE:
		return "fail";
	case DKIM_SIGERROR_KEYTOOSMALL:
		return "policy";
	default:
		return "permerror";
	}
	if ((dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED) == 0 ||
	    dkim_sig_getbh(info) != DKIM_SIGBH_MATCH)
		return "fail";
	return is_cut(dkim, info) ? "policy" : "pass";
}

static void write_signature(struct buffer *out, DKIM *dkim, DKIM_SIGINFO *info)
{
	const char *domain = (const char *)dkim_sig_getdomain(info);
	const char *selector = (const char *)dkim_sig_getselector(info);

	if (is_name(domain) && is_name(selector))
		buffer_format(out, "; dkim=%s header.d=%s header.s=%s",
			      result_of(dkim, info), domain, selector);
	else
		buffer_text(out, "; dkim=permerror");
}

static void write_signatures(struct buffer *out, DKIM *dkim)
{
	DKIM_SIGINFO **list = NULL;
	int count = 0;

	if (dkim_getsiglist(dkim, &list, &count) != DKIM_STAT_OK)
		count = 0;
	for (int i = 0; i < count && i < SIGNATURES_SHOWN; i++)
		write_signature(out, dkim, list[i]);
}

/* ---- one message ---- */

static DKIM_STAT feed_fields(struct arena *arena, DKIM *dkim,
			     const struct mail_field *fields)
{
	DKIM_STAT status = DKIM_STAT_OK;

	for (const struct mail_field *field = fields;
	     field != NULL && status == DKIM_STAT_OK; field = field->next) {
		const uint8_t *end = field->value.data + field->value.size;
		struct view line = transfer_canonical(
		    arena, view_of(field->name.data,
				   (size_t)(end - field->name.data)));

		status = line.data == NULL
			     ? DKIM_STAT_NORESOURCE
			     : dkim_header(
				   dkim, (unsigned char *)(uintptr_t)line.data,
				   line.size);
	}
	return status;
}

static DKIM_STAT feed(struct arena *arena, DKIM *dkim,
		      const struct mail_field *fields, struct view body)
{
	struct view lines = transfer_canonical(arena, body);
	DKIM_STAT status = feed_fields(arena, dkim, fields);

	if (status == DKIM_STAT_OK)
		status = dkim_eoh(dkim);
	if (status == DKIM_STAT_OK && lines.size > 0)
		status = dkim_body(dkim, (unsigned char *)(uintptr_t)lines.data,
				   lines.size);
	if (status == DKIM_STAT_OK)
		status = dkim_eom(dkim, NULL);
	return status;
}

static void check(struct arena *arena, const struct mail_field *fields,
		  struct view body, struct view *given, struct buffer *out)
{
	DKIM_STAT status = DKIM_STAT_OK;
	size_t before = out->size;
	DKIM *dkim =
	    dkim_verify(library, (const unsigned char *)"mail", NULL, &status);

	if (dkim == NULL) {
		buffer_text(out, "; dkim=temperror");
		return;
	}
	(void)dkim_set_user_context(dkim, given);
	status = feed(arena, dkim, fields, body);
	if (status == DKIM_STAT_NOSIG)
		buffer_text(out, "; dkim=none");
	else
		write_signatures(out, dkim);
	if (out->size == before)
		buffer_text(out, status == DKIM_STAT_SYNTAX
				     ? "; dkim=permerror"
				     : "; dkim=temperror");
	(void)dkim_free(dkim);
}

int authentication_check(struct arena *arena, const struct mail_field *fields,
			 struct view body, struct view given,
			 const char **ret_value)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(16 * 1024);
	size_t end = view_find(given, view_of("\n", 1), 0);

	buffer_view(&out, view_slice(given, 0, end));
	given = end == SIZE_MAX ? (struct view){NULL, 0}
				: view_slice(given, end + 1, given.size);
	check(arena, fields, body, &given, &out);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	*ret_value = arena_string(arena, buffer_contents(&out));
	return *ret_value == NULL ? -ERR_MEMORY : 0;
}

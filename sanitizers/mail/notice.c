#include "sanitizers/mail/notice.h"

#include <sodium.h>

#include "base/banned.h"

enum { SIGNATURES_SHOWN = 4 };

const char *mail_text(struct job *job, enum mail_text text,
		      enum language language)
{
	return arena_string(job->arena,
			    template_find(job->texts, text, language));
}

/* As template_fill(), of a text that may be NULL. */
static void fill(struct buffer *out, const char *text,
		 const struct filler *fillers)
{
	if (text != NULL)
		template_fill(out, view_of_string(text), fillers);
}

static bool speaks(const struct job *job, enum language language)
{
	switch ((enum mail_language)job->policy->mail_language) {
	case MAIL_LANGUAGE_JA:
		return language == LANGUAGE_JA;
	case MAIL_LANGUAGE_EN:
		return language == LANGUAGE_EN;
	case MAIL_LANGUAGE_BOTH:
	case MAIL_LANGUAGE_COUNT:
		break;
	}
	return true;
}

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

void notice_first_line(struct job *job, const struct notice_numbers *numbers,
		       struct buffer *out)
{
	char files[24];
	char clean[24];
	char held[24];
	struct filler fillers[] = {{"files", files}, {"clean", clean},
				   {"held", held},   {"id", job->item_id},
				   {"contact", ""},  {NULL, NULL}};

	(void)snprintf(files, sizeof(files), "%zu", numbers->files);
	(void)snprintf(clean, sizeof(clean), "%zu", numbers->clean);
	(void)snprintf(held, sizeof(held), "%zu", numbers->held);
	for (int i = 0; i < 2; i++) {
		enum language language = (enum language)i;

		if (!speaks(job, language))
			continue;
		buffer_text(out, MAIL_MARK);
		fill(out,
		     text_or_empty(mail_text(job,
					     numbers->files > 0
						 ? MAIL_TEXT_FIRST_LINE
						 : MAIL_TEXT_FIRST_LINE_BODY,
					     language)),
		     fillers);
		buffer_text(out, "\r\n");
	}
}

static const enum mail_text signature_texts[SIGNATURE_STATES] = {
    [SIGNATURE_NOT_CHECKED] = MAIL_TEXT_SIGNATURE_NOT_CHECKED,
    [SIGNATURE_VALID] = MAIL_TEXT_SIGNATURE_VALID,
    [SIGNATURE_OTHER] = MAIL_TEXT_SIGNATURE_OTHER,
    [SIGNATURE_PART] = MAIL_TEXT_SIGNATURE_PART,
    [SIGNATURE_UNKNOWN] = MAIL_TEXT_SIGNATURE_UNKNOWN,
    [SIGNATURE_INVALID] = MAIL_TEXT_SIGNATURE_INVALID,
};

void notice_signature_lines(struct job *job, const struct signed_note *notes,
			    struct buffer *out)
{
	for (int i = 0; i < 2; i++) {
		enum language language = (enum language)i;
		const struct signed_note *at = notes;

		for (unsigned k = 0; at != NULL && k < SIGNATURES_SHOWN &&
				     speaks(job, language);
		     at = at->next, k++) {
			struct filler fillers[] = {{"signer", at->signer},
						   {"id", job->item_id},
						   {NULL, NULL}};

			buffer_text(out, MAIL_MARK);
			fill(out,
			     text_or_empty(mail_text(
				 job, signature_texts[at->state], language)),
			     fillers);
			buffer_text(out, "\r\n");
		}
	}
}

struct view notice_skip_first_lines(struct view text, bool *ret_found)
{
	struct view rest = text;

	*ret_found = false;
	while (view_starts_with(rest, MAIL_MARK)) {
		(void)template_line(&rest);
		*ret_found = true;
	}
	if (*ret_found && view_starts_with(rest, "\r\n"))
		rest = view_slice(rest, 2, rest.size);
	return *ret_found ? rest : text;
}

static void write_item(struct job *job, const struct notice_item *item,
		       enum language language, struct buffer *out)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[2 * crypto_hash_sha256_BYTES + 1];
	char size[24];
	struct filler fillers[] = {
	    {"name", item->name},
	    {"size", size},
	    {"sha256", hex},
	    {"reason", error_sentence((int)item->reason, language)},
	    {"code", error_name((int)item->reason)},
	    {"id", item->id},
	    {"link", item->link},
	    {"contact",
	     text_or_empty(mail_text(job, MAIL_TEXT_CONTACT, language))},
	    {NULL, NULL}};
	enum mail_text how = item->link[0] == '\0' ? MAIL_TEXT_NOTICE_PASSWORD
						   : MAIL_TEXT_NOTICE_LINK;

	(void)crypto_hash_sha256(digest, item->content.data,
				 item->content.size);
	(void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	(void)snprintf(size, sizeof(size), "%zu", item->content.size);
	fill(out,
	     text_or_empty(mail_text(job, MAIL_TEXT_NOTICE_ITEM, language)),
	     fillers);
	if (item->password)
		fill(out, text_or_empty(mail_text(job, how, language)),
		     fillers);
	buffer_text(out, "\r\n");
}

static void end_block(struct buffer *out)
{
	if (out->size > 0 && out->data[out->size - 1] != '\n')
		buffer_text(out, "\r\n");
}

void notice_write(struct job *job, const struct notice_item *items,
		  size_t count, struct buffer *out)
{
	for (int i = 0; i < 2; i++) {
		enum language language = (enum language)i;
		struct filler fillers[] = {
		    {"contact", text_or_empty(mail_text(job, MAIL_TEXT_CONTACT,
							language))},
		    {"expiry",
		     text_or_empty(mail_text(job, MAIL_TEXT_EXPIRY, language))},
		    {"id", job->item_id},
		    {NULL, NULL}};

		if (!speaks(job, language))
			continue;
		if (out->size > 0)
			buffer_text(out, "\r\n");
		fill(out,
		     text_or_empty(
			 mail_text(job, MAIL_TEXT_NOTICE_HEAD, language)),
		     fillers);
		end_block(out);
		buffer_text(out, "\r\n");
		for (size_t k = 0; k < count; k++)
			write_item(job, &items[k], language, out);
		fill(out,
		     text_or_empty(
			 mail_text(job, MAIL_TEXT_NOTICE_FOOT, language)),
		     fillers);
		end_block(out);
	}
}

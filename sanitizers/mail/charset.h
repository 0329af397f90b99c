/*
 * Text in the charsets of mail to UTF-8. Mailers declare one thing and write
 * another: what cannot be read as declared is read as what it looks like.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_CHARSET_H
#define SEKISHO_SANITIZERS_MAIL_CHARSET_H

#include "base/buffer.h"
#include "base/view.h"

/* Builds the tables by iconv; once, before the sandbox. */
int charset_prepare(void) MUST_CHECK;

/*
 * Appends the text as UTF-8; `charset` is the declared name, "" when there is
 * none. What decodes to nothing becomes U+FFFD and is counted in
 * `ret_broken`. Control characters come through: text.h takes them out.
 */
void charset_decode(struct buffer *out, struct view bytes, const char *charset,
		    size_t *ret_broken);

/* The charset that Windows numbers so. Most mails that name none, or one that
 * nothing is known of, are Japanese: "cp932". Static storage. */
const char *charset_of_code_page(uint64_t code_page);

#endif

/*
 * What a spam filter in front has said of a message.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_SPAM_H
#define SEKISHO_SANITIZERS_MAIL_SPAM_H

#include "sanitizers/mail/tokenizer.h"

/*
 * Whether one of the fields says spam: X-Spam-Flag, X-Spam and X-Spam-Status
 * that begin with "yes", X-Rspamd-Action that is anything but "no action" and
 * "greylist". Who wrote the field cannot be known here: the filter in front
 * has to remove those that come from outside.
 */
bool spam_is_said(const struct mail_field *fields);

#endif

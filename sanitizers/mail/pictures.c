/*
 * Pictures that an HTML text shows (RFC 2392): they stay with it under names
 * of ours, which follow from what they are.
 */
#include "sanitizers/mail/message.h"

#include <sodium.h>

#include "base/banned.h"

enum { CID_MAX = 998, CID_HEX = 32 };

static int digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The address without its percent signs. */
static struct view unescape(struct arena *arena, struct view source)
{
	uint8_t *text = arena_alloc(arena, source.size + 1);
	size_t size = 0;

	for (size_t i = 0; text != NULL && i < source.size; i++) {
		bool coded = source.data[i] == '%' && i + 2 < source.size &&
			     digit(source.data[i + 1]) >= 0 &&
			     digit(source.data[i + 2]) >= 0;

		if (coded)
			text[size++] =
			    (uint8_t)(((unsigned)digit(source.data[i + 1]) *
					   16 +
				       (unsigned)digit(source.data[i + 2])) &
				      0xFF);
		else
			text[size++] = source.data[i];
		i += coded ? 2 : 0;
	}
	return view_of(text, size);
}

/* The name that the part has, without its angles; empty. */
static struct view cid_of(struct arena *arena, const struct mail_part *part)
{
	const struct mail_field *field =
	    mail_field_find(part->fields, "Content-ID");
	struct view value = {NULL, 0};

	if (field != NULL)
		value = mail_field_unfold(arena, field->value);
	if (value.size < 3 || value.data[0] != '<' ||
	    value.data[value.size - 1] != '>')
		return (struct view){NULL, 0};
	return view_slice(value, 1, value.size - 2);
}

static bool is_picture(const struct message *message,
		       const struct attachment *attachment)
{
	const struct nested_result *result = &attachment->result;

	if (!verdict_passes(result->verdict) || attachment->settled)
		return false;
	if (message->job->recheck)
		return strcmp(attachment->leaf->part->type, "image") == 0;
	return strncmp(result->mime, "image/", 6) == 0;
}

/* The same picture has the same name, in a second run too. */
static const char *name_of(struct arena *arena, struct view content)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[CID_HEX + 1];

	(void)crypto_hash_sha256(digest, content.data, content.size);
	(void)sodium_bin2hex(hex, sizeof(hex), digest, CID_HEX / 2);
	return arena_format(arena, "%s@sekisho.invalid", hex);
}

/* One that the first run over a text named already, or one of the message's
 * parts. */
static bool is_named(struct arena *arena, const struct attachment *attachment,
		     struct view cid)
{
	return (attachment->cid != NULL &&
		view_equal(cid, view_of_string(attachment->cid))) ||
	       view_equal(cid, cid_of(arena, attachment->leaf->part));
}

const char *message_picture(void *context, struct view source)
{
	struct message *message = context;
	struct arena *arena = message->job->arena;
	struct view cid;

	if (source.size < 5 || source.size > CID_MAX ||
	    !view_equal_nocase(view_slice(source, 0, 4), "cid:"))
		return NULL;
	cid = unescape(arena, view_slice(source, 4, source.size));
	for (size_t i = 0; cid.size > 0 && i < message->attachment_count; i++) {
		struct attachment *attachment = &message->attachments[i];

		if (!is_picture(message, attachment) ||
		    !is_named(arena, attachment, cid))
			continue;
		if (attachment->cid == NULL)
			attachment->cid =
			    name_of(arena, attachment->result.output);
		return attachment->cid == NULL
			   ? NULL
			   : arena_format(arena, "cid:%s", attachment->cid);
	}
	return NULL;
}

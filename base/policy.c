#include "base/policy.h"

static const char *const mode_names[MODE_COUNT] = {
    [MODE_BLOCK] = "block",     [MODE_REBUILD] = "rebuild",
    [MODE_TEXT] = "text",       [MODE_PDF] = "pdf",
    [MODE_PICTURE] = "picture", [MODE_CONVERT] = "convert",
};

const char *mode_name(enum mode mode)
{
	return mode < MODE_COUNT ? mode_names[mode] : mode_names[MODE_BLOCK];
}

int mode_by_name(const char *name, enum mode *ret_mode)
{
	for (unsigned i = 0; i < MODE_COUNT; i++) {
		if (strcmp(mode_names[i], name) == 0) {
			*ret_mode = (enum mode)i;
			return 0;
		}
	}
	return -ERR_CONFIG;
}

void policy_default(struct policy *ret_policy)
{
	const uint64_t mebibyte = 1024 * 1024;

	*ret_policy = (struct policy){
	    .links = LINKS_KEEP,
	    .charset_out = CHARSET_ORIGINAL,
	    .disguise = DISGUISE_RENAME,
	    .refused_member = MEMBER_REPLACE,
	    .zip_names = ZIP_NAMES_UTF8,
	    .reencrypt = REENCRYPT_NO,
	    .dct = DCT_REPARSE,
	    .embedded = EMBEDDED_REMOVE,
	    .custom_xml = 0,
	    .comments = 1,
	    .csv_formulas = 1,
	    .recheck = 1,
	    .mail_html = MAIL_HTML_TEXT,
	    .mail_ambiguous = MAIL_AMBIGUOUS_HOLD,
	    .mail_calendar = MAIL_CALENDAR_TEXT,
	    .mail_language = MAIL_LANGUAGE_BOTH,
	    .mail_first_line = 1,
	    .mail_prefix = 1,
	    .mail_on_held = MAIL_ON_HELD_NOTICE,
	    .mail_spam = MAIL_SPAM_TAG,
	    .limits =
		{
		    .input_bytes = 256 * mebibyte,
		    .unpacked_bytes = 1024 * mebibyte,
		    .output_bytes = 512 * mebibyte,
		    .memory_bytes = 2048 * mebibyte,
		    .pixels = 100 * 1000 * 1000,
		    .pages = 10000,
		    .ratio = 1000,
		    .depth = 8,
		    .members = 10000,
		    .seconds = 120,
		    .cpu_seconds = 60,
		},
	};
	memset(ret_policy->modes, MODE_REBUILD, sizeof(ret_policy->modes));
}

/* Every one-byte switch with the number of its values, in wire order. */
#define POLICY_SWITCHES(X)                                                     \
	X(links, LINKS_COUNT)                                                  \
	X(charset_out, CHARSET_OUT_COUNT)                                      \
	X(disguise, DISGUISE_COUNT)                                            \
	X(refused_member, MEMBER_COUNT)                                        \
	X(zip_names, ZIP_NAMES_COUNT)                                          \
	X(reencrypt, REENCRYPT_COUNT)                                          \
	X(dct, DCT_COUNT)                                                      \
	X(embedded, EMBEDDED_COUNT)                                            \
	X(custom_xml, 2)                                                       \
	X(comments, 2)                                                         \
	X(csv_formulas, 2)                                                     \
	X(recheck, 2)                                                          \
	X(mail_html, MAIL_HTML_COUNT)                                          \
	X(mail_ambiguous, MAIL_AMBIGUOUS_COUNT)                                \
	X(mail_calendar, MAIL_CALENDAR_COUNT)                                  \
	X(mail_language, MAIL_LANGUAGE_COUNT)                                  \
	X(mail_first_line, 2)                                                  \
	X(mail_prefix, 2)                                                      \
	X(mail_on_held, MAIL_ON_HELD_COUNT)                                    \
	X(mail_spam, MAIL_SPAM_COUNT)

void policy_write(struct buffer *buffer, const struct policy *policy)
{
	const struct limits *limits = &policy->limits;

	buffer_bytes(buffer, policy->modes, sizeof(policy->modes));
#define X(field, count) buffer_u8(buffer, policy->field);
	POLICY_SWITCHES(X)
#undef X
	buffer_u64le(buffer, limits->input_bytes);
	buffer_u64le(buffer, limits->unpacked_bytes);
	buffer_u64le(buffer, limits->output_bytes);
	buffer_u64le(buffer, limits->memory_bytes);
	buffer_u64le(buffer, limits->pixels);
	buffer_u32le(buffer, limits->pages);
	buffer_u32le(buffer, limits->ratio);
	buffer_u32le(buffer, limits->depth);
	buffer_u32le(buffer, limits->members);
	buffer_u32le(buffer, limits->seconds);
	buffer_u32le(buffer, limits->cpu_seconds);
}

static uint8_t read_switch(struct cursor *cursor, unsigned count)
{
	uint8_t value = cursor_u8(cursor);

	if (value >= count)
		cursor->failed = true;
	return value;
}

int policy_read(struct cursor *cursor, struct policy *ret_policy)
{
	struct policy policy = {0};
	struct limits *limits = &policy.limits;

	for (unsigned i = 0; i < POLICY_FORMATS; i++)
		policy.modes[i] = read_switch(cursor, MODE_COUNT);
#define X(field, count) policy.field = read_switch(cursor, count);
	POLICY_SWITCHES(X)
#undef X
	limits->input_bytes = cursor_u64le(cursor);
	limits->unpacked_bytes = cursor_u64le(cursor);
	limits->output_bytes = cursor_u64le(cursor);
	limits->memory_bytes = cursor_u64le(cursor);
	limits->pixels = cursor_u64le(cursor);
	limits->pages = cursor_u32le(cursor);
	limits->ratio = cursor_u32le(cursor);
	limits->depth = cursor_u32le(cursor);
	limits->members = cursor_u32le(cursor);
	limits->seconds = cursor_u32le(cursor);
	limits->cpu_seconds = cursor_u32le(cursor);
	if (cursor->failed)
		return -ERR_PROTOCOL;
	*ret_policy = policy;
	return 0;
}

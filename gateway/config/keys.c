#include "gateway/config/keys.h"

#include <inttypes.h>

#include "base/banned.h"

static const char *const languages[] = {"ja", "en", NULL};
static const char *const log_levels[] = {"error", "warning", "notice",
					 "info",  "debug",   NULL};
static const char *const modes[] = {"block",   "rebuild", "text", "pdf",
				    "picture", "convert", NULL};
static const char *const links[] = {"keep", "remove", NULL};
static const char *const charsets[] = {"original", "utf8", NULL};
static const char *const disguises[] = {"rename", "block", NULL};
static const char *const refused_members[] = {"replace", "hold", NULL};
static const char *const zip_names[] = {"utf8", "cp932", NULL};
static const char *const reencrypts[] = {"no", "same", NULL};
static const char *const dcts[] = {"reparse", "reencode", NULL};
static const char *const embeddeds[] = {"remove", "sanitize", NULL};
static const char *const mail_htmls[] = {"text", "clean", NULL};
static const char *const mail_ambiguouses[] = {"hold", "text", NULL};
static const char *const mail_calendars[] = {"text", "hold", NULL};
static const char *const mail_languages[] = {"ja", "en", "both", NULL};
static const char *const mail_on_helds[] = {"notice", "discard", NULL};
static const char *const mail_spams[] = {"pass", "tag", "hold", NULL};
static const char *const seal_refusals[] = {"defer", "reject", NULL};
static const char *const second_factors[] = {"required", "administrators",
					     "optional", NULL};
static const char *const channels[] = {"command", "folder", "mail",
				       "upload",  "any",    NULL};
static const char *const directions[] = {"inbound", "outbound", "any", NULL};

/* The values are the positions in the arrays above. */
_Static_assert(LANGUAGE_JA == 0 && LANGUAGE_EN == 1, "languages");
_Static_assert(LOG_LEVEL_COUNT == 5, "log_levels");
_Static_assert(MODE_COUNT == 6 && LINKS_COUNT == 2, "modes, links");
_Static_assert(CHARSET_OUT_COUNT == 2 && DISGUISE_COUNT == 2, "charsets");
_Static_assert(MEMBER_COUNT == 2 && ZIP_NAMES_COUNT == 2, "members, names");
_Static_assert(REENCRYPT_COUNT == 2 && DCT_COUNT == 2, "reencrypts, dcts");
_Static_assert(EMBEDDED_COUNT == 2, "embeddeds");
_Static_assert(MAIL_HTML_COUNT == 2 && MAIL_AMBIGUOUS_COUNT == 2, "mail");
_Static_assert(MAIL_CALENDAR_COUNT == 2 && MAIL_LANGUAGE_COUNT == 3, "mail");
_Static_assert(MAIL_ON_HELD_COUNT == 2 && MAIL_SPAM_COUNT == 3, "mail");
_Static_assert(SEAL_REFUSAL_COUNT == 2, "seal_refusals");
_Static_assert(CHANNEL_COUNT == 4 && DIRECTION_COUNT == 2, "any is last");

const struct key config_keys[KEY_COUNT] = {
#define KEY(section_, name_, type_, owner, member, value_, least_, most_,      \
	    choices_, ja, en)                                                  \
	{                                                                      \
	    .section = SECTION_##section_,                                     \
	    .name = (name_),                                                   \
	    .type = KEY_##type_,                                               \
	    .offset = offsetof(struct owner, member),                          \
	    .size = sizeof(((struct owner *)0)->member),                       \
	    .value = (value_),                                                 \
	    .least = (least_),                                                 \
	    .most = (most_),                                                   \
	    .choices = (choices_),                                             \
	    .comments = {ja, en},                                              \
	},
#include "gateway/config/keys.def"
#undef KEY
#define FORMAT(symbol, name_, family, modules)                                 \
	{                                                                      \
	    .section = SECTION_MODES,                                          \
	    .name = #name_,                                                    \
	    .type = KEY_CHOICE,                                                \
	    .offset =                                                          \
		offsetof(struct config_policy, policy.modes[FORMAT_##symbol]), \
	    .size = 1,                                                         \
	    .choices = modes,                                                  \
	    .comments = {"", ""},                                              \
	},
#include "sanitizers/formats.def"
#undef FORMAT
};

const char *key_prefix(enum key_section section)
{
	static const char *const prefixes[SECTION_COUNT] = {
	    [SECTION_GENERAL] = "",
	    [SECTION_FOLDERS] = "folders.",
	    [SECTION_DEFINITIONS] = "definitions.",
	    [SECTION_LOG] = "log.",
	    [SECTION_FOLDER] = "folder.",
	    [SECTION_VAULT] = "vault.",
	    [SECTION_BROKER] = "broker.",
	    [SECTION_MAIL] = "mail.",
	    [SECTION_WEB] = "web.",
	    [SECTION_ACCOUNTS] = "accounts.",
	    [SECTION_DIRECTORY] = "directory.",
	    [SECTION_TENANTS] = "tenants.",
	    [SECTION_SYSLOG] = "syslog.",
	    [SECTION_ALARMS] = "alarms.",
	    [SECTION_POLICY] = "policies[].",
	    [SECTION_LIMITS] = "policies[].limits.",
	    [SECTION_MODES] = "policies[].modes.",
	    [SECTION_RULE] = "rules[].",
	};

	return prefixes[section];
}

const struct key *key_find(const char *pattern)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];
		const char *prefix = key_prefix(key->section);
		size_t length = strlen(prefix);

		if (strncmp(pattern, prefix, length) == 0 &&
		    strcmp(pattern + length, key->name) == 0)
			return key;
	}
	return NULL;
}

static bool parse_number(const char *text, uint64_t *ret_value,
			 const char **ret_rest)
{
	uint64_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'),
					   &value))
			return false;
	}
	if (at == text)
		return false;
	*ret_value = value;
	*ret_rest = at;
	return true;
}

static bool parse_size(const char *text, uint64_t *ret_value)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} units[] = {
	    {"", 1},
	    {"B", 1},
	    {"KiB", 1ULL << 10},
	    {"MiB", 1ULL << 20},
	    {"GiB", 1ULL << 30},
	    {"TiB", 1ULL << 40},
	};
	const char *rest;

	if (!parse_number(text, ret_value, &rest))
		return false;
	while (*rest == ' ')
		rest++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcasecmp(rest, units[i].name) == 0)
			return !__builtin_mul_overflow(
			    *ret_value, units[i].factor, ret_value);
	return false;
}

static bool parse_flag(const char *text, uint64_t *ret_value)
{
	static const char *const words[2][3] = {{"false", "no", "off"},
						{"true", "yes", "on"}};

	for (unsigned value = 0; value < 2; value++) {
		for (int i = 0; i < 3; i++) {
			if (strcasecmp(text, words[value][i]) == 0) {
				*ret_value = value;
				return true;
			}
		}
	}
	return false;
}

static bool parse_choice(const struct key *key, const char *text,
			 uint64_t *ret_value)
{
	for (uint64_t i = 0; key->choices[i] != NULL; i++) {
		if (strcmp(key->choices[i], text) == 0) {
			*ret_value = i;
			return true;
		}
	}
	return false;
}

static void store_number(const struct key *key, uint64_t value, void *owner)
{
	char *member = (char *)owner + key->offset;

	if (key->size == sizeof(uint64_t))
		*(uint64_t *)(void *)member = value;
	else if (key->size == sizeof(uint32_t))
		*(uint32_t *)(void *)member = (uint32_t)value;
	else
		*(uint8_t *)member = (uint8_t)value;
}

static bool parse_value(const struct key *key, const char *text,
			uint64_t *ret_value)
{
	const char *rest;
	bool good = false;

	if (key->type == KEY_CHOICE)
		return parse_choice(key, text, ret_value);
	if (key->type == KEY_FLAG)
		return parse_flag(text, ret_value);
	if (key->type == KEY_SIZE)
		good = parse_size(text, ret_value);
	else if (key->type == KEY_NUMBER)
		good = parse_number(text, ret_value, &rest) && *rest == '\0';
	return good && *ret_value >= key->least && *ret_value <= key->most;
}

bool key_store(const struct key *key, const char *text, void *owner)
{
	uint64_t value;

	if (key->type == KEY_TEXT || key->type == KEY_PATH) {
		size_t most = key->type == KEY_PATH ? 4095 : key->most;

		if (strlen(text) < key->least || strlen(text) > most)
			return false;
		*(const char **)(void *)((char *)owner + key->offset) = text;
		return true;
	}
	if (key->type == KEY_LIST || !parse_value(key, text, &value))
		return false;
	store_number(key, value, owner);
	return true;
}

static void write_size(struct buffer *buffer, uint64_t value)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
	unsigned unit = 0;

	while (unit < 4 && value >= 1024 && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	buffer_format(buffer, "%" PRIu64 "%s", value, units[unit]);
}

static uint64_t load_number(const struct key *key, const void *owner)
{
	const char *member = (const char *)owner + key->offset;

	if (key->size == sizeof(uint64_t))
		return *(const uint64_t *)(const void *)member;
	if (key->size == sizeof(uint32_t))
		return *(const uint32_t *)(const void *)member;
	return *(const uint8_t *)member;
}

/* In quotes unless it is a word: whatever the text is, it is one text. */
static void write_text(struct buffer *buffer, const char *text)
{
	if (text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz"
					    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789._") == strlen(text)) {
		buffer_text(buffer, text);
		return;
	}
	buffer_u8(buffer, '"');
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20)
			buffer_format(buffer, "\\x%02x", (unsigned char)*at);
		else if (*at == '"' || *at == '\\')
			buffer_format(buffer, "\\%c", *at);
		else
			buffer_u8(buffer, (uint8_t)*at);
	buffer_u8(buffer, '"');
}

void key_write_value(struct buffer *buffer, const struct key *key,
		     const void *owner)
{
	const char *member = (const char *)owner + key->offset;

	switch (key->type) {
	case KEY_TEXT:
	case KEY_PATH:
		write_text(buffer, *(const char *const *)(const void *)member);
		break;
	case KEY_NUMBER:
		buffer_format(buffer, "%" PRIu64, load_number(key, owner));
		break;
	case KEY_SIZE:
		write_size(buffer, load_number(key, owner));
		break;
	case KEY_CHOICE:
		buffer_text(buffer, key->choices[load_number(key, owner)]);
		break;
	case KEY_FLAG:
		buffer_text(buffer,
			    load_number(key, owner) != 0 ? "true" : "false");
		break;
	case KEY_LIST:
		break;
	}
}

void key_write_allowed(struct buffer *buffer, const struct key *key,
		       enum language language)
{
	bool ja = language == LANGUAGE_JA;

	switch (key->type) {
	case KEY_CHOICE:
		for (int i = 0; key->choices[i] != NULL; i++)
			buffer_format(buffer, "%s%s", i > 0 ? ", " : "",
				      key->choices[i]);
		break;
	case KEY_FLAG:
		buffer_text(buffer, "true, false");
		break;
	case KEY_NUMBER:
		buffer_format(buffer, "%" PRIu64 " - %" PRIu64, key->least,
			      key->most);
		break;
	case KEY_SIZE:
		write_size(buffer, key->least);
		buffer_text(buffer, " - ");
		write_size(buffer, key->most);
		break;
	case KEY_LIST:
		buffer_text(buffer, ja ? "文字列の並び [a, b]"
				       : "a list of texts [a, b]");
		break;
	case KEY_PATH:
		buffer_text(buffer, ja ? "パス" : "a path");
		break;
	case KEY_TEXT:
		if (ja)
			buffer_format(
			    buffer, "%" PRIu64 " - %" PRIu64 " バイトの文字列",
			    key->least, key->most);
		else
			buffer_format(buffer,
				      "text of %" PRIu64 " - %" PRIu64 " bytes",
				      key->least, key->most);
		break;
	}
}

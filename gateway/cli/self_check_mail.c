/*
 * sekisho self-check mail: holds a running Postfix to what the gateway needs
 * of it, and tries it: an open relay, a message that the gateway must see.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/operator.h"
#include "gateway/cli/postfix.h"
#include "gateway/cli/self_check.h"
#include "gateway/mail/endpoint.h"
#include "gateway/mail/forward.h"

#include <inttypes.h>
#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum { VALUE_SIZE = 4096, SMTP_SECONDS = 60, PROBE_TURNS = 100 };

enum role { BOTH, EDGE, INNER };
enum rule { IS, EMPTY, HAS, LACKS };

struct setting {
	enum role role;
	enum rule rule;
	const char *name;
	const char *wanted;
	const char *sentence[2];
};

static const struct setting settings[] = {
#define SETTING(role, name, rule, wanted, ja, en)                              \
	{role, rule, name, wanted, {ja, en}},
#include "gateway/cli/mail_settings.def"
#undef SETTING
};

static const char *const group_names[CHECK_GROUPS] = {
    "mail.open_relay", "mail.tempfail", "mail.size_limits",
    "mail.settings",   "mail.tls",      "mail.path"};

/* "NAME=VALUE" of the first that is wrong, else of the last. */
static void note(struct check *check, enum check_group group, bool good,
		 const char *what, const char *value)
{
	bool first = !good && check->groups[group].wrong == 0;

	check->groups[group].looked++;
	check->groups[group].wrong += !good;
	if (!first && check->groups[group].wrong > 0)
		return;
	(void)snprintf(check->groups[group].value,
		       sizeof(check->groups[group].value), "%s=%.64s", what,
		       value);
	for (char *at = check->groups[group].value; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

void check_tell(struct check *check, enum check_group group, bool good,
		const char *what, const char *value, const char *ja,
		const char *en)
{
	check->wrong += !good;
	note(check, group, good, what, value);
	(void)printf("%s %s: %s\n", good ? "ok   " : "WRONG", what,
		     value[0] == '\0' ? "-" : value);
	if (!good)
		(void)printf("      %s\n",
			     SAY(check->options->language, ja, en));
}

static bool is_between(char byte)
{
	return byte == ' ' || byte == ',' || byte == '\t' || byte == '\0';
}

static bool has_word(const char *text, const char *word, size_t length)
{
	for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++)
		if ((at == text || is_between(at[-1])) &&
		    is_between(at[length]))
			return true;
	return false;
}

/* How many of the words of `wanted` are in `text`, and how many there are. */
static size_t count_words(const char *wanted, const char *text,
			  size_t *ret_words)
{
	size_t found = 0;
	size_t words = 0;

	while (*wanted != '\0') {
		size_t length = strcspn(wanted, " ");
		char word[64];

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, wanted);
		found += has_word(text, word, length);
		words++;
		wanted += length + strspn(wanted + length, " ");
	}
	*ret_words = words;
	return found;
}

static bool holds(const struct setting *setting, const char *value)
{
	size_t words;
	size_t found = count_words(setting->wanted, value, &words);

	switch (setting->rule) {
	case EMPTY:
		return value[0] == '\0';
	case HAS:
		return found == words;
	case LACKS:
		return found == 0;
	case IS:
		return found > 0 && strpbrk(value, ", ") == NULL;
	}
	return false;
}

static void check_settings(struct check *check)
{
	enum role role = check->options->inner ? INNER : EDGE;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *setting = &settings[i];
		char value[VALUE_SIZE];

		if (setting->role != BOTH && setting->role != role)
			continue;
		postconf_value(buffer_contents(&check->text), setting->name,
			       value, sizeof(value));
		check_tell(check,
			   strcmp(setting->name, "milter_default_action") == 0
			       ? GROUP_TEMPFAIL
			       : GROUP_SETTINGS,
			   holds(setting, value), setting->name, value,
			   setting->sentence[LANGUAGE_JA],
			   setting->sentence[LANGUAGE_EN]);
	}
}

/* Ours is named, and alone or first: what comes behind it is not examined. */
static void check_socket(struct check *check, const char *name,
			 const char *configured)
{
	char place[ENDPOINT_TEXT_MAX];
	char value[VALUE_SIZE];
	bool good;

	postconf_value(buffer_contents(&check->text), name, value,
		       sizeof(value));
	good = configured[0] != '\0' &&
	       endpoint_text(check->config, configured, place, sizeof(place)) ==
		   0 &&
	       has_word(value, place, strlen(place));
	check_tell(
	    check, GROUP_SETTINGS, good, name, value,
	    "ゲートウェイの待受 (mail.milter、内側では mail.seal) "
	    "を指定します。",
	    "Must name where the gateway listens: mail.milter, on the inner "
	    "side mail.seal.");
	if (good && strncmp(place, "unix:", 5) != 0)
		(void)printf("      %s\n",
			     SAY(check->options->language,
				 "UNIX ソケットの方が速くなります。",
				 "A UNIX socket would be faster."));
}

static uint64_t number_of(struct check *check, const char *name)
{
	char value[VALUE_SIZE];

	postconf_value(buffer_contents(&check->text), name, value,
		       sizeof(value));
	return strtoull(value, NULL, 10);
}

static void check_sizes(struct check *check)
{
	uint64_t limit = number_of(check, "message_size_limit");
	uint64_t room = number_of(check, "queue_minfree");
	bool inner = check->options->inner;
	char value[32];

	(void)snprintf(value, sizeof(value), "%" PRIu64, limit);
	if (!inner)
		check_tell(
		    check, GROUP_SIZES,
		    limit > 0 && limit <= check->config->mail.message_bytes,
		    "message_size_limit", value,
		    "mail.message_bytes を超えないようにします(0 は無制限)。",
		    "Must not be above mail.message_bytes (0 is no limit).");
	(void)snprintf(value, sizeof(value), "%" PRIu64, room);
	check_tell(
	    check, GROUP_SIZES, room > 0 && room >= limit + limit / 2,
	    "queue_minfree", value,
	    "message_size_limit の 1.5 倍以上にし、満杯になる前に断ります。",
	    "Must be 1.5 times message_size_limit or more: mail is refused "
	    "before the disk is full.");
}

/* Options of single services in master.cf, "smtp/inet/NAME = VALUE". */
static int check_services(struct check *check)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(1 << 20);
	int error = postconf_run(check->options->postfix, "-P", &text);
	const char *at;
	bool milters = false;
	bool off = false;

	buffer_u8(&text, 0);
	if (error != 0 || buffer_error(&text) != 0)
		return error != 0 ? error : -ERR_MEMORY;
	at = (const char *)text.data;
	off = strstr(at, "no_milters") != NULL;
	while (!check->options->inner && *at != '\0') {
		size_t length = strcspn(at, "\n");
		const char *name = memmem(at, length, "smtpd_milters", 13);
		const char *other = memmem(at, length, "milter_default", 14);

		milters |= name != NULL || other != NULL;
		at += length + (at[length] == '\n');
	}
	check_tell(check, GROUP_SETTINGS, !off, "master.cf no_milters",
		   off ? "-o" : "",
		   "サービスの -o で no_milters を使わないでください。",
		   "No service may have no_milters among its options.");
	if (!check->options->inner)
		check_tell(
		    check, GROUP_SETTINGS, !milters, "master.cf smtpd_milters",
		    milters ? "-o" : "",
		    "サービスごとに smtpd_milters などを変えないでください。",
		    "No service may have a smtpd_milters or "
		    "milter_default_action of its own.");
	return 0;
}

/* --- trying it --- */

static void probe_relay(struct check *check)
{
	int code = forward_would_take(check->options->smtp, SMTP_SECONDS,
				      "probe@example.net",
				      "relay-probe@elsewhere.example");
	char value[32];

	(void)snprintf(value, sizeof(value), "%d", code);
	check_tell(check, GROUP_RELAY, code >= 400, "open relay", value,
		   code == 0 ? "SMTP サーバーが応答しません。"
			     : "無関係な宛先へ中継します。mynetworks と "
			       "smtpd_relay_restrictions を見直してください。",
		   code == 0
		       ? "The SMTP server does not answer."
		       : "It relays from anybody to anybody: see mynetworks "
			 "and smtpd_relay_restrictions.");
}

/* The newest item of the vault, "" when there is none. */
static int newest(const struct check *check, char id[ITEM_ID_SIZE + 1])
{
	json_t *list = NULL;
	const char *text;
	int error =
	    ask(check->config, "vault.sock", MESSAGE_VAULT_LIST,
		view_of_string("{\"limit\":1}"), MESSAGE_VAULT_REPLY, &list);

	if (error != 0)
		return error;
	text =
	    json_string_value(json_object_get(json_array_get(list, 0), "id"));
	(void)snprintf(id, ITEM_ID_SIZE + 1, "%s", text == NULL ? "" : text);
	json_decref(list);
	return 0;
}

static int send_probe(const struct check *check)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(4096);
	const char *recipient = check->options->recipient;
	struct forward_reply reply = {0};
	uint8_t number[8];
	char hex[2 * sizeof(number) + 1];

	randombytes_buf(number, sizeof(number));
	(void)sodium_bin2hex(hex, sizeof(hex), number, sizeof(number));
	buffer_format(&text,
		      "From: <%s>\r\nTo: <%s>\r\n"
		      "Subject: sekisho self-check\r\n"
		      "Message-ID: <%s.self-check@sekisho.invalid>\r\n"
		      "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n"
		      "This message tries the mail gateway (%s).\r\n",
		      recipient, recipient, hex, hex);
	if (buffer_error(&text) != 0)
		return 0;
	forward_message(check->options->smtp, SMTP_SECONDS, recipient,
			&recipient, 1, buffer_contents(&text), &reply);
	return reply.code;
}

static void probe_message(struct check *check)
{
	const struct timespec pause = {0, 100 * 1000 * 1000};
	char before[ITEM_ID_SIZE + 1];
	char after[ITEM_ID_SIZE + 1] = "";
	char value[ITEM_ID_SIZE + 16];
	bool seen = false;
	int error = newest(check, before);
	int code = error == 0 ? send_probe(check) : 0;

	for (int i = 0; code == 250 && !seen && i < PROBE_TURNS; i++) {
		seen = newest(check, after) == 0 && strcmp(before, after) != 0;
		if (!seen)
			(void)nanosleep(&pause, NULL);
	}
	(void)snprintf(value, sizeof(value), "%d %s", code, after);
	check_tell(
	    check, GROUP_PATH, code == 250 && seen, "probe message", value,
	    error != 0 ? "ゲートウェイが動いていません。"
	    : code != 250
		? "試験メールが受け付けられませんでした。"
		: "受け付けられましたが、ゲートウェイを通っていません。",
	    error != 0    ? "The gateway does not run."
	    : code != 250 ? "The message was not accepted."
			  : "It was accepted, but the gateway has not seen "
			    "it.");
}

static int run(struct check *check)
{
	const struct config_mail *mail = &check->config->mail;
	bool inner = check->options->inner;
	int error = postconf_run(check->options->postfix, "-x", &check->text);

	if (error != 0)
		return error;
	check_settings(check);
	check_socket(check, "smtpd_milters", inner ? mail->seal : mail->milter);
	if (!inner)
		check_socket(check, "non_smtpd_milters", mail->milter);
	check_sizes(check);
	error = check_services(check);
	if (error == 0)
		error = check_tls(check);
	if (error == 0 && check->options->smtp != NULL)
		probe_relay(check);
	if (error == 0 && check->options->smtp != NULL &&
	    check->options->recipient != NULL)
		probe_message(check);
	return error;
}

/* --- on record --- */

static json_t *finding(const char *name, bool looked, bool wrong,
		       const char *value)
{
	return json_pack("{s:s, s:s, s:s}", "name", name, "result",
			 !looked ? "unknown"
			 : wrong ? "failed"
				 : "ok",
			 "value", value);
}

static json_t *findings(const struct check *check)
{
	json_t *list = json_array();
	const char *first = "";
	bool wrong = false;

	for (int i = 0; i < CHECK_GROUPS; i++) {
		bool bad = check->groups[i].wrong > 0;

		if (bad && !wrong)
			first = check->groups[i].value;
		wrong |= bad;
		if (!check->options->inner)
			(void)json_array_append_new(
			    list,
			    finding(group_names[i], check->groups[i].looked > 0,
				    bad, check->groups[i].value));
	}
	if (check->options->inner)
		(void)json_array_append_new(
		    list, finding("mail.inner", true, wrong, first));
	return list;
}

/* Only a vault that runs, and whoever may speak to it, can put it on record;
 * what was found is told in any case. */
static void hand_in(const struct check *check)
{
	json_t *answer = NULL;
	bool reached = false;
	int error =
	    operator_ask(check->config, NULL, "self_checks_hand_in",
			 json_pack("{s:s, s:o}", "instance",
				   check->options->inner ? "inner" : "edge",
				   "findings", findings(check)),
			 &answer, &reached);

	json_decref(answer);
	if (error == 0)
		(void)puts(SAY(check->options->language, "結果を記録しました。",
			       "The result is on record."));
	else
		(void)fprintf(
		    stderr,
		    SAY(check->options->language,
			"sekisho: self-check: 結果は記録されていません "
			"(%s)。\n",
			"sekisho: self-check: the result is not on record "
			"(%s).\n"),
		    error_name(error));
}

int command_self_check_mail(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	struct check check = {.options = options, .text = buffer_make(4 << 20)};
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	check.config = config;
	error = run(&check);
	if (error == 0)
		hand_in(&check);
	buffer_free(&check.text);
	if (error != 0) {
		(void)fprintf(
		    stderr, "sekisho: self-check: %s: %s\n", options->postfix,
		    error == -ERR_NOT_FOUND
			? SAY(options->language, "postconf が見つかりません。",
			      "there is no postconf")
			: SAY(options->language, "postconf で読めません。",
			      "postconf cannot read it"));
		return EXIT_COULD_NOT;
	}
	return check.wrong == 0 ? EXIT_ALL_OUT : EXIT_HELD;
}

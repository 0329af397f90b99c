#define _GNU_SOURCE
#include "gateway/mail/door.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "gateway/mail/notice.h"
#include "gateway/mail/promise.h"
#include "gateway/mail/split.h"

#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { STOP_LIMIT_MS = 10000 };

static const uint64_t output_max = 1ULL << 30;

/* Ends the program when nothing is under way; what still is then gets no
 * answer, and its sender comes again. */
static void on_stop(void *context)
{
	static uint64_t since_ms;
	const struct door *door = context;

	if (since_ms == 0)
		since_ms = loop_now();
	if (atomic_load(&door->busy) == 0 ||
	    loop_now() > since_ms + STOP_LIMIT_MS)
		_exit(0);
}

/* Who signs has to say what was found, and to have a name. */
static int open_arc(struct door *door)
{
	const struct config_mail *mail = &door->config->mail;
	int error = arc_key_load(mail->arc_key, &door->arc);

	if (error == 0 && door->arc != NULL &&
	    (mail->authserv_id[0] == '\0' || !keys_is_name(mail->arc_domain) ||
	     !keys_is_name(mail->arc_selector)))
		error = -ERR_CONFIG;
	if (error != 0)
		log_line(LOG_LINE_ERROR,
			 "key-refused mail.arc_key=%s; it must be an RSA key "
			 "of 2048 bits or more in PEM with mode 0600, and "
			 "mail.arc_domain, mail.arc_selector and "
			 "mail.authserv_id have to be there",
			 mail->arc_key);
	return error;
}

int door_open(struct door *door, const char *name, const char *config_path,
	      const char *state, const struct program_edges *edges)
{
	static struct config_problems problems;
	const struct link_calls calls = {.on_stop = on_stop,
					 .on_deliver = door->on_deliver,
					 .context = door};
	char file[64];
	int error = sodium_init() < 0 ? -ERR_INTERNAL : 0;

	if (error == 0)
		error = config_load(config_path, &problems, &door->config);
	if (error == 0 && state != NULL)
		error = config_set_state(door->config, state);
	if (error == 0)
		error = config_use_policies(door->config, &problems);
	if (error == 0)
		error = config_texts(door->config, &door->texts);
	if (error != 0)
		return error;
	atomic_store(&door->budget, door->config->mail.memory_bytes);
	(void)snprintf(file, sizeof(file), "attempts-%s", name);
	if (door->config->mail.seal_key[0] != '\0')
		error = seal_key_load(door->config->mail.seal_key, &door->key);
	if (error != 0) {
		log_line(LOG_LINE_ERROR,
			 "key-refused mail.seal_key=%s; it must be a file of "
			 "64 hexadecimal digits with mode 0600, owned by the "
			 "gateway's user",
			 door->config->mail.seal_key);
		return error;
	}
	error = open_arc(door);
	if (error != 0)
		return error;
	error = keys_open(door->config->mail.authserv_id,
			  door->config->mail.dkim_keys,
			  door->config->mail.resolver, &door->keys);
	if (error != 0) {
		log_line(LOG_LINE_ERROR,
			 "keys-refused mail.authserv_id=%s; it must be a name "
			 "in small letters, and either mail.dkim_keys a file "
			 "or mail.resolver inet:PORT@ADDRESS",
			 door->config->mail.authserv_id);
		return error;
	}
	door->attempts = attempts_open(door->config->state, file);
	door->rate = rate_new(door->config->mail.sender_per_minute);
	if (door->attempts == NULL || door->rate == NULL)
		return -ERR_IO;
	door->link = mail_link_new(door->config, edges, &calls);
	return door->link == NULL ? -ERR_INTERNAL : 0;
}

static void route(const struct door *door, const struct mail_message *message,
		  struct mail_facts *facts)
{
	*facts = (struct mail_facts){
	    .sender = message->sender,
	    .recipients = (const char *const *)message->recipients,
	    .recipient_count = message->recipient_count,
	    .bytes = message->bytes,
	};
	config_mail_route(door->config, facts);
}

bool door_is_stopped(struct door *door, const char *sender,
		     const char *recipient)
{
	struct mail_facts facts = {
	    .sender = sender, .recipients = &recipient, .recipient_count = 1};

	config_mail_route(door->config, &facts);
	return mail_link_traffic(door->link, facts.direction) != LINK_RUNS;
}

/* A rule that names sender, recipient or size is only known here; any other
 * the broker finds by itself, and can name it in the report. */
static void resolve(const struct door *door, const struct mail_facts *facts,
		    struct submission *submission, struct policy *ret_policy)
{
	struct policy plain;
	const char *ours =
	    config_policy_for_mail(door->config, facts, ret_policy);
	const char *brokers =
	    config_policy_for(door->config, CHANNEL_MAIL, facts->direction,
			      facts->department, &plain);

	submission->has_policy = strcmp(ours, brokers) != 0;
	submission->policy = *ret_policy;
}

/* Who is promised what waits for its password; nobody, where one of them is
 * such that no command of ours can name him, or they are too many. */
static void promise(const struct mail_facts *facts, char *text, size_t size)
{
	BUFFER_CLEANUP struct buffer lines = buffer_make(size);
	bool can = promise_can_carry(facts->sender);

	buffer_text(&lines, facts->sender);
	for (size_t i = 0; i < facts->recipient_count; i++) {
		can = can && promise_can_carry(facts->recipients[i]);
		buffer_format(&lines, "\n%s", facts->recipients[i]);
	}
	buffer_u8(&lines, 0);
	text[0] = '\0';
	if (can && buffer_error(&lines) == 0)
		(void)text_copy(text, size, (const char *)lines.data);
}

static struct submission *new_submission(const struct door *door,
					 const struct mail_facts *facts,
					 const char *item_id, unsigned failures,
					 struct policy *ret_policy)
{
	struct submission *submission = calloc(1, sizeof(*submission));

	if (submission == NULL)
		return NULL;
	submission->channel = CHANNEL_MAIL;
	submission->direction = facts->direction;
	submission->record = true;
	submission->hands_over = door->hands_over;
	(void)text_copy(submission->item_id, sizeof(submission->item_id),
			item_id);
	(void)text_copy(submission->department, sizeof(submission->department),
			facts->department);
	(void)text_copy(submission->name, sizeof(submission->name),
			"message.eml");
	(void)text_copy(submission->declared, sizeof(submission->declared),
			"message/rfc822");
	(void)text_copy(submission->format, sizeof(submission->format), "eml");
	if (failures >= door->config->mail.poison_after)
		submission->refused = ERR_MAIL_POISON;
	promise(facts, submission->delivery, sizeof(submission->delivery));
	resolve(door, facts, submission, ret_policy);
	return submission;
}

/* The keys of those who vouch for the message. */
static int add_keys(const struct door *door, const struct mail_message *message,
		    struct submission *submission)
{
	struct view content;
	int error = 0;

	if (door->keys.authserv_id[0] == '\0')
		return 0;
	error = handle_map(message->content, &content);
	if (error != 0)
		return error;
	keys_collect(&door->keys, content, submission->authentication);
	handle_unmap(&content);
	return 0;
}

static int read_output(int fd, struct buffer *ret_message)
{
	struct view content;
	int error = handle_map(fd, &content);

	if (error != 0)
		return error;
	*ret_message = buffer_make(output_max);
	buffer_view(ret_message, content);
	handle_unmap(&content);
	return buffer_error(ret_message);
}

static int hold(const struct door *door, const struct mail_message *message,
		const struct policy *policy, struct outcome *outcome)
{
	struct notice notice = {
	    .config = door->config,
	    .policy = policy,
	    .message = message,
	    .item_id = outcome->item_id,
	    .reason = outcome->reason,
	    .verdict = outcome->verdict,
	};
	int error = 0;

	if (policy->mail_on_held == MAIL_ON_HELD_DISCARD) {
		outcome->decision = DECISION_DISCARD;
		return 0;
	}
	if (door->texts >= 0)
		error = handle_map(door->texts, &notice.texts);
	if (error != 0)
		return error;
	outcome->message = buffer_make(NOTICE_BYTES_MAX);
	notice_write(&notice, &outcome->message);
	handle_unmap(&notice.texts);
	outcome->decision = DECISION_NOTICE;
	return buffer_error(&outcome->message);
}

/* Only what is on record decides anything. */
static int conclude(const struct door *door, const struct mail_message *message,
		    const struct policy *policy, const struct result *result,
		    int output, struct outcome *outcome)
{
	outcome->verdict = result->verdict;
	outcome->reason = result->reason;
	(void)text_copy(outcome->item_id, sizeof(outcome->item_id),
			result->item_id);
	if (!result->recorded)
		return result->reason == ERR_NONE ? -ERR_UNAVAILABLE
						  : -(int)result->reason;
	if (!verdict_passes(result->verdict))
		return hold(door, message, policy, outcome);
	outcome->decision = DECISION_REPLACE;
	return read_output(output, &outcome->message);
}

/* Whether the message may have been what went wrong. Definitions that are
 * missing or a disk that is full say nothing about it. */
static enum attempt_end attempt_of(int error)
{
	switch (-error) {
	case ERR_NONE:
		return ATTEMPT_DONE;
	case ERR_CANCELLED:
	case ERR_LIMIT_TIME:
	case ERR_INTERNAL:
	case ERR_PROTOCOL:
	case ERR_SCANNER_FAILED:
		return ATTEMPT_FAILED;
	default:
		return ATTEMPT_PUT_OFF;
	}
}

static int submit(struct door *door, struct mail_message *message,
		  const struct mail_facts *facts, link_progress *progress,
		  void *context, struct outcome *outcome)
{
	char id[ITEM_ID_SIZE + 1];
	HANDLE_CLEANUP int output = -1;
	struct submission *submission;
	struct policy policy;
	struct result result;
	unsigned failures;
	int error;

	(void)text_copy(id, sizeof(id), outcome->item_id);
	failures = attempts_begin(door->attempts, id);
	submission = new_submission(door, facts, id, failures, &policy);
	error = submission == NULL ? -ERR_MEMORY
				   : add_keys(door, message, submission);
	kill_point("mail.submitting");
	if (error == 0)
		error =
		    mail_link_submit(door->link, submission, message->content,
				     door->config->mail.wait_seconds, progress,
				     context, &result, &output);
	free(submission);
	kill_point("mail.result");
	if (error == 0)
		error =
		    conclude(door, message, &policy, &result, output, outcome);
	attempts_end(door->attempts, id, attempt_of(error));
	return error;
}

static void digest(const struct split *split, uint8_t ret_hash[32])
{
	struct seal_digest digest;

	seal_digest_begin(&digest);
	for (size_t i = 0; i < split->count; i++)
		seal_digest_field(&digest, split->fields[i].name,
				  split->fields[i].value);
	seal_digest_headers_end(&digest);
	seal_digest_body(&digest, split->body);
	seal_digest_end(&digest, ret_hash);
}

/* Header, field, empty line, body: the field goes where the empty line is. */
static int insert(struct buffer *message, struct view body, struct view field)
{
	struct view whole = buffer_contents(message);
	size_t header = whole.size - body.size - 2;
	struct buffer sealed = buffer_make(output_max);

	buffer_view(&sealed, view_slice(whole, 0, header));
	buffer_view(&sealed, field);
	buffer_view(&sealed, view_slice(whole, header, whole.size));
	if (buffer_error(&sealed) != 0) {
		buffer_free(&sealed);
		return -ERR_MEMORY;
	}
	buffer_free(message);
	*message = sealed;
	return 0;
}

int door_seal(const struct door *door, enum direction direction,
	      const char *sender, char *const *recipients, size_t count,
	      struct buffer *message)
{
	BUFFER_CLEANUP struct buffer field = buffer_make(64 * 1024);
	struct view content = buffer_contents(message);
	struct split *split;
	uint8_t hash[32];
	struct seal_claim claim = {
	    .seconds = (uint64_t)time(NULL), .sender = sender, .hash = hash};
	int error;

	if (door->key.bytes == NULL || direction != DIRECTION_INBOUND)
		return 0;
	split = calloc(1, sizeof(*split));
	error = split == NULL ? -ERR_MEMORY : split_message(content, split);
	if (error == 0) {
		digest(split, hash);
		randombytes_buf(claim.nonce, sizeof(claim.nonce));
		buffer_text(&field, SEAL_FIELD ":");
		seal_write(&door->key, &claim, recipients, count, &field);
		buffer_text(&field, "\r\n");
		error = buffer_error(&field);
	}
	if (error == 0)
		error = insert(message, split->body, buffer_contents(&field));
	free(split);
	return error;
}

int door_add_arc(const struct door *door, struct buffer *message)
{
	const struct arc_signer signer = {
	    .key = door->arc,
	    .domain = door->config->mail.arc_domain,
	    .selector = door->config->mail.arc_selector,
	    .seconds = (uint64_t)time(NULL),
	};
	struct buffer signed_one = buffer_make(output_max);
	int error;

	if (door->arc == NULL)
		return 0;
	error = arc_seal(&signer, buffer_contents(message), &signed_one);
	buffer_view(&signed_one, buffer_contents(message));
	if (error == 0)
		error = buffer_error(&signed_one);
	if (error != 0) {
		buffer_free(&signed_one);
		return error;
	}
	buffer_free(message);
	*message = signed_one;
	return 0;
}

/* A notice is sealed for the empty sender it has. */
static int seal(const struct door *door, const struct mail_message *message,
		struct outcome *outcome)
{
	return door_seal(
	    door, outcome->direction,
	    outcome->decision == DECISION_NOTICE ? "" : message->sender,
	    message->recipients, message->recipient_count, &outcome->message);
}

static void log_outcome(const struct outcome *outcome,
			const struct mail_message *message)
{
	static const char *const names[] = {"put-off", "stopped", "refuse",
					    "replace", "notice",  "discard"};
	struct log_text sender;

	log_line(LOG_LINE_INFO,
		 "message item=%s direction=%s decision=%s verdict=%s "
		 "reason=%s bytes=%llu recipients=%zu sender=%s",
		 outcome->item_id, direction_name(outcome->direction),
		 names[outcome->decision], verdict_name(outcome->verdict),
		 error_name((int)outcome->reason),
		 (unsigned long long)message->bytes, message->recipient_count,
		 log_quoted(&sender,
			    message->sender == NULL ? "" : message->sender));
}

void door_decide(struct door *door, struct mail_message *message,
		 link_progress *progress, void *context, struct outcome *ret)
{
	struct mail_facts facts;
	int error;

	*ret = (struct outcome){.decision = DECISION_PUT_OFF};
	error = mail_finish(message, ret->item_id);
	if (error == 0) {
		route(door, message, &facts);
		ret->direction = facts.direction;
		switch (mail_link_traffic(door->link, facts.direction)) {
		case LINK_STOPPED:
			ret->decision = DECISION_STOPPED;
			error = -ERR_UNAVAILABLE;
			break;
		case LINK_UNKNOWN:
			error = -ERR_UNAVAILABLE;
			break;
		case LINK_RUNS:
			error = submit(door, message, &facts, progress, context,
				       ret);
			if (error == 0 && ret->decision == DECISION_REPLACE)
				error = door_add_arc(door, &ret->message);
			if (error == 0 && ret->decision != DECISION_DISCARD)
				error = seal(door, message, ret);
			break;
		}
	}
	if (error != 0) {
		buffer_free(&ret->message);
		if (ret->decision != DECISION_STOPPED)
			ret->decision = DECISION_PUT_OFF;
		ret->reason = (enum error) - error;
	}
	log_outcome(ret, message);
}

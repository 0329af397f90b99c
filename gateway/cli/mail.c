/*
 * sekisho mail: one message from standard input, rebuilt, to standard output;
 * and mail of the running gateway stopped and resumed.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/outcome.h"
#include "gateway/cli/session.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/banned.h"

enum { CHUNK = 64 * 1024, ANSWER_MS = 10000, TURNS_MAX = 1000 };

static int failed(const struct options *options, int error)
{
	(void)fprintf(stderr, "sekisho: mail: %s\n",
		      error_sentence(error, options->language));
	return EXIT_COULD_NOT;
}

static int read_input(uint64_t limit, struct buffer *ret_text)
{
	static uint8_t chunk[CHUNK];
	ssize_t got;

	*ret_text = buffer_make(limit);
	while ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -ERR_INTAKE_UNREADABLE;
		buffer_bytes(ret_text, chunk, (size_t)got);
	}
	return buffer_error(ret_text) == -ERR_LIMIT_OUTPUT
		   ? -ERR_LIMIT_INPUT
		   : buffer_error(ret_text);
}

/* What an MTA gives to a pipe has lines of its own system. Where nobody wrote
 * CRLF anywhere, LF is what stands for it; a mixture stays as it is. */
static bool has_local_lines(struct view text)
{
	return view_find(text, view_of_string("\r"), 0) == SIZE_MAX;
}

static int to_network_lines(struct view text, struct buffer *ret)
{
	*ret = buffer_make(2 * text.size + 1);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\n')
			buffer_u8(ret, '\r');
		buffer_u8(ret, text.data[i]);
	}
	return buffer_error(ret);
}

static int submit(const struct options *options, struct session *session,
		  struct view message)
{
	struct submission *submission = calloc(1, sizeof(*submission));
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int content = -1;
	int error = submission == NULL
			? -ERR_MEMORY
			: memory_file_from("message", message, &content);

	if (error == 0) {
		submission->record = true;
		submission->hands_over = true;
		(void)snprintf(submission->name, sizeof(submission->name),
			       "message.eml");
		(void)snprintf(submission->declared,
			       sizeof(submission->declared), "message/rfc822");
		(void)snprintf(submission->format, sizeof(submission->format),
			       "eml");
		submission->has_mode = options->has_mode;
		submission->mode = options->mode;
		submission_write(&payload, submission);
		error = buffer_error(&payload);
	}
	if (error == 0)
		error = frame_send(session->fd, MESSAGE_SUBMIT, 1,
				   buffer_contents(&payload), content);
	free(submission);
	return error;
}

/* The report comes first and is the vault's; then the result. */
static int receive(struct session *session, struct result *ret_result,
		   int *ret_output)
{
	static struct frame_space space;
	int error = 0;

	for (int i = 0; i < TURNS_MAX && error == 0; i++) {
		struct frame frame = {.fd = -1};

		error = frame_receive(session->fd, &space, &frame);
		if (error == -ERR_UNAVAILABLE) {
			error = 0;
			continue;
		}
		if (error == 0 && frame.type == MESSAGE_RESULT) {
			error = result_read(frame.payload, ret_result);
			*ret_output = frame.fd;
			return error;
		}
		handle_close(&frame.fd);
	}
	return error == 0 ? -ERR_PROTOCOL : error;
}

static int write_output(int output, bool local_lines)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(1ULL << 30);
	struct view content;
	int error = handle_map(output, &content);

	if (error != 0)
		return error;
	for (size_t i = 0; i < content.size; i++)
		if (!local_lines || content.data[i] != '\r')
			buffer_u8(&text, content.data[i]);
	handle_unmap(&content);
	error = buffer_error(&text);
	return error != 0
		   ? error
		   : handle_write_all(STDOUT_FILENO, buffer_contents(&text));
}

static int conclude(const struct options *options, const struct result *result,
		    int output, bool local_lines)
{
	int error;

	if (!verdict_passes(result->verdict)) {
		(void)fprintf(
		    stderr, "sekisho: mail: %s (%s, %s)\n",
		    error_sentence((int)result->reason, options->language),
		    error_name((int)result->reason), result->item_id);
		return reason_is_ours(result->reason) ? EXIT_COULD_NOT
						      : EXIT_HELD;
	}
	error = write_output(output, local_lines);
	return error == 0 ? EXIT_ALL_OUT : failed(options, error);
}

int command_mail(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	BUFFER_CLEANUP struct buffer raw = buffer_make(0);
	BUFFER_CLEANUP struct buffer message = buffer_make(0);
	struct session session = {.fd = -1};
	HANDLE_CLEANUP int output = -1;
	struct result result;
	bool local_lines;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	error = read_input(config->mail.message_bytes, &raw);
	if (error != 0)
		return failed(options, error);
	local_lines = has_local_lines(buffer_contents(&raw));
	if (local_lines)
		error = to_network_lines(buffer_contents(&raw), &message);
	if (error == 0)
		error = session_open(options, config, &session);
	if (error == 0)
		error = submit(options, &session,
			       buffer_contents(local_lines ? &message : &raw));
	if (error == 0)
		error = receive(&session, &result, &output);
	session_close(&session, error != 0);
	return error != 0 ? failed(options, error)
			  : conclude(options, &result, output, local_lines);
}

/* --- stop, resume, status --- */

static int exchange(const struct config *config, uint32_t request,
		    struct view payload, struct frame_space *space,
		    struct frame *ret_frame)
{
	struct pollfd wait = {.events = POLLIN};
	HANDLE_CLEANUP int fd = -1;
	int error = socket_connect(config->run, "vault.sock", &fd);

	if (error == 0)
		error = frame_send(fd, request, 1, payload, -1);
	if (error != 0)
		return error;
	wait.fd = fd;
	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -ERR_UNAVAILABLE;
	error = frame_receive(fd, space, ret_frame);
	if (error == 0)
		handle_close(&ret_frame->fd);
	return error;
}

static int no_gateway(const struct options *options,
		      const struct config *config, int error)
{
	const char *sentence = error_sentence(error, options->language);

	if (error == -ERR_NOT_FOUND)
		sentence =
		    SAY(options->language, "ゲートウェイは動いていません。",
			"no gateway is running there");
	(void)fprintf(stderr, "sekisho: %s: %s\n", config->run, sentence);
	return EXIT_COULD_NOT;
}

static int set_direction(const struct options *options,
			 const struct config *config, enum direction direction)
{
	static struct frame_space space;
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	struct frame frame = {.fd = -1};
	struct cursor cursor;
	int error;

	buffer_u8(&payload, (uint8_t)direction);
	buffer_u8(&payload, options->command == COMMAND_MAIL_STOP);
	pack_string(&payload, options->reason == NULL ? "" : options->reason);
	error = buffer_error(&payload);
	if (error == 0)
		error = exchange(config, MESSAGE_VAULT_TRAFFIC,
				 buffer_contents(&payload), &space, &frame);
	if (error != 0)
		return error;
	cursor = cursor_at(frame.payload, 0);
	error = -(int)cursor_u32le(&cursor);
	return frame.type != MESSAGE_VAULT_ACK || cursor.failed ? -ERR_PROTOCOL
								: error;
}

static int print_state(const struct options *options,
		       const struct config *config)
{
	static struct frame_space space;
	struct frame frame = {.fd = -1};
	int error = exchange(config, MESSAGE_VAULT_TRAFFIC_ASK,
			     (struct view){NULL, 0}, &space, &frame);

	if (error == 0 && (frame.type != MESSAGE_VAULT_TRAFFIC_STATE ||
			   frame.payload.size != DIRECTION_COUNT))
		error = -ERR_PROTOCOL;
	for (int i = 0; error == 0 && i < DIRECTION_COUNT; i++) {
		bool stopped = frame.payload.data[i] != 0;

		(void)printf("%s: %s\n", direction_name((enum direction)i),
			     stopped
				 ? SAY(options->language, "停止中", "stopped")
				 : SAY(options->language, "稼働中", "running"));
	}
	return error;
}

int command_mail_traffic(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	if (options->command != COMMAND_MAIL_STATUS)
		for (int i = 0; error == 0 && i < DIRECTION_COUNT; i++)
			if (options->direction == DIRECTION_COUNT ||
			    (int)options->direction == i)
				error = set_direction(options, config,
						      (enum direction)i);
	if (error == 0)
		error = print_state(options, config);
	return error == 0 ? EXIT_ALL_OUT : no_gateway(options, config, error);
}

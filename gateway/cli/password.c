/*
 * sekisho items password: gives an item that waits in the vault its password.
 *
 * The password comes from the terminal, without echo, or from standard input,
 * one a line: never from an argument or the environment, which others can
 * read. It lies in locked memory, and is wiped when it is on its way.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "base/program.h"
#include "base/utf8.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/output.h"
#include "gateway/cli/session.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"

enum { LINE_END = '\n', ANSWER_MS = 1200000 };

static int say_error(const struct options *options, int error)
{
	(void)fprintf(stderr, "sekisho: items password: %s (%s)\n",
		      error_sentence(error, options->language),
		      error_name(error));
	return EXIT_COULD_NOT;
}

/* --- reading --- */

/* One byte at a time: nothing of what follows may stay in a buffer. The number
 * of bytes, -1 at the end, or an error below that. */
static int read_line(int fd, char *line, size_t size)
{
	size_t length = 0;
	bool any = false;
	char byte;
	ssize_t got;

	for (;;) {
		got = read(fd, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -ERR_IO;
		if (got == 0 || byte == LINE_END)
			break;
		any = true;
		if (length + 1 >= size || byte == '\0')
			return -ERR_CONFIG;
		line[length++] = byte;
	}
	sodium_memzero(&byte, sizeof(byte));
	if (got == 0 && !any)
		return -1;
	if (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return utf8_valid(view_of(line, length)) ? (int)length : -ERR_CONFIG;
}

static int read_terminal(const struct options *options, int fd,
			 struct reprocess *request)
{
	struct termios before;
	struct termios silent;
	int length;

	if (tcgetattr(fd, &before) != 0)
		return -ERR_IO;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(SAY(options->language, "パスワード: ", "Password: "),
		    stderr);
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0)
		return -ERR_IO;
	length =
	    read_line(fd, request->passwords[0], sizeof(request->passwords[0]));
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)fputs("\n", stderr);
	if (length < -1)
		return length;
	request->password_count = length > 0 ? 1 : 0;
	return 0;
}

static int read_lines(int fd, struct reprocess *request)
{
	while (request->password_count < PASSWORDS_MAX) {
		char *line = request->passwords[request->password_count];
		int length = read_line(fd, line, sizeof(request->passwords[0]));

		if (length == -1)
			return 0;
		if (length < 0)
			return length;
		if (length > 0)
			request->password_count++;
	}
	return 0;
}

static int read_passwords(const struct options *options,
			  struct reprocess *request)
{
	int error = isatty(STDIN_FILENO)
			? read_terminal(options, STDIN_FILENO, request)
			: read_lines(STDIN_FILENO, request);

	if (error == 0 && request->password_count == 0)
		error = -ERR_CONFIG;
	if (error != 0)
		(void)fprintf(
		    stderr, "sekisho: items password: %s\n",
		    SAY(options->language,
			"パスワードを標準入力から一行に一つ(256 バイト以下)"
			"与えてください。",
			"give the password on standard input, one a line, at "
			"most 256 bytes"));
	return error;
}

/* --- asking --- */

static int send_request(int fd, const struct reprocess *request)
{
	uint8_t *bytes = sodium_malloc(FRAME_PAYLOAD_MAX);
	struct buffer payload = {.data = bytes,
				 .capacity = FRAME_PAYLOAD_MAX,
				 .maximum = FRAME_PAYLOAD_MAX};
	int error;

	if (bytes == NULL)
		return -ERR_MEMORY;
	reprocess_write(&payload, request);
	error = buffer_error(&payload);
	if (error == 0)
		error = frame_send(fd, MESSAGE_REPROCESS, 1,
				   buffer_contents(&payload), -1);
	sodium_free(bytes);
	return error;
}

static int receive(int fd, struct reprocessed *ret, int *ret_output)
{
	static struct frame_space space;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct frame frame = {.fd = -1};
	int error;

	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -ERR_UNAVAILABLE;
	error = frame_receive(fd, &space, &frame);
	if (error != 0)
		return error;
	*ret_output = frame.fd;
	return frame.type == MESSAGE_REPROCESSED
		   ? reprocessed_read(frame.payload, ret)
		   : -ERR_PROTOCOL;
}

static int say_taken(int fd, int error)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(16);

	buffer_u32le(&payload, (uint32_t)-error);
	return buffer_error(&payload) != 0
		   ? buffer_error(&payload)
		   : frame_send(fd, MESSAGE_TAKEN, 1, buffer_contents(&payload),
				-1);
}

static int exchange(const struct options *options, int fd,
		    const struct reprocess *request, struct reprocessed *answer)
{
	HANDLE_CLEANUP int output = -1;
	HANDLE_CLEANUP int none = -1;
	int error = send_request(fd, request);
	int kept;

	if (error == 0)
		error = receive(fd, answer, &output);
	if (error != 0 || output < 0)
		return error;
	if (options->output == NULL)
		return -ERR_PROTOCOL;
	kept = file_copy(options->output, output);
	error = say_taken(fd, kept);
	if (error == 0)
		error = receive(fd, answer, &none);
	return kept != 0 ? kept : error;
}

/* --- telling --- */

static void print_json(const struct options *options,
		       const struct reprocessed *answer)
{
	json_t *value = json_pack(
	    "{s:s, s:s, s:s, s:s?, s:s, s:i}", "item", options->files[0],
	    "state",
	    answer->state == STATE_UNKNOWN ? "unknown"
					   : item_state_name(answer->state),
	    "verdict", verdict_name(answer->verdict), "reason",
	    answer->reason == ERR_NONE ? NULL : error_name((int)answer->reason),
	    "name", answer->name, "tries_left", (int)answer->tries_left);

	if (value != NULL)
		(void)json_dumpf(value, stdout, JSON_COMPACT);
	(void)fputs("\n", stdout);
	json_decref(value);
}

static int tell(const struct options *options, const struct reprocessed *answer)
{
	if (options->json)
		print_json(options, answer);
	if (answer->state == STATE_DELIVERED) {
		if (!options->json)
			(void)printf(SAY(options->language,
					 "%s: 無害化して引き渡しました (%s)\n",
					 "%s: sanitized and delivered (%s)\n"),
				     options->files[0],
				     channel_name(answer->channel));
		return EXIT_ALL_OUT;
	}
	(void)fprintf(stderr, "sekisho: items password: %s (%s)\n",
		      error_sentence((int)answer->reason, options->language),
		      error_name((int)answer->reason));
	if (answer->reason == ERR_PASSWORD_WRONG)
		(void)fprintf(stderr,
			      SAY(options->language,
				  "あと %u 回試せます(一時間以内)。\n",
				  "%u more tries within the hour.\n"),
			      answer->tries_left);
	switch (answer->state) {
	case STATE_AWAITING_PASSWORD:
	case STATE_HELD:
		return EXIT_HELD;
	default:
		return EXIT_COULD_NOT;
	}
}

static int run(const struct options *options, const struct config *config,
	       struct reprocess *request)
{
	static struct reprocessed answer;
	HANDLE_CLEANUP int fd = -1;
	int error = read_passwords(options, request);

	if (error != 0)
		return EXIT_USAGE;
	(void)snprintf(request->item_id, sizeof(request->item_id), "%s",
		       options->files[0]);
	request->takes_output = options->output != NULL;
	error = socket_connect(config->run, "intake.sock", &fd);
	if (error == 0)
		error = exchange(options, fd, request, &answer);
	return error != 0 ? say_error(options, error) : tell(options, &answer);
}

int command_items_password(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	struct reprocess *request;
	int status;

	if (program_harden() != 0 || configuration(options, &config) != 0)
		return EXIT_COULD_NOT;
	request = sodium_malloc(sizeof(*request));
	if (request == NULL)
		return EXIT_COULD_NOT;
	sodium_memzero(request, sizeof(*request));
	status = run(options, config, request);
	sodium_free(request);
	return status;
}

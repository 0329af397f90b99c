#define _GNU_SOURCE
#include "gateway/mail/promise.h"

#include <stdlib.h>

#include "base/banned.h"

enum { ADDRESS_MAX = 512 };

/* Nothing that ends the path or the command, whatever a server would do with
 * quotation marks around it. */
bool promise_can_carry(const char *address)
{
	size_t length = strlen(address);

	for (size_t i = 0; i < length; i++)
		if (address[i] <= ' ' || address[i] > '~' ||
		    address[i] == '<' || address[i] == '>')
			return false;
	return length <= ADDRESS_MAX;
}

static const char *take_line(char **rest)
{
	char *line = *rest;
	size_t length = strcspn(line, "\n");

	*rest = line + length + (line[length] == '\n');
	line[length] = '\0';
	return line;
}

static bool is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static int read_recipients(struct promise *promise, char *rest)
{
	size_t lines = 1;

	for (const char *at = rest; *at != '\0'; at++)
		lines += *at == '\n';
	promise->recipients = calloc(lines, sizeof(char *));
	if (promise->recipients == NULL)
		return -ERR_MEMORY;
	while (*rest != '\0') {
		const char *address = take_line(&rest);

		if (address[0] == '\0' || !promise_can_carry(address))
			return -ERR_NO_DELIVERY;
		promise->recipients[promise->recipient_count++] = address;
	}
	return promise->recipient_count == 0 ? -ERR_NO_DELIVERY : 0;
}

static int read_text(struct promise *promise)
{
	char *rest = promise->text;

	promise->message_id = take_line(&rest);
	promise->whole = strcmp(promise->message_id, PROMISE_WHOLE) == 0;
	promise->subject = take_line(&rest);
	promise->from = take_line(&rest);
	promise->bytes = strtoull(take_line(&rest), NULL, 10);
	promise->sender = take_line(&rest);
	if (!is_visible(promise->message_id) || !is_visible(promise->subject) ||
	    !is_visible(promise->from) || !promise_can_carry(promise->sender))
		return -ERR_NO_DELIVERY;
	return read_recipients(promise, rest);
}

int promise_read(const char *text, struct promise *ret_promise)
{
	struct promise promise = {.text = strdup(text)};
	int error = promise.text == NULL ? -ERR_MEMORY : read_text(&promise);

	if (error != 0)
		promise_free(&promise);
	else
		*ret_promise = promise;
	return error;
}

void promise_free(struct promise *promise)
{
	free(promise->recipients);
	free(promise->text);
	*promise = (struct promise){0};
}

const char *promise_envelope(const char *text)
{
	for (int i = 0; i + 1 < DELIVERY_HEAD_LINES && *text != '\0'; i++) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return text;
}

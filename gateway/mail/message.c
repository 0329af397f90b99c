#define _GNU_SOURCE
#include "gateway/mail/message.h"

#include "base/handle.h"
#include "base/sha256.h"

#include <sodium.h>

#include "base/banned.h"

struct mail_message mail_make(uint64_t maximum, atomic_ullong *budget)
{
	return (struct mail_message){
	    .content = -1, .maximum = maximum, .budget = budget};
}

void mail_clear(struct mail_message *message)
{
	handle_close(&message->content);
	atomic_fetch_add(message->budget, message->bytes);
	message->bytes = 0;
	for (size_t i = 0; i < message->recipient_count; i++)
		free(message->recipients[i]);
	free(message->recipients);
	free(message->sender);
	message->sender = NULL;
	message->recipients = NULL;
	message->recipient_count = 0;
}

static int copy_address(const char *address, char **ret_copy)
{
	size_t length = strlen(address);
	char *copy;

	if (length >= 2 && address[0] == '<' && address[length - 1] == '>') {
		address++;
		length -= 2;
	}
	if (length > MAIL_ADDRESS_MAX)
		return -ERR_PROTOCOL;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)address[i] < 0x20 || address[i] == 0x7F)
			return -ERR_PROTOCOL;
	copy = strndup(address, length);
	if (copy == NULL)
		return -ERR_MEMORY;
	*ret_copy = copy;
	return 0;
}

int mail_set_sender(struct mail_message *message, const char *address)
{
	char *copy;
	int error = copy_address(address, &copy);

	if (error != 0)
		return error;
	free(message->sender);
	message->sender = copy;
	return 0;
}

int mail_add_recipient(struct mail_message *message, const char *address)
{
	char *copy;
	char **grown;
	int error;

	if (message->recipient_count == MAIL_RECIPIENTS_MAX)
		return -ERR_LIMIT_MEMBERS;
	error = copy_address(address, &copy);
	if (error != 0)
		return error;
	grown = realloc(message->recipients,
			(message->recipient_count + 1) * sizeof(char *));
	if (grown == NULL) {
		free(copy);
		return -ERR_MEMORY;
	}
	message->recipients = grown;
	grown[message->recipient_count++] = copy;
	return 0;
}

/* Takes from the budget of all messages; false: there is not enough left. */
static bool take(atomic_ullong *budget, uint64_t bytes)
{
	unsigned long long left = atomic_load(budget);

	do {
		if (left < bytes)
			return false;
	} while (!atomic_compare_exchange_weak(budget, &left, left - bytes));
	return true;
}

int mail_append(struct mail_message *message, struct view bytes)
{
	int error = 0;

	if (bytes.size > message->maximum - message->bytes)
		return -ERR_LIMIT_INPUT;
	if (!take(message->budget, bytes.size))
		return -ERR_MEMORY;
	message->bytes += bytes.size;
	if (message->content < 0)
		error = memory_file_new("message", &message->content);
	return error != 0 ? error : handle_write_all(message->content, bytes);
}

int mail_finish(struct mail_message *message, char ret_id[ITEM_ID_SIZE + 1])
{
	struct sha256_state state;
	uint8_t digest[SHA256_SIZE];
	struct view content;
	int error;

	if (message->sender == NULL || message->recipient_count == 0 ||
	    message->content < 0)
		return -ERR_PROTOCOL;
	error = memory_file_seal(message->content);
	if (error == 0)
		error = handle_map(message->content, &content);
	if (error != 0)
		return error;
	sha256_begin(&state);
	sha256_add_text(&state, "sekisho-mail-1");
	sha256_add_text(&state, message->sender);
	for (size_t i = 0; i < message->recipient_count; i++)
		sha256_add_text(&state, message->recipients[i]);
	sha256_add(&state, content);
	handle_unmap(&content);
	sha256_end(&state, digest);
	(void)sodium_bin2hex(ret_id, ITEM_ID_SIZE + 1, digest,
			     ITEM_ID_SIZE / 2);
	return 0;
}

#include "base/message.h"

#include "base/wire.h"

#include <sodium.h>

int edge_name_read(struct view payload, char ret_name[EDGE_NAME_SIZE])
{
	struct cursor cursor = cursor_at(payload, 0);

	unpack_string(&cursor, ret_name, EDGE_NAME_SIZE);
	return wire_end(&cursor);
}

void submission_write(struct buffer *buffer, const struct submission *value)
{
	pack_string(buffer, value->item_id);
	buffer_u8(buffer, (uint8_t)value->channel);
	buffer_u8(buffer, (uint8_t)value->direction);
	pack_string(buffer, value->department);
	pack_string(buffer, value->name);
	pack_string(buffer, value->declared);
	pack_string(buffer, value->format);
	buffer_u8(buffer, value->has_policy);
	if (value->has_policy)
		policy_write(buffer, &value->policy);
	buffer_u8(buffer, value->has_mode);
	buffer_u8(buffer, (uint8_t)value->mode);
	buffer_u8(buffer, value->record);
	buffer_u8(buffer, value->hands_over);
	buffer_u32le(buffer, value->refused);
	pack_string(buffer, value->delivery);
	pack_string(buffer, value->authentication);
	wire_passwords_write(buffer, value->password_count, value->passwords);
}

int submission_read(struct view payload, struct submission *ret)
{
	struct cursor cursor = cursor_at(payload, 0);
	int error = 0;

	*ret = (struct submission){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->channel = wire_below(&cursor, cursor_u8(&cursor), CHANNEL_COUNT);
	ret->direction =
	    wire_below(&cursor, cursor_u8(&cursor), DIRECTION_COUNT);
	unpack_string(&cursor, ret->department, sizeof(ret->department));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	unpack_string(&cursor, ret->declared, sizeof(ret->declared));
	unpack_string(&cursor, ret->format, sizeof(ret->format));
	ret->has_policy = wire_flag(&cursor);
	if (ret->has_policy)
		error = policy_read(&cursor, &ret->policy);
	ret->has_mode = wire_flag(&cursor);
	ret->mode = wire_below(&cursor, cursor_u8(&cursor), MODE_COUNT);
	ret->record = wire_flag(&cursor);
	ret->hands_over = wire_flag(&cursor);
	ret->refused = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	unpack_string(&cursor, ret->delivery, sizeof(ret->delivery));
	unpack_string(&cursor, ret->authentication,
		      sizeof(ret->authentication));
	ret->password_count = wire_passwords_read(&cursor, ret->passwords);
	if (ret->item_id[0] != '\0' && !item_id_valid(ret->item_id))
		error = -ERR_PROTOCOL;
	return error != 0 ? error : wire_end(&cursor);
}

void result_write(struct buffer *buffer, const struct result *value)
{
	pack_string(buffer, value->item_id);
	buffer_u8(buffer, (uint8_t)value->verdict);
	buffer_u32le(buffer, value->reason);
	pack_string(buffer, value->type);
	pack_string(buffer, value->extension);
	pack_string(buffer, value->mime);
	buffer_bytes(buffer, value->input_sha256, 32);
	buffer_bytes(buffer, value->output_sha256, 32);
	buffer_u64le(buffer, value->output_bytes);
	buffer_u32le(buffer, value->removals);
	buffer_u32le(buffer, value->duration_ms);
	buffer_u8(buffer, value->recorded);
	pack_string(buffer, value->certificate);
}

int result_read(struct view payload, struct result *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct result){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->verdict = wire_below(&cursor, cursor_u8(&cursor), VERDICT_COUNT);
	ret->reason = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	unpack_string(&cursor, ret->type, sizeof(ret->type));
	unpack_string(&cursor, ret->extension, sizeof(ret->extension));
	unpack_string(&cursor, ret->mime, sizeof(ret->mime));
	wire_digest(&cursor, ret->input_sha256);
	wire_digest(&cursor, ret->output_sha256);
	ret->output_bytes = cursor_u64le(&cursor);
	ret->removals = cursor_u32le(&cursor);
	ret->duration_ms = cursor_u32le(&cursor);
	ret->recorded = wire_flag(&cursor);
	unpack_string(&cursor, ret->certificate, sizeof(ret->certificate));
	return wire_end(&cursor);
}

void job_limits_write(struct buffer *buffer, const struct job_limits *value)
{
	buffer_u64le(buffer, value->memory_bytes);
	buffer_u64le(buffer, value->output_bytes);
	buffer_u32le(buffer, value->cpu_seconds);
}

int job_limits_read(struct view payload, struct job_limits *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct job_limits){0};
	ret->memory_bytes = cursor_u64le(&cursor);
	ret->output_bytes = cursor_u64le(&cursor);
	ret->cpu_seconds = cursor_u32le(&cursor);
	return wire_end(&cursor);
}

void job_parameters_write(struct buffer *buffer,
			  const struct job_parameters *value)
{
	buffer_u8(buffer, (uint8_t)value->kind);
	policy_write(buffer, &value->policy);
	buffer_u32le(buffer, value->page);
	buffer_u32le(buffer, value->depth);
	buffer_u64le(buffer, value->unpacked_left);
	buffer_u32le(buffer, value->members_left);
	pack_string(buffer, value->item_id);
	pack_string(buffer, value->name);
	pack_string(buffer, value->declared);
	pack_string(buffer, value->format);
	pack_string(buffer, value->extension);
	pack_string(buffer, value->authentication);
	wire_passwords_write(buffer, value->password_count, value->passwords);
}

int job_parameters_read(struct view payload, struct job_parameters *ret)
{
	struct cursor cursor = cursor_at(payload, 0);
	int error;

	*ret = (struct job_parameters){0};
	ret->kind = wire_below(&cursor, cursor_u8(&cursor), JOB_KIND_COUNT);
	error = policy_read(&cursor, &ret->policy);
	ret->page = cursor_u32le(&cursor);
	ret->depth = cursor_u32le(&cursor);
	ret->unpacked_left = cursor_u64le(&cursor);
	ret->members_left = cursor_u32le(&cursor);
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	unpack_string(&cursor, ret->declared, sizeof(ret->declared));
	unpack_string(&cursor, ret->format, sizeof(ret->format));
	unpack_string(&cursor, ret->extension, sizeof(ret->extension));
	unpack_string(&cursor, ret->authentication,
		      sizeof(ret->authentication));
	ret->password_count = wire_passwords_read(&cursor, ret->passwords);
	return error != 0 ? error : wire_end(&cursor);
}

void job_outcome_write(struct buffer *buffer, const struct job_outcome *value)
{
	buffer_u32le(buffer, value->error);
	pack_string(buffer, value->detail);
	pack_string(buffer, value->format);
	pack_string(buffer, value->output_format);
	pack_string(buffer, value->extension);
	pack_string(buffer, value->mime);
	buffer_u8(buffer, value->opened_with_password);
	buffer_u8(buffer, value->converted);
	buffer_u8(buffer, value->lossy);
	buffer_u32le(buffer, value->pages);
}

int job_outcome_read(struct view payload, struct job_outcome *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct job_outcome){.error = ERR_PROTOCOL};
	ret->error = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	unpack_string(&cursor, ret->detail, sizeof(ret->detail));
	unpack_string(&cursor, ret->format, sizeof(ret->format));
	unpack_string(&cursor, ret->output_format, sizeof(ret->output_format));
	unpack_string(&cursor, ret->extension, sizeof(ret->extension));
	unpack_string(&cursor, ret->mime, sizeof(ret->mime));
	ret->opened_with_password = wire_flag(&cursor);
	ret->converted = wire_flag(&cursor);
	ret->lossy = wire_flag(&cursor);
	ret->pages = cursor_u32le(&cursor);
	return wire_end(&cursor);
}

void nested_outcome_write(struct buffer *buffer,
			  const struct nested_outcome *value)
{
	buffer_u8(buffer, (uint8_t)value->verdict);
	buffer_u32le(buffer, value->reason);
	pack_string(buffer, value->format);
	pack_string(buffer, value->extension);
	pack_string(buffer, value->mime);
	pack_string(buffer, value->part_id);
	pack_string(buffer, value->link);
}

int nested_outcome_read(struct view payload, struct nested_outcome *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct nested_outcome){0};
	ret->verdict = wire_below(&cursor, cursor_u8(&cursor), VERDICT_COUNT);
	ret->reason = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	unpack_string(&cursor, ret->format, sizeof(ret->format));
	unpack_string(&cursor, ret->extension, sizeof(ret->extension));
	unpack_string(&cursor, ret->mime, sizeof(ret->mime));
	unpack_string(&cursor, ret->part_id, sizeof(ret->part_id));
	unpack_string(&cursor, ret->link, sizeof(ret->link));
	return wire_end(&cursor);
}

void vault_record_write(struct buffer *buffer, const struct vault_record *value)
{
	pack_string(buffer, value->item_id);
	buffer_u8(buffer, (uint8_t)value->channel);
	buffer_u8(buffer, (uint8_t)value->direction);
	pack_string(buffer, value->department);
	pack_string(buffer, value->name);
	buffer_u8(buffer, (uint8_t)value->state);
	buffer_u8(buffer, (uint8_t)value->verdict);
	buffer_u32le(buffer, value->reason);
	pack_string(buffer, value->type);
	buffer_bytes(buffer, value->input_sha256, 32);
	buffer_u64le(buffer, value->input_bytes);
	buffer_bytes(buffer, value->output_sha256, 32);
	buffer_u64le(buffer, value->output_bytes);
	buffer_bytes(buffer, value->policy_sha256, 32);
	buffer_u8(buffer, value->hands_over);
	pack_string(buffer, value->parent);
	buffer_u8(buffer, value->has_original);
	buffer_u8(buffer, value->until_delivered);
	pack_string(buffer, value->delivery);
	buffer_u32le(buffer, (uint32_t)value->recipients.size);
	buffer_bytes(buffer, value->recipients.data, value->recipients.size);
}

int vault_record_read(struct view payload, struct vault_record *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct vault_record){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->channel = wire_below(&cursor, cursor_u8(&cursor), CHANNEL_COUNT);
	ret->direction =
	    wire_below(&cursor, cursor_u8(&cursor), DIRECTION_COUNT);
	unpack_string(&cursor, ret->department, sizeof(ret->department));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	ret->state = wire_below(&cursor, cursor_u8(&cursor), STATE_COUNT);
	ret->verdict = wire_below(&cursor, cursor_u8(&cursor), VERDICT_COUNT);
	ret->reason = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	unpack_string(&cursor, ret->type, sizeof(ret->type));
	wire_digest(&cursor, ret->input_sha256);
	ret->input_bytes = cursor_u64le(&cursor);
	wire_digest(&cursor, ret->output_sha256);
	ret->output_bytes = cursor_u64le(&cursor);
	wire_digest(&cursor, ret->policy_sha256);
	ret->hands_over = wire_flag(&cursor);
	unpack_string(&cursor, ret->parent, sizeof(ret->parent));
	ret->has_original = wire_flag(&cursor);
	ret->until_delivered = wire_flag(&cursor);
	unpack_string(&cursor, ret->delivery, sizeof(ret->delivery));
	ret->recipients = cursor_take(&cursor, cursor_u32le(&cursor));
	if (ret->recipients.size > RECIPIENTS_TEXT_MAX)
		return -ERR_PROTOCOL;
	if (ret->parent[0] != '\0' && !item_id_valid(ret->parent))
		return -ERR_PROTOCOL;
	if (!item_id_valid(ret->item_id))
		return -ERR_PROTOCOL;
	return wire_end(&cursor);
}

void item_id_new(char ret_id[ITEM_ID_SIZE + 1])
{
	uint8_t bytes[ITEM_ID_SIZE / 2];

	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(ret_id, ITEM_ID_SIZE + 1, bytes, sizeof(bytes));
}

void part_id_derive(const char *item_id, const char *path,
		    char ret_id[ITEM_ID_SIZE + 1])
{
	static const char domain[] = "sekisho-part-1";
	crypto_hash_sha256_state state;
	uint8_t digest[crypto_hash_sha256_BYTES];

	/* The NULs keep the three apart. */
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)domain,
					sizeof(domain));
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)item_id,
					strlen(item_id) + 1);
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)path,
					strlen(path) + 1);
	(void)crypto_hash_sha256_final(&state, digest);
	(void)sodium_bin2hex(ret_id, ITEM_ID_SIZE + 1, digest,
			     ITEM_ID_SIZE / 2);
}

void task_token_derive(const uint8_t key[TASK_KEY_SIZE], const char *item_id,
		       char ret_token[TASK_TOKEN_SIZE + 1])
{
	uint8_t bytes[TASK_TOKEN_SIZE / 2];

	(void)crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)item_id,
				 strlen(item_id), key, TASK_KEY_SIZE);
	(void)sodium_bin2hex(ret_token, TASK_TOKEN_SIZE + 1, bytes,
			     sizeof(bytes));
}

int task_link_write(const char *url, const char *token,
		    char ret_link[TASK_LINK_MAX + 1])
{
	int length =
	    snprintf(ret_link, TASK_LINK_MAX + 1, "%s/password#%s", url, token);

	return length < 0 || length > TASK_LINK_MAX ? -ERR_LIMIT_BYTES : 0;
}

bool item_id_valid(const char *id)
{
	return strspn(id, "0123456789abcdef") == ITEM_ID_SIZE &&
	       id[ITEM_ID_SIZE] == '\0';
}

const char *item_state_name(enum item_state state)
{
	static const char *const names[STATE_COUNT] = {
	    [STATE_UNKNOWN] = "unknown",
	    [STATE_HELD] = "held",
	    [STATE_AWAITING_PASSWORD] = "awaiting_password",
	    [STATE_READY] = "ready",
	    [STATE_DELIVERED] = "delivered",
	    [STATE_DESTROYED] = "destroyed",
	    [STATE_REQUESTED] = "requested",
	    [STATE_APPROVED] = "approved",
	    [STATE_RELEASING] = "releasing",
	    [STATE_RELEASED_SANITIZED] = "released_sanitized",
	    [STATE_RELEASED_ORIGINAL] = "released_original",
	    [STATE_REPROCESSING] = "reprocessing",
	    [STATE_REJECTED] = "rejected",
	    [STATE_DESTROY_DUE] = "destroy_due",
	};

	return state < STATE_COUNT ? names[state] : names[STATE_UNKNOWN];
}

const char *channel_name(enum channel channel)
{
	static const char *const names[CHANNEL_COUNT] = {
	    [CHANNEL_COMMAND] = "command",
	    [CHANNEL_FOLDER] = "folder",
	    [CHANNEL_MAIL] = "mail",
	    [CHANNEL_UPLOAD] = "upload",
	};

	return channel < CHANNEL_COUNT ? names[channel] : "command";
}

const char *direction_name(enum direction direction)
{
	return direction == DIRECTION_OUTBOUND ? "outbound" : "inbound";
}

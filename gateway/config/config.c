#define _GNU_SOURCE
#include "gateway/config/config.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/config/fill.h"
#include "gateway/config/policies.h"
#include "gateway/config/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

enum { CONFIG_MEMORY_MAX = 16 * 1024 * 1024 };

/* Notices that nobody takes are worse than none: somebody relies on them. */
static int check_alarms(const struct outline *outline,
			struct config_problems *problems,
			const struct config *config)
{
	unsigned line = outline_line(outline, "alarms.to");

	if (config->alarms.to.count == 0)
		return 0;
	if (config->alarms.to.count > CONFIG_ALARMS_MAX)
		return problem_add(problems, line, "alarms.to",
				   "宛先が多すぎます(上限 50)。",
				   "There are too many of them (limit 50).");
	if (config->alarms.server[0] != '\0')
		return 0;
	if (config->mail.next_hop[0] == '\0')
		return problem_add(problems, line, "alarms.server",
				   "通知を渡す SMTP サーバーを書いてください。",
				   "Name the SMTP server that takes them.");
	if (config->mail.seal_key[0] != '\0')
		return problem_add(
		    problems, line, "alarms.server",
		    "mail.next_hop は封印を求めます。封印を求めない SMTP "
		    "サーバーを書いてください。",
		    "mail.next_hop wants seals; name an SMTP server that takes "
		    "mail without one.");
	return 0;
}

static int fill(struct view text, struct config_problems *problems,
		struct config *config)
{
	static const struct table nothing;
	struct outline outline = {0};
	struct raw *raw = NULL;
	int error = fill_outline(text, "", config->arena, problems, &outline);

	if (error == 0 && outline.count > 0)
		error = raw_load(text, problems, &raw);
	if (error == 0)
		error = fill_general(raw == NULL ? &nothing : &raw->general,
				     config);
	if (error == 0)
		error = check_alarms(&outline, problems, config);
	if (error == 0)
		error = fill_policies(raw, &outline, problems, config);
	if (error == 0)
		error = fill_rules(raw, &outline, problems, config);
	if (error == 0)
		error = policies_hash(&outline, problems->file, config);
	if (error == 0)
		(void)crypto_hash_sha256(config->file_sha256, text.data,
					 text.size);
	raw_free(raw);
	outline_free(&outline);
	return error;
}

static int fill_all(struct view text, struct config_problems *problems,
		    struct config *config)
{
	char fallback[PATH_MAX];
	int error;

	config->arena = arena_new(CONFIG_MEMORY_MAX);
	if (config->arena == NULL)
		return -ERR_MEMORY;
	error = fill(text, problems, config);
	if (error != 0)
		return error;
	config->given[0] = config->in;
	config->given[1] = config->out;
	config->given[2] = config->held;
	config->given[3] = config->work;
	config->given[4] = config->mail.sockets;
	config->given[5] = config->web.certificate;
	config->given[6] = config->web.key;
	config->given[7] = config->directory.ca;
	config->given[8] = config->directory.password;
	config_default_state(fallback, sizeof(fallback));
	return config_set_state(
	    config, config->state[0] == '\0' ? fallback : config->state);
}

int config_load_text(struct view text, const char *name,
		     struct config_problems *problems,
		     struct config **ret_config)
{
	struct config *config = calloc(1, sizeof(*config));
	int error = config == NULL ? -ERR_MEMORY : 0;

	*problems = (struct config_problems){0};
	(void)text_copy(problems->file, sizeof(problems->file), name);
	if (error == 0)
		error = fill_all(text, problems, config);
	if (error != 0) {
		config_free(config);
		return error;
	}
	*ret_config = config;
	return 0;
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	arena_free(config->arena);
	free(config);
}

void config_release(struct config **config)
{
	config_free(*config);
	*config = NULL;
}

int config_read_file(const char *path, struct config_problems *problems,
		     struct buffer *ret_text)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint8_t chunk[16384];
	uint64_t size;
	ssize_t got;

	*problems = (struct config_problems){0};
	(void)text_copy(problems->file, sizeof(problems->file), path);
	if (fd < 0) {
		int number = errno;

		(void)problem_quote(problems, 0, "", strerror(number),
				    ": 開けません。", ": cannot be opened.");
		return number == ENOENT ? -ERR_NOT_FOUND : -ERR_CONFIG;
	}
	if (handle_size(fd, &size) != 0)
		return problem_add(problems, 0, "",
				   "通常のファイルではありません。",
				   "This is not a regular file.");
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buffer_bytes(ret_text, chunk, (size_t)got);
	if (got < 0)
		return problem_add(problems, 0, "", "読めません。",
				   "It cannot be read.");
	return buffer_error(ret_text) == -ERR_LIMIT_OUTPUT
		   ? problem_add(problems, 0, "",
				 "ファイルが大きすぎます(上限 1 MiB)。",
				 "The file is too large (limit 1 MiB).")
		   : buffer_error(ret_text);
}

int config_load(const char *path, struct config_problems *problems,
		struct config **ret_config)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);
	int error = config_read_file(path == NULL ? CONFIG_PATH : path,
				     problems, &text);

	if (error == -ERR_NOT_FOUND && path == NULL) {
		error = config_load_text(view_of_string(""), CONFIG_PATH,
					 problems, ret_config);
		return error != 0 ? error : config_use_samples(*ret_config);
	}
	if (error != 0)
		return error;
	return config_load_text(buffer_contents(&text),
				path == NULL ? CONFIG_PATH : path, problems,
				ret_config);
}

static int fill_one_policy(struct view text, struct arena *arena,
			   struct config_problems *problems,
			   struct config_policy *policy)
{
	static const struct table nothing;
	struct outline outline = {0};
	struct table *table = NULL;
	int error =
	    fill_outline(text, "policies[0]", arena, problems, &outline);

	if (error == 0 && outline.count > 0)
		error = raw_load_policy(text, problems, &table);
	if (error == 0 && table != NULL &&
	    fill_given(table, "policies[].file") != NULL)
		error = problem_add(
		    problems, outline_line(&outline, "policies[0].file"),
		    "file", "ポリシーのファイルの中では使えません。",
		    "It is not allowed in a file with one policy.");
	if (error == 0)
		error = fill_policy(table == NULL ? &nothing : table, NULL,
				    arena, policy);
	raw_free_policy(table);
	outline_free(&outline);
	return error;
}

int config_load_policy(const char *path, struct config_problems *problems,
		       struct policy *ret_policy)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);
	struct arena *arena = arena_new(CONFIG_MEMORY_MAX);
	struct config_policy policy = {0};
	int error;

	if (arena == NULL)
		return -ERR_MEMORY;
	error = config_read_file(path, problems, &text);
	if (error == 0)
		error = fill_one_policy(buffer_contents(&text), arena, problems,
					&policy);
	arena_free(arena);
	if (error == 0)
		*ret_policy = policy.policy;
	return error;
}

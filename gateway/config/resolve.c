/* What is asked of a loaded configuration: paths, policies, departments. */
#define _GNU_SOURCE
#include "gateway/config/config.h"

#include "base/bytes.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

static const char *below(struct config *config, const char *path)
{
	return path[0] == '/'
		   ? path
		   : arena_format(config->arena, "%s/%s", config->state, path);
}

int config_set_state(struct config *config, const char *state)
{
	char folder[PATH_MAX];

	if (state[0] == '\0')
		return -ERR_CONFIG;
	if (state[0] != '/') {
		if (getcwd(folder, sizeof(folder)) == NULL)
			return error_from_errno(errno);
		config->state =
		    arena_format(config->arena, "%s/%s", folder, state);
	} else {
		config->state =
		    arena_string(config->arena, view_of_string(state));
	}
	if (config->state == NULL)
		return -ERR_MEMORY;
	config->in = below(config, config->given[0]);
	config->out = below(config, config->given[1]);
	config->held = below(config, config->given[2]);
	config->work = below(config, config->given[3]);
	config->run = below(config, "run");
	return config->in == NULL || config->out == NULL ||
		       config->held == NULL || config->work == NULL ||
		       config->run == NULL
		   ? -ERR_MEMORY
		   : 0;
}

/* The program of a build tree lies in TREE/bin, the checkout above TREE. */
void config_default_state(char *path, size_t size)
{
	char program[PATH_MAX];
	char tree[PATH_MAX + 32];
	ssize_t length;

	(void)text_copy(path, size, CONFIG_STATE_PATH);
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length <= 0)
		return;
	program[length] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(program, '/');

		if (slash == NULL)
			return;
		*slash = '\0';
	}
	(void)snprintf(tree, sizeof(tree), "%s/CMakeCache.txt", program);
	if (access(tree, F_OK) != 0 || strrchr(program, '/') == NULL)
		return;
	*strrchr(program, '/') = '\0';
	(void)snprintf(path, size, "%s/var", program);
}

const char *config_policy_for(const struct config *config, enum channel channel,
			      enum direction direction, const char *department,
			      struct policy *ret_policy)
{
	size_t index = 0;

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (rule->channel != CHANNEL_COUNT && rule->channel != channel)
			continue;
		if (rule->direction != DIRECTION_COUNT &&
		    rule->direction != direction)
			continue;
		if (fnmatch(rule->department, department, 0) != 0)
			continue;
		index = rule->policy_index;
		break;
	}
	*ret_policy = config->policies[index].policy;
	return config->policies[index].name;
}

static bool matches(const struct config_list *patterns, const char *department)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->items[i], department, 0) == 0)
			return true;
	return false;
}

bool config_has_department(const struct config *config, const char *department)
{
	return matches(&config->departments, department);
}

enum direction config_direction_of(const struct config *config,
				   const char *department)
{
	return matches(&config->outbound, department) ? DIRECTION_OUTBOUND
						      : DIRECTION_INBOUND;
}

void config_policy_sha256(const struct policy *policy, uint8_t ret_digest[32])
{
	BUFFER_CLEANUP struct buffer bytes = buffer_make(4096);

	policy_write(&bytes, policy);
	if (buffer_error(&bytes) != 0)
		memset(ret_digest, 0, 32);
	else
		(void)crypto_hash_sha256(ret_digest, bytes.data, bytes.size);
}

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

/* "" stays what it is: nothing. */
static const char *below(struct config *config, const char *path)
{
	return path[0] == '/' || path[0] == '\0'
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
	config->mail.sockets = below(config, config->given[4]);
	config->web.certificate = below(config, config->given[5]);
	config->web.key = below(config, config->given[6]);
	config->directory.ca = below(config, config->given[7]);
	config->directory.password = below(config, config->given[8]);
	config->run = below(config, "run");
	return config->in == NULL || config->out == NULL ||
		       config->held == NULL || config->work == NULL ||
		       config->run == NULL || config->mail.sockets == NULL ||
		       config->web.certificate == NULL ||
		       config->web.key == NULL ||
		       config->directory.ca == NULL ||
		       config->directory.password == NULL
		   ? -ERR_MEMORY
		   : 0;
}

/* The program of a build tree lies in TREE/bin, the checkout above TREE. */
static bool find_build_tree(char tree[PATH_MAX])
{
	char cache[PATH_MAX + 32];
	ssize_t length = readlink("/proc/self/exe", tree, PATH_MAX - 1);

	if (length <= 0)
		return false;
	tree[length] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(tree, '/');

		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	(void)snprintf(cache, sizeof(cache), "%s/CMakeCache.txt", tree);
	return access(cache, F_OK) == 0 && strrchr(tree, '/') != NULL;
}

void config_default_state(char *path, size_t size)
{
	char tree[PATH_MAX];

	(void)text_copy(path, size, CONFIG_STATE_PATH);
	if (!find_build_tree(tree))
		return;
	*strrchr(tree, '/') = '\0';
	(void)snprintf(path, size, "%s/var", tree);
}

static bool has_definitions(const char *folder)
{
	static const char *const names[] = {"daily.cvd", "daily.cld",
					    "main.cvd", "main.cld"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

int config_use_samples(struct config *config)
{
	char tree[PATH_MAX];

	if (has_definitions(config->definitions) || !find_build_tree(tree))
		return 0;
	config->definitions =
	    arena_format(config->arena, "%s/" CONFIG_SAMPLE_DEFINITIONS, tree);
	config->definitions_max_age_hours = 0;
	config->sample_definitions = true;
	return config->definitions == NULL ? -ERR_MEMORY : 0;
}

/* An address without case: local parts differ by case for nobody any more. */
static bool address_fits(const char *pattern, const char *address)
{
	return fnmatch(pattern, address, FNM_CASEFOLD) == 0;
}

static bool any_recipient_fits(const char *pattern,
			       const struct mail_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (address_fits(pattern, facts->recipients[i]))
			return true;
	return false;
}

static bool is_any(const char *pattern)
{
	return strcmp(pattern, "*") == 0;
}

/* Rules that name an address or a size are for mail only. */
static bool mail_fits(const struct config_rule *rule,
		      const struct mail_facts *facts)
{
	if (facts == NULL)
		return is_any(rule->sender) && is_any(rule->recipient) &&
		       rule->larger_than == 0;
	if (rule->larger_than > 0 && facts->bytes <= rule->larger_than)
		return false;
	if (!is_any(rule->sender) && !address_fits(rule->sender, facts->sender))
		return false;
	return is_any(rule->recipient) ||
	       any_recipient_fits(rule->recipient, facts);
}

static bool rule_fits(const struct config_rule *rule, enum channel channel,
		      enum direction direction, const char *department,
		      const struct mail_facts *facts)
{
	if (rule->channel != CHANNEL_COUNT && rule->channel != channel)
		return false;
	if (rule->direction != DIRECTION_COUNT && rule->direction != direction)
		return false;
	return fnmatch(rule->department, department, 0) == 0 &&
	       mail_fits(rule, facts);
}

static const char *policy_for(const struct config *config, enum channel channel,
			      enum direction direction, const char *department,
			      const struct mail_facts *facts,
			      struct policy *ret_policy)
{
	size_t index = 0;

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (!rule_fits(rule, channel, direction, department, facts))
			continue;
		index = rule->policy_index;
		break;
	}
	*ret_policy = config->policies[index].policy;
	return config->policies[index].name;
}

const char *config_policy_for(const struct config *config, enum channel channel,
			      enum direction direction, const char *department,
			      struct policy *ret_policy)
{
	return policy_for(config, channel, direction, department, NULL,
			  ret_policy);
}

const char *config_policy_for_mail(const struct config *config,
				   const struct mail_facts *facts,
				   struct policy *ret_policy)
{
	return policy_for(config, CHANNEL_MAIL, facts->direction,
			  facts->department, facts, ret_policy);
}

/* The department of an entry "PATTERN DEPARTMENT" that fits; NULL. */
static const char *department_of(const char *entry, const char *address)
{
	char pattern[256];
	size_t length = strcspn(entry, " ");

	if (entry[length] == '\0' || length >= sizeof(pattern))
		return NULL;
	(void)snprintf(pattern, sizeof(pattern), "%.*s", (int)length, entry);
	return address_fits(pattern, address)
		   ? entry + length + strspn(entry + length, " ")
		   : NULL;
}

static const char *find_department(const struct config *config,
				   const struct mail_facts *facts)
{
	const struct config_list *list = &config->mail.departments;
	bool inbound = facts->direction == DIRECTION_INBOUND;
	size_t count = inbound ? facts->recipient_count : 1;

	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < count; j++) {
			const char *found = department_of(
			    list->items[i],
			    inbound ? facts->recipients[j] : facts->sender);

			if (found != NULL)
				return found;
		}
	}
	return "";
}

void config_mail_route(const struct config *config, struct mail_facts *facts)
{
	const struct config_list *local = &config->mail.local;

	/* Not knowing which addresses are inside, take everybody for it: the
	 * rules for what comes in are the stricter ones. */
	facts->direction =
	    local->count == 0 ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
	for (size_t i = 0; i < local->count; i++)
		if (any_recipient_fits(local->items[i], facts))
			facts->direction = DIRECTION_INBOUND;
	facts->department = find_department(config, facts);
}

const char *config_tenant(const struct config *config, const char *department)
{
	const struct config_list *list = &config->tenants.departments;

	for (size_t i = 0; i < list->count; i++) {
		const char *entry = list->items[i];
		char pattern[256];
		size_t length = strcspn(entry, " ");

		if (entry[length] == '\0' || length >= sizeof(pattern))
			continue;
		(void)snprintf(pattern, sizeof(pattern), "%.*s", (int)length,
			       entry);
		if (fnmatch(pattern, department, 0) == 0)
			return entry + length + strspn(entry + length, " ");
	}
	return "";
}

/* ":8443" of "https://[::1]:8443"; "". */
static const char *port_of(const char *url)
{
	const char *at = strchr(url, ']');
	const char *port =
	    strrchr(at == NULL ? url + strlen("https:") : at, ':');

	return port == NULL ? "" : port;
}

void config_page_url(const struct config *config, const char *department,
		     char *url, size_t size)
{
	const struct config_list *list = &config->tenants.hosts;
	const char *tenant = config_tenant(config, department);
	int length = 0;

	url[0] = '\0';
	if (config->web.url[0] == '\0')
		return;
	if (tenant[0] == '\0' || strcmp(tenant, "default") == 0)
		length = snprintf(url, size, "%s", config->web.url);
	for (size_t i = 0; length == 0 && i < list->count; i++) {
		const char *entry = list->items[i];
		size_t host = strcspn(entry, " ");

		if (strcmp(entry + host + strspn(entry + host, " "), tenant) ==
		    0)
			length =
			    snprintf(url, size, "https://%.*s%s", (int)host,
				     entry, port_of(config->web.url));
	}
	if (length < 0 || (size_t)length >= size)
		url[0] = '\0';
}

const char *config_tenant_of_host(const struct config *config, struct view host)
{
	const struct config_list *list = &config->tenants.hosts;

	for (size_t i = 0; i < list->count; i++) {
		const char *entry = list->items[i];
		size_t length = strcspn(entry, " ");

		if (entry[length] != '\0' && length == host.size &&
		    strncasecmp(entry, (const char *)host.data, length) == 0)
			return entry + length + strspn(entry + length, " ");
	}
	return "";
}

const char *config_next_hop(const struct config *config,
			    enum direction direction)
{
	return direction == DIRECTION_OUTBOUND &&
		       config->mail.next_hop_out[0] != '\0'
		   ? config->mail.next_hop_out
		   : config->mail.next_hop;
}

const char *config_alarm_server(const struct config *config)
{
	return config->alarms.server[0] != '\0' ? config->alarms.server
						: config->mail.next_hop;
}

bool config_has_mail(const struct config *config)
{
	return config->mail.milter[0] != '\0' || config->mail.lmtp[0] != '\0' ||
	       config->mail.seal[0] != '\0';
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

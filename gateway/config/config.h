/*
 * The configuration: one YAML file, every key with a default, checked whole.
 * docs/configuration.md lists the keys; gateway/config/keys.def is the table
 * that the schema, the defaults and the checks are made from.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_H
#define SEKISHO_GATEWAY_CONFIG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/message.h"
#include "base/policy.h"

#include <jansson.h>

enum {
	CONFIG_BYTES_MAX = 1024 * 1024, /* of the file */
	CONFIG_POLICIES_MAX = 64,
	CONFIG_RULES_MAX = 1024,
	CONFIG_PROBLEMS_MAX = 32,
	CONFIG_POLICIES_BYTES_MAX = POLICY_TEXT_MAX + 4096,
};

/* Where it is when nobody says otherwise. */
#define CONFIG_PATH "/etc/sekisho/sekisho.yaml"
#define CONFIG_STATE_PATH "/var/lib/sekisho"

/* Below a build tree: definitions that know EICAR and nothing else. */
#define CONFIG_SAMPLE_DEFINITIONS "samples/definitions"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_COUNT
};

/* What sekisho-seal answers to a message without a good seal. */
enum seal_refusal { SEAL_DEFER, SEAL_REJECT, SEAL_REFUSAL_COUNT };

struct config_list {
	const char **items;
	size_t count;
};

struct config_policy {
	const char *name;
	const char *file; /* that it was based on; "" */
	struct policy policy;
};

/* `any` values are the COUNT of their enum. */
struct config_rule {
	uint8_t channel;        /* enum channel or CHANNEL_COUNT */
	uint8_t direction;      /* enum direction or DIRECTION_COUNT */
	const char *department; /* fnmatch(3) pattern */
	const char *sender;     /* fnmatch(3) patterns; mail only */
	const char *recipient;
	uint64_t larger_than; /* bytes */
	const char *policy;
	size_t policy_index; /* in config.policies */
};

/* The mail doors. Listening places are as config_endpoint() reads them. */
struct config_mail {
	const char *milter; /* "": not used */
	const char *lmtp;
	const char *next_hop;
	const char *next_hop_out; /* see config_next_hop() */
	const char *seal;
	const char *sockets; /* folder */
	const char *group;
	struct config_list local;
	struct config_list departments; /* "PATTERN DEPARTMENT" */
	uint64_t message_bytes;
	uint64_t memory_bytes;
	uint32_t in_flight;
	uint32_t wait_seconds;
	uint32_t sender_per_minute; /* 0: no limit */
	uint32_t poison_after;
	const char *notice_from;
	const char *texts;        /* "": the defaults */
	const char *certificates; /* S/MIME is checked against; "" */
	const char *keyring;      /* the same for OpenPGP */
	const char *authserv_id;  /* "": DKIM is not checked */
	const char *resolver;     /* that is asked for its keys */
	const char *dkim_keys;    /* or a file of them; "" */
	const char *arc_key;
	const char *arc_domain;
	const char *arc_selector;
	const char *seal_key; /* "": no seals */
	uint32_t seal_hours;
	uint32_t seal_uses;
	uint8_t seal_refusal; /* enum seal_refusal */
};

/* The console. Paths are absolute or "". */
struct config_web {
	uint8_t enabled;
	const char *listen; /* as a mail door's place */
	const char *certificate;
	const char *key;
	uint8_t proxy;   /* plain HTTP: somebody in front does TLS */
	const char *url; /* https://HOST[:PORT] as recipients reach it; "" */
	struct config_list hosts;
	struct config_list metrics; /* addresses */
	uint64_t file_bytes;
	uint32_t connections;
	uint32_t connections_per_address;
};

/* Accounts, as the vault gets them (quarantine/people/settings.h). */
struct config_accounts {
	uint32_t idle_minutes;
	uint32_t session_hours;
	uint32_t lock_failures;
	uint32_t lock_minutes;
	uint32_t password_length;
	uint32_t password_classes;
	uint32_t administrator_length;
	uint32_t password_history;
	uint32_t temporary_hours;
	uint32_t dormant_days;
	uint8_t dormant_disable;
	uint8_t second_factor; /* enum second_factor */
	const char *banner;
	const char *origin; /* https://HOST[:PORT] of the console; "" */
};

/* LDAP or Active Directory. Paths are absolute or "". */
struct config_directory {
	const char *url; /* "": there is none */
	const char *ca;
	const char *bind;     /* the account for searches */
	const char *password; /* file */
	const char *base;
	const char *filter;
	const char *name; /* attributes */
	const char *mail;
	const char *department;
	uint8_t create;
};

/* Several municipalities on one gateway. */
struct config_tenants {
	struct config_list departments; /* "PATTERN TENANT" */
	struct config_list hosts;       /* "HOST TENANT" */
};

enum { CONFIG_ALARMS_MAX = 50 };

/* Who is told when something is wrong. */
struct config_alarms {
	struct config_list to; /* mail addresses */
	const char *server; /* "": mail.next_hop; see config_alarm_server() */
	uint32_t again_hours;
};

/* What a mail door knows of a message before anybody reads it. */
struct mail_facts {
	enum direction direction;
	const char *department;
	const char *sender;            /* without <>; "" for bounces */
	const char *const *recipients; /* the same */
	size_t recipient_count;
	uint64_t bytes;
};

/* Strings live as long as the configuration; paths are absolute but for
 * definitions and log_file, which are as given. */
struct config {
	const char *user;  /* to become when started as root */
	uint8_t language;  /* enum language */
	uint32_t parallel; /* objects worked on at once; never 0 */

	const char *state; /* folder of everything that must survive */
	const char *in;    /* in/DEPARTMENT/ */
	const char *out;
	const char *held;
	const char *work; /* unlinked files of large contents */
	const char *run;  /* state/run: sockets */

	const char *definitions;
	uint32_t definitions_max_age_hours;
	bool sample_definitions; /* see config_use_samples() */

	uint8_t log_level;    /* enum log_level */
	const char *log_file; /* "": standard error */
	struct config_alarms alarms;
	const char *syslog_address; /* "HOST:PORT"; "": not used */
	const char *syslog_ca;
	const char *syslog_name;
	const char *syslog_certificate;
	const char *syslog_key;

	uint8_t folder_enabled;
	struct config_list departments; /* fnmatch patterns that may drop */
	struct config_list outbound;    /* departments whose files go outward */
	uint32_t settle_ms; /* unchanged for so long: a file is complete */
	uint32_t poll_seconds;
	uint8_t folder_certificates; /* 1: NAME.cert.json beside it */
	uint8_t folder_reports; /* 1: NAME.report.json beside each output */

	uint32_t keep_held_days;
	uint32_t keep_waiting_days; /* for a password */
	uint32_t keep_all_days; /* 0: originals of what passed are not kept */
	uint32_t keep_unfetched_days; /* what its receiver fetches */
	uint32_t keep_released_days;  /* originals of what people let out */
	uint32_t keep_log_years;      /* whole years of the log; 0: all */
	struct config_list retention; /* "PATTERN DAYS": by department, in the
					 place of keep_held and _released */
	const char *node; /* in the audit log; "": the host's name */

	struct config_mail mail;
	struct config_web web;
	struct config_accounts accounts;
	struct config_directory directory;
	struct config_tenants tenants;

	uint32_t queue; /* items waiting in the broker at most */

	struct config_policy *policies; /* [0] is "default" */
	size_t policy_count;
	struct config_rule *rules; /* the first that matches decides */
	size_t rule_count;

	uint8_t file_sha256[32]; /* of the file's bytes */
	uint8_t own_sha256[32];  /* of what it says of policies and rules */
	/* What is in force; filled in by config_use_policies(). */
	struct view policies_text; /* YAML */
	uint8_t policies_sha256[32];
	char policies_version[ITEM_ID_SIZE + 1]; /* the console's; "": ours */
	bool policies_passed_over; /* the file was changed since the console's
				      were approved */

	/* in, out, held, work, mail.sockets, web.certificate, web.key as given
	 */
	const char *given[9];
	struct arena *arena;
};

/* One thing that is wrong in a file. */
struct config_problem {
	unsigned line;         /* from 1; 0: the file as a whole */
	char key[160];         /* "policies[1].limits.seconds"; "" */
	char sentence[2][512]; /* by enum language: what, what is allowed */
};

struct config_problems {
	char file[256];
	size_t count;
	struct config_problem list[CONFIG_PROBLEMS_MAX];
};

/*
 * Reads the configuration at `path`; NULL: CONFIG_PATH where there is such a
 * file, else the defaults. The caller frees it with config_free().
 * -ERR_CONFIG: `problems` says what is wrong; -ERR_NOT_FOUND: no such file
 * (and said in `problems`).
 */
int config_load(const char *path, struct config_problems *problems,
		struct config **ret_config) MUST_CHECK;

/* The same from bytes; `name` stands for the file in messages. */
int config_load_text(struct view text, const char *name,
		     struct config_problems *problems,
		     struct config **ret_config) MUST_CHECK;

/*
 * What the file at `path`, or NULL, asks of LibreOffice although that is not
 * installed: a problem each, none of which keeps the gateway from starting.
 * `program` stands for LibreOffice's own in tests; NULL.
 */
int config_office_notes(const char *path, const char *program,
			struct config_problems *ret_notes) MUST_CHECK;

void config_free(struct config *config);

/* Frees what a `struct config *` variable points to: for cleanup. */
void config_release(struct config **config);
#define CONFIG_CLEANUP __attribute__((cleanup(config_release)))

/*
 * Another state folder than the file says (--state, SEKISHO_STATE); the paths
 * that are relative to it follow. A relative path counts from the working
 * folder.
 */
int config_set_state(struct config *config, const char *state) MUST_CHECK;

/*
 * The state folder that is used when neither an option nor the file names
 * one: `var` of the checkout when the running program lies in a build tree,
 * else CONFIG_STATE_PATH. Written to `path`.
 */
void config_default_state(char *path, size_t size);

/*
 * For trying out in a checkout: without a configuration file and without
 * freshclam's definitions on the machine, a program of a build tree uses the
 * sample definitions, whatever their age. config_load() calls it; sekishod
 * says loudly that it is so. Anywhere else nothing passes without definitions.
 */
int config_use_samples(struct config *config) MUST_CHECK;

/*
 * The policies that were approved on the console, where there are any:
 * STATE/policy/policies.yaml, in the place of the file's own. When the file's
 * own were changed since, those are in force and the others passed over
 * (docs/policy.md). After config_set_state().
 */
#define CONFIG_POLICIES_FOLDER "policy"
#define CONFIG_POLICIES_NAME "policies.yaml"
int config_use_policies(struct config *config,
			struct config_problems *problems) MUST_CHECK;

/* Puts the policies and rules of `text` in the place of those that the
 * configuration has; only `policies` and `rules` may stand there, and no
 * `file`. After a failure nothing has changed. */
int config_replace_policies(struct config *config, struct view text,
			    const char *name,
			    struct config_problems *problems) MUST_CHECK;

/* The bytes of that file for a version of the console. */
void config_write_policies_file(struct buffer *buffer,
				const struct config *config,
				const char *version, struct view text);

/* Checks such a text by itself, and says what is in it: {"policies": [{"name",
 * "values"}], "rules": [{"values"}], "keys": [...]}. `ret_content` is the
 * caller's; in no case does this open a file. */
int config_describe_policies(struct view text, struct config_problems *problems,
			     json_t **ret_content) MUST_CHECK;

/* [{"line","key","ja","en"}]; NULL without memory. */
json_t *config_problems_json(const struct config_problems *problems);

/* A file that holds one policy: the keys of an entry of `policies`. */
int config_load_policy(const char *path, struct config_problems *problems,
		       struct policy *ret_policy) MUST_CHECK;

/* The policy of the first rule that matches, else "default"; its name is valid
 * as long as the configuration. */
const char *config_policy_for(const struct config *config, enum channel channel,
			      enum direction direction, const char *department,
			      struct policy *ret_policy);

/* The same for a message: the rules that name sender, recipient or size can
 * fit too. */
const char *config_policy_for_mail(const struct config *config,
				   const struct mail_facts *facts,
				   struct policy *ret_policy);

/* Direction and department that the addresses of `facts` give; the department
 * is "" or lives as long as the configuration. */
void config_mail_route(const struct config *config, struct mail_facts *facts);

/*
 * Where recipients of mail of this department reach the console: web.url, of
 * another tenant the first of its hosts, at the same port. "" where there is no
 * such page, or it does not fit.
 */
void config_page_url(const struct config *config, const char *department,
		     char *url, size_t size);

/* Whose department this is; "": the default tenant's. Lives as long as the
 * configuration. */
const char *config_tenant(const struct config *config, const char *department);

/* Whose console is at this name (without a port); the same. */
const char *config_tenant_of_host(const struct config *config,
				  struct view host);

/* The SMTP server for what a mail door sends by itself; "": none. */
const char *config_next_hop(const struct config *config,
			    enum direction direction);

/* The site's texts for mail as a sealed memory file; -1 where there are none.
 * What cannot be used is said in the log. */
int config_texts(const struct config *config, int *ret_fd) MUST_CHECK;

/* Whether any of the mail doors is used. */
/* Where notices to administrators go; "": nowhere. */
const char *config_alarm_server(const struct config *config);

bool config_has_mail(const struct config *config);

/* Whether the folder channel takes files of this department, and which way
 * they go. */
bool config_has_department(const struct config *config, const char *department);
enum direction config_direction_of(const struct config *config,
				   const char *department);

/* SHA-256 of the policy's bytes on the wire. */
void config_policy_sha256(const struct policy *policy, uint8_t ret_digest[32]);

/* A complete file: every key with its default and a comment. */
void config_write_defaults(struct buffer *buffer, enum language language);

/* One line: "FILE:LINE: KEY: SENTENCE". */
void config_problem_write(struct buffer *buffer,
			  const struct config_problems *problems, size_t index,
			  enum language language);

#endif

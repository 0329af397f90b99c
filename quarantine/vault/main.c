/*
 * sekisho-vault - keeps the items: database, keys, held originals, audit log
 *
 * sekisho-vault [--edge NAME=FD]... [--node NAME] [--keep-held-days N]
 *               [--keep-waiting-days N] [--keep-all-days N]
 *               [--keep-released-days N] [--keep-unfetched-days N]
 *               [--keep-log-years N]
 *               [--retention 'PATTERN DAYS']...
 *               [--checkpoint-minutes N] [--checkpoint-records N]
 *               [--accounts KEY=VALUE]... [--tenant 'PATTERN TENANT']...
 * sekisho-vault --backup FOLDER | --restore FOLDER [--passphrase-file FILE]
 * The current folder is the state folder. Edges: supervisor, broker, folder,
 * listen. Ends on SIGTERM, on MESSAGE_STOP and when the supervisor is gone.
 *
 * Exit: 0 stopped; 1 failed, may be started again; 2 refuses to start until a
 * person has looked (keys, damage, an altered log); 64 usage.
 */
#define _GNU_SOURCE
#include "quarantine/vault/server.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"
#include "quarantine/backup.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	EXIT_REFUSED = 2,
	EXIT_USAGE = 64,
	DAYS_MAX = 36500,
	UNFETCHED_MAX = 365
};

struct settings {
	struct store_options store;
	struct program_edges edges;
	long held_days;
	long waiting_days;
	long released_days;
	long unfetched_days;
	long log_years;
	long all_days;
	long checkpoint_minutes;
	long checkpoint_records;
	const char *backup; /* folder: makes one and ends */
	const char *restore;
	const char *passphrase;
};

/* The host's name, made fit for the log's origin. */
static void default_node(char node[NODE_NAME_MAX + 1])
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	for (char *at = host; *at != '\0'; at++) {
		char one[2] = {*at, '\0'};

		if (!node_name_valid(one))
			*at = '-';
	}
	(void)text_copy(node, NODE_NAME_MAX + 1,
			host[0] == '\0' ? "sekisho" : host);
}

/* "PATTERN DAYS": how long originals of departments are kept. */
static int add_retention(struct store_options *options, const char *text)
{
	const char *space = strrchr(text, ' ');
	struct retention *retention;
	long days = 0;

	if (options->retention_count == STORE_RETENTION_MAX || space == NULL ||
	    program_number(space + 1, 1, DAYS_MAX, &days) != 0)
		return -ERR_CONFIG;
	retention = &options->retention[options->retention_count++];
	retention->days = (uint32_t)days;
	if (space == text || !bytes_copy(retention->pattern, DEPARTMENT_MAX,
					 view_of(text, (size_t)(space - text))))
		return -ERR_CONFIG;
	retention->pattern[space - text] = '\0';
	return 0;
}

/* "PATTERN TENANT": whose departments these are. */
static int add_tenant(struct store_options *options, const char *text)
{
	const char *space = strchr(text, ' ');
	struct tenant_rule *rule;

	if (options->tenant_count == STORE_TENANTS_MAX || space == NULL)
		return -ERR_CONFIG;
	rule = &options->tenants[options->tenant_count++];
	if (space == text || !bytes_copy(rule->pattern, DEPARTMENT_MAX,
					 view_of(text, (size_t)(space - text))))
		return -ERR_CONFIG;
	rule->pattern[space - text] = '\0';
	space += strspn(space, " ");
	return tenant_name_valid(space) &&
		       text_copy(rule->tenant, sizeof(rule->tenant), space)
		   ? 0
		   : -ERR_CONFIG;
}

static int read_arguments(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"node", required_argument, NULL, 'n'},
	    {"keep-held-days", required_argument, NULL, 'h'},
	    {"keep-waiting-days", required_argument, NULL, 'w'},
	    {"keep-released-days", required_argument, NULL, 'd'},
	    {"keep-unfetched-days", required_argument, NULL, 'u'},
	    {"keep-log-years", required_argument, NULL, 'y'},
	    {"retention", required_argument, NULL, 't'},
	    {"tenant", required_argument, NULL, 'T'},
	    {"keep-all-days", required_argument, NULL, 'a'},
	    {"checkpoint-minutes", required_argument, NULL, 'm'},
	    {"checkpoint-records", required_argument, NULL, 'r'},
	    {"accounts", required_argument, NULL, 'p'},
	    {"backup", required_argument, NULL, 'b'},
	    {"restore", required_argument, NULL, 'R'},
	    {"passphrase-file", required_argument, NULL, 'P'},
	    {NULL, 0, NULL, 0},
	};
	int option;
	int error = 0;

	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			error = program_edge_add(&settings->edges, optarg);
		else if (option == 'n' && node_name_valid(optarg))
			(void)text_copy(settings->store.node,
					sizeof(settings->store.node), optarg);
		else if (option == 'h')
			error = program_number(optarg, 1, DAYS_MAX,
					       &settings->held_days);
		else if (option == 'd')
			error = program_number(optarg, 0, DAYS_MAX,
					       &settings->released_days);
		else if (option == 'u')
			error = program_number(optarg, 1, UNFETCHED_MAX,
					       &settings->unfetched_days);
		else if (option == 'y')
			error = program_number(optarg, 0, 100,
					       &settings->log_years);
		else if (option == 't')
			error = add_retention(&settings->store, optarg);
		else if (option == 'T')
			error = add_tenant(&settings->store, optarg);
		else if (option == 'w')
			error = program_number(optarg, 1, DAYS_MAX,
					       &settings->waiting_days);
		else if (option == 'a')
			error = program_number(optarg, 0, DAYS_MAX,
					       &settings->all_days);
		else if (option == 'm')
			error = program_number(optarg, 1, 24 * 60,
					       &settings->checkpoint_minutes);
		else if (option == 'r')
			error = program_number(optarg, 1, 1000000,
					       &settings->checkpoint_records);
		else if (option == 'p')
			error = people_settings_take(&settings->store.people,
						     optarg);
		else if (option == 'b')
			settings->backup = optarg;
		else if (option == 'R')
			settings->restore = optarg;
		else if (option == 'P')
			settings->passphrase = optarg;
		else
			error = -ERR_CONFIG;
	}
	settings->store.keep_held_days = (uint32_t)settings->held_days;
	settings->store.keep_released_days = (uint32_t)settings->released_days;
	settings->store.keep_unfetched_days =
	    (uint32_t)settings->unfetched_days;
	settings->store.keep_log_years = (uint32_t)settings->log_years;
	settings->store.keep_waiting_days = (uint32_t)settings->waiting_days;
	settings->store.keep_all_days = (uint32_t)settings->all_days;
	return error == 0 && optind == argc ? 0 : -ERR_CONFIG;
}

/* Keys must not reach a core file or a debugger, a full disk must come back as
 * an error and not as a signal. */
static int harden(void)
{
	const struct rlimit none = {0, 0};

	(void)umask(0077);
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return -ERR_INTERNAL;
	return sodium_init() < 0 ? -ERR_INTERNAL : 0;
}

static void on_signal(void *context, int fd)
{
	(void)fd;
	loop_stop(context);
}

static int serve(const struct settings *settings, struct store *store)
{
	HANDLE_CLEANUP int signals = -1;
	struct server server = {
	    .store = store,
	    .checkpoint_minutes = (uint32_t)settings->checkpoint_minutes,
	    .checkpoint_records = (uint32_t)settings->checkpoint_records,
	};
	struct watch *watch;
	int error = program_signals(0, &signals);

	if (error != 0)
		return error;
	server.loop = loop_new();
	if (server.loop == NULL)
		return -ERR_MEMORY;
	watch = loop_watch(server.loop, signals, on_signal, server.loop);
	if (watch == NULL)
		error = -ERR_IO;
	if (error == 0)
		error = server_start(&server, &settings->edges);
	if (error == 0)
		error = loop_run(server.loop);
	server_finish(&server);
	server_free(&server);
	loop_unwatch(server.loop, watch);
	loop_free(server.loop);
	return error;
}

static int run(const struct settings *settings, struct store *store)
{
	struct problem problem = {0};
	int error = store_open(store, &settings->store, &problem);

	if (error != 0) {
		log_line(LOG_LINE_ERROR, "start-refused reason=%s problem=%s",
			 error_name(error),
			 log_quoted(&(struct log_text){0}, problem.text));
		return error == -ERR_CONFIG || error == -ERR_MALFORMED ||
			       error == -ERR_NOT_FOUND
			   ? EXIT_REFUSED
			   : EXIT_FAILURE;
	}
	log_line(LOG_LINE_INFO, "started node=%s", store->signer.name);
	error = serve(settings, store);
	if (error == 0)
		error = store_stop(store);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "stopped reason=%s",
			 error_name(error));
		return EXIT_FAILURE;
	}
	log_line(LOG_LINE_INFO, "stopped");
	return EXIT_SUCCESS;
}

/* Another task of the program that alone knows the keys; says on standard
 * output what it did. */
static int run_backup(struct settings *settings)
{
	bool restores = settings->restore != NULL;
	struct backup_options options = {
	    .folder = restores ? settings->restore : settings->backup,
	    .passphrase = settings->passphrase,
	};
	struct backup_result result = {0};
	struct problem problem = {0};
	char hex[2 * HASH_SIZE + 1];
	int error;

	if (!restores && settings->store.node[0] == '\0')
		default_node(settings->store.node);
	options.store = settings->store;
	error = restores ? backup_restore(&options, &result, &problem)
			 : backup_make(&options, &result, &problem);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "%s-failed reason=%s problem=%s",
			 restores ? "restore" : "backup", error_name(error),
			 log_quoted(&(struct log_text){0}, problem.text));
		return error == -ERR_MALFORMED ? EXIT_REFUSED : EXIT_FAILURE;
	}
	hash_to_hex(result.manifest, hex);
	(void)printf("%s manifest=%s files=%" PRIu64 " bytes=%" PRIu64
		     " missing=%" PRIu64 " records=%" PRIu64 "\n",
		     restores ? "restored" : "backup", hex, result.files,
		     result.bytes, result.missing, result.records);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct settings settings = {.held_days = 90,
				    .waiting_days = 30,
				    .released_days = 90,
				    .unfetched_days = 7,
				    .checkpoint_minutes = 5,
				    .checkpoint_records = 1000};
	struct store *store;
	int status;

	log_open("sekisho-vault");
	people_settings_default(&settings.store.people);
	if (read_arguments(argc, argv, &settings) != 0) {
		(void)fprintf(stderr,
			      "usage: sekisho-vault [--edge NAME=FD]... "
			      "[--node NAME] [--keep-held-days N] "
			      "[--keep-waiting-days N] [--keep-all-days N] "
			      "[--keep-released-days N] "
			      "[--keep-unfetched-days N] "
			      "[--keep-log-years N] "
			      "[--retention 'PATTERN DAYS']... "
			      "[--checkpoint-minutes N] "
			      "[--checkpoint-records N] "
			      "[--accounts KEY=VALUE]... "
			      "[--tenant 'PATTERN TENANT']...\n");
		return EXIT_USAGE;
	}
	store = calloc(1, sizeof(*store));
	if (store == NULL || harden() != 0) {
		log_line(LOG_LINE_ERROR, "start-failed");
		free(store);
		return EXIT_FAILURE;
	}
	if (settings.backup != NULL || settings.restore != NULL) {
		status = run_backup(&settings);
	} else {
		if (settings.store.node[0] == '\0')
			default_node(settings.store.node);
		status = run(&settings, store);
	}
	store_close(store);
	free(store);
	return status;
}

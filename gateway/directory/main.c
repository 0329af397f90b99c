/*
 * sekisho-directory: asks the municipality's directory whether a password is
 * right. It has the password of the account for searches and nothing else: no
 * keys, no database, no content.
 *
 * usage: sekisho-directory --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, vault.
 */
#define _GNU_SOURCE
#include "gateway/directory/lookup.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/service.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { PASSWORD_MAX = 512 };

struct directory {
	struct config *config;
	char *password; /* of the account for searches; locked memory */
	struct service service;
};

/* Mode 0600 and ours, as the keys are. */
static int read_password(const char *path, char *password)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	ssize_t size;

	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    (status.st_mode & 0177) != 0 || status.st_uid != geteuid())
		return -ERR_CONFIG;
	size = read(fd, password, PASSWORD_MAX);
	while (size > 0 &&
	       (password[size - 1] == '\n' || password[size - 1] == '\r'))
		size--;
	if (size <= 0 || size == PASSWORD_MAX)
		return -ERR_CONFIG;
	password[size] = '\0';
	return 0;
}

static int answer(struct directory *directory, uint64_t id, int error,
		  const struct directory_person *person)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	buffer_u32le(&payload, (uint32_t)-error);
	pack_string(&payload, person->name);
	pack_string(&payload, person->mail);
	pack_string(&payload, person->department);
	return buffer_error(&payload) != 0
		   ? buffer_error(&payload)
		   : frame_send(directory->service.fd, MESSAGE_DIRECTORY_ANSWER,
				id, buffer_contents(&payload), -1);
}

static int on_ask(void *context, struct frame *frame)
{
	static char login[DIRECTORY_TEXT_MAX + 1];
	static char password[DIRECTORY_PASSWORD_MAX + 1];
	struct directory *directory = context;
	struct directory_person person = {0};
	struct cursor cursor = cursor_at(frame->payload, 0);
	int error;

	unpack_string(&cursor, login, sizeof(login));
	unpack_string(&cursor, password, sizeof(password));
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_PROTOCOL;
	error = directory_lookup(&directory->config->directory,
				 directory->password, login, password, &person);
	sodium_memzero(password, sizeof(password));
	return answer(directory, frame->id, error, &person);
}

static int serve(struct directory *directory, const struct program_edges *edges)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_DIRECTORY_ASK, FRAME_WITHOUT_FD, on_ask},
	};

	directory->service = (struct service){.peer = "vault",
					      .rules = rules,
					      .rule_count = 1,
					      .context = directory};
	return service_run(&directory->service, edges);
}

static int run(struct directory *directory, const char *config,
	       const char *state, const struct program_edges *edges)
{
	static struct config_problems problems;
	const char *path;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : program_harden();

	/* Whatever ldap.conf, .ldaprc or LDAP* of the environment say. */
	if (error == 0 && setenv("LDAPNOINIT", "1", 1) != 0)
		error = -ERR_MEMORY;
	if (error == 0)
		error = config_load(config, &problems, &directory->config);
	if (error == 0 && state != NULL)
		error = config_set_state(directory->config, state);
	if (error != 0)
		return error;
	directory->password = sodium_malloc(PASSWORD_MAX + 1);
	if (directory->password == NULL)
		return -ERR_MEMORY;
	path = directory->config->directory.password;
	error = read_password(path, directory->password);
	if (error != 0) {
		log_line(LOG_LINE_ERROR,
			 "password-refused file=%s; it must hold the password "
			 "of directory.bind, with mode 0600, owned by "
			 "the gateway's user",
			 log_quoted(&(struct log_text){0}, path));
		return error;
	}
	return serve(directory, edges);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	struct directory directory = {.config = NULL};
	struct program_edges edges = {.count = 0};
	const char *config = NULL;
	const char *state = NULL;
	int option;
	int error = 0;

	log_open("sekisho-directory");
	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			error = program_edge_add(&edges, optarg);
		else if (option == 'c')
			config = optarg;
		else if (option == 's')
			state = optarg;
		else
			error = -ERR_CONFIG;
	}
	if (error != 0 || optind != argc)
		return 64;
	error = run(&directory, config, state, &edges);
	sodium_free(directory.password);
	config_free(directory.config);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}

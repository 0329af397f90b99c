/*
 * sekisho-audit - verifies and shows the audit log, proves from it, and
 * countersigns another gateway's
 *
 * Needs the exported files and the public key; with --state also holds the
 * vault's database against them. Only `witness` and `export` write, and only
 * what they are told to. See docs/man/sekisho-audit.1.
 *
 * Exit: 0 whole; 1 altered; 2 incomplete, or it could not be read; 3 usage.
 */
#define _GNU_SOURCE
#include "quarantine/audit_tool/tool.h"

#include "base/handle.h"
#include "base/message.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

static const struct {
	const char *name;
	int least; /* arguments */
	int most;
	bool needs_key;
	int (*run)(const struct settings *settings);
} commands[] = {
    {"verify", 1, 1, true, command_verify},
    {"show", 1, 1, false, command_show},
    {"prove", 1, 1, false, command_prove},
    {"check", 1, 1, true, command_check},
    {"witness", 1, 1, true, command_witness},
    {"bundle", 1, 1, true, command_bundle},
    {"export", 2, 2, true, command_export},
    {"examine", 1, 1, false, command_examine},
};

static int usage(void)
{
	(void)fputs(
	    "usage: sekisho-audit verify FOLDER --key FILE [--state DATABASE]\n"
	    "           [--compare COPY] [--witness-key FILE] [--from YEAR]\n"
	    "           [--quiet]\n"
	    "       sekisho-audit show FOLDER [--item ID] [--year YEAR]\n"
	    "       sekisho-audit prove FOLDER --year YEAR (--seq N | --since "
	    "N)\n"
	    "       sekisho-audit check PROOF --key FILE\n"
	    "       sekisho-audit witness PROOF --key FILE --signer FILE\n"
	    "           --name NAME --memory FILE\n"
	    "       sekisho-audit bundle FILE --key FILE\n"
	    "       sekisho-audit export FOLDER OUT --key FILE\n"
	    "       sekisho-audit examine FOLDER [--day YYYY-MM-DD] [--state\n"
	    "           DATABASE] [--json]\n"
	    "always: [--lang ja|en]\n",
	    stderr);
	return EXIT_USAGE;
}

static int read_option(struct settings *settings, int option)
{
	switch (option) {
	case 'k':
		settings->key = optarg;
		return 0;
	case 's':
		settings->state = optarg;
		return 0;
	case 'c':
		settings->compare = optarg;
		return 0;
	case 'w':
		settings->witness_key = optarg;
		return 0;
	case 'S':
		settings->signer = optarg;
		return 0;
	case 'n':
		settings->name = optarg;
		return node_name_valid(optarg) ? 0 : -ERR_CONFIG;
	case 'm':
		settings->memory = optarg;
		return 0;
	case 'd':
		settings->day = optarg;
		return 0;
	case 'j':
		settings->json = true;
		return 0;
	case 'q':
		settings->quiet = true;
		return 0;
	case 'i':
		settings->item = optarg;
		return item_id_valid(optarg) ? 0 : -ERR_CONFIG;
	case 'f':
		return program_number(optarg, 1970, 2199, &settings->from);
	case 'y':
		return program_number(optarg, 1970, 2199, &settings->year);
	case 'N':
		return program_number(optarg, 0, INT32_MAX, &settings->seq);
	case 'F':
		return program_number(optarg, 1, INT32_MAX, &settings->since);
	case 'l':
		settings->language =
		    strcmp(optarg, "en") == 0 ? LANGUAGE_EN : LANGUAGE_JA;
		return strcmp(optarg, "en") == 0 || strcmp(optarg, "ja") == 0
			   ? 0
			   : -ERR_CONFIG;
	default:
		return -ERR_CONFIG;
	}
}

static int read_arguments(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
	    {"key", required_argument, NULL, 'k'},
	    {"state", required_argument, NULL, 's'},
	    {"compare", required_argument, NULL, 'c'},
	    {"witness-key", required_argument, NULL, 'w'},
	    {"signer", required_argument, NULL, 'S'},
	    {"name", required_argument, NULL, 'n'},
	    {"memory", required_argument, NULL, 'm'},
	    {"day", required_argument, NULL, 'd'},
	    {"from", required_argument, NULL, 'f'},
	    {"item", required_argument, NULL, 'i'},
	    {"year", required_argument, NULL, 'y'},
	    {"seq", required_argument, NULL, 'N'},
	    {"since", required_argument, NULL, 'F'},
	    {"lang", required_argument, NULL, 'l'},
	    {"json", no_argument, NULL, 'j'},
	    {"quiet", no_argument, NULL, 'q'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (read_option(settings, option) != 0)
			return -ERR_CONFIG;
	if (argc - optind < 1)
		return -ERR_CONFIG;
	settings->command = argv[optind];
	settings->arguments = argv + optind + 1;
	settings->argument_count = argc - optind - 1;
	return 0;
}

int complain(const struct settings *settings, const char *what, const char *why)
{
	(void)settings;
	(void)fprintf(stderr, "sekisho-audit: %s: %s\n", what, why);
	return EXIT_INCOMPLETE;
}

int read_text(const char *path, size_t size, struct buffer *text)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct view file;
	int error;

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND
				       : error_from_errno(errno);
	error = handle_map(fd, &file);
	if (error != 0)
		return error;
	if (file.size > size)
		error = -ERR_MALFORMED;
	else
		buffer_view(text, file);
	handle_unmap(&file);
	return error != 0 ? error : buffer_error(text);
}

int read_public_key(const char *path, struct signer *ret_signer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(SIGNER_KEY_TEXT_MAX);
	int error = read_text(path, SIGNER_KEY_TEXT_MAX, &text);

	return error != 0 ? error
			  : signer_key_read(buffer_contents(&text), ret_signer);
}

int main(int argc, char **argv)
{
	struct settings settings = {.language = LANGUAGE_JA, .seq = -1};
	const char *lang = getenv("LANG");

	if (lang != NULL && strncmp(lang, "ja", 2) != 0)
		settings.language = LANGUAGE_EN;
	if (sodium_init() < 0)
		return EXIT_INCOMPLETE;
	if (read_arguments(argc, argv, &settings) != 0)
		return usage();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(settings.command, commands[i].name) != 0)
			continue;
		if (settings.argument_count < commands[i].least ||
		    settings.argument_count > commands[i].most ||
		    (commands[i].needs_key && settings.key == NULL))
			return usage();
		return commands[i].run(&settings);
	}
	return usage();
}

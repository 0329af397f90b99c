/*
 * sekisho-audit - verifies and shows the audit log
 *
 * sekisho-audit verify FOLDER --key FILE [--state DATABASE] [--from YEAR]
 *                      [--lang ja|en] [--quiet]
 * sekisho-audit show FOLDER [--item ID] [--year YEAR] [--lang ja|en]
 *
 * Needs the exported files and the public key; with --state also holds the
 * vault's database against them. Writes nothing.
 *
 * Exit: 0 whole; 1 altered; 2 incomplete, or it could not be read; 3 usage.
 */
#define _GNU_SOURCE
#include "quarantine/audit_tool/show.h"
#include "quarantine/verify.h"

#include "base/handle.h"
#include "base/message.h"
#include "base/program.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

enum { EXIT_WHOLE, EXIT_ALTERED, EXIT_INCOMPLETE, EXIT_USAGE };

struct settings {
	const char *folder;
	const char *key;
	const char *state;
	const char *item;
	long from;
	long year;
	bool quiet;
	enum language language;
};

static int usage(void)
{
	(void)fprintf(
	    stderr,
	    "usage: sekisho-audit verify FOLDER --key FILE [--state DATABASE]\n"
	    "                     [--from YEAR] [--lang ja|en] [--quiet]\n"
	    "       sekisho-audit show FOLDER [--item ID] [--year YEAR]\n"
	    "                     [--lang ja|en]\n");
	return EXIT_USAGE;
}

static int read_arguments(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
	    {"key", required_argument, NULL, 'k'},
	    {"state", required_argument, NULL, 's'},
	    {"from", required_argument, NULL, 'f'},
	    {"item", required_argument, NULL, 'i'},
	    {"year", required_argument, NULL, 'y'},
	    {"lang", required_argument, NULL, 'l'},
	    {"quiet", no_argument, NULL, 'q'},
	    {NULL, 0, NULL, 0},
	};
	int option;
	int error = 0;

	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			settings->key = optarg;
		else if (option == 's')
			settings->state = optarg;
		else if (option == 'i' && item_id_valid(optarg))
			settings->item = optarg;
		else if (option == 'f')
			error =
			    program_number(optarg, 1970, 2199, &settings->from);
		else if (option == 'y')
			error =
			    program_number(optarg, 1970, 2199, &settings->year);
		else if (option == 'l' && strcmp(optarg, "ja") == 0)
			settings->language = LANGUAGE_JA;
		else if (option == 'l' && strcmp(optarg, "en") == 0)
			settings->language = LANGUAGE_EN;
		else if (option == 'q')
			settings->quiet = true;
		else
			error = -ERR_CONFIG;
	}
	if (error != 0 || argc - optind != 2)
		return -ERR_CONFIG;
	settings->folder = argv[optind + 1];
	return 0;
}

static int read_key(const char *path, struct signer *ret_signer)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct view text;
	int error;

	if (fd < 0)
		return -ERR_NOT_FOUND;
	error = handle_map(fd, &text);
	if (error != 0)
		return error;
	error = signer_key_read(text, ret_signer);
	handle_unmap(&text);
	return error;
}

static int check_state(struct verify *verify, const char *path)
{
	struct database database;
	struct problem problem = {0};
	int error = database_open_readonly(path, &database, &problem);

	if (error == 0) {
		error = verify_state(verify, &database);
		database_close(&database);
		return error;
	}
	verify_report(
	    verify, VERIFY_STATE_UNREADABLE,
	    &(struct place){.file = path, .seq = -1, .detail = problem.text});
	return 0;
}

static int say_result(const struct verify *verify)
{
	static const char *const sentences[][2] = {
	    [GRAVITY_NOTICE] = {"完全です。", "whole"},
	    [GRAVITY_INCOMPLETE] = {"不完全です。", "incomplete"},
	    [GRAVITY_ALTERED] = {"改ざんされています。", "altered"},
	};
	static const int codes[] = {[GRAVITY_NOTICE] = EXIT_WHOLE,
				    [GRAVITY_INCOMPLETE] = EXIT_INCOMPLETE,
				    [GRAVITY_ALTERED] = EXIT_ALTERED};
	bool ja = verify->language == LANGUAGE_JA;
	enum gravity gravity = verify_result(verify);

	(void)printf("%s %s=%d-%d %s=%" PRIu64 " %s=%" PRIu64 "\n",
		     sentences[gravity][ja ? 0 : 1], ja ? "年度" : "years",
		     verify->first_year, verify->last_year,
		     ja ? "記録" : "records", verify->records,
		     ja ? "チェックポイント" : "checkpoints",
		     verify->checkpoints);
	return codes[gravity];
}

static int run_verify(const struct settings *settings)
{
	struct verify verify = {.folder = settings->folder,
				.from_year = (int)settings->from,
				.language = settings->language,
				.out = settings->quiet ? NULL : stdout};
	int error;

	if (settings->key == NULL)
		return usage();
	if (read_key(settings->key, &verify.signer) != 0) {
		(void)fprintf(stderr, "sekisho-audit: %s: %s\n", settings->key,
			      settings->language == LANGUAGE_JA
				  ? "公開鍵として読めません"
				  : "is no public key");
		return EXIT_USAGE;
	}
	error = verify_files(&verify);
	if (error == 0 && settings->state != NULL)
		error = check_state(&verify, settings->state);
	if (error != 0) {
		(void)fprintf(stderr, "sekisho-audit: %s: %s\n",
			      settings->folder,
			      error_sentence(error, settings->language));
		return EXIT_INCOMPLETE;
	}
	return say_result(&verify);
}

int main(int argc, char **argv)
{
	struct settings settings = {.language = LANGUAGE_JA};
	const char *lang = getenv("LANG");

	if (lang != NULL && strncmp(lang, "ja", 2) != 0)
		settings.language = LANGUAGE_EN;
	if (sodium_init() < 0)
		return EXIT_INCOMPLETE;
	if (read_arguments(argc, argv, &settings) != 0)
		return usage();
	if (strcmp(argv[optind], "verify") == 0)
		return run_verify(&settings);
	if (strcmp(argv[optind], "show") == 0)
		return show_log(settings.folder, (int)settings.year,
				settings.item, settings.language) == 0
			   ? EXIT_WHOLE
			   : EXIT_INCOMPLETE;
	return usage();
}

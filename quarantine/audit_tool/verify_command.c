#define _GNU_SOURCE
#include "quarantine/audit_tool/tool.h"

#include <inttypes.h>

#include "base/banned.h"

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

	(void)printf("%s %s=%d-%d %s=%" PRIu64 " %s=%" PRIu64,
		     sentences[gravity][ja ? 0 : 1], ja ? "年度" : "years",
		     verify->first_year, verify->last_year,
		     ja ? "記録" : "records", verify->records,
		     ja ? "チェックポイント" : "checkpoints",
		     verify->checkpoints);
	if (verify->witnessed > 0)
		(void)printf(" %s=%" PRIu64, ja ? "立会署名" : "witnessed",
			     verify->witnessed);
	(void)fputc('\n', stdout);
	return codes[gravity];
}

static int check_witness(struct verify *verify, const char *path)
{
	struct signer witness;

	if (read_public_key(path, &witness) != 0)
		return -ERR_CONFIG;
	return verify_witness(verify, &witness);
}

int command_verify(const struct settings *settings)
{
	struct verify verify = {.folder = settings->arguments[0],
				.from_year = (int)settings->from,
				.language = settings->language,
				.out = settings->quiet ? NULL : stdout};
	int error;

	if (read_public_key(settings->key, &verify.signer) != 0) {
		(void)complain(settings, settings->key,
			       SAY(settings, "公開鍵として読めません",
				   "is no public key"));
		return EXIT_USAGE;
	}
	error = verify_files(&verify);
	if (error == 0 && settings->witness_key != NULL)
		error = check_witness(&verify, settings->witness_key);
	if (error == 0 && settings->compare != NULL)
		error = verify_compare(&verify, settings->compare);
	if (error == 0 && settings->state != NULL)
		error = check_state(&verify, settings->state);
	if (error != 0)
		return complain(settings, settings->arguments[0],
				error_sentence(error, settings->language));
	return say_result(&verify);
}

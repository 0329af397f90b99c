/* The evidence of an incident, checked with the public key alone. */
#include "quarantine/audit_tool/tool.h"

#include "quarantine/oversight/bundle.h"

#include <inttypes.h>

#include "base/banned.h"

static const char *sentence(const struct settings *settings, const char *why)
{
	static const struct {
		const char *why;
		const char *ja;
		const char *en;
	} sentences[] = {
	    {"manifest", "目録がないか読めません",
	     "the manifest is missing or cannot be read"},
	    {"signature", "目録の署名が正しくありません",
	     "the manifest is not signed with this key"},
	    {"missing", "ファイルがありません", "the file is missing"},
	    {"hash", "目録のハッシュと異なります",
	     "the file is not the one of the manifest"},
	    {"twice", "同じ名前が二度あります", "the name is there twice"},
	    {"not listed", "目録にないファイルです",
	     "the manifest does not name it"},
	    {"checkpoint", "チェックポイントが正しくありません",
	     "a checkpoint is not good"},
	    {"root", "署名されたルートと一致しません",
	     "the leaves do not lead to the signed root"},
	    {"record", "記録の形式が正しくありません",
	     "this is no record in canonical form"},
	    {"not in the tree", "木にない記録です",
	     "a record is not in the tree"},
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].why, why) == 0)
			return SAY(settings, sentences[i].ja, sentences[i].en);
	return why;
}

int command_bundle(const struct settings *settings)
{
	static const int codes[] = {[BUNDLE_WHOLE] = EXIT_WHOLE,
				    [BUNDLE_ALTERED] = EXIT_ALTERED,
				    [BUNDLE_INCOMPLETE] = EXIT_INCOMPLETE};
	const char *path = settings->arguments[0];
	struct bundle_result result;
	struct signer signer;
	int error;

	if (read_public_key(settings->key, &signer) != 0) {
		(void)complain(settings, settings->key,
			       SAY(settings, "公開鍵として読めません",
				   "is no public key"));
		return EXIT_USAGE;
	}
	error = bundle_check(path, &signer, &result);
	if (error != 0)
		return complain(settings, path,
				error_sentence(error, settings->language));
	if (result.state != BUNDLE_WHOLE) {
		(void)printf("%s %s: %s\n",
			     result.state == BUNDLE_ALTERED
				 ? SAY(settings, "改ざん:", "altered:")
				 : SAY(settings, "不完全:", "incomplete:"),
			     result.file, sentence(settings, result.why));
		return codes[result.state];
	}
	(void)printf(SAY(settings,
			 "完全です。 ファイル=%" PRIu64 " 記録=%" PRIu64
			 " 未署名=%" PRIu64 "\n",
			 "whole files=%" PRIu64 " records=%" PRIu64
			 " not-yet-signed=%" PRIu64 "\n"),
		     result.files, result.records, result.unsigned_records);
	return EXIT_WHOLE;
}

#include "gateway/config/problem.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include "base/banned.h"

static void copy_visible(char *to, size_t size, const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(64 * 1024);
	char cut[256];

	(void)text_copy(cut, sizeof(cut), text);
	utf8_write_visible(&buffer, view_of_string(cut));
	buffer_u8(&buffer, '\0');
	if (buffer_error(&buffer) == 0)
		(void)text_copy(to, size, (const char *)buffer.data);
}

int problem_add(struct config_problems *problems, unsigned line,
		const char *key, const char *ja, const char *en)
{
	struct config_problem *problem;

	if (problems->count >= CONFIG_PROBLEMS_MAX)
		return -ERR_CONFIG;
	problem = &problems->list[problems->count++];
	*problem = (struct config_problem){.line = line};
	copy_visible(problem->key, sizeof(problem->key), key);
	(void)text_copy(problem->sentence[LANGUAGE_JA],
			sizeof(problem->sentence[0]), ja);
	(void)text_copy(problem->sentence[LANGUAGE_EN],
			sizeof(problem->sentence[0]), en);
	return -ERR_CONFIG;
}

int problem_quote(struct config_problems *problems, unsigned line,
		  const char *key, const char *text, const char *ja,
		  const char *en)
{
	char quoted[80] = "";
	char sentences[2][512];

	copy_visible(quoted, sizeof(quoted), text);
	(void)snprintf(sentences[0], sizeof(sentences[0]), "「%s」%s", quoted,
		       ja);
	(void)snprintf(sentences[1], sizeof(sentences[1]), "\"%s\" %s", quoted,
		       en);
	return problem_add(problems, line, key, sentences[0], sentences[1]);
}

void config_problem_write(struct buffer *buffer,
			  const struct config_problems *problems, size_t index,
			  enum language language)
{
	const struct config_problem *problem = &problems->list[index];

	buffer_text(buffer, problems->file);
	if (problem->line > 0)
		buffer_format(buffer, ":%u", problem->line);
	buffer_text(buffer, ": ");
	if (problem->key[0] != '\0')
		buffer_format(buffer, "%s: ", problem->key);
	buffer_text(buffer, problem->sentence[language == LANGUAGE_EN]);
}

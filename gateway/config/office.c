#include "gateway/config/office.h"

#include "base/bytes.h"
#include "gateway/config/policies.h"
#include "gateway/config/problem.h"
#include "gateway/sandbox/sandbox.h"

#include <unistd.h>

#include "base/banned.h"

enum { NOTES_MEMORY_MAX = 16 * 1024 * 1024 };

static const struct {
	const char *kind;
	bool converts; /* else it is made a PDF of, and nothing more */
} engines[] = {
#define ENGINE(kind, reads, output, writes, draws) {#kind, sizeof(output) > 1},
#include "sanitizers/office/engine.def"
#undef ENGINE
};

static bool is_taken(const char *kind, bool convert)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i].kind, kind) == 0)
			return !convert || engines[i].converts;
	return false;
}

bool office_can(const struct key *key, const char *value)
{
	return key->section != SECTION_MODES || strcmp(value, "convert") != 0 ||
	       is_taken(key->name, true);
}

/* Whether a key of a policy gives LibreOffice something to do. */
static bool asks(const struct node *node)
{
	static const char mode[] = "policies[].mode";
	static const char modes[] = "policies[].modes.";
	size_t length = sizeof(modes) - 1;
	bool convert;

	if (node->kind != NODE_SCALAR || node->value == NULL)
		return false;
	convert = strcmp(node->value, "convert") == 0;
	if (!convert && strcmp(node->value, "pdf") != 0)
		return false;
	if (strcmp(node->pattern, mode) == 0)
		return true;
	return strncmp(node->pattern, modes, length) == 0 &&
	       is_taken(node->pattern + length, convert);
}

static void note(const struct outline *outline, struct config_problems *notes)
{
	for (size_t i = 0; i < outline->count; i++) {
		const struct node *node = &outline->nodes[i];

		if (asks(node))
			(void)problem_quote(
			    notes, node->line, node->path, node->value,
			    "には LibreOffice が必要ですが、このサーバーに"
			    "入っていません。docs/office.md "
			    "のパッケージを入れるまで、"
			    "該当するファイルは保留します。",
			    "needs LibreOffice, which is not installed on this "
			    "server. Install the packages of docs/office.md; "
			    "until then such files are held.");
	}
}

int config_office_notes(const char *path, const char *program,
			struct config_problems *ret_notes)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);
	struct outline outline = {0};
	struct arena *arena;
	int error;

	*ret_notes = (struct config_problems){0};
	if (access(program == NULL ? SANDBOX_OFFICE_PROGRAM : program, X_OK) ==
	    0)
		return 0;
	arena = arena_new(NOTES_MEMORY_MAX);
	if (arena == NULL)
		return -ERR_MEMORY;
	error = config_read_file(path == NULL ? CONFIG_PATH : path, ret_notes,
				 &text);
	if (error == 0)
		error = outline_read(buffer_contents(&text), "", arena,
				     ret_notes, &outline);
	if (error == 0)
		note(&outline, ret_notes);
	outline_free(&outline);
	arena_free(arena);
	/* No file says nothing. */
	if (error == -ERR_NOT_FOUND && path == NULL) {
		ret_notes->count = 0;
		return 0;
	}
	return error;
}

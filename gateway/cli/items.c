/* sekisho items: what the vault has recorded. */
#include "base/frame.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/human.h"
#include "gateway/cli/table.h"

#include "base/banned.h"

enum { COLUMNS = 8 };

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static const char *state_word(const char *state, enum language language)
{
	static const struct {
		const char *name;
		const char *ja;
		const char *en;
	} words[] = {
	    {"held", "保留", "held"},
	    {"awaiting_password", "パスワード待ち", "needs password"},
	    {"ready", "引渡し前", "ready"},
	    {"delivered", "引渡し済み", "delivered"},
	    {"destroyed", "廃棄済み", "destroyed"},
	    {"requested", "申請中", "requested"},
	    {"approved", "承認済み", "approved"},
	    {"releasing", "解放中", "releasing"},
	    {"released_sanitized", "解放済み(無害化)", "released"},
	    {"released_original", "解放済み(原本)", "released original"},
	    {"reprocessing", "再処理中", "reprocessing"},
	    {"rejected", "却下", "rejected"},
	    {"destroy_due", "廃棄予定", "to be destroyed"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, state) == 0)
			return language == LANGUAGE_JA ? words[i].ja
						       : words[i].en;
	return state;
}

/* The sentence of a reason, nothing for what passed; why it could not be
 * released comes before why it is held. */
static const char *reason_words(const json_t *item, enum language language)
{
	const char *failed = string_of(item, "failed");
	const char *name =
	    failed[0] != '\0' ? failed : string_of(item, "reason");
	enum error reason = error_by_name(name);

	return reason == ERR_NONE ? "" : error_sentence((int)reason, language);
}

static int print_list(const json_t *items, enum language language)
{
	static const unsigned limits[COLUMNS] = {0, 0, 14, 32, 0, 0, 0, 8};
	size_t rows = json_array_size(items) + 1;
	const char **cells = calloc(rows * COLUMNS, sizeof(char *));
	const json_t *item;
	size_t index;

	if (cells == NULL)
		return -ERR_MEMORY;
	cells[0] = SAY(language, "番号", "ID");
	cells[1] = SAY(language, "日時", "TIME");
	cells[2] = SAY(language, "部署", "DEPARTMENT");
	cells[3] = SAY(language, "名前", "NAME");
	cells[4] = SAY(language, "種類", "TYPE");
	cells[5] = SAY(language, "状態", "STATE");
	cells[6] = SAY(language, "理由", "REASON");
	cells[7] = SAY(language, "親", "PART OF");
	json_array_foreach(items, index, item)
	{
		const char **row = cells + (index + 1) * COLUMNS;

		row[0] = string_of(item, "id");
		row[1] = string_of(item, "time");
		row[2] = string_of(item, "department");
		row[3] = string_of(item, "name");
		row[4] = string_of(item, "type");
		row[5] = state_word(string_of(item, "state"), language);
		row[6] = reason_words(item, language);
		row[7] = string_of(item, "parent");
	}
	table_print(cells, rows, COLUMNS, limits);
	free(cells);
	return 0;
}

/* "key: value" of everything that is not a list or an object. */
static void print_values(json_t *object, const char *indent)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (json_is_array(value) || json_is_object(value) ||
		    json_is_null(value))
			continue;
		(void)printf("%s%s: ", indent, key);
		if (json_is_string(value)) {
			print_visible(json_string_value(value));
			(void)fputs("\n", stdout);
			continue;
		}
		(void)json_dumpf(value, stdout, JSON_ENCODE_ANY);
		(void)fputs("\n", stdout);
	}
}

static void print_entries(json_t *list, enum language language)
{
	json_t *entry;
	size_t index;

	json_array_foreach(list, index, entry)
	{
		enum removal_kind kind =
		    removal_by_name(string_of(entry, "kind"));

		if (kind != REMOVAL_NONE)
			(void)printf("  - %s\n",
				     removal_sentence(kind, language));
		else
			(void)fputs("  -\n", stdout);
		print_values(entry, "    ");
	}
}

static void print_item(json_t *item, enum language language)
{
	const char *reason = reason_words(item, language);
	const char *key;
	json_t *value;

	print_values(item, "");
	if (reason[0] != '\0')
		(void)printf("→ %s\n", reason);
	json_object_foreach(item, key, value)
	{
		if (json_is_object(value)) {
			(void)printf("%s:\n", key);
			print_values(value, "  ");
		} else if (json_array_size(value) > 0) {
			(void)printf("%s (%zu):\n", key,
				     json_array_size(value));
			print_entries(value, language);
		}
	}
}

static int request(const struct options *options, const struct config *config,
		   json_t **ret)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(4096);
	json_t *filter;
	char *text;

	if (options->command == COMMAND_ITEMS_SHOW) {
		pack_string(&payload, options->files[0]);
		return ask(config, "vault.sock", MESSAGE_VAULT_SHOW,
			   buffer_contents(&payload), MESSAGE_VAULT_REPLY, ret);
	}
	filter = json_pack("{s:i, s:s*}", "limit", (int)options->limit, "state",
			   options->item_state);
	text = filter == NULL ? NULL : json_dumps(filter, JSON_COMPACT);
	json_decref(filter);
	if (text == NULL)
		return -ERR_MEMORY;
	buffer_text(&payload, text);
	free(text);
	return ask(config, "vault.sock", MESSAGE_VAULT_LIST,
		   buffer_contents(&payload), MESSAGE_VAULT_REPLY, ret);
}

static int failed(const struct options *options, const struct config *config,
		  int error)
{
	const char *sentence = error_sentence(error, options->language);

	if (error == -ERR_NOT_FOUND && options->command == COMMAND_ITEMS_LIST)
		sentence =
		    SAY(options->language, "ゲートウェイは動いていません。",
			"no gateway is running there");
	(void)fprintf(stderr, "sekisho: %s: %s\n", config->run, sentence);
	return EXIT_COULD_NOT;
}

int command_items(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	json_t *answer = NULL;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	error = request(options, config, &answer);
	if (error != 0)
		return failed(options, config, error);
	if (options->json) {
		(void)json_dumpf(answer, stdout, JSON_INDENT(1));
		(void)fputs("\n", stdout);
	} else if (options->command == COMMAND_ITEMS_SHOW) {
		print_item(answer, options->language);
	} else {
		error = print_list(answer, options->language);
	}
	json_decref(answer);
	return error == 0 ? EXIT_ALL_OUT : EXIT_COULD_NOT;
}

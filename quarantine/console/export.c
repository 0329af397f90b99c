/*
 * Lists as CSV: the same query as the list itself, which decides what the
 * session sees, page by page up to a limit. Every export is on record with what
 * was asked for, how many rows there were and the hash of the file (LOG-1).
 */
#include "quarantine/console/csv.h"
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <stdlib.h>

#include "base/banned.h"

enum { EXPORT_ROWS = 10000, EXPORT_BYTES = 64 * 1024 * 1024 };

struct exporting {
	const char *name; /* of the list: "items" */
	call_handler *handler;
	const char *list;   /* where the rows are in its answer */
	const char *next;   /* where its answer says how to go on; NULL: */
	const char *last;   /* the key of the last row that says it */
	const char *cursor; /* the parameter that takes that */
	int64_t page;
	const struct csv_column *columns;
	size_t count;
};

static const struct csv_column item_columns[] = {
    {"id", "番号", "ID"},
    {"time", "受付日時(UTC)", "Received (UTC)"},
    {"updated", "更新日時(UTC)", "Changed (UTC)"},
    {"channel", "経路", "Channel"},
    {"direction", "方向", "Direction"},
    {"department", "部署", "Department"},
    {"name", "件名・ファイル名", "Subject or name"},
    {"state", "状態", "State"},
    {"verdict", "判定", "Verdict"},
    {"reason", "理由", "Reason"},
    {"type", "種類", "Type"},
    {"input_bytes", "入力(バイト)", "Input (bytes)"},
    {"output_bytes", "出力(バイト)", "Output (bytes)"},
    {"legal_hold", "法的保存", "Legal hold"},
    {"request_kind", "申請の種類", "Request"},
    {"request_state", "申請の状態", "State of the request"},
    {"requester", "申請者", "Requester"},
};
static const struct csv_column request_columns[] = {
    {"id", "番号", "ID"},
    {"item", "項目", "Item"},
    {"name", "件名・ファイル名", "Subject or name"},
    {"department", "部署", "Department"},
    {"kind", "種類", "Kind"},
    {"state", "状態", "State"},
    {"time", "申請日時(UTC)", "Requested (UTC)"},
    {"requester", "申請者", "Requester"},
    {"reason", "申請の理由", "Reason of the request"},
    {"outcome", "決定", "Decision"},
    {"decided", "決定日時(UTC)", "Decided (UTC)"},
    {"approver", "承認者", "Approver"},
    {"decision_reason", "決定の理由", "Reason of the decision"},
};
static const struct csv_column user_columns[] = {
    {"number", "番号", "Number"},
    {"login", "利用者 ID", "User ID"},
    {"name", "氏名", "Name"},
    {"mail", "メールアドレス", "Mail address"},
    {"unit", "部署", "Department"},
    {"roles", "役割", "Roles"},
    {"source", "登録元", "Source"},
    {"state", "状態", "State"},
    {"last_login", "最終ログイン(UTC)", "Last login (UTC)"},
    {"created", "登録日時(UTC)", "Made (UTC)"},
    {"dormant", "長期未使用", "Dormant"},
    {"locked_until", "ロック解除(UTC)", "Locked until (UTC)"},
    {"totp", "認証アプリ", "App"},
    {"keys", "セキュリティキー", "Security keys"},
};
static const struct csv_column audit_columns[] = {
    {"year", "年度", "Year"},
    {"seq", "番号", "Number"},
    {"time", "日時(UTC)", "Time (UTC)"},
    {"node", "装置", "Node"},
    {"actor", "行為者", "Actor"},
    {"role", "役割", "Role"},
    {"unit", "部署", "Department"},
    {"source", "接続元", "From"},
    {"action", "操作", "Action"},
    {"object", "対象", "Object"},
    {"version", "版", "Version"},
    {"reason", "理由", "Reason"},
    {"outcome", "結果", "Outcome"},
    {"before", "前のハッシュ", "Hash before"},
    {"after", "後のハッシュ", "Hash after"},
    {"previous", "直前の記録", "Record before"},
};

#define COLUMNS(list) (list), sizeof(list) / sizeof((list)[0])

static const struct exporting items = {
    "items", items_search, "items", "next",
    NULL,    "cursor",     200,     COLUMNS(item_columns)};
static const struct exporting requests = {
    "requests", requests_list, "requests", "next",
    NULL,       "cursor",      200,        COLUMNS(request_columns)};
static const struct exporting users = {
    "users",  users_list, "users", NULL,
    "number", "after",    200,     COLUMNS(user_columns)};
static const struct exporting entries = {
    "audit", audit_entries, "entries", NULL,
    "seq",   "before",      500,       COLUMNS(audit_columns)};

/* The filters of this call and nothing else. */
static json_t *filters_of(struct call *call, const struct exporting *export,
			  enum language *ret_language)
{
	json_t *filters =
	    json_deep_copy((const json_t *)(uintptr_t)call->parameters);
	const char *lang = json_string_value(json_object_get(filters, "lang"));

	*ret_language =
	    lang != NULL && strcmp(lang, "en") == 0 ? LANGUAGE_EN : LANGUAGE_JA;
	if (json_object_get(filters, "lang") != NULL &&
	    (lang == NULL ||
	     (strcmp(lang, "en") != 0 && strcmp(lang, "ja") != 0)))
		(void)parameter_refuse(call, "lang");
	if (json_object_get(filters, "limit") != NULL)
		(void)parameter_refuse(call, "limit");
	if (json_object_get(filters, export->cursor) != NULL)
		(void)parameter_refuse(call, export->cursor);
	(void)json_object_del(filters, "lang");
	(void)json_object_set_new(filters, "limit", json_integer(export->page));
	return filters;
}

/* One page, by the list's own handler: what it refuses is refused here. */
static int run_page(struct call *call, const struct exporting *export,
		    const json_t *filters, json_t **ret_answer)
{
	struct call page = {.store = call->store,
			    .operation = call->operation,
			    .session = call->session,
			    .token = call->token,
			    .source = call->source,
			    .now_ms = call->now_ms,
			    .parameters = filters,
			    .answer = json_object(),
			    .content = -1};
	int error = page.answer == NULL ? -ERR_MEMORY : export->handler(&page);

	if (error == -ERR_PARAMETER)
		call->parameter_wrong = page.parameter_wrong;
	if (error == 0 && !page.parameters_ended)
		error = -ERR_INTERNAL;
	if (error != 0)
		json_decref(page.answer);
	else
		*ret_answer = page.answer;
	return error;
}

/* How the next page is asked for; NULL: there is none. */
static json_t *next_of(const struct exporting *export, const json_t *answer,
		       const json_t *rows)
{
	size_t count = json_array_size(rows);

	if (export->next != NULL)
		return json_object_get(answer, export->next);
	if (count < (size_t) export->page)
		return NULL;
	return json_object_get(json_array_get(rows, count - 1), export->last);
}

/* Writes a page; *ret_more says whether the filters now ask for another. */
static int write_page(struct call *call, const struct exporting *export,
		      json_t *filters, struct buffer *text, bool *ret_more)
{
	json_t *answer = NULL;
	json_t *rows;
	json_t *next;
	json_t *row;
	size_t index;
	int error = run_page(call, export, filters, &answer);

	if (error != 0)
		return error;
	rows = json_object_get(answer, export->list);
	json_array_foreach(rows, index, row)
	{
		if (call->exported.rows == EXPORT_ROWS)
			break;
		csv_row(text, export->columns, export->count, row);
		call->exported.rows++;
	}
	next = next_of(export, answer, rows);
	*ret_more = json_is_integer(next);
	if (*ret_more)
		error =
		    json_error(json_object_set(filters, export->cursor, next));
	json_decref(answer);
	return error;
}

static int put_file(struct call *call, const struct exporting *export,
		    const struct buffer *text, bool partial)
{
	char time[TIME_TEXT_SIZE + 1];
	char name[96];
	int error = buffer_error(text);

	if (error != 0)
		return error;
	time_write(call->now_ms, time);
	(void)snprintf(name, sizeof(name), "sekisho-%s-%.10s%s.csv",
		       export->name, time, partial ? "-partial" : "");
	(void)snprintf(call->exported.object, sizeof(call->exported.object),
		       "export:%s", export->name);
	hash_bytes(buffer_contents(text), call->exported.sha256);
	error =
	    memory_file_from("export", buffer_contents(text), &call->content);
	return error == 0 ? json_error(json_object_set_new(call->answer, "name",
							   json_string(name)))
			  : error;
}

static int export_list(struct call *call, const struct exporting *export)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(EXPORT_BYTES);
	enum language language;
	json_t *filters = filters_of(call, export, &language);
	bool more = true;
	int error = filters == NULL ? -ERR_MEMORY : 0;

	if (error == 0 && call->parameter_wrong != NULL)
		error = -ERR_PARAMETER;
	call->exported.action = "data.export";
	csv_begin(&text, export->columns, export->count, language);
	while (error == 0 && more && call->exported.rows < EXPORT_ROWS)
		error = write_page(call, export, filters, &text, &more);
	json_decref(filters);
	/* Every one of them was the list's to refuse. */
	call->parameters_read = json_object_size(call->parameters);
	if (error == 0)
		error = parameters_end(call);
	return error == 0 ? put_file(call, export, &text, more) : error;
}

int items_export(struct call *call)
{
	return export_list(call, &items);
}

int requests_export(struct call *call)
{
	return export_list(call, &requests);
}

int users_export(struct call *call)
{
	return export_list(call, &users);
}

int audit_export_entries(struct call *call)
{
	return export_list(call, &entries);
}

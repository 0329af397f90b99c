#include "quarantine/oversight/year_report.h"

#include "base/bytes.h"
#include "quarantine/database.h"
#include "quarantine/oversight/self_check.h"
#include "quarantine/tenant.h"

#include "base/banned.h"

/* Languages in the place of an if for each. */
#define SAY(report, ja, en) ((report)->language == LANGUAGE_JA ? (ja) : (en))

struct section {
	const char *title[2]; /* by enum language */
	const char *source[2];
	const char *sql;
};

static const struct section sections[] = {
#define SECTION(ja, en, ja_source, en_source, sql)                             \
	{{[LANGUAGE_JA] = (ja), [LANGUAGE_EN] = (en)},                         \
	 {[LANGUAGE_JA] = (ja_source), [LANGUAGE_EN] = (en_source)},           \
	 sql},
#include "quarantine/oversight/year_report.def"
#undef SECTION
};

static const struct {
	const char *code;
	const char *text[2];
} words[] = {
#define WORD(code, ja, en) {code, {[LANGUAGE_JA] = (ja), [LANGUAGE_EN] = (en)}},
#include "quarantine/oversight/year_words.def"
#undef WORD
};

static const char style[] =
    "<style>body{font-family:\"Noto Sans CJK JP\",\"Yu Gothic\",Meiryo,"
    "sans-serif;line-height:1.5;color:#1b2430;max-width:60rem;margin:2rem "
    "auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.5rem "
    "0 .25rem;break-after:avoid}p{margin:.25rem 0}.source{color:#4d5a6b;"
    "font-size:.9rem}table{border-collapse:collapse;width:100%;"
    "table-layout:fixed;margin:.5rem "
    "0}th,td{border:1px solid #8692a2;padding:.2rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere;white-space:pre-line}"
    "th{background:#eef1f5}th:nth-child(1){width:46%}"
    "th:nth-child(2){width:34%}td.number{text-align:right;white-space:nowrap}"
    "tr{break-inside:avoid}.sign td{height:3rem}"
    "@page{size:A4;margin:15mm}</style>";

void year_range(int year, int64_t *ret_from_ms, int64_t *ret_to_ms)
{
	char text[] = "-2147483648-03-31T15:00:00.000Z";
	int64_t edges[2] = {0, 0};

	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), "%04d-03-31T15:00:00.000Z",
			       year + i);
		if (time_read(text, &edges[i]) != 0)
			edges[i] = 0;
	}
	*ret_from_ms = edges[0];
	*ret_to_ms = edges[1];
}

void html_text(struct buffer *buffer, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			buffer_text(buffer, "&lt;");
			break;
		case '>':
			buffer_text(buffer, "&gt;");
			break;
		case '&':
			buffer_text(buffer, "&amp;");
			break;
		case '"':
			buffer_text(buffer, "&quot;");
			break;
		case '\'':
			buffer_text(buffer, "&#39;");
			break;
		default:
			/* No control character but the end of a line. */
			buffer_u8(buffer, (uint8_t)*text < 0x20 && *text != '\n'
					      ? ' '
					      : (uint8_t)*text);
		}
	}
}

static const char *in_words(const struct year_report *report, const char *code)
{
	enum self_check check = self_check_by_name(code);
	enum error reason;

	if (check != SELF_CHECKS)
		return self_check_sentence(check, report->language);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].code, code) == 0)
			return words[i].text[report->language];
	reason = error_by_name(code);
	return reason == ERR_NONE
		   ? code
		   : error_sentence((int)reason, report->language);
}

static void write_cell(struct buffer *buffer, const char *text, bool number)
{
	buffer_text(buffer, number ? "<td class=\"number\">" : "<td>");
	html_text(buffer, text);
	buffer_text(buffer, "</td>");
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

static int write_rows(const struct year_report *report, struct query *query,
		      struct buffer *buffer, uint64_t *ret_rows)
{
	int result;

	while ((result = query_step(query)) == 1) {
		buffer_text(buffer, "<tr>");
		for (int i = 0; i < 3; i++) {
			const char *text = query_column_text(query, i);

			write_cell(buffer, in_words(report, text),
				   i == 2 && is_number(text));
		}
		buffer_text(buffer, "</tr>\n");
		(*ret_rows)++;
	}
	return result < 0 ? result : buffer_error(buffer);
}

static int write_section(const struct year_report *report,
			 struct database *database,
			 const struct section *section, struct buffer *buffer)
{
	QUERY_CLEANUP struct query query = query_make(database, section->sql);
	int count = query.statement == NULL
			? 0
			: sqlite3_bind_parameter_count(query.statement);
	int64_t values[4];
	uint64_t rows = 0;
	int error;

	year_range(report->year, &values[0], &values[1]);
	values[2] = report->year;
	values[3] = report->dormant_ms;
	/* The highest that it names: those below are bound, too. */
	for (int i = 0; i < count && i < 4; i++)
		query_integer(&query, values[i]);
	buffer_text(buffer, "<h2>");
	html_text(buffer, section->title[report->language]);
	buffer_text(buffer, "</h2>\n<p class=\"source\">");
	buffer_text(buffer, SAY(report, "出典: ", "From: "));
	html_text(buffer, section->source[report->language]);
	buffer_text(buffer, "</p>\n<table>\n<tr><th scope=\"col\">");
	buffer_text(buffer, SAY(report,
				"区分</th><th scope=\"col\">内訳"
				"</th><th scope=\"col\">件数・結果",
				"What</th><th scope=\"col\">Of which</th>"
				"<th scope=\"col\">Number or result"));
	buffer_text(buffer, "</th></tr>\n");
	error = write_rows(report, &query, buffer, &rows);
	if (rows == 0)
		buffer_format(buffer, "<tr><td colspan=\"3\">%s</td></tr>\n",
			      SAY(report, "該当はありません。", "None."));
	buffer_text(buffer, "</table>\n");
	return error;
}

static void write_head(const struct year_report *report, struct buffer *buffer)
{
	char time[TIME_TEXT_SIZE + 1];
	int64_t from_ms;
	int64_t to_ms;

	time_write(report->now_ms, time);
	buffer_format(
	    buffer,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<title>%s %d</title>\n",
	    SAY(report, "ja", "en"),
	    SAY(report, "関所 年次自己点検報告書",
		"Sekisho: yearly self-check report"),
	    report->year);
	buffer_text(buffer, style);
	buffer_format(buffer, "\n</head>\n<body>\n<main>\n<h1>%s</h1>\n",
		      SAY(report, "関所 年次自己点検報告書",
			  "Sekisho: yearly self-check report"));
	buffer_format(
	    buffer,
	    SAY(report, "<p>%d 年度 (%d 年 4 月 1 日 - %d 年 3 月 31 日)</p>\n",
		"<p>Fiscal year %d (1 April %d - 31 March %d)</p>\n"),
	    report->year, report->year, report->year + 1);
	buffer_text(buffer, SAY(report, "<p>装置: ", "<p>Gateway: "));
	html_text(buffer, report->node);
	buffer_format(buffer, " / Sekisho %s</p>\n<p>%s %s (UTC), ",
		      SEKISHO_VERSION, SAY(report, "作成:", "Made:"), time);
	html_text(buffer, report->asker);
	buffer_text(buffer, "</p>\n");
	year_range(report->year, &from_ms, &to_ms);
	if (report->now_ms < to_ms)
		buffer_format(buffer, "<p><strong>%s</strong></p>\n",
			      SAY(report, "年度の途中の報告です。",
				  "The year is not over yet."));
}

static void write_end(const struct year_report *report, struct buffer *buffer)
{
	buffer_format(
	    buffer, "<h2>%s</h2>\n<p>%s</p>\n", SAY(report, "確認", "Signed"),
	    SAY(report,
		"数値は監査記録と台帳から計算したものです。両者の一致は "
		"sekisho-audit verify --state で確かめられます。",
		"The numbers were counted from the log and the tables; "
		"sekisho-audit verify --state shows that both agree."));
	buffer_format(buffer,
		      "<table class=\"sign\"><tr><th scope=\"col\">%s</th>"
		      "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr>"
		      "<tr><td></td><td></td><td></td></tr></table>\n"
		      "</main>\n</body>\n</html>\n",
		      SAY(report, "点検者", "Checked by"),
		      SAY(report, "情報セキュリティ責任者",
			  "Information security officer"),
		      SAY(report, "日付", "Date"));
}

int year_report_write(const struct year_report *report, struct buffer *buffer)
{
	struct database *database = calloc(1, sizeof(*database));
	struct problem problem = {0};
	int error;

	if (database == NULL)
		return -ERR_MEMORY;
	error = tenant_open_readonly(report->path, report->tenant, database,
				     &problem);
	if (error == 0) {
		/* All of it as of one moment. */
		error = database_run(database, "BEGIN");
		write_head(report, buffer);
		for (size_t i = 0;
		     error == 0 && i < sizeof(sections) / sizeof(sections[0]);
		     i++)
			error = write_section(report, database, &sections[i],
					      buffer);
		write_end(report, buffer);
		database_close(database);
	}
	free(database);
	return error != 0 ? error : buffer_error(buffer);
}

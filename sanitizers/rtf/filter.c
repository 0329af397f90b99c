#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

void rtf_fail(struct rtf *rtf, int error)
{
	if (rtf->error == 0)
		rtf->error = error;
}

static struct view input_since(const struct rtf *rtf, size_t start)
{
	size_t end = rtf->reader.cursor.offset;

	return view_slice(rtf->job->input, start, end - start);
}

static const char *path_at(struct rtf *rtf, size_t offset)
{
	const char *path = arena_format(rtf->job->arena, "byte %zu", offset);

	if (path == NULL)
		rtf_fail(rtf, -ERR_MEMORY);
	return path == NULL ? "" : path;
}

/* A word that is not known: each once. */
static void report_word(struct rtf *rtf, struct view name)
{
	for (size_t i = 0; i < rtf->reported_count; i++)
		if (view_equal(rtf->reported[i], name))
			return;
	if (rtf->reported_count == RTF_REPORTED_MAX)
		return;
	rtf->reported[rtf->reported_count++] = name;
	job_remove(rtf->job, REMOVAL_RTF_WORD, path_at(rtf, rtf->token_start),
		   input_since(rtf, rtf->token_start), "\\%.*s",
		   (int)(name.size < RTF_NAME_MAX ? name.size : RTF_NAME_MAX),
		   (const char *)name.data);
}

static void report_control(struct rtf *rtf)
{
	if (!rtf->control_reported)
		job_remove(rtf->job, REMOVAL_TEXT_CONTROL,
			   path_at(rtf, rtf->token_start),
			   (struct view){NULL, 0}, "control characters");
	rtf->control_reported = true;
}

void rtf_drop(struct rtf *rtf, enum removal_kind kind, struct view name)
{
	rtf->gone = 1;
	rtf->gone_kind = kind;
	rtf->gone_name = name;
}

static void end_drop(struct rtf *rtf)
{
	size_t start = rtf_top(rtf)->start;
	struct view name = rtf->gone_name;

	rtf->gone = 0;
	if (rtf->gone_kind == REMOVAL_NONE)
		return;
	job_remove(rtf->job, rtf->gone_kind, path_at(rtf, start),
		   input_since(rtf, start), "\\%.*s",
		   (int)(name.size < RTF_NAME_MAX ? name.size : RTF_NAME_MAX),
		   (const char *)name.data);
}

static void open_group(struct rtf *rtf)
{
	struct rtf_group *group;

	if (rtf->depth == RTF_DEPTH_MAX) {
		rtf_fail(rtf, -ERR_LIMIT_DEPTH);
		return;
	}
	group = &rtf->groups[rtf->depth++];
	*group = (struct rtf_group){
	    .start = rtf->token_start,
	    .mark = rtf->to->size,
	    .delimit = rtf->delimit,
	    .fallback = 1,
	};
	if (rtf->depth > 1) {
		const struct rtf_group *parent = rtf_parent(rtf);

		group->content = parent->content;
		group->outer = parent->content;
		group->fallback = parent->fallback;
		if (parent->role == RTF_FONTS)
			group->role = RTF_FONTS;
	}
}

/* Nothing is left between its braces. */
static bool is_empty(struct rtf *rtf)
{
	const struct rtf_group *group = rtf_top(rtf);

	return group->closing == 1 && rtf->to->size == group->mark + 1;
}

static void close_group(struct rtf *rtf)
{
	if (rtf->gone > 0)
		end_drop(rtf);
	rtf_field_end(rtf);
	rtf_picture_end(rtf);
	rtf_shape_end(rtf);
	if (is_empty(rtf)) {
		rtf_write_undo(rtf, rtf_top(rtf));
		rtf_top(rtf)->closing = 0;
	}
	rtf_write_close(rtf);
	rtf->depth--;
}

/* What is no destination begins a group of its own where text is kept. */
static void begin(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	if (group->begun)
		return;
	group->begun = true;
	if (group->content == RTF_KEEP || group->content == RTF_LEVEL)
		rtf_write_open(rtf);
}

static enum removal_kind kind_of(struct view name)
{
	static const struct {
		const char *name;
		enum removal_kind kind;
	} kinds[] = {
	    {"template", REMOVAL_RTF_TEMPLATE},
	    {"datastore", REMOVAL_RTF_DATA},
	    {"xmlopen", REMOVAL_RTF_DATA},
	    {"xmlclose", REMOVAL_RTF_DATA},
	    {"xmlnstbl", REMOVAL_RTF_DATA},
	    {"factoidname", REMOVAL_RTF_DATA},
	    {"mailmerge", REMOVAL_RTF_MAIL_MERGE},
	    {"fontemb", REMOVAL_RTF_FONT},
	    {"fontfile", REMOVAL_RTF_FONT},
	    {"docvar", REMOVAL_RTF_VARIABLE},
	    {"filetbl", REMOVAL_RTF_SUBDOCUMENT},
	    {"file", REMOVAL_RTF_SUBDOCUMENT},
	    {"nextfile", REMOVAL_RTF_SUBDOCUMENT},
	    {"htmltag", REMOVAL_RTF_HTML},
	    {"mhtmltag", REMOVAL_RTF_HTML},
	    {"xform", REMOVAL_RTF_TRANSFORM},
	    {"ffentrymcr", REMOVAL_RTF_MACRO},
	    {"ffexitmcr", REMOVAL_RTF_MACRO},
	    {"hl", REMOVAL_RTF_LINK},
	    {"datafield", REMOVAL_RTF_FIELD_DATA},
	    {"nonshppict", REMOVAL_RTF_FALLBACK},
	    {"shprslt", REMOVAL_RTF_FALLBACK},
	    {"objdata", REMOVAL_RTF_OBJECT},
	    {"info", REMOVAL_METADATA},
	    {"userprops", REMOVAL_METADATA},
	    {"generator", REMOVAL_METADATA},
	    {"rsidtbl", REMOVAL_METADATA},
	    {"company", REMOVAL_METADATA},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_equal(name, view_of_string(kinds[i].name)))
			return kinds[i].kind;
	return REMOVAL_RTF_DESTINATION;
}

/* A destination that stays. In the middle of a group it is one of its own, to
 * the end of the group. */
static void begin_destination(struct rtf *rtf, const struct rtf_token *token,
			      bool starred)
{
	struct rtf_group *group = rtf_top(rtf);

	if (group->content != RTF_KEEP && group->content != RTF_LEVEL) {
		rtf_drop(rtf, REMOVAL_NONE, token->bytes);
		return;
	}
	group->begun = true;
	rtf_write_open(rtf);
	if (starred)
		buffer_text(rtf->to, "\\*");
	rtf_write_word(rtf, token->bytes, token);
	if (view_equal(token->bytes, view_of_string("fonttbl")))
		group->role = RTF_FONTS;
	if (view_equal(token->bytes, view_of_string("leveltext")) ||
	    view_equal(token->bytes, view_of_string("levelnumbers")))
		group->content = RTF_LEVEL;
}

/* Whether the word opens a destination, or leaves one out. */
static bool take_destination(struct rtf *rtf, const struct rtf_token *token)
{
	struct rtf_group *group = rtf_top(rtf);
	unsigned kinds = rtf_word_kinds(token->bytes);
	bool starred = group->starred;

	group->starred = false;
	if (!group->begun && (rtf_field_word(rtf, token->bytes) ||
			      rtf_picture_word(rtf, token->bytes) ||
			      rtf_shape_word(rtf, token->bytes))) {
		group->begun = true;
		return true;
	}
	if ((kinds & RTF_STARRED) != 0 &&
	    (starred || (kinds & RTF_FORMAT) == 0))
		begin_destination(rtf, token, true);
	else if ((kinds & RTF_GROUP) != 0)
		begin_destination(rtf, token, false);
	else if ((kinds & RTF_GONE) != 0 || starred)
		rtf_drop(rtf,
			 group->content == RTF_KEEP ||
				 group->content == RTF_LEVEL ||
				 group->content == RTF_CODE
			     ? kind_of(token->bytes)
			     : REMOVAL_NONE,
			 token->bytes);
	else
		return false;
	return true;
}

static void take_format(struct rtf *rtf, const struct rtf_token *token)
{
	static const char font[] = "f";
	bool is_font = view_equal(token->bytes, view_of_string(font));

	if (token->bad_number ||
	    (is_font &&
	     (token->number < 0 || token->number > RTF_FONT_NUMBER))) {
		report_word(rtf, token->bytes);
		return;
	}
	if (is_font && rtf_top(rtf)->role == RTF_FONTS &&
	    ++rtf->fonts > RTF_FONTS_MAX) {
		rtf_write_undo(rtf, rtf_top(rtf));
		rtf_top(rtf)->closing = 0;
		rtf_drop(rtf, REMOVAL_RTF_FONT, token->bytes);
		return;
	}
	rtf_write_word(rtf, token->bytes, token);
}

static void take_word(struct rtf *rtf, const struct rtf_token *token)
{
	struct rtf_group *group = rtf_top(rtf);
	unsigned kinds;

	if (view_equal(token->bytes, view_of_string("uc"))) {
		group->fallback = (uint16_t)(token->number & 0xFF);
		return;
	}
	if (view_equal(token->bytes, view_of_string("u"))) {
		begin(rtf);
		rtf->skip = group->fallback;
		rtf_write_unicode(rtf, token->number);
		return;
	}
	if (take_destination(rtf, token))
		return;
	begin(rtf);
	kinds = rtf_word_kinds(token->bytes);
	if ((kinds & RTF_FORMAT) != 0)
		take_format(rtf, token);
	else if ((kinds & RTF_SIGN) != 0)
		rtf_write_word(rtf, token->bytes, NULL);
	else
		report_word(rtf, token->bytes);
}

static void take_byte(struct rtf *rtf, uint8_t byte, bool coded)
{
	begin(rtf);
	if (byte >= 0x20 && byte != 0x7F)
		rtf_write_byte(rtf, byte, coded);
	else if (coded && rtf_top(rtf)->content == RTF_LEVEL)
		rtf_write_byte(rtf, byte, true);
	else if (byte == '\t')
		rtf_write_name(rtf, "tab");
	else
		report_control(rtf);
}

static void take_symbol(struct rtf *rtf, const struct rtf_token *token)
{
	static const char kept[] = "~-_:";

	begin(rtf);
	if (token->byte == '\r' || token->byte == '\n') {
		rtf_write_name(rtf, "par");
	} else if (token->byte == '\\' || token->byte == '{' ||
		   token->byte == '}' || token->byte == '\t') {
		take_byte(rtf, token->byte, false);
	} else if (token->byte != 0 && strchr(kept, token->byte) != NULL) {
		buffer_u8(rtf->to, '\\');
		buffer_u8(rtf->to, token->byte);
		rtf->delimit = false;
	} else {
		report_control(rtf);
	}
}

static void take_kept(struct rtf *rtf, const struct rtf_token *token)
{
	switch (token->kind) {
	case RTF_WORD:
		take_word(rtf, token);
		break;
	case RTF_SYMBOL:
		take_symbol(rtf, token);
		break;
	case RTF_BYTE:
		take_byte(rtf, token->byte, true);
		break;
	case RTF_TEXT:
		for (size_t i = 0; i < token->bytes.size; i++)
			take_byte(rtf, token->bytes.data[i], false);
		break;
	case RTF_BINARY:
		job_remove(rtf->job, REMOVAL_RTF_BINARY,
			   path_at(rtf, rtf->token_start), token->bytes,
			   "\\bin");
		break;
	default:
		break;
	}
}

/* Words within what is gathered or hollow: only destinations count. */
static bool take_elsewhere(struct rtf *rtf, const struct rtf_token *token)
{
	if (token->kind != RTF_WORD)
		return false;
	if (view_equal(token->bytes, view_of_string("uc"))) {
		rtf_top(rtf)->fallback = (uint16_t)(token->number & 0xFF);
		return true;
	}
	if (take_destination(rtf, token))
		return true;
	rtf_top(rtf)->begun = true;
	return false;
}

static void take_content(struct rtf *rtf, const struct rtf_token *token)
{
	enum rtf_content content = rtf_top(rtf)->content;

	if (content == RTF_KEEP || content == RTF_LEVEL) {
		take_kept(rtf, token);
		return;
	}
	if (take_elsewhere(rtf, token))
		return;
	if (content == RTF_CODE)
		rtf_code_token(rtf, token);
	else if (content == RTF_PICTURE)
		rtf_picture_token(rtf, token);
	else if (content == RTF_VALUE)
		rtf_value_token(rtf, token);
}

/* Units of fallback behind \u: words and symbols count as one. */
static bool skip_fallback(struct rtf *rtf, struct rtf_token *token)
{
	if (rtf->skip == 0)
		return false;
	if (token->kind == RTF_TEXT && token->bytes.size > rtf->skip) {
		token->bytes = view_slice(token->bytes, rtf->skip, SIZE_MAX);
		rtf->skip = 0;
		return false;
	}
	rtf->skip -= token->kind == RTF_TEXT ? (uint32_t)token->bytes.size : 1;
	return true;
}

static void take_inner(struct rtf *rtf, struct rtf_token *token)
{
	if (rtf->gone > 0 || skip_fallback(rtf, token))
		return;
	if (token->kind == RTF_SYMBOL && token->byte == '*') {
		rtf_top(rtf)->starred = true;
		return;
	}
	/* Behind \* stands the name of a destination, and nothing else. */
	if (rtf_top(rtf)->starred && token->kind != RTF_WORD) {
		rtf_drop(rtf, REMOVAL_RTF_DESTINATION, view_of_string("*"));
		return;
	}
	take_content(rtf, token);
}

static void take_open(struct rtf *rtf)
{
	rtf->skip = 0;
	if (rtf->gone == 0 && rtf_top(rtf)->starred)
		rtf_drop(rtf, REMOVAL_RTF_DESTINATION, view_of_string("*"));
	if (rtf->gone > 0) {
		rtf->gone++;
		return;
	}
	begin(rtf);
	open_group(rtf);
}

static void take_close(struct rtf *rtf)
{
	rtf->skip = 0;
	if (rtf->gone > 1)
		rtf->gone--;
	else
		close_group(rtf);
}

static int take_header(struct rtf *rtf)
{
	struct rtf_token token;
	size_t start = 0;

	while (start < rtf->job->input.size &&
	       rtf->job->input.data[start] != '{')
		start++;
	rtf->reader = rtf_reader_at(rtf->job->input, start);
	rtf->token_start = start;
	token = rtf_next(&rtf->reader);
	if (token.kind != RTF_OPEN)
		return -ERR_MALFORMED;
	open_group(rtf);
	token = rtf_next(&rtf->reader);
	if (token.kind != RTF_WORD || !view_starts_with(token.bytes, "rt"))
		return -ERR_MALFORMED;
	if (start > 0)
		job_remove(rtf->job, REMOVAL_RTF_OUTSIDE, path_at(rtf, 0),
			   view_slice(rtf->job->input, 0, start), "in front");
	rtf_top(rtf)->begun = true;
	rtf_write_open(rtf);
	buffer_text(rtf->to, "\\rtf1\\uc1");
	rtf->delimit = true;
	return rtf->error;
}

static void report_rest(struct rtf *rtf)
{
	size_t at = rtf->reader.cursor.offset;
	struct view rest = view_slice(rtf->job->input, at, SIZE_MAX);

	for (size_t i = 0; i < rest.size; i++) {
		if (strchr(" \t\r\n", rest.data[i]) != NULL)
			continue;
		job_remove(rtf->job, REMOVAL_RTF_OUTSIDE, path_at(rtf, at),
			   rest, "behind the end");
		return;
	}
}

static void take_token(struct rtf *rtf, struct rtf_token *token)
{
	if (token->kind == RTF_OPEN)
		take_open(rtf);
	else if (token->kind == RTF_CLOSE)
		take_close(rtf);
	else
		take_inner(rtf, token);
}

int rtf_filter(struct rtf *rtf)
{
	int error = take_header(rtf);

	while (error == 0 && rtf->depth > 0) {
		struct rtf_token token;

		rtf->token_start = rtf->reader.cursor.offset;
		token = rtf_next(&rtf->reader);
		if (token.kind == RTF_END)
			return -ERR_TRUNCATED;
		take_token(rtf, &token);
		if (rtf->reader.cut)
			return -ERR_TRUNCATED;
		error = rtf->error != 0 ? rtf->error : buffer_error(rtf->to);
	}
	if (error == 0)
		report_rest(rtf);
	return error;
}

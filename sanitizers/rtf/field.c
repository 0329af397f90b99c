#include "sanitizers/field.h"
#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

static bool is(struct view name, const char *word)
{
	return view_equal(name, view_of_string(word));
}

static void begin_field(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	group->role = RTF_FIELD;
	group->content = RTF_HOLLOW;
	rtf_write_open(rtf);
	rtf_write_name(rtf, "field");
}

static void begin_instruction(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	group->role = RTF_INSTRUCTION;
	group->content = RTF_CODE;
	rtf->code.size = 0;
	rtf->code_written.size = 0;
	rtf->form.size = 0;
	rtf->code_bad = false;
}

/* The field's result is left as text of the paragraph. */
static void refuse(struct rtf *rtf, struct rtf_group *field)
{
	field->settled = true;
	field->refused = true;
	rtf_write_undo(rtf, field);
	buffer_u8(rtf->to, '{');
	rtf->delimit = false;
}

static void begin_result(struct rtf *rtf, struct rtf_group *field)
{
	struct rtf_group *group = rtf_top(rtf);

	if (!field->settled)
		refuse(rtf, field);
	group->content = field->outer;
	rtf_write_open(rtf);
	if (!field->refused)
		rtf_write_name(rtf, "fldrslt");
}

static void begin_form(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	group->role = RTF_FORM;
	group->content = RTF_KEEP;
	rtf->form.size = 0;
	rtf->to = &rtf->form;
	group->mark = 0;
	rtf_write_open(rtf);
	buffer_text(rtf->to, "\\*");
	rtf_write_name(rtf, "formfield");
}

bool rtf_field_word(struct rtf *rtf, struct view name)
{
	struct rtf_group *group = rtf_top(rtf);
	struct rtf_group *parent = rtf_parent(rtf);
	bool kept = group->content == RTF_KEEP || group->content == RTF_LEVEL;

	if (is(name, "field")) {
		rtf->code_bad |= group->content == RTF_CODE;
		if (kept && rtf->to == &rtf->out)
			begin_field(rtf);
		else
			rtf_drop(rtf, REMOVAL_RTF_FIELD, name);
		return true;
	}
	if (is(name, "fldinst")) {
		if (parent->role == RTF_FIELD && !parent->settled)
			begin_instruction(rtf);
		else
			rtf_drop(rtf, REMOVAL_RTF_FIELD, name);
		return true;
	}
	if (is(name, "fldrslt")) {
		if (parent->role == RTF_FIELD)
			begin_result(rtf, parent);
		else
			rtf_drop(rtf, REMOVAL_RTF_FIELD, name);
		return true;
	}
	if (is(name, "formfield")) {
		if (group->content == RTF_CODE && rtf->to == &rtf->out)
			begin_form(rtf);
		else
			rtf_drop(rtf, REMOVAL_RTF_FIELD, name);
		return true;
	}
	return false;
}

/*
 * A byte of the instruction. What was written as \'hh may be the second half
 * of a character, which would read as a quotation mark or a backslash here and
 * as none in Word: a field with such a byte goes.
 */
static void code_byte(struct rtf *rtf, uint8_t byte, bool coded)
{
	if (byte == '\t')
		byte = ' ';
	if (byte < 0x20 || byte == 0x7F ||
	    (coded && (byte < 0x40 || byte == '\\')))
		rtf->code_bad = true;
	else if (byte >= 0x80)
		buffer_utf8(&rtf->code, 0xFFFD);
	else
		buffer_u8(&rtf->code, byte);
	rtf->to = &rtf->code_written;
	rtf_write_byte(rtf, byte, coded);
	rtf->to = &rtf->out;
}

static void code_unicode(struct rtf *rtf, int32_t number)
{
	rtf->skip = rtf_top(rtf)->fallback;
	rtf->code_bad |= (number & 0xFFFF) < 0x80;
	buffer_utf8(&rtf->code, (uint32_t)number & 0xFFFF);
	rtf->to = &rtf->code_written;
	rtf_write_unicode(rtf, number);
	rtf->to = &rtf->out;
}

static void code_word(struct rtf *rtf, const struct rtf_token *token)
{
	if (is(token->bytes, "u"))
		code_unicode(rtf, token->number);
	else if ((rtf_word_kinds(token->bytes) & RTF_SIGN) != 0)
		code_byte(rtf, ' ', false);
}

void rtf_code_token(struct rtf *rtf, const struct rtf_token *token)
{
	rtf->delimit = false;
	if (token->kind == RTF_WORD) {
		code_word(rtf, token);
	} else if (token->kind == RTF_BYTE) {
		code_byte(rtf, token->byte, true);
	} else if (token->kind == RTF_SYMBOL) {
		bool text = token->byte == '\\' || token->byte == '{' ||
			    token->byte == '}';

		code_byte(rtf, text ? token->byte : ' ', false);
	} else if (token->kind == RTF_TEXT) {
		for (size_t i = 0; i < token->bytes.size; i++)
			code_byte(rtf, token->bytes.data[i], false);
	} else {
		rtf->code_bad = true;
	}
	if (rtf->code.size > RTF_CODE_MAX)
		rtf->code_bad = true;
}

static void end_instruction(struct rtf *rtf, const struct rtf_group *group)
{
	struct rtf_group *field = rtf_parent(rtf);
	struct view code = buffer_contents(&rtf->code);
	int shown = (int)(code.size < 200 ? code.size : 200);

	if (!rtf->code_bad && field_allowed(rtf->job->policy, code)) {
		field->settled = true;
		buffer_text(rtf->to, "{\\*\\fldinst ");
		buffer_view(rtf->to, buffer_contents(&rtf->code_written));
		buffer_view(rtf->to, buffer_contents(&rtf->form));
		buffer_u8(rtf->to, '}');
		rtf->delimit = false;
		return;
	}
	refuse(rtf, field);
	job_remove(rtf->job, REMOVAL_RTF_FIELD, "field",
		   view_slice(rtf->job->input, group->start,
			      rtf->reader.cursor.offset - group->start),
		   "%.*s", shown, (const char *)code.data);
}

void rtf_field_end(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	if (group->role == RTF_INSTRUCTION) {
		end_instruction(rtf, group);
	} else if (group->role == RTF_FORM) {
		rtf_write_close(rtf);
		rtf->to = &rtf->out;
	} else if (group->role == RTF_FIELD && !group->settled) {
		rtf_write_undo(rtf, group);
		group->closing = 0;
	}
	if (buffer_error(&rtf->code) != 0 ||
	    buffer_error(&rtf->code_written) != 0 ||
	    buffer_error(&rtf->form) != 0)
		rtf_fail(rtf, -ERR_LIMIT_OUTPUT);
}

#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

static const char hex[] = "0123456789abcdef";

static void write_hex(struct rtf *rtf, uint8_t byte)
{
	const char text[] = {'\\', '\'', hex[byte >> 4], hex[byte & 15]};

	buffer_bytes(rtf->to, text, sizeof(text));
	rtf->delimit = false;
}

/* Lines end behind these, so that the file can be looked at. */
static bool ends_line(struct view name)
{
	return view_equal(name, view_of_string("par")) ||
	       view_equal(name, view_of_string("row")) ||
	       view_equal(name, view_of_string("sect")) ||
	       view_equal(name, view_of_string("page"));
}

void rtf_write_word(struct rtf *rtf, struct view name,
		    const struct rtf_token *number)
{
	buffer_u8(rtf->to, '\\');
	buffer_view(rtf->to, name);
	if (number != NULL && number->has_number)
		buffer_format(rtf->to, "%d", (int)number->number);
	rtf->delimit = true;
	if (!ends_line(name))
		return;
	buffer_u8(rtf->to, '\n');
	rtf->delimit = false;
}

void rtf_write_name(struct rtf *rtf, const char *name)
{
	rtf_write_word(rtf, view_of_string(name), NULL);
}

void rtf_write_open(struct rtf *rtf)
{
	buffer_u8(rtf->to, '{');
	rtf->delimit = false;
	rtf_top(rtf)->closing++;
}

void rtf_write_close(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	buffer_fill(rtf->to, '}', group->closing);
	if (group->closing > 0)
		rtf->delimit = false;
	group->closing = 0;
}

void rtf_write_byte(struct rtf *rtf, uint8_t byte, bool coded)
{
	if (coded || byte >= 0x80) {
		write_hex(rtf, byte);
		return;
	}
	if (byte == '\\' || byte == '{' || byte == '}')
		buffer_u8(rtf->to, '\\');
	else if (rtf->delimit)
		buffer_u8(rtf->to, ' ');
	buffer_u8(rtf->to, byte);
	rtf->delimit = false;
}

void rtf_write_unicode(struct rtf *rtf, int32_t number)
{
	int32_t unit = number & 0xFFFF;

	/* Signed, as the specification has it. */
	buffer_format(rtf->to, "\\u%d?",
		      (int)(unit > INT16_MAX ? unit - 0x10000 : unit));
	rtf->delimit = false;
}

void rtf_write_undo(struct rtf *rtf, const struct rtf_group *group)
{
	if (group->mark < rtf->to->size)
		rtf->to->size = group->mark;
	rtf->delimit = group->delimit;
}

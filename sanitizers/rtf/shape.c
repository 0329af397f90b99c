#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

static bool is(struct view name, const char *word)
{
	return view_equal(name, view_of_string(word));
}

static struct view name_of(const struct rtf *rtf)
{
	return view_of(rtf->name, rtf->name_size);
}

/* Words that mean something only within their parent. */
static const struct {
	const char *word;
	enum rtf_role parent;
	enum rtf_role role;
	enum rtf_content content;
} children[] = {
    {"sn", RTF_PROPERTY, RTF_NAME, RTF_VALUE},
    {"sv", RTF_PROPERTY, RTF_SETTING, RTF_VALUE},
    {"result", RTF_OBJECT, RTF_PLAIN, RTF_KEEP},
    {"objclass", RTF_OBJECT, RTF_CLASS, RTF_VALUE},
    {"ud", RTF_EITHER, RTF_PLAIN, RTF_KEEP},
};

static const struct {
	const char *word;
	enum rtf_role role;
} parents[] = {
    {"sp", RTF_PROPERTY},
    {"object", RTF_OBJECT},
    {"upr", RTF_EITHER},
};

/* The value of a property that is more than a number: what its group holds is
 * written as it comes. */
static void begin_setting(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);
	struct rtf_group *parent = rtf_parent(rtf);
	bool caption = (rtf_word_kinds(name_of(rtf)) & RTF_CAPTION) != 0;

	if (!caption && !is(name_of(rtf), "pib"))
		return;
	group->content = caption ? RTF_KEEP : RTF_HOLDER;
	group->role = RTF_PLAIN;
	buffer_text(rtf->to, "{\\sp{\\sn ");
	buffer_view(rtf->to, name_of(rtf));
	buffer_text(rtf->to, "}{\\sv");
	rtf->delimit = true;
	parent->closing++;
	group->closing++;
	rtf->name_size = 0;
}

static bool begin_child(struct rtf *rtf, struct view name)
{
	struct rtf_group *group = rtf_top(rtf);
	const struct rtf_group *parent = rtf_parent(rtf);

	for (size_t i = 0; i < sizeof(children) / sizeof(children[0]); i++) {
		if (!is(name, children[i].word))
			continue;
		if (parent->role != children[i].parent) {
			rtf_drop(rtf, REMOVAL_RTF_DESTINATION, name);
			return true;
		}
		group->role = children[i].role;
		group->content = children[i].content == RTF_KEEP
				     ? parent->outer
				     : children[i].content;
		if (children[i].content == RTF_KEEP &&
		    (group->content == RTF_KEEP || group->content == RTF_LEVEL))
			rtf_write_open(rtf);
		if (group->role == RTF_NAME || group->role == RTF_CLASS)
			rtf->name_size = 0;
		rtf->value_size = 0;
		if (group->role == RTF_SETTING)
			begin_setting(rtf);
		return true;
	}
	return false;
}

bool rtf_shape_word(struct rtf *rtf, struct view name)
{
	struct rtf_group *group = rtf_top(rtf);

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!is(name, parents[i].word))
			continue;
		if (group->content != RTF_KEEP || rtf->to != &rtf->out) {
			rtf->code_bad |= group->content == RTF_CODE;
			rtf_drop(rtf,
				 group->content == RTF_KEEP
				     ? REMOVAL_RTF_DESTINATION
				     : REMOVAL_NONE,
				 name);
			return true;
		}
		group->role = parents[i].role;
		group->content = RTF_HOLLOW;
		rtf->name_size = 0;
		return true;
	}
	return begin_child(rtf, name);
}

static void append(uint8_t *to, size_t *size, struct view bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		if (*size < RTF_NAME_MAX)
			to[*size] = bytes.data[i];
		(*size)++;
	}
}

void rtf_value_token(struct rtf *rtf, const struct rtf_token *token)
{
	enum rtf_role role = rtf_top(rtf)->role;
	struct view bytes = token->bytes;

	if (token->kind != RTF_TEXT)
		return;
	if (role == RTF_NAME || role == RTF_CLASS)
		append(rtf->name, &rtf->name_size, bytes);
	else if (role == RTF_SETTING)
		append(rtf->value, &rtf->value_size, bytes);
	if (rtf->name_size > RTF_NAME_MAX)
		rtf->name_size = RTF_NAME_MAX;
}

static bool is_number(struct view value)
{
	size_t i = value.size > 0 && value.data[0] == '-' ? 1 : 0;

	if (i == value.size || value.size > 11)
		return false;
	for (; i < value.size; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
	return true;
}

static void end_setting(struct rtf *rtf)
{
	const struct rtf_group *group = rtf_parent(rtf);
	struct view name = name_of(rtf);
	struct view value = view_of(
	    rtf->value, rtf->value_size < RTF_NAME_MAX ? rtf->value_size : 0);

	if ((rtf_word_kinds(name) & RTF_NUMBER) != 0 && is_number(value)) {
		buffer_text(rtf->to, "{\\sp{\\sn ");
		buffer_view(rtf->to, name);
		buffer_text(rtf->to, "}{\\sv ");
		buffer_view(rtf->to, value);
		buffer_text(rtf->to, "}}");
		rtf->delimit = false;
		return;
	}
	job_remove(rtf->job, REMOVAL_RTF_PROPERTY, "shape",
		   view_slice(rtf->job->input, group->start,
			      rtf->reader.cursor.offset - group->start),
		   "%.*s", (int)name.size, (const char *)name.data);
}

static void end_object(struct rtf *rtf, const struct rtf_group *group)
{
	struct view name = name_of(rtf);

	job_remove(rtf->job, REMOVAL_RTF_OBJECT, "object",
		   view_slice(rtf->job->input, group->start,
			      rtf->reader.cursor.offset - group->start),
		   "%.*s", (int)name.size, (const char *)name.data);
}

void rtf_shape_end(struct rtf *rtf)
{
	struct rtf_group *group = rtf_top(rtf);

	if (group->role == RTF_SETTING)
		end_setting(rtf);
	else if (group->role == RTF_OBJECT)
		end_object(rtf, group);
}

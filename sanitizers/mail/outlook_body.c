#include "sanitizers/mail/outlook.h"

#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/outlook_date.h"
#include "sanitizers/mail/tnef.h"

#include "base/banned.h"

enum { DETAILS_MAX = 64 * 1024 };

static const struct detail {
	const char *class;
	enum outlook_set set;
	uint16_t number;
	const char *label;
} details[] = {
#define DETAIL(class, set, number, label) {class, set, number, label},
#include "sanitizers/mail/outlook_details.def"
#undef DETAIL
};

static int write_detail(struct arena *arena, const struct outlook_item *item,
			const struct outlook_names *names,
			const struct detail *detail, struct buffer *out)
{
	uint16_t id = detail->set == OUTLOOK_SET_NONE
			  ? detail->number
			  : outlook_named(names, detail->set, detail->number);
	const struct mapi_property *property =
	    mapi_find(&item->list, (enum mapi_id)id);
	char date[OUTLOOK_DATE_SIZE];
	const char *text;

	if (id == 0 || property == NULL)
		return 0;
	if (property->type == MAPI_TYPE_TIME) {
		if (outlook_date(property->number, date))
			buffer_format(out, "%s: %s\n", detail->label, date);
		return 0;
	}
	text = outlook_text(arena, item, (enum mapi_id)id);
	if (text == NULL)
		return -ERR_MEMORY;
	if (text[0] != '\0')
		buffer_format(out, "%s: %s\n", detail->label, text);
	return 0;
}

/* What kinds other than mail say in properties of their own goes in front. */
static int write_details(struct arena *arena, const struct outlook_item *item,
			 const struct outlook_names *names, struct buffer *out)
{
	const char *class = outlook_text(arena, item, MAPI_MESSAGE_CLASS);
	int error = class == NULL ? -ERR_MEMORY : 0;

	for (size_t i = 0;
	     i < sizeof(details) / sizeof(details[0]) && error == 0; i++)
		if (strncasecmp(class, details[i].class,
				strlen(details[i].class)) == 0)
			error =
			    write_detail(arena, item, names, &details[i], out);
	if (out->size > 0)
		buffer_text(out, "\n");
	return error;
}

static int read_text(struct arena *arena, const struct outlook_item *item,
		     const struct outlook_names *names, struct view *ret_text)
{
	const char *text = outlook_text(arena, item, MAPI_BODY);
	struct buffer out;
	int error;

	if (text != NULL && text[0] == '\0')
		text = outlook_text(arena, item, MAPI_REPORT_TEXT);
	if (text == NULL)
		return -ERR_MEMORY;
	out = buffer_make(DETAILS_MAX + strlen(text));
	error = write_details(arena, item, names, &out);
	buffer_text(&out, text);
	if (error == 0)
		error = buffer_error(&out);
	if (error == 0 && out.size > 0) {
		*ret_text = arena_copy(arena, buffer_contents(&out));
		error = ret_text->data == NULL ? -ERR_MEMORY : 0;
	}
	buffer_free(&out);
	return error;
}

static int read_html(struct arena *arena, const struct outlook_item *item,
		     struct outlook_body *body)
{
	const struct mapi_property *html = mapi_find(&item->list, MAPI_HTML);
	const struct mapi_property *page =
	    mapi_find(&item->list, MAPI_INTERNET_CODE_PAGE);
	const char *text;

	if (html == NULL || html->value.size == 0)
		return 0;
	if (html->type == MAPI_TYPE_BINARY) {
		body->html = html->value;
		body->html_charset = page == NULL
					 ? item->charset
					 : charset_of_code_page(page->number);
		return 0;
	}
	text = outlook_text(arena, item, MAPI_HTML);
	if (text == NULL)
		return -ERR_MEMORY;
	body->html = view_of_string(text);
	body->html_charset = "utf-8";
	return 0;
}

int outlook_read_body(struct arena *arena, const struct outlook_item *item,
		      const struct outlook_names *names,
		      struct outlook_body *ret_body)
{
	const struct mapi_property *rtf =
	    mapi_find(&item->list, MAPI_RTF_COMPRESSED);
	int error;

	*ret_body = (struct outlook_body){.html_charset = ""};
	error = read_text(arena, item, names, &ret_body->text);
	if (error == 0)
		error = read_html(arena, item, ret_body);
	if (error == 0 && rtf != NULL && rtf->value.size > 0)
		error = tnef_unpack_rtf(arena, rtf->value, &ret_body->rtf);
	return error == -ERR_MALFORMED ? 0 : error;
}

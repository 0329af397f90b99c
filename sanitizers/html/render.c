#include "sanitizers/html/render.h"

#include "base/bytes.h"

#include "base/banned.h"

enum { ADDRESS_SHOWN_MAX = 2048, NUMBER_MAX = 99999 };

static const char rule_line[] = "----------------------------------------";

static void render_node(struct writer *writer, const struct html_node *node);

void render_children(struct writer *writer, const struct html_node *node)
{
	for (const struct html_node *child = node->first; child != NULL;
	     child = child->next)
		render_node(writer, child);
}

/* Whether the text that was shown is the address itself, give or take its
 * scheme and a slash at the end. */
static bool says_the_same(struct view shown, struct view address)
{
	static const char *const schemes[] = {"mailto:", "tel:", "https://",
					      "http://"};

	while (shown.size > 0 && (shown.data[0] == ' '))
		shown = view_slice(shown, 1, SIZE_MAX);
	if (view_equal(shown, address))
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (view_starts_with(address, schemes[i])) {
			address =
			    view_slice(address, strlen(schemes[i]), SIZE_MAX);
			/* A web address is not to look like another one. */
			if (i >= 2)
				return false;
			return view_equal(shown, address);
		}
	return false;
}

static void render_link(struct writer *writer, const struct html_node *node)
{
	struct view address = html_attribute_of(node, ATTRIBUTE_HREF);
	size_t begin = writer->out->size;
	struct view shown;

	render_children(writer, node);
	if (address.size == 0)
		return;
	shown = view_of(writer->out->data + begin, writer->out->size - begin);
	if (writer->out->error != 0 || says_the_same(shown, address))
		return;
	writer_text(writer, view_of(" <", shown.size > 0 ? 2 : 0));
	writer_raw(writer, view_of("<", shown.size > 0 ? 0 : 1));
	writer_raw(writer, view_slice(address, 0, ADDRESS_SHOWN_MAX));
	writer_raw(
	    writer,
	    view_of_string(address.size > ADDRESS_SHOWN_MAX ? "...>" : ">"));
}

static void render_picture(struct writer *writer, const struct html_node *node)
{
	struct view text = html_attribute_of(node, ATTRIBUTE_ALT);

	if (text.size == 0)
		return;
	writer_raw(writer, view_of_string("["));
	writer_text(writer, text);
	writer_raw(writer, view_of_string("]"));
}

static unsigned number_of(struct view text, unsigned otherwise)
{
	unsigned number = 0;

	if (text.size == 0)
		return otherwise;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return otherwise;
		number = number * 10 + (unsigned)(text.data[i] - '0');
		if (number > NUMBER_MAX)
			return otherwise;
	}
	return number;
}

static void render_item(struct writer *writer, const struct html_node *item,
			unsigned number, unsigned indent)
{
	unsigned before = writer->indent;

	writer_break(writer, 0);
	if (number > 0)
		(void)snprintf(writer->marker, sizeof(writer->marker), "%u. ",
			       number);
	else
		(void)text_copy(writer->marker, sizeof(writer->marker), "・");
	if (writer->indent + indent <= WRITER_INDENT_MAX)
		writer->indent += indent;
	render_children(writer, item);
	writer->indent = before;
	writer->marker[0] = '\0';
	writer_break(writer, 0);
}

static void render_list(struct writer *writer, const struct html_node *list)
{
	bool numbered = list->element == ELEMENT_OL;
	unsigned number =
	    number_of(html_attribute_of(list, ATTRIBUTE_START), 1);

	for (const struct html_node *child = list->first; child != NULL;
	     child = child->next) {
		if (child->element != ELEMENT_LI) {
			render_node(writer, child);
			continue;
		}
		number = number_of(html_attribute_of(child, ATTRIBUTE_VALUE),
				   number);
		render_item(writer, child, numbered ? number : 0,
			    numbered ? 4 : 2);
		number++;
	}
}

static void render_quote(struct writer *writer, const struct html_node *node)
{
	unsigned before = writer->quotes;

	if (writer->quotes < WRITER_QUOTES_MAX)
		writer->quotes++;
	render_children(writer, node);
	writer_break(writer, 1);
	writer->quotes = before;
	writer_break(writer, 1);
}

static void render_between(struct writer *writer, const struct html_node *node,
			   const char *left, const char *right)
{
	writer_text(writer, view_of_string(left));
	render_children(writer, node);
	writer_text(writer, view_of_string(right));
}

static void render_indented(struct writer *writer, const struct html_node *node)
{
	unsigned before = writer->indent;

	if (writer->indent + 4 <= WRITER_INDENT_MAX)
		writer->indent += 4;
	render_children(writer, node);
	writer->indent = before;
}

static void render_verbatim(struct writer *writer, const struct html_node *node)
{
	writer->verbatim++;
	render_children(writer, node);
	writer->verbatim--;
}

static void render_element(struct writer *writer, const struct html_node *node)
{
	switch (node->element) {
	case ELEMENT_A:
		render_link(writer, node);
		break;
	case ELEMENT_IMG:
		render_picture(writer, node);
		break;
	case ELEMENT_BR:
		writer_line_end(writer);
		break;
	case ELEMENT_HR:
		writer_raw(writer, view_of_string(rule_line));
		break;
	case ELEMENT_UL:
	case ELEMENT_OL:
		render_list(writer, node);
		break;
	case ELEMENT_LI: /* outside of any list */
		render_item(writer, node, 0, 2);
		break;
	case ELEMENT_DD:
		render_indented(writer, node);
		break;
	case ELEMENT_BLOCKQUOTE:
		render_quote(writer, node);
		break;
	case ELEMENT_PRE:
		render_verbatim(writer, node);
		break;
	case ELEMENT_TABLE:
		render_table(writer, node);
		break;
	case ELEMENT_RT:
		render_between(writer, node, "(", ")");
		break;
	case ELEMENT_RP: /* the brackets of readings that we write ourselves */
		break;
	case ELEMENT_Q:
		render_between(writer, node, "「", "」");
		break;
	case ELEMENT_S:
	case ELEMENT_STRIKE:
	case ELEMENT_DEL:
		render_between(writer, node, "~~", "~~");
		break;
	default:
		render_children(writer, node);
		break;
	}
}

static void render_node(struct writer *writer, const struct html_node *node)
{
	enum html_flow flow = html_element_rule(node->element)->flow;
	/* A list within an item follows without an empty line. */
	unsigned empty = flow == FLOW_PARAGRAPH && writer->indent == 0;

	if (node->element == ELEMENT_TEXT) {
		writer_text(writer, node->text);
		return;
	}
	if (flow != FLOW_INLINE)
		writer_break(writer, empty);
	render_element(writer, node);
	if (flow != FLOW_INLINE)
		writer_break(writer, empty);
}

int html_to_text(struct job *job, struct view html,
		 const struct html_options *options, struct buffer *out)
{
	struct writer writer = writer_make(out);
	struct html_node *root = NULL;
	int error = html_parse(job, html, options, &root);

	if (error != 0)
		return error;
	render_children(&writer, root);
	if (out->size > writer.begin)
		buffer_u8(out, '\n');
	return buffer_error(out);
}

#include "sanitizers/ooxml/xml_reader.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

/* What was handed out, written so that one can compare it:
 * (local{uri} ^prefix=uri @local{uri}='value' text (...) ) */
static struct buffer seen;
static int fails_at_end;

static void put_name(const struct xml_name *name)
{
	buffer_text(&seen, name->local);
	if (name->uri != NULL)
		buffer_format(&seen, "{%s}", name->uri);
}

static int on_start(void *context, const struct xml_element *element)
{
	(void)context;
	buffer_u8(&seen, '(');
	put_name(element->name);
	for (size_t i = 0; i < element->declaration_count; i++)
		buffer_format(&seen, " ^%s=%s", element->declarations[i].prefix,
			      element->declarations[i].uri);
	for (size_t i = 0; i < element->attribute_count; i++) {
		buffer_text(&seen, " @");
		put_name(element->attributes[i].name);
		buffer_text(&seen, "='");
		buffer_view(&seen, element->attributes[i].value);
		buffer_u8(&seen, '\'');
	}
	buffer_u8(&seen, ' ');
	return 0;
}

static int on_end(void *context, struct xml_name *name)
{
	(void)context;
	(void)name;
	buffer_u8(&seen, ')');
	return fails_at_end;
}

static int on_text(void *context, struct view text)
{
	(void)context;
	buffer_view(&seen, text);
	return 0;
}

static int on_comment(void *context)
{
	(void)context;
	buffer_text(&seen, "!");
	return 0;
}

static int on_instruction(void *context, struct view target)
{
	(void)context;
	buffer_u8(&seen, '?');
	buffer_view(&seen, target);
	return 0;
}

static int read_bytes(struct view content)
{
	static const struct xml_events events = {
	    .start = on_start,
	    .end = on_end,
	    .text = on_text,
	    .comment = on_comment,
	    .instruction = on_instruction,
	};
	struct arena *arena = arena_new(64 * 1024 * 1024);
	struct xml_reader *reader = xml_reader_new(arena);
	int first;
	int second;

	assert_non_null(reader);
	buffer_free(&seen);
	seen = buffer_make(16 * 1024 * 1024);
	first = xml_read(reader, content, &events, NULL);
	/* What one document leaves behind must not matter to the next. */
	seen.size = 0;
	second = xml_read(reader, content, &events, NULL);
	assert_int_equal(first, second);
	buffer_u8(&seen, 0);
	xml_reader_close(reader);
	arena_free(arena);
	return first;
}

static int read_text(const char *text)
{
	return read_bytes(view_of_string(text));
}

static void documents_are_handed_out_as_they_mean(void **state)
{
	static const struct {
		const char *document;
		const char *meaning;
	} cases[] = {
	    {"<a/>", "(a )"},
	    {"\xef\xbb\xbf<?xml version='1.0' standalone = \"yes\" "
	     "?>\n<a></a>\n",
	     "(a )"},
	    {"<a b='1' c=\"'\"/>", "(a @b='1' @c=''' )"},
	    {"<a>x&lt;&amp;&gt;&quot;&apos;&#65;&#x3042;</a>",
	     "(a x<&>\"'Aあ)"},
	    {"<a>1\r\n2\r3\n4&#13;</a>", "(a 1\n2\n3\n4\r)"},
	    {"<a b='\t1\r\n2\r3&#10;4&amp;'/>", "(a @b=' 1 2 3\n4&' )"},
	    {"<a><![CDATA[<&]]]]\r\n>]]></a>", "(a <&]]]]\n>)"},
	    {"<a>]]<b/>] ]></a>", "(a ]](b )] ]>)"},
	    {"<!-- x --><a><?p q?><!----></a><?z?>", "!(a ?p!)?z"},
	    {"<p:a xmlns:p='u' p:b='1' b='2'/>",
	     "(a{u} ^p=u @b{u}='1' @b='2' )"},
	    {"<a xmlns='u' b='1'><c xmlns=''/><d xmlns='v'/><e/></a>",
	     "(a{u} ^=u @b='1' (c ^= )(d{v} ^=v )(e{u} ))"},
	    {"<p:a xmlns:p='u'><p:b xmlns:p='v'/><p:b/></p:a>",
	     "(a{u} ^p=u (b{v} ^p=v )(b{u} ))"},
	    {"<a xml:lang='ja'/>",
	     "(a @lang{http://www.w3.org/XML/1998/namespace}='ja' )"},
	    {"<表 列='値'/>", "(表 @列='値' )"},
	    {"<a  b = '1'\n></a >", "(a @b='1' )"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].document), 0);
		assert_string_equal((const char *)seen.data, cases[i].meaning);
	}
}

static void what_is_not_well_formed_is_refused(void **state)
{
	static const char *const cases[] = {
	    "",
	    " ",
	    "x",
	    "<a>",
	    "</a>",
	    "<a></b>",
	    "<a></ab>",
	    "<ab></a>",
	    "<a/><b/>",
	    "<a/>x",
	    "x<a/>",
	    "<a/>&#32;",
	    "<a/><![CDATA[]]>",
	    "< a/>",
	    "<1a/>",
	    "<-a/>",
	    "<a:/>",
	    "<:a/>",
	    "<a:b:c xmlns:a='u'/>",
	    "<×/>",
	    "<a b/>",
	    "<a b=1/>",
	    "<a b='1'c='2'/>",
	    "<a b='1' b='2'/>",
	    "<a b='<'/>",
	    "<a b='1/>",
	    "<a b='&'/>",
	    "<a b='&b;'/>",
	    "<a / >",
	    "<a",
	    "<a b",
	    "<a b=",
	    "<a b='",
	    "<a b='&amp;",
	    "<a>&</a>",
	    "<a>&lt</a>",
	    "<a>&nbsp;</a>",
	    "<a>&#;</a>",
	    "<a>&#x;</a>",
	    "<a>&#0;</a>",
	    "<a>&#xD800;</a>",
	    "<a>&#xFFFF;</a>",
	    "<a>&#x110000;</a>",
	    "<a>&#99999999999999999999;</a>",
	    "<a>&#X41;</a>",
	    "<a>]]></a>",
	    "<a>\x01</a>",
	    "<a>\x80</a>",
	    "<a>\xc0\xaf</a>",
	    "<a>\xed\xa0\x80</a>",
	    "<a>\xef\xbf\xbf</a>",
	    "<a>\xf4\x90\x80\x80</a>",
	    "<a>\xe3\x81",
	    "<a><!-- -- --></a>",
	    "<a><!-- --->",
	    "<a><!--></a>",
	    "<a><![CDATA[</a>",
	    "<a><?xml version='1.0'?></a>",
	    "<a><?XML?></a>",
	    "<a><?p:q?></a>",
	    "<a><?p</a>",
	    "<a><!ELEMENT a></a>",
	    "<a><!DOCTYPE a></a>",
	    " <?xml version='1.0'?><a/>",
	    "<?xml?><a/>",
	    "<?xml encoding='utf-8'?><a/>",
	    "<?xml version='2.0'?><a/>",
	    "<?xml version='1.0'encoding='utf-8'?><a/>",
	    "<?xml version='1.0' standalone='maybe'?><a/>",
	    "<?xml version='1.0' encoding='shift_jis'?><a/>",
	    "<?xml version='1.0' encoding='utf-16'?><a/>",
	    "<?xml version='1.0' encoding='ascii'?><a>\xc3\xa9</a>",
	    "<p:a/>",
	    "<a p:b='1'/>",
	    "<a><p:b xmlns:p='u'/><p:b/></a>",
	    "<a xmlns:p=''/>",
	    "<a xmlns:p='u' xmlns:p='v'/>",
	    "<a xmlns:xmlns='u'/>",
	    "<a xmlns:xml='u'/>",
	    "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
	    "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
	    "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_text(cases[i]) != -ERR_MALFORMED)
			fail_msg("accepted: %s", cases[i]);
	assert_int_equal(read_bytes(view_of("<a>\0</a>", 8)), -ERR_MALFORMED);
}

static void a_dtd_is_an_error_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(read_text("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
			 -ERR_DTD);
	assert_int_equal(read_text("<?xml version='1.0'?><!--x-->\n<!DOCTYPE"),
			 -ERR_DTD);
}

static void other_encodings_arrive_as_utf8(void **state)
{
	(void)state;
	assert_int_equal(
	    read_bytes(view_of("\xff\xfe<\0a\0>\0\x42\x30\x3d\xd8\x00\xde"
			       "<\0/\0a\0>\0",
			       22)),
	    0);
	assert_string_equal((const char *)seen.data, "(a あ\xf0\x9f\x98\x80)");
	assert_int_equal(read_bytes(view_of("\0<\0a\0/\0>", 8)), 0);
	assert_string_equal((const char *)seen.data, "(a )");
	assert_int_equal(
	    read_bytes(view_of("\xff\xfe<\0a\0>\0\x3d\xd8<\0/\0a\0>\0", 18)),
	    -ERR_MALFORMED);
	assert_int_equal(read_text("<?xml version='1.0' encoding='ISO-8859-1'"
				   "?><a>\xe9</a>"),
			 0);
	assert_string_equal((const char *)seen.data, "(a \xc3\xa9)");
}

static void nesting_names_and_attributes_have_limits(void **state)
{
	struct buffer deep = buffer_make(1024 * 1024);
	struct buffer wide = buffer_make(1024 * 1024);
	struct buffer names = buffer_make(16 * 1024 * 1024);

	(void)state;
	for (size_t i = 0; i <= XML_DEPTH_MAX; i++)
		buffer_text(&deep, "<a>");
	assert_int_equal(read_bytes(buffer_contents(&deep)), -ERR_LIMIT_DEPTH);
	buffer_text(&wide, "<a");
	for (size_t i = 0; i <= XML_ATTRIBUTES_MAX; i++)
		buffer_format(&wide, " b%zu=''", i);
	buffer_text(&wide, "/>");
	assert_int_equal(read_bytes(buffer_contents(&wide)), -ERR_MALFORMED);
	buffer_text(&names, "<a>");
	for (size_t i = 0; i <= 2 * XML_NAMES_MAX; i++)
		buffer_format(&names, "<b%zu/>", i);
	assert_int_equal(read_bytes(buffer_contents(&names)),
			 -ERR_LIMIT_MEMBERS);
	buffer_free(&deep);
	buffer_free(&wide);
	buffer_free(&names);
}

static void an_event_can_end_it(void **state)
{
	(void)state;
	fails_at_end = -ERR_CANCELLED;
	assert_int_equal(read_text("<a><b/><c/></a>"), -ERR_CANCELLED);
	fails_at_end = 0;
	assert_string_equal((const char *)seen.data, "(a (b )");
}

/* A part is looked into when only its beginning is there. */
static void what_stands_in_front_of_an_error_is_handed_out(void **state)
{
	(void)state;
	assert_int_equal(read_text("<a><b c='1'/>text\xe3\x81"),
			 -ERR_MALFORMED);
	assert_string_equal((const char *)seen.data, "(a (b @c='1' )text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(documents_are_handed_out_as_they_mean),
	    cmocka_unit_test(what_is_not_well_formed_is_refused),
	    cmocka_unit_test(a_dtd_is_an_error_of_its_own),
	    cmocka_unit_test(other_encodings_arrive_as_utf8),
	    cmocka_unit_test(nesting_names_and_attributes_have_limits),
	    cmocka_unit_test(an_event_can_end_it),
	    cmocka_unit_test(what_stands_in_front_of_an_error_is_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

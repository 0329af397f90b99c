/*
 * Text mode: the visible text of the rebuilt parts, in reading order, with
 * marks for sheets, slides, notes and what stands beside the text.
 */
#include "sanitizers/ooxml/text_scan.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

struct writing {
	struct rebuilt *rebuilt;
	struct buffer out;
	struct text_list strings;
	struct cell_formats formats;
};

static int add_running(struct writing *writing, const struct part *part,
		       const char *mark)
{
	struct buffer text = buffer_make(writing->out.maximum);
	int error = part->binary
			? xlsb_text_comments(part->output, &text)
			: text_scan_running(writing->rebuilt->package.job,
					    writing->rebuilt->package.reader,
					    part->output, &text);
	size_t blanks = 0;

	while (blanks < text.size && isspace(text.data[blanks]))
		blanks++;
	if (error == 0 && blanks < text.size) {
		if (mark != NULL)
			buffer_format(&writing->out, "\n[%s]\n", mark);
		buffer_view(&writing->out, buffer_contents(&text));
		if (text.data[text.size - 1] != '\n')
			buffer_u8(&writing->out, '\n');
	}
	buffer_free(&text);
	return error != 0 ? error : buffer_error(&writing->out);
}

/* Parts beside the main text that a part refers to, under their marks. */
static int add_beside(struct writing *writing, const struct part *part)
{
	static const struct {
		const char *segment;
		const char *mark;
	} kinds[] = {
	    {"header", "ヘッダー"},
	    {"footer", "フッター"},
	    {"footnotes", "脚注"},
	    {"endnotes", "文末脚注"},
	    {"notesslide", "ノート"},
	    {"comments", "コメント"},
	    {"threadedcomment", "コメント"},
	    {"chart", "グラフ"},
	    {"chartex", "グラフ"},
	    {"diagramdata", "図表"},
	    {"drawing", "図形"},
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (size_t i = 0; i < part->relations.count; i++) {
			struct relation *relation = &part->relations.items[i];
			int error;

			if (strcmp(relation->segment, kinds[k].segment) != 0 ||
			    !relation_stays(relation) || relation->part == NULL)
				continue;
			error =
			    add_running(writing, relation->part, kinds[k].mark);
			/* A drawing leads to its charts. */
			if (error == 0 &&
			    strcmp(relation->segment, "drawing") == 0)
				error = add_beside(writing, relation->part);
			if (error != 0)
				return error;
		}
	}
	return 0;
}

static int add_page(struct writing *writing, const struct relation *relation,
		    const char *name, size_t number)
{
	struct job *job = writing->rebuilt->package.job;
	const struct part *part = relation->part;
	int error;

	if (strcmp(relation->segment, "slide") == 0) {
		buffer_format(&writing->out, "%s[スライド %zu]\n",
			      number > 1 ? "\n" : "", number);
		error = add_running(writing, part, NULL);
	} else {
		buffer_format(&writing->out, "%s[シート: %s]\n",
			      number > 1 ? "\n" : "", name);
		error =
		    part->binary
			? xlsb_text_sheet(job, part->output, &writing->strings,
					  &writing->formats, &writing->out)
			: text_scan_sheet(job, writing->rebuilt->package.reader,
					  part->output, &writing->strings,
					  &writing->formats, &writing->out);
	}
	return error != 0 ? error : add_beside(writing, part);
}

struct pages {
	struct writing *writing;
	size_t number;
};

/* <sheet name="" r:id=""/>, <sldId r:id=""/>: the pages in their order. */
static int read_page(void *context, const struct scan_element *element)
{
	struct pages *pages = context;
	struct package *package = &pages->writing->rebuilt->package;
	const char *name;
	struct relation *relation = NULL;

	if (strcmp(element->name, "workbookPr") == 0) {
		name = scan_attribute(package->job->arena, element, "date1904");
		if (name != NULL &&
		    (strcmp(name, "1") == 0 || strcasecmp(name, "true") == 0))
			pages->writing->formats.date1904 = true;
	}
	if (strcmp(element->name, "sheet") != 0 &&
	    strcmp(element->name, "sldId") != 0)
		return 0;
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];

		if (vocabulary_of(attribute->name->uri) == VOCABULARY_R)
			relation = relation_find(&package->main->relations,
						 attribute->value);
	}
	if (relation == NULL || relation->part == NULL ||
	    !relation_stays(relation))
		return 0;
	name = scan_attribute(package->job->arena, element, "name");
	return add_page(pages->writing, relation, name == NULL ? "" : name,
			++pages->number);
}

static int binary_page(void *context, const char *id, const char *name)
{
	struct pages *pages = context;
	const struct relation *relation =
	    relation_find(&pages->writing->rebuilt->package.main->relations,
			  view_of_string(id));

	if (relation == NULL || relation->part == NULL ||
	    !relation_stays(relation))
		return 0;
	return add_page(pages->writing, relation, name, ++pages->number);
}

static int read_binary(struct writing *writing, const struct relation *relation)
{
	struct job *job = writing->rebuilt->package.job;

	if (strcmp(relation->segment, "sharedstrings") == 0)
		return xlsb_text_strings(job, relation->part->output,
					 &writing->strings);
	if (strcmp(relation->segment, "styles") == 0 &&
	    writing->formats.count == 0)
		return xlsb_text_styles(job, relation->part->output,
					&writing->formats);
	return 0;
}

/* What the cells need: shared strings, formats of numbers. */
static int read_shared(struct writing *writing)
{
	struct package *package = &writing->rebuilt->package;
	struct relations *relations = &package->main->relations;

	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error = 0;

		if (!relation_stays(relation) || relation->part == NULL)
			continue;
		if (relation->part->binary)
			error = read_binary(writing, relation);
		else if (strcmp(relation->segment, "sharedstrings") == 0)
			error = text_scan_strings(package->job, package->reader,
						  relation->part->output,
						  &writing->strings);
		else if (strcmp(relation->segment, "styles") == 0 &&
			 writing->formats.count == 0)
			error = text_scan_styles(package->job, package->reader,
						 relation->part->output,
						 &writing->formats);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Each page is read while this goes on: with a reader of its own. */
static int write_pages(struct writing *writing)
{
	struct package *package = &writing->rebuilt->package;
	struct pages pages = {.writing = writing};
	struct xml_reader *reader;
	int error;

	if (package->main->binary)
		return xlsb_text_pages(package->job, package->main->output,
				       &writing->formats.date1904, binary_page,
				       &pages);
	reader = xml_reader_new(package->job->arena);
	if (reader == NULL)
		return -ERR_MEMORY;
	error = part_scan(reader, package->main->output, read_page, &pages);
	xml_reader_close(reader);
	return error;
}

static int write_text(struct writing *writing, enum document document)
{
	struct package *package = &writing->rebuilt->package;
	int error;

	if (document == DOCUMENT_WORD) {
		error = add_running(writing, package->main, NULL);
		return error != 0 ? error : add_beside(writing, package->main);
	}
	if (document == DOCUMENT_DRAWING)
		error = text_scan_drawing(package, &writing->out);
	else
		error = read_shared(writing);
	if (error == 0 && document != DOCUMENT_DRAWING)
		error = write_pages(writing);
	if (error == 0 && document != DOCUMENT_SHEET)
		error = add_beside(writing, package->main);
	return error;
}

int ooxml_text(struct job *job, enum document document)
{
	struct writing *writing = arena_alloc(job->arena, sizeof(*writing));
	int error;

	if (writing == NULL)
		return -ERR_MEMORY;
	writing->rebuilt = arena_alloc(job->arena, sizeof(*writing->rebuilt));
	if (writing->rebuilt == NULL)
		return -ERR_MEMORY;
	writing->out = buffer_make(job->policy->limits.output_bytes);
	error = ooxml_filter(job, document, true, writing->rebuilt);
	if (error == 0)
		error = write_text(writing, document);
	/* A document without any text is an empty line. */
	if (error == 0 && writing->out.size == 0)
		buffer_u8(&writing->out, '\n');
	if (error == 0)
		error = buffer_error(&writing->out);
	if (error == 0)
		error = job_emit(job, buffer_contents(&writing->out));
	for (size_t i = 0; i < writing->rebuilt->count; i++)
		buffer_free(&writing->rebuilt->parts[i]->content);
	xml_reader_close(writing->rebuilt->package.reader);
	buffer_free(&writing->out);
	return error;
}

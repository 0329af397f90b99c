#include "sanitizers/ooxml/text_scan.h"

#include "base/banned.h"

struct events {
	const struct text_events *handlers;
	void *context;
};

static int on_start(void *context, const struct xml_element *element)
{
	struct events *events = context;

	events->handlers->start(events->context,
				vocabulary_of(element->name->uri),
				element->name->local, element->attributes,
				element->attribute_count);
	return 0;
}

static int on_end(void *context, struct xml_name *name)
{
	struct events *events = context;

	events->handlers->end(events->context, vocabulary_of(name->uri),
			      name->local);
	return 0;
}

static int on_text(void *context, struct view text)
{
	struct events *events = context;

	events->handlers->text(events->context, text);
	return 0;
}

int text_scan_events(struct xml_reader *reader, struct view content,
		     const struct text_events *handlers, void *context)
{
	static const struct xml_events scan = {
	    .start = on_start, .end = on_end, .text = on_text};
	struct events events = {handlers, context};

	return xml_read(reader, content, &scan, &events);
}

/* ---- running text ---- */

struct running {
	struct buffer *out;
	struct buffer ruby;
	size_t skipping; /* depth inside what is not shown */
	size_t cells;    /* depth of table cells */
	size_t texts;    /* depth of text elements */
	bool in_ruby;    /* inside the phonetic guide */
};

static bool is_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Deleted text, instructions; of alternatives the first is shown. */
static bool is_hidden(enum vocabulary vocabulary, const char *name)
{
	static const char *const word[] = {
	    "del",  "moveFrom", "delText", "instrText", "pPr",
	    "rPr",  "tblPr",    "sectPr",  "sdtPr",     "delInstrText",
	    "trPr", "tcPr",     "rubyPr",
	};

	if (vocabulary == VOCABULARY_W)
		return is_in(name, word, sizeof(word) / sizeof(word[0]));
	return vocabulary == VOCABULARY_MC && strcmp(name, "Fallback") == 0;
}

static bool is_text(enum vocabulary vocabulary, const char *name)
{
	if (vocabulary == VOCABULARY_C)
		return strcmp(name, "v") == 0;
	if (vocabulary == VOCABULARY_P || vocabulary == VOCABULARY_X14)
		return strcmp(name, "text") == 0;
	if (vocabulary == VOCABULARY_VSD)
		return strcmp(name, "CommentEntry") == 0;
	return strcmp(name, "t") == 0;
}

static void running_start(void *context, enum vocabulary vocabulary,
			  const char *name,
			  const struct xml_attribute *attributes,
			  size_t attribute_count)
{
	struct running *running = context;

	(void)attributes;
	(void)attribute_count;
	if (running->skipping > 0 || is_hidden(vocabulary, name)) {
		running->skipping++;
		return;
	}
	running->texts += is_text(vocabulary, name);
	if (strcmp(name, "tc") == 0)
		running->cells++;
	else if (strcmp(name, "rt") == 0)
		running->in_ruby = true;
	else if (strcmp(name, "tab") == 0 || strcmp(name, "ptab") == 0)
		buffer_u8(running->out, '\t');
	else if (strcmp(name, "br") == 0 || strcmp(name, "cr") == 0)
		buffer_u8(running->out, running->cells > 0 ? ' ' : '\n');
	else if (strcmp(name, "noBreakHyphen") == 0)
		buffer_u8(running->out, '-');
}

static void end_ruby(struct running *running)
{
	if (running->ruby.size > 0) {
		buffer_text(running->out, "（");
		buffer_view(running->out, buffer_contents(&running->ruby));
		buffer_text(running->out, "）");
	}
	buffer_free(&running->ruby);
}

static void running_end(void *context, enum vocabulary vocabulary,
			const char *name)
{
	struct running *running = context;
	struct buffer *out = running->out;

	if (running->skipping > 0) {
		running->skipping--;
		return;
	}
	running->texts -= is_text(vocabulary, name) && running->texts > 0;
	if (strcmp(name, "p") == 0) {
		buffer_u8(out, running->cells > 0 ? ' ' : '\n');
	} else if (strcmp(name, "tc") == 0) {
		running->cells -= running->cells > 0;
		while (out->size > 0 && out->data[out->size - 1] == ' ')
			out->size--;
		buffer_u8(out, '\t');
	} else if (strcmp(name, "tr") == 0) {
		if (out->size > 0 && out->data[out->size - 1] == '\t')
			out->size--;
		buffer_u8(out, running->cells > 0 ? ' ' : '\n');
	} else if (strcmp(name, "rt") == 0) {
		running->in_ruby = false;
	} else if (strcmp(name, "ruby") == 0) {
		end_ruby(running);
	} else if ((vocabulary == VOCABULARY_C && strcmp(name, "v") == 0) ||
		   strcmp(name, "cm") == 0 || strcmp(name, "comment") == 0 ||
		   strcmp(name, "threadedComment") == 0 ||
		   strcmp(name, "CommentEntry") == 0) {
		buffer_u8(out, '\n');
	}
}

static void running_text(void *context, struct view text)
{
	struct running *running = context;

	if (running->skipping > 0 || running->texts == 0)
		return;
	buffer_view(running->in_ruby ? &running->ruby : running->out, text);
}

int text_scan_running(struct job *job, struct xml_reader *reader,
		      struct view content, struct buffer *out)
{
	const struct text_events events = {running_start, running_end,
					   running_text};
	struct running running = {
	    .out = out, .ruby = buffer_make(job->policy->limits.output_bytes)};
	int error = text_scan_events(reader, content, &events, &running);

	buffer_free(&running.ruby);
	return error != 0 ? error : buffer_error(out);
}

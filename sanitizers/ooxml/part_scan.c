#include "sanitizers/ooxml/package.h"

#include "base/banned.h"

struct scan {
	scan_handler *handler;
	void *context;
	size_t depth;
};

static int on_start(void *context, const struct xml_element *element)
{
	struct scan *scan = context;
	const char *uri = element->name->uri;
	struct scan_element start = {
	    .name = element->name->local,
	    .uri = uri == NULL ? "" : uri,
	    .depth = scan->depth++,
	    .attributes = element->attributes,
	    .attribute_count = element->attribute_count,
	};

	return scan->handler(scan->context, &start);
}

static int on_end(void *context, struct xml_name *name)
{
	struct scan *scan = context;

	(void)name;
	scan->depth--;
	return 0;
}

int part_scan(struct xml_reader *reader, struct view content,
	      scan_handler *handler, void *context)
{
	static const struct xml_events events = {.start = on_start,
						 .end = on_end};
	struct scan scan = {.handler = handler, .context = context};

	return xml_read(reader, content, &events, &scan);
}

const char *scan_attribute(struct arena *arena,
			   const struct scan_element *element, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];

		if (attribute->name->uri == NULL &&
		    strcmp(attribute->name->local, name) == 0)
			return arena_string(arena, attribute->value);
	}
	return NULL;
}

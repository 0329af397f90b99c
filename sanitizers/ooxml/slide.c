/*
 * What PowerPoint's parts need beyond namespaces: actions, and OLE objects
 * that leave their picture behind.
 */
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

/* Jumps inside the show; no macro, program, file, other show, OLE verb. */
static bool action_allowed(struct view action)
{
	static const char *const allowed[] = {
	    "ppaction://hlinkshowjump", "ppaction://hlinksldjump",
	    "ppaction://noaction",      "ppaction://customshow",
	    "ppaction://media",
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		size_t size = strlen(allowed[i]);

		if (view_equal_nocase(view_slice(action, 0, size),
				      allowed[i]) &&
		    (action.size == size || action.data[size] == '?'))
			return true;
	}
	return false;
}

ELEMENT_RULE(rule_action)
{
	struct view action = element_value(element, "action");

	if (action.size > 0 && !action_allowed(action)) {
		filter_report(filter, REMOVAL_OOXML_ACTION, "%.*s",
			      (int)(action.size > 200 ? 200 : action.size),
			      (const char *)action.data);
		return TREATMENT_DROP;
	}
	return element->relation_missing ? TREATMENT_DROP : TREATMENT_KEEP;
}

ELEMENT_RULE(rule_graphic_frame)
{
	return TREATMENT_KEEP;
}

static struct frame *graphic_frame(struct filter *filter)
{
	for (size_t i = filter->depth; i-- > 0;) {
		struct frame *frame = &filter->frames[i];

		if (frame->vocabulary == VOCABULARY_P &&
		    strcmp(frame->name, "graphicFrame") == 0)
			return frame;
	}
	return NULL;
}

ELEMENT_RULE(rule_ole_object)
{
	struct frame *frame = graphic_frame(filter);
	struct view program = element_value(element, "progId");

	if (frame == NULL)
		return TREATMENT_DROP;
	if (!frame->has_object)
		filter_report(filter, REMOVAL_OOXML_OLE_OBJECT, "%.*s",
			      (int)(program.size > 100 ? 100 : program.size),
			      (const char *)program.data);
	frame->has_object = true;
	return TREATMENT_UNWRAP;
}

ELEMENT_RULE(rule_picture)
{
	struct frame *object = graphic_frame(filter);
	struct frame *frame = &filter->frames[filter->depth];

	if (object != NULL) {
		frame->hides_outer = true;
		frame->hidden_from = object->bindings;
	}
	return TREATMENT_KEEP;
}

ELEMENT_END(end_picture)
{
	struct frame *object = graphic_frame(filter);

	if (object == NULL || frame->treatment != TREATMENT_KEEP)
		return;
	object->has_picture = true;
	object->picture_start = frame->start;
	object->picture_end = filter->writer.out.size;
}

void picture_moved(struct filter *filter, const struct frame *alternate)
{
	struct frame *object = graphic_frame(filter);
	size_t distance = alternate->fallback_start - alternate->start;

	if (object == NULL || !object->has_picture ||
	    object->picture_start < alternate->fallback_start)
		return;
	object->picture_start -= distance;
	object->picture_end -= distance;
}

/* A frame around an OLE object becomes the object's picture. */
ELEMENT_END(end_graphic_frame)
{
	struct frame *parent = filter_parent(filter, 0);

	if (!frame->has_object)
		return;
	if (frame->has_picture)
		xml_writer_move(&filter->writer, frame->start,
				frame->picture_start, frame->picture_end);
	else
		xml_writer_cut(&filter->writer, frame->start);
	if (parent != NULL)
		parent->lost_content = true;
}

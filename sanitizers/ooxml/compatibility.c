/*
 * Markup compatibility (ECMA-376 part 3): every branch of an AlternateContent
 * is filtered, because each is what some reader shows. Where all choices are
 * gone the fallback takes the place of the whole.
 */
#include "sanitizers/ooxml/fields.h"
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

ELEMENT_RULE(rule_alternate)
{
	return TREATMENT_KEEP;
}

/* Whether a prefix means a namespace that comes out. */
static bool prefix_stays(struct filter *filter, const struct element *element,
			 struct view prefix)
{
	for (size_t i = 0; i < element->declaration_count; i++) {
		const struct xml_declaration *one = &element->declarations[i];

		if (view_equal(view_of_string(one->prefix), prefix))
			return vocabulary_of(one->uri) != VOCABULARY_UNKNOWN;
	}
	for (size_t i = filter->writer.binding_count; i-- > 0;) {
		const struct binding *binding = &filter->writer.bindings[i];

		if (binding->hidden == 0 &&
		    view_equal(view_of_string(binding->prefix), prefix))
			return true;
	}
	return false;
}

/* The next word of a blank-separated list; empty at the end. */
static struct view next_word(struct view *list)
{
	size_t start = 0;
	size_t size = 0;
	struct view word;

	while (start < list->size && isspace(list->data[start]))
		start++;
	while (start + size < list->size && !isspace(list->data[start + size]))
		size++;
	word = view_slice(*list, start, size);
	*list = view_slice(*list, start + size, SIZE_MAX);
	return word;
}

ATTRIBUTE_RULE(attribute_prefixes)
{
	struct view list = attribute->value;
	uint8_t *kept = arena_alloc(filter->job->arena, list.size + 1);
	size_t size = 0;

	if (kept == NULL) {
		filter_fail(filter, -ERR_MEMORY);
		return false;
	}
	for (struct view word = next_word(&list); word.size > 0;
	     word = next_word(&list)) {
		if (!prefix_stays(filter, element, word))
			continue;
		if (size > 0)
			kept[size++] = ' ';
		for (size_t i = 0; i < word.size; i++)
			kept[size++] = word.data[i];
	}
	attribute->value = view_of(kept, size);
	return size > 0;
}

ATTRIBUTE_RULE(attribute_requires)
{
	struct view list = attribute->value;

	if (element->vocabulary != VOCABULARY_MC)
		return true;
	for (struct view word = next_word(&list); word.size > 0;
	     word = next_word(&list))
		if (!prefix_stays(filter, element, word))
			return false;
	return true;
}

ELEMENT_RULE(rule_choice)
{
	if (element_attribute(element, VOCABULARY_NONE, "Requires") == NULL) {
		filter_report(filter, REMOVAL_OOXML_XML_UNKNOWN,
			      "Choice of a namespace that is not on the list");
		return TREATMENT_DROP;
	}
	if (!filter_is_in(filter, VOCABULARY_MC, "AlternateContent"))
		return TREATMENT_UNWRAP;
	element->needs_content = true;
	fields_enter(filter);
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_fallback)
{
	struct frame *frame = &filter->frames[filter->depth];

	if (!filter_is_in(filter, VOCABULARY_MC, "AlternateContent"))
		return TREATMENT_UNWRAP;
	/* Its content may come to stand where the whole stands now: what its
	 * wrappers declare does not count there. */
	frame->hides = true;
	frame->hidden_from = filter_parent(filter, 0)->bindings;
	fields_enter(filter);
	return TREATMENT_KEEP;
}

ELEMENT_END(end_choice)
{
	struct frame *parent = filter_parent(filter, 0);

	if (frame->treatment != TREATMENT_KEEP)
		return;
	fields_leave(filter);
	/* needs_content may have cut it off. */
	if (parent != NULL && filter->writer.out.size > frame->start)
		parent->has_choice = true;
}

ELEMENT_END(end_fallback)
{
	struct frame *parent = filter_parent(filter, 0);
	struct xml_writer *writer = &filter->writer;
	size_t end = writer->out.size;

	if (frame->treatment != TREATMENT_KEEP)
		return;
	fields_leave(filter);
	if (parent == NULL)
		return;
	parent->has_fallback = true;
	parent->fallback_start = frame->content;
	parent->fallback_end = frame->content;
	if (end <= frame->content + 1)
		return;
	/* In front of its end tag. */
	while (end > frame->content && writer->out.data[end - 1] != '<')
		end--;
	parent->fallback_end = end - 1;
}

ELEMENT_END(end_alternate)
{
	struct frame *parent = filter_parent(filter, 0);

	if (frame->treatment != TREATMENT_KEEP || frame->has_choice)
		return;
	if (frame->has_fallback &&
	    frame->fallback_end > frame->fallback_start) {
		xml_writer_move(&filter->writer, frame->start,
				frame->fallback_start, frame->fallback_end);
		picture_moved(filter, frame);
	} else {
		xml_writer_cut(&filter->writer, frame->start);
	}
	if (parent != NULL)
		parent->lost_content = true;
}

ELEMENT_RULE(rule_needs_content)
{
	element->needs_content = true;
	return element->relation_missing ? TREATMENT_DROP : TREATMENT_KEEP;
}

#include "sanitizers/ooxml/filter.h"

#include <stdarg.h>

#include "base/banned.h"

void filter_report(struct filter *filter, enum removal_kind kind,
		   const char *detail, ...)
{
	va_list list;

	va_start(list, detail);
	tally_add(&filter->tallies, filter->job, filter->part->name, kind,
		  detail, list);
	va_end(list);
}

void filter_report_all(struct filter *filter)
{
	tally_tell(&filter->tallies, filter->job, filter->part->name);
}

struct view filter_tag(struct filter *filter, const char *prefix,
		       const char *name)
{
	struct arena *arena = filter->job->arena;
	const char *tag =
	    prefix == NULL ? name : arena_format(arena, "%s:%s", prefix, name);

	if (tag != NULL)
		return view_of_string(tag);
	filter_fail(filter, -ERR_MEMORY);
	return (struct view){NULL, 0};
}

struct attribute *element_attribute(struct element *element,
				    enum vocabulary vocabulary,
				    const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		struct attribute *attribute = &element->attributes[i];

		if (!attribute->dropped &&
		    attribute->vocabulary == vocabulary &&
		    strcmp(attribute->name, name) == 0)
			return attribute;
	}
	return NULL;
}

struct view element_value(struct element *element, const char *name)
{
	struct attribute *attribute =
	    element_attribute(element, VOCABULARY_NONE, name);

	return attribute == NULL ? (struct view){NULL, 0} : attribute->value;
}

struct frame *filter_parent(struct filter *filter, size_t up)
{
	return up < filter->depth ? &filter->frames[filter->depth - 1 - up]
				  : NULL;
}

bool filter_is_in(struct filter *filter, enum vocabulary vocabulary,
		  const char *name)
{
	const struct frame *parent = filter_parent(filter, 0);

	return parent != NULL && parent->vocabulary == vocabulary &&
	       strcmp(parent->name, name) == 0;
}

bool name_list_add(struct filter *filter, struct name_list *set,
		   struct view name)
{
	struct arena *arena = filter->job->arena;

	if (set->count == set->capacity) {
		size_t capacity = set->capacity == 0 ? 32 : set->capacity * 2;
		const char **names =
		    arena_array(arena, capacity, sizeof(*names));

		if (names == NULL)
			return false;
		for (size_t i = 0; i < set->count; i++)
			names[i] = set->names[i];
		set->names = names;
		set->capacity = capacity;
	}
	set->names[set->count] = arena_string(arena, name);
	return set->names[set->count] != NULL && ++set->count > 0;
}

bool name_list_has(const struct name_list *set, struct view name)
{
	for (size_t i = 0; i < set->count; i++)
		if (view_equal_nocase(name, set->names[i]))
			return true;
	return false;
}

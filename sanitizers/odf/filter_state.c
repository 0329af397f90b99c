#include "sanitizers/odf/filter.h"

#include <stdarg.h>

#include "base/banned.h"

void odf_filter_fail(struct odf_filter *filter, int error)
{
	if (filter->error == 0)
		filter->error = error;
}

void odf_report(struct odf_filter *filter, enum removal_kind kind,
		const char *detail, ...)
{
	va_list list;

	va_start(list, detail);
	tally_add(&filter->tallies, filter->job, filter->path, kind, detail,
		  list);
	va_end(list);
}

void odf_report_all(struct odf_filter *filter)
{
	tally_tell(&filter->tallies, filter->job, filter->path);
}

uint32_t odf_filter_owner(struct odf_filter *filter)
{
	if (filter->owner_count == filter->owner_capacity) {
		size_t capacity = filter->owner_capacity * 2 + 64;
		bool *grown =
		    arena_array(filter->job->arena, capacity, sizeof(*grown));

		if (grown == NULL || filter->owner_count >= UINT32_MAX) {
			odf_filter_fail(filter, -ERR_MEMORY);
			return 0;
		}
		for (size_t i = 0; i < filter->owner_count; i++)
			grown[i] = filter->dropped[i];
		filter->dropped = grown;
		filter->owner_capacity = capacity;
	}
	filter->dropped[filter->owner_count] = false;
	return (uint32_t)filter->owner_count++;
}

struct odf_attribute *odf_attribute_of(struct odf_element *element,
				       enum odf_space space, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		struct odf_attribute *attribute = &element->attributes[i];

		if (!attribute->dropped && attribute->space == space &&
		    strcmp(attribute->name, name) == 0)
			return attribute;
	}
	return NULL;
}

struct view odf_value_of(struct odf_element *element, enum odf_space space,
			 const char *name)
{
	struct odf_attribute *attribute =
	    odf_attribute_of(element, space, name);

	return attribute == NULL ? (struct view){NULL, 0} : attribute->value;
}

void odf_attribute_drop(struct odf_element *element, enum odf_space space,
			const char *name)
{
	struct odf_attribute *attribute =
	    odf_attribute_of(element, space, name);

	if (attribute != NULL)
		attribute->dropped = true;
}

struct odf_frame *odf_parent(struct odf_filter *filter)
{
	return filter->depth > 0 ? &filter->frames[filter->depth - 1] : NULL;
}

bool odf_is_in(struct odf_filter *filter, enum odf_space space,
	       const char *name)
{
	const struct odf_frame *parent = odf_parent(filter);

	return parent != NULL && parent->space == space &&
	       strcmp(parent->name, name) == 0;
}

/*
 * What Visio's parts need beyond names: formulas of cells, links, windows of
 * outside stencils, and pictures whose kind is said twice.
 */
#include "sanitizers/ooxml/cell_formula.h"
#include "sanitizers/ooxml/rules.h"

#include "sanitizers/link.h"

#include "base/banned.h"

static void report(struct filter *filter, enum removal_kind kind,
		   struct view name, struct view value)
{
	filter_report(
	    filter, kind, "%.*s: %.*s", (int)(name.size > 60 ? 60 : name.size),
	    (const char *)name.data, (int)(value.size > 300 ? 300 : value.size),
	    (const char *)value.data);
}

static void drop_formula(struct filter *filter, struct view name,
			 struct attribute *formula)
{
	report(filter, REMOVAL_OOXML_VISIO_FORMULA, name, formula->value);
	formula->dropped = true;
}

/* A place in a drawing: no path, no address. */
static bool is_place(struct view place)
{
	return view_find(place, view_of_string("\\"), 0) == SIZE_MAX &&
	       view_find(place, view_of_string("://"), 0) == SIZE_MAX;
}

/* Whether the cell may say this: where a link leads, and where there. */
static bool value_stays(const struct policy *policy, struct view name,
			struct view value)
{
	if (view_equal_nocase(name, "Address"))
		return value.size == 0 || link_allowed(policy, value);
	if (view_equal_nocase(name, "SubAddress"))
		return is_place(value);
	/* A help file, by any path. */
	return !view_equal_nocase(name, "HelpTopic") || value.size == 0;
}

static bool formula_stays(const struct policy *policy, struct view name,
			  struct view formula)
{
	if (view_equal_nocase(name, "Address"))
		return cell_address_allowed(policy, formula);
	if (view_equal_nocase(name, "HelpTopic"))
		return cell_formula_is_void(formula);
	return cell_formula_allowed(policy, formula);
}

ELEMENT_RULE(rule_visio_cell)
{
	struct attribute *formula =
	    element_attribute(element, VOCABULARY_NONE, "F");
	struct view name = element_value(element, "N");
	struct view value = element_value(element, "V");

	if (!value_stays(filter->job->policy, name, value)) {
		report(filter, REMOVAL_OOXML_LINK, name, value);
		return TREATMENT_DROP;
	}
	if (formula != NULL &&
	    !formula_stays(filter->job->policy, name, formula->value))
		drop_formula(filter, name, formula);
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_visio_formula)
{
	element->captures = true;
	return TREATMENT_KEEP;
}

ELEMENT_END(end_visio_formula)
{
	struct view text = buffer_contents(&filter->capture);

	if (!frame->captures ||
	    (buffer_error(&filter->capture) == 0 &&
	     cell_formula_allowed(filter->job->policy, text)))
		return;
	report(filter, REMOVAL_OOXML_VISIO_FORMULA, view_of_string(frame->name),
	       text);
	xml_writer_cut(&filter->writer, frame->start);
}

/* Opened with the drawing, from wherever the path leads. */
ELEMENT_RULE(rule_visio_window)
{
	struct attribute *path =
	    element_attribute(element, VOCABULARY_NONE, "Document");

	if (path == NULL)
		return TREATMENT_KEEP;
	if (path->value.size > 0) {
		report(filter, REMOVAL_OOXML_VISIO_STENCIL,
		       element_value(element, "WindowType"), path->value);
		return TREATMENT_DROP;
	}
	path->dropped = true;
	return TREATMENT_KEEP;
}

/* What the picture is, is said anew at the end; what only OLE objects have,
 * goes with them. */
ELEMENT_RULE(rule_foreign_data)
{
	static const char *const names[] = {
	    "ForeignType", "CompressionType", "CompressionLevel", "ObjectType",
	    "ShowAsIcon",  "ObjectWidth",     "ObjectHeight"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct attribute *attribute =
		    element_attribute(element, VOCABULARY_NONE, names[i]);

		if (attribute != NULL)
			attribute->dropped = true;
	}
	element->needs_content = true;
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_visio_relation)
{
	struct frame *parent = filter_parent(filter, 0);
	struct attribute *id = element_attribute(element, VOCABULARY_R, "id");
	struct relation *relation;

	if (element->relation_missing || id == NULL)
		return TREATMENT_DROP;
	relation = relation_find(&filter->part->relations, id->value);
	if (relation != NULL && parent != NULL &&
	    strcmp(parent->name, "ForeignData") == 0)
		parent->picture = relation->part;
	return TREATMENT_KEEP;
}

/* The attributes of ForeignData for a picture of this type ([MS-VSDX]
 * 2.3.4.2.39). */
static const char *foreign_type(const char *type)
{
	static const struct {
		const char *type;
		const char *attributes;
	} types[] = {
	    {"image/png", " ForeignType=\"Bitmap\" CompressionType=\"PNG\""},
	    {"image/jpeg", " ForeignType=\"Bitmap\" CompressionType=\"JPEG\""},
	    {"image/gif", " ForeignType=\"Bitmap\" CompressionType=\"GIF\""},
	    {"image/tiff", " ForeignType=\"Bitmap\" CompressionType=\"TIFF\""},
	    {"image/bmp", " ForeignType=\"Bitmap\" CompressionType=\"DIB\""},
	    {"image/x-emf", " ForeignType=\"EnhMetaFile\""},
	    {"image/x-wmf", " ForeignType=\"MetaFile\""},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].attributes;
	return "";
}

/* Its picture is known by now, and may be of another kind than it was. */
ELEMENT_END(end_foreign_data)
{
	struct buffer *out = &filter->writer.out;
	size_t name_end = frame->start + 1 + frame->tag.size;
	struct view rest;

	if (frame->picture == NULL || frame->picture->output_type == NULL ||
	    out->size < name_end)
		return;
	rest = arena_copy(filter->job->arena,
			  view_slice(buffer_contents(out), name_end, SIZE_MAX));
	if (rest.data == NULL) {
		filter_fail(filter, -ERR_MEMORY);
		return;
	}
	out->size = name_end;
	buffer_text(out, foreign_type(frame->picture->output_type));
	buffer_view(out, rest);
}

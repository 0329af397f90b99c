#include "sanitizers/link.h"
#include "sanitizers/odf/rules.h"
#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

static void report_target(struct odf_filter *filter, enum removal_kind kind,
			  const struct odf_element *element, struct view target)
{
	odf_report(filter, kind, "%s %.*s", element->name,
		   (int)(target.size > 300 ? 300 : target.size),
		   (const char *)target.data);
}

/* The value of xlink:href from now on. */
static void set_target(struct odf_filter *filter, struct odf_element *element,
		       const char *target)
{
	struct odf_attribute *href =
	    odf_attribute_of(element, SPACE_XLINK, "href");

	if (target == NULL)
		odf_filter_fail(filter, -ERR_MEMORY);
	else if (href != NULL)
		href->value = view_of_string(target);
}

ODF_ELEMENT_RULE(odf_rule_link)
{
	struct view target = odf_value_of(element, SPACE_XLINK, "href");

	if (link_allowed(filter->job->policy, target))
		return ODF_KEEP;
	report_target(filter, REMOVAL_ODF_LINK, element, target);
	return ODF_UNWRAP;
}

/* An area without a link is still an area. */
ODF_ELEMENT_RULE(odf_rule_area)
{
	struct view target = odf_value_of(element, SPACE_XLINK, "href");

	if (target.size == 0 || link_allowed(filter->job->policy, target))
		return ODF_KEEP;
	report_target(filter, REMOVAL_ODF_LINK, element, target);
	return ODF_DROP;
}

ODF_ATTRIBUTE_RULE(odf_attribute_href)
{
	enum odf_reference reference =
	    odf_reference_of(element->space, element->name);

	if (reference == ODF_REFERENCE_DATA
		? view_equal_nocase(attribute->value, ".") ||
		      view_equal_nocase(attribute->value, "..")
		: reference != ODF_REFERENCE_NONE)
		return true;
	report_target(filter, REMOVAL_ODF_EXTERNAL_TARGET, element,
		      attribute->value);
	return false;
}

ODF_ATTRIBUTE_RULE(odf_attribute_url)
{
	return link_allowed(filter->job->policy, attribute->value);
}

/* ---- pictures ---- */

static const char *relative(struct odf_filter *filter, const char *target)
{
	struct arena *arena = filter->job->arena;
	const char *source = arena_format(arena, "%scontent.xml",
					  filter->document->output_folder);

	return source == NULL ? NULL
			      : part_name_relative(arena, source, target);
}

static struct odf_part *part_of(struct odf_filter *filter, struct view target)
{
	if (filter->package == NULL)
		return NULL;
	return odf_package_find(
	    filter->package,
	    odf_package_resolve(filter->package, filter->document, target));
}

ODF_ELEMENT_RULE(odf_rule_picture)
{
	struct view target = odf_value_of(element, SPACE_XLINK, "href");
	struct odf_part *part;

	/* Then it is in it, in base64; or there is none. */
	if (target.size == 0) {
		odf_attribute_drop(element, SPACE_XLINK, "href");
		return ODF_KEEP;
	}
	part = part_of(filter, target);
	if (part == NULL || (!part->asked && !filter->text)) {
		report_target(filter, REMOVAL_ODF_LINKED_PICTURE, element,
			      target);
		return ODF_DROP;
	}
	if (filter->text)
		return ODF_KEEP;
	element->blank = !part->passes;
	element->part = part;
	if (strcmp(element->name, "image") != 0) {
		element->blank = false;
		part->used = true;
	}
	set_target(filter, element, relative(filter, part->output_name));
	return ODF_KEEP;
}

/* A frame shows the first of its pictures that a reader can: a placeholder
 * stands only where there is nothing else. */
ODF_ELEMENT_END(odf_end_picture)
{
	struct odf_frame *parent = odf_parent(filter);
	bool framed = parent != NULL && parent->space == SPACE_DRAW &&
		      strcmp(parent->name, "frame") == 0;

	if (!frame->blank || !framed) {
		frame->blank = false;
		if (framed)
			parent->shows = true;
		if (frame->part != NULL)
			frame->part->used = true;
		return;
	}
	frame->owner = odf_filter_owner(filter);
	if (filter->error != 0)
		return;
	if (parent->has_blank) {
		filter->dropped[frame->owner] = true;
		return;
	}
	parent->has_blank = true;
	parent->owner = frame->owner;
	parent->part = frame->part;
}

ODF_ELEMENT_RULE(odf_rule_frame)
{
	element->needs_content = true;
	return ODF_KEEP;
}

ODF_ELEMENT_END(odf_end_frame)
{
	if (!frame->has_blank)
		return;
	if (frame->shows)
		filter->dropped[frame->owner] = true;
	else if (frame->part != NULL)
		frame->part->used = true;
}

static void show_in_frame(struct odf_filter *filter)
{
	if (odf_is_in(filter, SPACE_DRAW, "frame"))
		odf_parent(filter)->shows = true;
}

ODF_ELEMENT_RULE(odf_rule_shown)
{
	show_in_frame(filter);
	return ODF_KEEP;
}

ODF_ELEMENT_RULE(odf_rule_binary)
{
	const struct odf_frame *parent = odf_parent(filter);

	if (odf_reference_of(parent->space, parent->name) !=
	    ODF_REFERENCE_PICTURE) {
		odf_report(filter, REMOVAL_ODF_OPAQUE_DATA, "in %s",
			   parent->name);
		return ODF_DROP;
	}
	element->captures = true;
	return ODF_KEEP;
}

ODF_ELEMENT_END(odf_end_binary)
{
	BUFFER_CLEANUP struct buffer base64 =
	    buffer_make(filter->job->policy->limits.output_bytes);
	bool passes = true;
	int error = buffer_error(&filter->capture);

	if (filter->text)
		return;
	if (error == 0)
		error = odf_picture_inline(filter->job, filter->path,
					   buffer_contents(&filter->capture),
					   &base64, &passes);
	if (error == 0)
		error = buffer_error(&base64);
	if (error != 0) {
		odf_filter_fail(filter, error);
		return;
	}
	xml_writer_text(&filter->writer, buffer_contents(&base64));
	if (!passes)
		odf_parent(filter)->blank = true;
}

/* ---- objects ---- */

static bool may_embed(const struct odf_filter *filter, enum odf_kind kind)
{
	return kind == ODF_CHART || kind == ODF_FORMULA ||
	       filter->job->policy->embedded == EMBEDDED_SANITIZE;
}

ODF_ELEMENT_RULE(odf_rule_object)
{
	struct view target = odf_value_of(element, SPACE_XLINK, "href");
	struct arena *arena = filter->job->arena;
	struct odf_document *document = NULL;
	const char *name = NULL;
	const char *folder;
	int error = 0;

	if (target.size == 0) {
		odf_attribute_drop(element, SPACE_XLINK, "href");
		element->needs_content = true;
		show_in_frame(filter);
		return ODF_KEEP;
	}
	if (filter->package != NULL)
		name = odf_package_resolve(filter->package, filter->document,
					   target);
	if (name == NULL) {
		report_target(filter, REMOVAL_ODF_EXTERNAL_TARGET, element,
			      target);
		return ODF_DROP;
	}
	if (filter->text)
		return ODF_DROP;
	folder = arena_format(arena, "%s/", name);
	if (folder != NULL)
		error = odf_package_document(filter->package, folder,
					     filter->document->depth + 1,
					     &document);
	if (folder == NULL || error != 0) {
		odf_filter_fail(filter, folder == NULL ? -ERR_MEMORY : error);
		return ODF_DROP;
	}
	if (document == NULL || document->broken ||
	    !may_embed(filter, document->type->kind)) {
		report_target(filter, REMOVAL_ODF_EMBEDDED_DOCUMENT, element,
			      target);
		return ODF_DROP;
	}
	document->used = true;
	folder = relative(filter, document->output_folder);
	if (folder != NULL)
		folder = arena_format(arena, "./%.*s", (int)strlen(folder) - 1,
				      folder);
	set_target(filter, element, folder);
	show_in_frame(filter);
	return ODF_KEEP;
}

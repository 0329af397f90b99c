#include "sanitizers/link.h"
#include "sanitizers/ooxml/package.h"
#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

static const struct {
	const char *segment;
	bool explicit;
	bool binary;
	const char *content_type;
} kept[] = {
#define IMPLICIT false
#define EXPLICIT true
#define PART(segment, need, type) {segment, need, false, type},
#define BINARY(segment, need, type) {segment, need, true, type},
#define DROPPED(segment, kind)
#include "sanitizers/ooxml/parts.def"
#undef PART
#undef BINARY
#undef DROPPED
};

static const struct {
	const char *segment;
	enum removal_kind kind;
} dropped[] = {
#define PART(segment, need, type)
#define BINARY(segment, need, type)
#define DROPPED(segment, kind) {segment, REMOVAL_OOXML_##kind},
#include "sanitizers/ooxml/parts.def"
#undef PART
#undef BINARY
#undef DROPPED
};

static enum removal_kind removal_of(const char *segment,
				    enum removal_kind otherwise)
{
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (strcmp(dropped[i].segment, segment) == 0)
			return dropped[i].kind;
	return otherwise;
}

int part_remove(struct package *package, struct part *part,
		enum removal_kind kind, const char *detail)
{
	struct view content = {NULL, 0};
	int error;

	if (part->reported)
		return 0;
	part->reported = true;
	error = zip_reader_read(package->zip, part->entry,
				(struct view){NULL, 0}, &content);
	if (error != 0)
		return error;
	job_remove(package->job, kind, part->name, content, "%s", detail);
	return 0;
}

/* Excel's own parts are XML in one kind of package and records in the other:
 * readers take them by the kind. */
static bool is_of_package(const struct package *package, bool binary,
			  const char *type)
{
	static const char sheet[] =
	    "application/vnd.openxmlformats-officedocument.spreadsheetml.";

	if (package->type->document == DOCUMENT_BINARY_SHEET)
		return binary || strncmp(type, sheet, sizeof(sheet) - 1) != 0;
	return !binary;
}

/* The content type with which a part stays; NULL when it does not. */
static const char *kept_type(const struct package *package,
			     struct relation *relation, struct part *part)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (strcmp(kept[i].segment, relation->segment) == 0 &&
		    strcasecmp(kept[i].content_type, part->declared) == 0 &&
		    is_of_package(package, kept[i].binary,
				  kept[i].content_type)) {
			relation->explicit = kept[i].explicit;
			part->binary = kept[i].binary;
			return kept[i].content_type;
		}
	}
	return NULL;
}

static void decide_link(struct package *package, struct relation *relation)
{
	bool link = strcmp(relation->segment, "hyperlink") == 0;

	if (link && link_allowed(package->job->policy,
				 view_of_string(relation->target))) {
		relation->decision = DECISION_LINK;
		relation->explicit = true;
		return;
	}
	if (link)
		relation->kind = REMOVAL_OOXML_LINK;
	else if (strcmp(relation->segment, "image") == 0)
		relation->kind = REMOVAL_OOXML_LINKED_PICTURE;
	else
		relation->kind = removal_of(relation->segment,
					    REMOVAL_OOXML_EXTERNAL_TARGET);
}

static bool is_comments(const char *segment)
{
	static const char *const segments[] = {
	    "comments",
	    "commentsextended",
	    "commentsids",
	    "commentauthors",
	    "commentsextensible",
	    "threadedcomment",
	    "people",
	    "person",
	    "authors",
	};

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		if (strcmp(segments[i], segment) == 0)
			return true;
	return false;
}

static void decide_xml(struct package *package, struct relation *relation)
{
	struct part *part = relation->part;
	const char *type = kept_type(package, relation, part);

	relation->kind =
	    removal_of(relation->segment, REMOVAL_OOXML_PART_UNKNOWN);
	if (is_comments(relation->segment) && !package->job->policy->comments) {
		relation->kind = REMOVAL_OOXML_COMMENT;
		return;
	}
	if (type == NULL && package->job->policy->custom_xml) {
		if (strcmp(relation->segment, "customxml") == 0)
			type = "application/xml";
		else if (strcmp(relation->segment, "customxmlprops") == 0)
			type = "application/vnd.openxmlformats-officedocument."
			       "customXmlProperties+xml";
	}
	if (type != NULL) {
		relation->decision = DECISION_PART;
		if (part->output_type == NULL)
			part->output_type = type;
	}
}

static void decide_inside(struct package *package, const char *source,
			  struct relation *relation)
{
	const struct policy *policy = package->job->policy;

	relation->part =
	    package_find(package, part_name_resolve(package->job->arena, source,
						    relation->target));
	if (relation->part == NULL) {
		relation->kind = removal_of(relation->segment,
					    REMOVAL_OOXML_RELATION_BROKEN);
		return;
	}
	if (relation->part == package->main) {
		relation->kind = REMOVAL_OOXML_RELATION_BROKEN;
		if (source[0] != '\0' ||
		    !relation_is_main(relation->type, relation->segment))
			return;
		relation->decision = DECISION_PART;
		relation->part->decision = DECISION_PART;
		relation->part->segment = relation->segment;
		relation->part->output_type = package->type->output_type;
		relation->part->binary =
		    package->type->document == DOCUMENT_BINARY_SHEET;
		return;
	}
	if (strcmp(relation->segment, "image") == 0) {
		relation->decision = DECISION_PICTURE;
		relation->explicit = true;
	} else if (strcmp(relation->segment, "package") == 0 &&
		   policy->embedded == EMBEDDED_SANITIZE &&
		   package->type->document != DOCUMENT_DRAWING) {
		relation->decision = DECISION_DOCUMENT;
		relation->explicit = true;
	} else {
		decide_xml(package, relation);
	}
	/* Sheets are counted: an empty one takes the place of one that goes. */
	if (relation->kind == REMOVAL_OOXML_MACRO_SHEET ||
	    relation->kind == REMOVAL_OOXML_DIALOG_SHEET)
		relation->decision = DECISION_BLANK;
	/* A part is one thing, whoever refers to it. */
	if (relation->decision != DECISION_DROP &&
	    relation->decision != DECISION_BLANK) {
		if (relation->part->decision == DECISION_DROP) {
			relation->part->decision = relation->decision;
			relation->part->segment = relation->segment;
		}
		if (relation->part->decision != relation->decision ||
		    relation->part->state == PART_GONE) {
			relation->decision = DECISION_DROP;
			relation->kind = REMOVAL_OOXML_PART_UNKNOWN;
		}
	}
}

static int report(struct package *package, const char *source,
		  struct relation *relation)
{
	struct part *part = relation->part;

	if (part != NULL && part->decision == DECISION_DROP &&
	    part->state == PART_UNSEEN) {
		/* What it refers to goes with it. */
		part->state = PART_GONE;
		return part_remove(package, part, relation->kind,
				   relation->segment);
	}
	if (part == NULL || !part->reported)
		job_remove(package->job, relation->kind,
			   source[0] == '\0' ? "_rels/.rels" : source,
			   (struct view){NULL, 0}, "%s %s", relation->segment,
			   relation->target);
	return 0;
}

/* Types of other makers are private data. */
static bool is_known_type(const char *type)
{
	static const char *const prefixes[] = {
	    "http://schemas.openxmlformats.org/",
	    "http://schemas.microsoft.com/office/",
	    "http://schemas.microsoft.com/visio/",
	    "http://purl.oclc.org/ooxml/",
	};

	for (const char *at = type; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
		    strchr(":/._-", *at) == NULL)
			return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncasecmp(type, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* An id is written as it came: it must be one (NCName, ASCII part). */
static bool is_id(const char *id)
{
	size_t size = strlen(id);

	if (size == 0 || size > 255)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)id[i]) &&
		    strchr("_.-{}", id[i]) == NULL)
			return false;
	return true;
}

/* Visio: an object has its picture beside it, which stays in its place. */
static int show_object(struct package *package, const char *source,
		       struct relation *relation)
{
	struct relations beside;
	struct part *object;
	int error;

	if (package->type->document != DOCUMENT_DRAWING ||
	    (strcmp(relation->segment, "oleobject") != 0 &&
	     strcmp(relation->segment, "package") != 0))
		return 0;
	object =
	    package_find(package, part_name_resolve(package->job->arena, source,
						    relation->target));
	if (object == NULL || object == package->main)
		return 0;
	error = package_relations(package, object->name, &beside);
	for (size_t i = 0; error == 0 && i < beside.count; i++) {
		const struct relation *picture = &beside.items[i];
		const char *name = part_name_resolve(
		    package->job->arena, object->name, picture->target);

		if (picture->external || name == NULL ||
		    strcmp(picture->segment, "image") != 0)
			continue;
		if (object->state == PART_UNSEEN)
			object->state = PART_GONE;
		relation->segment = picture->segment;
		relation->type = picture->type;
		relation->target =
		    arena_format(package->job->arena, "/%s", name);
		return relation->target == NULL
			   ? -ERR_MEMORY
			   : part_remove(package, object, relation->kind,
					 "object of a shape");
	}
	return error;
}

int relations_decide(struct package *package, const char *source,
		     struct relations *relations)
{
	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error = 0;

		relation->kind = removal_of(relation->segment,
					    REMOVAL_OOXML_RELATION_BROKEN);
		if (!relation->external)
			error = show_object(package, source, relation);
		if (error != 0)
			return error;
		if (!is_id(relation->id) || !is_known_type(relation->type))
			continue;
		if (relation->external || relation->target[0] == '#')
			decide_link(package, relation);
		else
			decide_inside(package, source, relation);
	}
	/* When all are decided: what one drops another may keep. */
	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error = 0;

		if (relation->decision == DECISION_DROP ||
		    relation->decision == DECISION_BLANK)
			error = report(package, source, relation);
		if (error != 0)
			return error;
	}
	return 0;
}

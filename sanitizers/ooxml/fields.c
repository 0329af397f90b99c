#include "sanitizers/ooxml/fields.h"

#include "base/banned.h"

enum {
	FIELD_DEPTH_MAX = 64,
	FIELD_TEXT_MAX = 8192,
	FIELDS_MAX = 1000000,
};

enum revision { REVISION_NONE, REVISION_INSERTED, REVISION_DELETED };

struct field {
	uint32_t id;
	bool in_result;         /* behind its separator */
	bool denied;            /* by its form, whatever its instruction says */
	bool swallowed;         /* part of another's instruction */
	enum revision revision; /* of its beginning */
	struct buffer text;
};

struct fields {
	struct field stack[FIELD_DEPTH_MAX];
	size_t depth;
	size_t base; /* where the story that is being read begins */
	size_t bases[FILTER_DEPTH_MAX];
	size_t stories;
	bool *dropped; /* by id */
	size_t count;
	size_t capacity;
};

static struct fields *fields_of(struct filter *filter)
{
	if (filter->fields == NULL) {
		filter->fields =
		    arena_alloc(filter->job->arena, sizeof(struct fields));
		if (filter->fields == NULL)
			filter_fail(filter, -ERR_MEMORY);
	}
	return filter->fields;
}

static bool new_id(struct filter *filter, uint32_t *ret_id)
{
	struct fields *fields = filter->fields;

	if (fields->count == FIELDS_MAX) {
		filter_fail(filter, -ERR_LIMIT_MEMBERS);
		return false;
	}
	if (fields->count == fields->capacity) {
		size_t capacity =
		    fields->capacity == 0 ? 64 : fields->capacity * 2;
		bool *dropped =
		    arena_array(filter->job->arena, capacity, sizeof(*dropped));

		if (dropped == NULL) {
			filter_fail(filter, -ERR_MEMORY);
			return false;
		}
		for (size_t i = 0; i < fields->count; i++)
			dropped[i] = fields->dropped[i];
		fields->dropped = dropped;
		fields->capacity = capacity;
	}
	fields->dropped[fields->count] = false;
	*ret_id = (uint32_t)fields->count++;
	return true;
}

/* The outermost field of this story whose instruction is being read. */
static struct field *instruction_owner(struct fields *fields)
{
	for (size_t i = fields->base; i < fields->depth; i++)
		if (!fields->stack[i].in_result)
			return &fields->stack[i];
	return NULL;
}

/* Whether what is read now was inserted or deleted with changes tracked: who
 * accepts or rejects them gets another instruction. */
static enum revision revision_now(const struct filter *filter)
{
	for (size_t i = filter->depth; i-- > 0;) {
		const struct frame *frame = &filter->frames[i];

		if (frame->vocabulary != VOCABULARY_W)
			continue;
		if (strcmp(frame->name, "ins") == 0 ||
		    strcmp(frame->name, "moveTo") == 0)
			return REVISION_INSERTED;
		if (strcmp(frame->name, "del") == 0 ||
		    strcmp(frame->name, "moveFrom") == 0)
			return REVISION_DELETED;
	}
	return REVISION_NONE;
}

static void mark_frame(struct filter *filter, const struct field *owner)
{
	struct frame *frame = &filter->frames[filter->depth];

	frame->in_instruction = true;
	frame->owner = owner->id;
}

/* A piece of a field in a story where none is open: a reader that does not
 * see the border would take it for a part of the outer one. */
static void stray(struct filter *filter, const char *what)
{
	struct fields *fields = filter->fields;

	for (size_t i = 0; i < fields->base; i++)
		if (!fields->stack[i].in_result)
			fields->stack[i].denied = true;
	filter_report(filter, REMOVAL_OOXML_FIELD, "stray %s", what);
}

static void settle(struct filter *filter, struct field *field)
{
	struct view text = buffer_contents(&field->text);

	if (!field->swallowed &&
	    (field->denied || buffer_error(&field->text) != 0 ||
	     !field_allowed(filter->job->policy, text))) {
		filter->fields->dropped[field->id] = true;
		filter_report(filter, REMOVAL_OOXML_FIELD, "%.*s",
			      (int)(text.size > 300 ? 300 : text.size),
			      (const char *)text.data);
	}
	buffer_free(&field->text);
}

static bool begin(struct filter *filter)
{
	struct fields *fields = filter->fields;
	struct field *owner = instruction_owner(fields);
	struct field *field = &fields->stack[fields->depth];

	if (fields->depth == FIELD_DEPTH_MAX) {
		filter_fail(filter, -ERR_LIMIT_DEPTH);
		return false;
	}
	*field = (struct field){.revision = revision_now(filter),
				.swallowed = owner != NULL,
				.text = buffer_make(FIELD_TEXT_MAX)};
	if (!new_id(filter, &field->id))
		return false;
	fields->depth++;
	/* QUOTE and its like build instructions out of inner results. */
	if (owner != NULL)
		owner->denied = true;
	mark_frame(filter, owner != NULL ? owner : field);
	return true;
}

bool fields_mark(struct filter *filter, enum field_mark mark)
{
	struct fields *fields = fields_of(filter);
	struct field *field;
	struct field *owner;

	if (fields == NULL)
		return false;
	if (mark == FIELD_BEGIN)
		return begin(filter);
	if (fields->depth == fields->base) {
		stray(filter, "field character");
		return false;
	}
	owner = instruction_owner(fields);
	field = &fields->stack[fields->depth - 1];
	if (owner == NULL || !field->swallowed)
		owner = field;
	mark_frame(filter, owner);
	if (field->revision != revision_now(filter) ||
	    (mark == FIELD_SEPARATE && field->in_result))
		field->denied = true;
	if (mark == FIELD_SEPARATE) {
		field->in_result = true;
	} else {
		settle(filter, field);
		fields->depth--;
	}
	return true;
}

bool fields_instruction(struct filter *filter)
{
	struct fields *fields = fields_of(filter);
	struct field *owner;
	struct field *field;

	if (fields == NULL)
		return false;
	owner = instruction_owner(fields);
	if (owner == NULL) {
		stray(filter, "field instruction");
		return false;
	}
	field = &fields->stack[fields->depth - 1];
	if (field->revision != revision_now(filter))
		owner->denied = true;
	mark_frame(filter, owner);
	return true;
}

bool fields_run_content(struct filter *filter, bool text, bool blank)
{
	struct fields *fields = filter->fields;
	struct field *owner;

	if (fields == NULL || fields->depth == fields->base)
		return false;
	owner = instruction_owner(fields);
	if (owner == NULL)
		return false;
	mark_frame(filter, owner);
	if (blank)
		fields_text(filter, view_of_string(" "));
	else if (!text)
		owner->denied = true;
	return true;
}

void fields_text(struct filter *filter, struct view text)
{
	struct fields *fields = filter->fields;

	if (fields != NULL && fields->depth > fields->base &&
	    !fields->stack[fields->depth - 1].in_result)
		buffer_view(&fields->stack[fields->depth - 1].text, text);
}

void fields_nested(struct filter *filter)
{
	struct fields *fields = filter->fields;
	struct field *owner = fields == NULL ? NULL : instruction_owner(fields);

	if (owner == NULL)
		return;
	owner->denied = true;
	mark_frame(filter, owner);
}

void fields_enter(struct filter *filter)
{
	struct fields *fields = fields_of(filter);

	if (fields == NULL)
		return;
	if (fields->stories == FILTER_DEPTH_MAX) {
		filter_fail(filter, -ERR_LIMIT_DEPTH);
		return;
	}
	fields->bases[fields->stories++] = fields->base;
	fields->base = fields->depth;
}

/* Fields that never ended lose their instructions (a reader may end them at
 * the end of the story). */
static void settle_open(struct filter *filter)
{
	struct fields *fields = filter->fields;

	while (fields->depth > fields->base) {
		struct field *field = &fields->stack[--fields->depth];

		field->denied = true;
		settle(filter, field);
	}
}

void fields_leave(struct filter *filter)
{
	struct fields *fields = filter->fields;

	if (fields == NULL || fields->stories == 0)
		return;
	settle_open(filter);
	fields->base = fields->bases[--fields->stories];
}

int fields_finish(struct filter *filter)
{
	if (filter->fields != NULL) {
		filter->fields->base = 0;
		settle_open(filter);
	}
	return xml_writer_finish(
	    &filter->writer,
	    filter->fields == NULL ? NULL : filter->fields->dropped);
}

void fields_free(struct filter *filter)
{
	struct fields *fields = filter->fields;

	while (fields != NULL && fields->depth > 0)
		buffer_free(&fields->stack[--fields->depth].text);
}

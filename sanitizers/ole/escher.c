/*
 * May carry: VBA, ActiveX and OLE objects behind shapes, links to files on
 *   other machines, scripts, ZIP packages in properties, lengths that overflow.
 * Keep: shapes, their geometry, lines, fills and text, pictures rebuilt.
 * Drop: every record and property that is not in escher.def and
 *   escher_property.def.
 * Specification: [MS-ODRAW].
 */
#include "sanitizers/ole/escher.h"

#include "base/banned.h"

enum kind {
	UNKNOWN,
	CONTAINER,
	PICTURE,
	CLUSTERS,
	ATOM,
	SHAPE,
	PROPERTIES,
	CLIENT
};

static const struct rule {
	uint16_t type;
	enum kind kind;
	uint32_t least;
	uint32_t most;
} rules[] = {
#define ESCHER(type, kind, least, most) {type, kind, least, most},
#include "sanitizers/ole/escher.def"
#undef ESCHER
};

enum { FSP_OLE = 0x10, FSP_FLAGS = 4 };

/* A container that is open. */
struct frame {
	struct escher_record record;
	struct cursor cursor;
	size_t start;  /* of its header in the output */
	size_t count;  /* of a drawing: where its number of shapes stands, plus
			  one; 0: not known */
	uint32_t gone; /* shapes of a drawing that went */
};

struct walk {
	struct escher *escher;
	struct frame frames[ESCHER_DEPTH_MAX];
	size_t depth;
};

bool escher_next(struct cursor *cursor, struct escher_record *ret_record)
{
	uint16_t first;
	uint32_t size;

	if (cursor_left(cursor) < ESCHER_HEADER)
		return false;
	first = cursor_u16le(cursor);
	ret_record->version = first & 0xF;
	ret_record->instance = (uint16_t)(first >> 4);
	ret_record->type = cursor_u16le(cursor);
	size = cursor_u32le(cursor);
	ret_record->body = cursor_take(cursor, size);
	return !cursor->failed;
}

size_t escher_open(struct buffer *out, const struct escher_record *record)
{
	size_t start = out->size;

	buffer_u16le(out, (uint16_t)(record->instance << 4 | record->version));
	buffer_u16le(out, record->type);
	buffer_u32le(out, 0);
	return start;
}

void escher_close(struct buffer *out, size_t start)
{
	size_t body = start + ESCHER_HEADER;

	if (buffer_error(out) == 0)
		buffer_patch_u32le(out, start + 4,
				   (uint32_t)(out->size - body));
}

void escher_copy(struct buffer *out, const struct escher_record *record)
{
	size_t start = escher_open(out, record);

	buffer_view(out, record->body);
	escher_close(out, start);
}

void escher_dropped(struct escher *escher, const struct escher_record *record)
{
	uint8_t bit = (uint8_t)(1u << (record->type & 7));

	if ((escher->reported[record->type >> 3] & bit) != 0)
		return;
	escher->reported[record->type >> 3] |= bit;
	job_remove(escher->job, REMOVAL_OLE_DRAWING_RECORD, escher->path,
		   record->body, "0x%04X", (unsigned)record->type);
}

static const struct rule *rule_for(uint16_t type)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

static bool is_blip(uint16_t type)
{
	return type >= 0xF018 && type <= 0xF117;
}

/* The FSP of a shape; false where it has none. */
static bool shape_of(struct view body, struct escher_shape *ret_shape)
{
	struct cursor cursor = cursor_at(body, 0);
	struct escher_record record;

	while (escher_next(&cursor, &record)) {
		struct cursor fsp = cursor_at(record.body, 0);

		if (record.type != ESCHER_FSP)
			continue;
		ret_shape->type = record.instance;
		ret_shape->id = cursor_u32le(&fsp);
		ret_shape->flags = cursor_u32le(&fsp);
		return !fsp.failed;
	}
	return false;
}

/* Whether the host lets a shape stay, or a group by its first one. */
static bool shape_stays(struct escher *escher,
			const struct escher_record *record)
{
	struct escher_record shape = *record;
	struct escher_shape what;

	if (escher->host == NULL || escher->host->shape == NULL)
		return true;
	if (record->type == ESCHER_SHAPES) {
		struct cursor cursor = cursor_at(record->body, 0);

		if (!escher_next(&cursor, &shape) || shape.type != ESCHER_SHAPE)
			return true;
		shape.parent = record->type;
		shape.offset = record->offset + ESCHER_HEADER;
	}
	if (!shape_of(shape.body, &what))
		return true;
	return escher->host->shape(escher, &shape, &what);
}

/* How many shapes a container holds: each descent is into what is smaller, and
 * a group that goes is looked into once. */
static uint32_t count_shapes(struct view body)
{
	struct cursor stack[ESCHER_DEPTH_MAX];
	struct escher_record record;
	size_t depth = 0;
	uint32_t count = 0;

	stack[depth++] = cursor_at(body, 0);
	while (depth > 0) {
		if (!escher_next(&stack[depth - 1], &record)) {
			depth--;
			continue;
		}
		count += record.type == ESCHER_FSP;
		if (record.version == ESCHER_CONTAINER &&
		    depth < ESCHER_DEPTH_MAX)
			stack[depth++] = cursor_at(record.body, 0);
	}
	return count;
}

static void drop_shapes(struct walk *walk, const struct escher_record *record)
{
	for (size_t i = walk->depth; i-- > 0;)
		if (walk->frames[i].record.type == ESCHER_DRAWING) {
			walk->frames[i].gone += count_shapes(record->body);
			return;
		}
}

/* Marks that lie right behind this record, which was written last. */
static void keep_marks(struct escher *escher,
		       const struct escher_record *record)
{
	size_t end = record->offset + ESCHER_HEADER + record->body.size;

	if (record->type != ESCHER_DATA && record->type != ESCHER_TEXT)
		return;
	while (escher->mark_next < escher->mark_count &&
	       escher->marks[escher->mark_next].from <= end) {
		struct escher_mark *mark = &escher->marks[escher->mark_next++];

		mark->kept = mark->from == end;
		mark->to = escher->out->size;
	}
}

static void write_shape(struct escher *escher,
			const struct escher_record *record)
{
	struct cursor cursor = cursor_at(record->body, FSP_FLAGS);
	uint32_t flags = cursor_u32le(&cursor);
	size_t at = escher->out->size + ESCHER_HEADER + FSP_FLAGS;

	escher_copy(escher->out, record);
	if ((flags & FSP_OLE) == 0 || buffer_error(escher->out) != 0)
		return;
	buffer_patch_u32le(escher->out, at, flags & ~(uint32_t)FSP_OLE);
	job_remove(escher->job, REMOVAL_OLE_OBJECT, escher->path,
		   (struct view){NULL, 0}, "shape");
}

/* The number of clusters has to be that of the bytes behind it, plus one. */
static void write_clusters(struct escher *escher,
			   const struct escher_record *record)
{
	size_t at = escher->out->size + ESCHER_HEADER + 4;
	uint32_t clusters = (uint32_t)(record->body.size - 16) / 8;
	struct escher_record whole = *record;

	whole.body = view_slice(record->body, 0, 16 + (size_t)clusters * 8);
	escher_copy(escher->out, &whole);
	if (buffer_error(escher->out) == 0)
		buffer_patch_u32le(escher->out, at, clusters + 1);
}

/* Of a record the drawing knows. */
static int judge(struct escher *escher, const struct escher_record *record,
		 const struct rule *rule, enum escher_choice *ret_choice)
{
	bool container = record->version == ESCHER_CONTAINER;
	size_t size = record->body.size;

	*ret_choice = ESCHER_WRITTEN;
	if (rule->kind == PICTURE)
		return escher_blips(escher, record);
	if (rule->kind == PROPERTIES)
		return escher_properties(escher, record);
	*ret_choice = ESCHER_DROP;
	if (container != (rule->kind == CONTAINER) ||
	    (!container && (size < rule->least || size > rule->most))) {
		escher_dropped(escher, record);
		return 0;
	}
	*ret_choice = ESCHER_WRITTEN;
	if (rule->kind == SHAPE)
		write_shape(escher, record);
	else if (rule->kind == CLUSTERS)
		write_clusters(escher, record);
	else
		*ret_choice = container ? ESCHER_DESCEND : ESCHER_COPY;
	return 0;
}

static int choose(struct escher *escher, const struct escher_record *record,
		  enum escher_choice *ret_choice)
{
	const struct rule *rule = rule_for(record->type);
	bool host = record->type < ESCHER_GROUP ||
		    (rule != NULL && rule->kind == CLIENT);

	*ret_choice = ESCHER_DROP;
	if (host && escher->host != NULL && escher->host->record != NULL)
		return escher->host->record(escher, record, ret_choice);
	if ((record->type == ESCHER_SHAPE || record->type == ESCHER_SHAPES) &&
	    !shape_stays(escher, record))
		return 0;
	if (is_blip(record->type)) {
		*ret_choice = ESCHER_WRITTEN;
		return escher_blips(escher, record);
	}
	if (rule != NULL)
		return judge(escher, record, rule, ret_choice);
	escher_dropped(escher, record);
	return 0;
}

static int descend(struct walk *walk, const struct escher_record *record)
{
	struct frame *frame;

	if (walk->depth == ESCHER_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	frame = &walk->frames[walk->depth++];
	*frame = (struct frame){
	    .record = *record,
	    .cursor = cursor_at(record->body, 0),
	    .start = escher_open(walk->escher->out, record),
	};
	return 0;
}

static int take(struct walk *walk, const struct escher_record *record)
{
	struct escher *escher = walk->escher;
	struct frame *top = &walk->frames[walk->depth - 1];
	enum escher_choice choice;
	int error = choose(escher, record, &choice);

	if (error != 0)
		return error;
	if (choice == ESCHER_DESCEND)
		return descend(walk, record);
	if (choice == ESCHER_COPY) {
		if (record->type == ESCHER_FDG)
			top->count = escher->out->size + ESCHER_HEADER + 1;
		escher_copy(escher->out, record);
	}
	if (choice == ESCHER_DROP &&
	    (record->type == ESCHER_SHAPE || record->type == ESCHER_SHAPES))
		drop_shapes(walk, record);
	if (choice != ESCHER_DROP)
		keep_marks(escher, record);
	return 0;
}

static void mend_count(const struct escher *escher, const struct frame *frame)
{
	struct buffer *out = escher->out;
	struct cursor cursor;
	uint32_t count;

	if (frame->count == 0 || frame->gone == 0)
		return;
	cursor = cursor_at(buffer_contents(out), frame->count - 1);
	count = cursor_u32le(&cursor);
	if (!cursor.failed)
		buffer_patch_u32le(out, frame->count - 1,
				   count > frame->gone ? count - frame->gone
						       : 0);
}

/* A container is complete. */
static int ascend(struct walk *walk)
{
	struct escher *escher = walk->escher;
	struct frame *frame = &walk->frames[--walk->depth];

	if (frame->cursor.failed)
		return -ERR_MALFORMED;
	if (cursor_left(&frame->cursor) > 0)
		job_remove(
		    escher->job, REMOVAL_OLE_DRAWING_RECORD, escher->path,
		    cursor_take(&frame->cursor, cursor_left(&frame->cursor)),
		    "rest");
	if (walk->depth == 0)
		return 0;
	mend_count(escher, frame);
	escher_close(escher->out, frame->start);
	keep_marks(escher, &frame->record);
	if (escher->host == NULL || escher->host->end == NULL)
		return 0;
	return escher->host->end(escher, &frame->record, frame->start);
}

int escher_filter(struct escher *escher, struct view input)
{
	struct walk walk = {.escher = escher, .depth = 1};
	int error = 0;

	escher->mark_next = 0;
	for (size_t i = 0; i < escher->mark_count; i++)
		escher->marks[i].kept = false;
	walk.frames[0] = (struct frame){.cursor = cursor_at(input, 0)};
	while (walk.depth > 0 && error == 0) {
		struct frame *top = &walk.frames[walk.depth - 1];
		struct escher_record record = {
		    .parent = top->record.type,
		    .offset = top->cursor.offset,
		};

		if (walk.depth > 1)
			record.offset += top->record.offset + ESCHER_HEADER;
		error = escher_next(&top->cursor, &record)
			    ? take(&walk, &record)
			    : ascend(&walk);
	}
	return error != 0 ? error : buffer_error(escher->out);
}

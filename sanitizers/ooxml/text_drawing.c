/*
 * Text mode of Visio: the texts of the shapes, page by page. A shape that has
 * none of its own shows that of its master.
 */
#include "sanitizers/ooxml/text_scan.h"

#include "base/banned.h"

enum { FIRST_SHAPE = INT32_MAX, SHAPES_DEPTH_MAX = XML_DEPTH_MAX };

/* The text of a shape of a master; FIRST_SHAPE is its outermost one. */
struct master_text {
	uint32_t master;
	uint32_t shape;
	struct view text;
};

struct shape {
	uint32_t id;
	uint32_t master; /* its own, or of the group that it is in */
	uint32_t master_shape;
	bool of_master;
	bool has_text;
	struct view text;
};

struct drawing {
	struct package *package;
	struct buffer *out;
	struct master_text *masters; /* sorted */
	size_t master_count;
	size_t master_capacity;
	/* of the part that is read */
	bool is_master;
	bool has_first;
	uint32_t master;
	struct shape shapes[SHAPES_DEPTH_MAX];
	size_t depth;
	size_t texts; /* depth inside <Text> */
	struct buffer text;
	/* of the list that is read */
	const struct part *list;
	const char *name;
	uint32_t id;
	size_t pages;
	int error;
};

static uint32_t number(struct view value)
{
	uint64_t result = 0;

	for (size_t i = 0; i < value.size && isdigit(value.data[i]); i++) {
		result = result * 10 + (uint64_t)(value.data[i] - '0');
		if (result >= FIRST_SHAPE)
			return FIRST_SHAPE - 1;
	}
	return (uint32_t)result;
}

static int compare_texts(const void *a, const void *b)
{
	const struct master_text *one = a;
	const struct master_text *other = b;

	if (one->master != other->master)
		return one->master < other->master ? -1 : 1;
	return (one->shape > other->shape) - (one->shape < other->shape);
}

static bool add_text(struct drawing *drawing, uint32_t shape, struct view text)
{
	struct arena *arena = drawing->package->job->arena;

	if (drawing->master_count == drawing->master_capacity) {
		size_t capacity = drawing->master_capacity == 0
				      ? 64
				      : drawing->master_capacity * 2;
		struct master_text *items =
		    arena_array(arena, capacity, sizeof(*items));

		if (items == NULL)
			return false;
		for (size_t i = 0; i < drawing->master_count; i++)
			items[i] = drawing->masters[i];
		drawing->masters = items;
		drawing->master_capacity = capacity;
	}
	drawing->masters[drawing->master_count++] =
	    (struct master_text){drawing->master, shape, text};
	return true;
}

static void start_shape(struct drawing *drawing,
			const struct xml_attribute *attributes, size_t count)
{
	struct shape *shape;
	const struct shape *group =
	    drawing->depth > 0 ? &drawing->shapes[drawing->depth - 1] : NULL;

	if (drawing->depth == SHAPES_DEPTH_MAX) {
		drawing->error = -ERR_LIMIT_DEPTH;
		return;
	}
	shape = &drawing->shapes[drawing->depth++];
	*shape = (struct shape){0};
	if (group != NULL)
		shape->master = group->master;
	for (size_t i = 0; i < count; i++) {
		const char *name = attributes[i].name->local;

		if (strcmp(name, "ID") == 0) {
			shape->id = number(attributes[i].value);
		} else if (strcmp(name, "Master") == 0) {
			shape->master = number(attributes[i].value);
			shape->of_master = true;
			if (shape->master_shape == 0)
				shape->master_shape = FIRST_SHAPE;
		} else if (strcmp(name, "MasterShape") == 0) {
			shape->master_shape = number(attributes[i].value);
			shape->of_master = true;
		}
	}
}

static void on_start(void *context, enum vocabulary vocabulary,
		     const char *name, const struct xml_attribute *attributes,
		     size_t attribute_count)
{
	struct drawing *drawing = context;

	if (vocabulary != VOCABULARY_VSD)
		return;
	if (drawing->texts > 0)
		drawing->texts++;
	else if (strcmp(name, "Shape") == 0)
		start_shape(drawing, attributes, attribute_count);
	else if (strcmp(name, "Text") == 0 && drawing->depth > 0)
		drawing->texts = 1;
}

static struct view inherited_text(const struct drawing *drawing,
				  const struct shape *shape)
{
	const struct master_text key = {.master = shape->master,
					.shape = shape->master_shape};
	const struct master_text *found = NULL;

	if (shape->of_master && drawing->master_count > 0)
		found = bsearch(&key, drawing->masters, drawing->master_count,
				sizeof(key), compare_texts);
	return found == NULL ? (struct view){NULL, 0} : found->text;
}

static void end_shape(struct drawing *drawing)
{
	struct shape *shape = &drawing->shapes[--drawing->depth];
	struct view text =
	    shape->has_text ? shape->text : inherited_text(drawing, shape);

	if (drawing->is_master) {
		bool first = drawing->depth == 0 && !drawing->has_first;

		drawing->has_first |= drawing->depth == 0;
		if (text.size > 0 &&
		    (!add_text(drawing, shape->id, text) ||
		     (first && !add_text(drawing, FIRST_SHAPE, text))))
			drawing->error = -ERR_MEMORY;
	} else if (text.size > 0) {
		buffer_view(drawing->out, text);
		buffer_u8(drawing->out, '\n');
	}
}

static void end_text(struct drawing *drawing)
{
	struct shape *shape = &drawing->shapes[drawing->depth - 1];
	struct view text = buffer_contents(&drawing->text);

	while (text.size > 0 && isspace(text.data[text.size - 1]))
		text.size--;
	shape->has_text = true;
	shape->text = (struct view){NULL, 0};
	if (text.size > 0) {
		shape->text = arena_copy(drawing->package->job->arena, text);
		if (shape->text.data == NULL)
			drawing->error = -ERR_MEMORY;
	}
	drawing->text.size = 0;
}

static void on_end(void *context, enum vocabulary vocabulary, const char *name)
{
	struct drawing *drawing = context;

	if (vocabulary != VOCABULARY_VSD)
		return;
	if (drawing->texts > 0) {
		drawing->texts--;
		if (drawing->texts == 0)
			end_text(drawing);
	} else if (strcmp(name, "Shape") == 0 && drawing->depth > 0) {
		end_shape(drawing);
	}
}

static void on_text(void *context, struct view text)
{
	struct drawing *drawing = context;

	if (drawing->texts > 0)
		buffer_view(&drawing->text, text);
}

/* The shapes of one page or master. */
static int read_shapes(struct drawing *drawing, const struct part *part)
{
	const struct text_events events = {on_start, on_end, on_text};
	int error;

	drawing->depth = 0;
	drawing->texts = 0;
	drawing->has_first = false;
	error = text_scan_events(drawing->package->reader, part->output,
				 &events, drawing);
	if (error == 0)
		error = drawing->error;
	if (error == 0)
		error = buffer_error(&drawing->text);
	return error != 0 ? error : buffer_error(drawing->out);
}

static struct relation *relation_of(const struct part *list,
				    const struct scan_element *element)
{
	struct relation *relation = NULL;

	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];

		if (vocabulary_of(attribute->name->uri) == VOCABULARY_R)
			relation =
			    relation_find(&list->relations, attribute->value);
	}
	if (relation == NULL || relation->part == NULL ||
	    !relation_stays(relation) ||
	    relation->part->decision != DECISION_PART)
		return NULL;
	return relation;
}

/* <Page Name=""><Rel r:id=""/></Page>, <Master ID="">... */
static int read_item(void *context, const struct scan_element *element)
{
	struct drawing *drawing = context;
	struct arena *arena = drawing->package->job->arena;
	const struct relation *relation;

	if (element->depth == 1) {
		const char *id = scan_attribute(arena, element, "ID");

		drawing->name = scan_attribute(arena, element, "Name");
		drawing->id = id == NULL ? 0 : number(view_of_string(id));
		return 0;
	}
	if (element->depth != 2 || strcmp(element->name, "Rel") != 0)
		return 0;
	relation = relation_of(drawing->list, element);
	if (relation == NULL)
		return 0;
	drawing->master = drawing->id;
	if (!drawing->is_master)
		buffer_format(drawing->out, "%s[ページ: %s]\n",
			      drawing->pages++ > 0 ? "\n" : "",
			      drawing->name == NULL ? "" : drawing->name);
	return read_shapes(drawing, relation->part);
}

/* The list of pages or masters; each is read while this goes on. */
static int read_list(struct drawing *drawing, struct xml_reader *reader,
		     const char *segment)
{
	struct relations *relations = &drawing->package->main->relations;

	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error;

		if (strcmp(relation->segment, segment) != 0 ||
		    !relation_stays(relation) || relation->part == NULL)
			continue;
		drawing->list = relation->part;
		error = part_scan(reader, relation->part->output, read_item,
				  drawing);
		if (error != 0)
			return error;
	}
	return 0;
}

int text_scan_drawing(struct package *package, struct buffer *out)
{
	struct drawing *drawing =
	    arena_alloc(package->job->arena, sizeof(*drawing));
	struct xml_reader *reader = xml_reader_new(package->job->arena);
	int error;

	if (drawing == NULL || reader == NULL) {
		xml_reader_close(reader);
		return -ERR_MEMORY;
	}
	drawing->package = package;
	drawing->out = out;
	drawing->text = buffer_make(package->job->policy->limits.output_bytes);
	drawing->is_master = true;
	error = read_list(drawing, reader, "masters");
	if (drawing->master_count > 1)
		qsort(drawing->masters, drawing->master_count,
		      sizeof(*drawing->masters), compare_texts);
	drawing->is_master = false;
	if (error == 0)
		error = read_list(drawing, reader, "pages");
	buffer_free(&drawing->text);
	xml_reader_close(reader);
	return error;
}

#include "sanitizers/ppt/ppt.h"

#include "base/banned.h"

enum kind {
	HOLDER,
	ATOM,
	SETTINGS,
	TRANSITION,
	EFFECT,
	ACTION,
	RANGE,
	LINKS,
	LINK,
	TAG,
	TAG_DATA,
};

enum { ANY = 255 };

static const struct rule {
	enum kind kind;
	uint32_t least;
	uint32_t most;
	uint16_t type;
	uint8_t tag;
} rules[] = {
#define STAYS(type, kind, least, most, tag) {kind, least, most, type, tag},
#define GOES(first, last, removal)
#include "sanitizers/ppt/records.def"
#undef STAYS
#undef GOES
};

static const struct {
	uint16_t first;
	uint16_t last;
	enum removal_kind removal;
} named[] = {
#define STAYS(type, kind, least, most, tag)
#define GOES(first, last, removal) {first, last, REMOVAL_##removal},
#include "sanitizers/ppt/records.def"
#undef STAYS
#undef GOES
};

/* Offsets and flags of sound in TransitionAtom and AnimationInfoAtom ([MS-PPT]
 * 2.6.6, 2.8.4), of embedded fonts in DocumentAtom (2.4.2). */
enum {
	TRANSITION_SOUND = 4,
	TRANSITION_FLAGS = 8,
	TRANSITION_SOUND_BITS = 0x01500000,
	EFFECT_SOUND = 8,
	EFFECT_FLAGS = 4,
	EFFECT_SOUND_BITS = 0x50,
	SETTINGS_FONTS = 36,
};

static const struct rule *rule_for(uint16_t type)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

static enum removal_kind removal_for(const struct ppt *ppt, uint16_t type)
{
	/* PowerPoint writes the container for a project into every file. */
	if (type == PPT_VBA && ppt->vba == 0)
		return REMOVAL_PPT_RECORD;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (type >= named[i].first && type <= named[i].last)
			return named[i].removal;
	return ppt->tagged ? REMOVAL_PPT_TAG : REMOVAL_PPT_RECORD;
}

/* The number of a tag's name; 0: none that is known. */
static unsigned tag_of(struct view tag)
{
	static const uint8_t name[] = {'_', 0, '_', 0, '_', 0,
				       'P', 0, 'P', 0, 'T', 0};
	static const uint8_t ten[] = {'1', 0, '0', 0};
	struct escher_record record;
	struct view end;

	if (!ppt_child(tag, PPT_STRING, -1, &record) ||
	    !view_equal(view_slice(record.body, 0, sizeof(name)),
			view_of(name, sizeof(name))))
		return 0;
	end = view_slice(record.body, sizeof(name), SIZE_MAX);
	if (view_equal(end, view_of("9", 2)))
		return 9;
	return view_equal(end, view_of(ten, sizeof(ten))) ? 10 : 0;
}

static void write_settings(struct escher *escher,
			   const struct escher_record *record)
{
	size_t at = escher->out->size + ESCHER_HEADER + SETTINGS_FONTS;
	struct cursor cursor = cursor_at(record->body, SETTINGS_FONTS);
	uint32_t last = cursor_u32le(&cursor);

	escher_copy(escher->out, record);
	if (buffer_error(escher->out) == 0)
		buffer_patch_u32le(escher->out, at, last & ~(uint32_t)0xFF);
}

/* Tags inside of tags are none. */
static enum escher_choice choose_tag(struct ppt *ppt, struct escher *escher,
				     const struct escher_record *record)
{
	unsigned tag = tag_of(record->body);

	if (tag == 0 || record->parent != PPT_TAGS) {
		ppt_gone(ppt, escher, record, REMOVAL_PPT_TAG);
		return ESCHER_DROP;
	}
	ppt->tag = tag;
	return ESCHER_DESCEND;
}

static bool fits(const struct ppt *ppt, const struct rule *rule,
		 const struct escher_record *record)
{
	bool container = record->version == ESCHER_CONTAINER;
	bool holds = rule->kind == HOLDER || rule->kind == LINKS ||
		     rule->kind == LINK || rule->kind == ACTION ||
		     rule->kind == TAG;

	if (rule->tag != ANY && rule->tag != (ppt->tagged ? ppt->tag : 0))
		return false;
	if (rule->kind == TAG_DATA)
		return record->parent == PPT_TAG && !container;
	return container == holds &&
	       (holds || (record->body.size >= rule->least &&
			  record->body.size <= rule->most));
}

static int write_rule(struct ppt *ppt, struct escher *escher,
		      const struct escher_record *record,
		      const struct rule *rule, enum escher_choice *ret_choice)
{
	*ret_choice = ESCHER_WRITTEN;
	switch (rule->kind) {
	case HOLDER:
	case LINKS:
		*ret_choice = ESCHER_DESCEND;
		return 0;
	case ATOM:
		*ret_choice = ESCHER_COPY;
		return 0;
	case SETTINGS:
		write_settings(escher, record);
		return 0;
	case TRANSITION:
		ppt_write_silent(ppt, escher, record, TRANSITION_SOUND,
				 TRANSITION_FLAGS, TRANSITION_SOUND_BITS);
		return 0;
	case EFFECT:
		ppt_write_silent(ppt, escher, record, EFFECT_SOUND,
				 EFFECT_FLAGS, EFFECT_SOUND_BITS);
		return 0;
	case RANGE:
		*ret_choice = ppt->action_gone ? ESCHER_DROP : ESCHER_COPY;
		return 0;
	case ACTION:
		return ppt_write_action(ppt, escher, record, ret_choice);
	case LINK:
		return ppt_write_link(ppt, escher, record, ret_choice);
	case TAG:
		*ret_choice = choose_tag(ppt, escher, record);
		return 0;
	case TAG_DATA:
		ppt->tagged = true;
		*ret_choice = ESCHER_DESCEND;
		return 0;
	}
	return -ERR_INTERNAL;
}

static int judge(struct escher *escher, const struct escher_record *record,
		 enum escher_choice *ret_choice)
{
	struct ppt *ppt = escher->data;
	const struct rule *rule = rule_for(record->type);

	*ret_choice = ESCHER_DROP;
	if (rule != NULL && fits(ppt, rule, record))
		return write_rule(ppt, escher, record, rule, ret_choice);
	ppt_gone(ppt, escher, record, removal_for(ppt, record->type));
	return 0;
}

/* How many records of other types than this one a container has. */
static size_t count_others(struct view body, uint16_t type)
{
	struct cursor cursor = cursor_at(body, 0);
	struct escher_record record;
	size_t count = 0;

	while (escher_next(&cursor, &record))
		count += record.type != type;
	return count;
}

/* Containers whose content went go too. */
static int finish(struct escher *escher, const struct escher_record *record,
		  size_t start)
{
	struct ppt *ppt = escher->data;
	struct view body = view_slice(buffer_contents(escher->out),
				      start + ESCHER_HEADER, SIZE_MAX);
	bool empty = false;

	if (record->type == PPT_TAG_DATA)
		ppt->tagged = false;
	if (record->type == PPT_TAG) {
		ppt->tag = 0;
		empty = count_others(body, PPT_STRING) == 0;
	}
	if (record->type == PPT_LINKS)
		empty = count_others(body, PPT_LINKS_ATOM) == 0;
	if (record->type == PPT_TAG_DATA || record->type == PPT_TAGS ||
	    record->type == ESCHER_DATA)
		empty = body.size == 0;
	if (empty && buffer_error(escher->out) == 0)
		escher->out->size = start;
	return 0;
}

static const struct escher_host host = {.record = judge, .end = finish};

static const char *path_of(const struct ppt *ppt,
			   const struct ppt_object *object)
{
	const char *path = "document";

	switch (object->record.type) {
	case PPT_MASTER:
		path = "master";
		break;
	case PPT_NOTES:
		path = "notes";
		break;
	case PPT_HANDOUT:
		path = "handout";
		break;
	case PPT_SLIDE:
		path = "slide";
		break;
	default:
		break;
	}
	if (object->number != 0)
		return arena_format(ppt->job->arena, "slide %u",
				    (unsigned)object->number);
	return path;
}

/* What an identifier may lead to. */
static bool is_root(const struct ppt *ppt, const struct ppt_object *object)
{
	switch (object->record.type) {
	case PPT_DOCUMENT:
		return object == ppt->main;
	case PPT_SLIDE:
	case PPT_NOTES:
	case PPT_MASTER:
	case PPT_HANDOUT:
		return true;
	default:
		return false;
	}
}

static void report_object(struct ppt *ppt, const struct ppt_object *object)
{
	bool vba = ppt->vba != 0 && object->id == ppt->vba;
	enum removal_kind kind = removal_for(ppt, object->record.type);

	job_remove(ppt->job, vba ? REMOVAL_OLE_VBA_PROJECT : kind, "document",
		   object->record.body, "%u", (unsigned)object->record.type);
}

static int write_object(struct ppt *ppt, struct escher *escher,
			const struct ppt_object *object)
{
	size_t size = ESCHER_HEADER + object->record.body.size;

	escher->path = path_of(ppt, object);
	if (escher->path == NULL)
		return -ERR_MEMORY;
	ppt->tag = 0;
	ppt->tagged = false;
	ppt->action_gone = false;
	return escher_filter(escher,
			     view_slice(ppt->document, object->offset, size));
}

/* Runs of identifiers one behind the other: 20 bits of the first, 12 of their
 * number ([MS-PPT] 2.3.5). */
static void write_directory(struct buffer *out, const struct ppt_object *kept,
			    size_t count)
{
	const struct escher_record record = {.type = PPT_DIRECTORY};
	size_t start = escher_open(out, &record);

	for (size_t i = 0; i < count;) {
		size_t end = i + 1;

		while (end < count && end - i < 0xFFF &&
		       kept[end].id == kept[end - 1].id + 1)
			end++;
		buffer_u32le(out, kept[i].id | (uint32_t)(end - i) << 20);
		for (; i < end; i++)
			buffer_u32le(out, kept[i].offset);
	}
	escher_close(out, start);
}

/* UserEditAtom ([MS-PPT] 2.3.3): the only one, without a cipher. */
static void write_edit(const struct ppt *ppt, struct buffer *out,
		       uint32_t directory, uint32_t highest)
{
	const struct escher_record record = {.type = PPT_EDIT};
	struct cursor edit = cursor_at(ppt->edit, 0);
	size_t start = escher_open(out, &record);

	buffer_u32le(out, cursor_u32le(&edit)); /* lastSlideIdRef */
	buffer_u32le(out, cursor_u32le(&edit)); /* version */
	buffer_u32le(out, 0);                   /* offsetLastEdit */
	buffer_u32le(out, directory);
	cursor_seek(&edit, 16);
	buffer_u32le(out, cursor_u32le(&edit)); /* docPersistIdRef */
	buffer_u32le(out, highest);             /* persistIdSeed */
	cursor_skip(&edit, 4);
	buffer_u16le(out, cursor_u16le(&edit)); /* lastView */
	buffer_u16le(out, 0);
	escher_close(out, start);
}

int ppt_filter(struct ppt *ppt, struct buffer *document,
	       struct buffer *pictures, uint32_t *ret_edit)
{
	struct escher *escher = arena_alloc(ppt->job->arena, sizeof(*escher));
	struct ppt_object *kept =
	    arena_array(ppt->job->arena, ppt->object_count + 1, sizeof(*kept));
	uint32_t directory;
	bool has_main = false;
	size_t count = 0;
	size_t start;
	int error = 0;

	if (escher == NULL || kept == NULL)
		return -ERR_MEMORY;
	*escher = (struct escher){.job = ppt->job,
				  .host = &host,
				  .data = ppt,
				  .out = document,
				  .delay = ppt->pictures,
				  .delay_out = pictures};
	for (size_t i = 0; i < ppt->object_count && error == 0; i++) {
		const struct ppt_object *object = &ppt->objects[i];

		if (!is_root(ppt, object)) {
			report_object(ppt, object);
			continue;
		}
		start = document->size;
		error = write_object(ppt, escher, object);
		if (document->size == start)
			continue; /* was none of what it says it is */
		kept[count].id = object->id;
		kept[count++].offset = (uint32_t)start;
		has_main |= object == ppt->main;
	}
	if (error != 0 || !has_main)
		return error != 0 ? error : -ERR_MALFORMED;
	if (ppt->edit_count > 1)
		job_remove(ppt->job, REMOVAL_PPT_EARLIER, "document",
			   (struct view){NULL, 0}, "%zu", ppt->edit_count - 1);
	directory = (uint32_t)document->size;
	write_directory(document, kept, count);
	*ret_edit = (uint32_t)document->size;
	write_edit(ppt, document, directory, kept[count - 1].id);
	error = buffer_error(document);
	return error != 0 ? error : buffer_error(pictures);
}

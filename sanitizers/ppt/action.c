#include "sanitizers/ppt/ppt.h"

#include "base/banned.h"

/* InteractiveInfoAtom ([MS-PPT] 2.8.5). */
enum {
	ACTION_SIZE = 16,
	ACTION_LINK = 4, /* exHyperlinkIdRef */
	ACTION_KIND = 8, /* action, oleVerb, jump, flags */
	ACTION_FLAGS = 11,
	ACTION_STOPS_SOUND = 2,
};

enum action {
	ACTION_NONE = 0,
	ACTION_MACRO = 1,
	ACTION_RUN = 2,
	ACTION_JUMP = 3,
	ACTION_HYPERLINK = 4,
	ACTION_OLE = 5,
	ACTION_MEDIA = 6,
	ACTION_SHOW = 7,
};

static const char *const action_names[] = {
    "none", "macro", "run program", "jump", "hyperlink", "OLE", "media", "show",
};

static uint32_t number_at(struct view bytes, size_t offset)
{
	struct cursor cursor = cursor_at(bytes, offset);

	return cursor_u32le(&cursor);
}

void ppt_gone(struct ppt *ppt, struct escher *escher,
	      const struct escher_record *record, enum removal_kind kind)
{
	uint8_t bit = (uint8_t)(1u << (record->type & 7));

	if ((ppt->reported[record->type >> 3] & bit) != 0)
		return;
	ppt->reported[record->type >> 3] |= bit;
	job_remove(ppt->job, kind, escher->path, record->body, "%u",
		   (unsigned)record->type);
}

void ppt_write_silent(struct ppt *ppt, struct escher *escher,
		      const struct escher_record *record, size_t sound,
		      size_t at, uint32_t flags)
{
	size_t body = escher->out->size + ESCHER_HEADER;
	uint32_t kept = number_at(record->body, at);

	escher_copy(escher->out, record);
	if ((number_at(record->body, sound) == 0 && (kept & flags) == 0) ||
	    buffer_error(escher->out) != 0)
		return;
	buffer_patch_u32le(escher->out, body + sound, 0);
	buffer_patch_u32le(escher->out, body + at, kept & ~flags);
	ppt_gone(ppt, escher, record, REMOVAL_PPT_SOUND);
}

/* What a click may do: nothing, go to a slide or a show of this presentation,
 * or follow a link that stays. */
static bool is_allowed(const struct ppt *ppt, struct view atom)
{
	uint8_t action = atom.data[ACTION_KIND];

	if (action == ACTION_HYPERLINK)
		return ppt_link_is_kept(ppt, number_at(atom, ACTION_LINK));
	return action == ACTION_NONE || action == ACTION_JUMP ||
	       action == ACTION_SHOW;
}

static void put_action(struct ppt *ppt, struct escher *escher,
		       const struct escher_record *atom)
{
	uint32_t link = number_at(atom->body, ACTION_LINK);
	const uint8_t *kind = atom->body.data + ACTION_KIND;
	struct buffer *out = escher->out;
	struct escher_record header = {.version = atom->version,
				       .instance = atom->instance,
				       .type = atom->type};
	size_t start = escher_open(out, &header);

	if (!ppt_link_is_kept(ppt, link))
		link = 0;
	buffer_u32le(out, 0); /* soundIdRef */
	buffer_u32le(out, link);
	buffer_u8(out, kind[0]);
	buffer_u8(out, 0); /* oleVerb */
	buffer_u8(out, kind[2]);
	buffer_u8(out, kind[3] & (uint8_t)~ACTION_STOPS_SOUND);
	buffer_u8(out, kind[4]);
	buffer_fill(out, 0, 3);
	escher_close(out, start);
	if (number_at(atom->body, 0) != 0 || kind[1] != 0)
		ppt_gone(ppt, escher, atom, REMOVAL_PPT_SOUND);
}

/* A link that goes is reported where its target stands. */
static void report_action(struct ppt *ppt, struct escher *escher,
			  const struct escher_record *record,
			  const struct escher_record *atom)
{
	uint8_t action = atom->body.data[ACTION_KIND];

	if (action == ACTION_HYPERLINK)
		ppt_gone(ppt, escher, record, REMOVAL_PPT_LINK);
	else
		job_remove(ppt->job, REMOVAL_PPT_ACTION, escher->path,
			   record->body, "%s",
			   action <= ACTION_SHOW ? action_names[action]
						 : "unknown");
}

int ppt_write_action(struct ppt *ppt, struct escher *escher,
		     const struct escher_record *record,
		     enum escher_choice *ret_choice)
{
	struct escher_record atom;
	size_t start;

	*ret_choice = ESCHER_DROP;
	ppt->action_gone = true;
	if (!ppt_child(record->body, PPT_ACTION_ATOM, -1, &atom) ||
	    atom.body.size != ACTION_SIZE) {
		ppt_gone(ppt, escher, record, REMOVAL_PPT_ACTION);
		return 0;
	}
	if (!is_allowed(ppt, atom.body)) {
		report_action(ppt, escher, record, &atom);
		return 0;
	}
	*ret_choice = ESCHER_WRITTEN;
	ppt->action_gone = false;
	start = escher_open(escher->out, record);
	put_action(ppt, escher, &atom);
	escher_close(escher->out, start);
	if (ppt_child(record->body, PPT_STRING, -1, &atom))
		ppt_gone(ppt, escher, &atom, REMOVAL_PPT_ACTION);
	return 0;
}

/* A part of a link, up to a NUL: no reader sees more of it than was judged. */
static bool put_part(struct buffer *out, struct view link, int part, int as)
{
	struct escher_record record;
	size_t size = 0;

	if (!ppt_child(link, PPT_STRING, part, &record))
		return false;
	while (size + 2 <= record.body.size &&
	       (record.body.data[size] != 0 || record.body.data[size + 1] != 0))
		size += 2;
	record.body = view_slice(record.body, 0, size);
	record.version = 0;
	record.instance = (uint16_t)as;
	escher_copy(out, &record);
	return true;
}

static size_t count_records(struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	struct escher_record record;
	size_t count = 0;

	while (escher_next(&cursor, &record))
		count++;
	return count;
}

/* LibreOffice takes the parts in the order in which they stand, PowerPoint by
 * their numbers: so each is there once, in order, and the name is never left
 * out. */
static void put_link(struct ppt *ppt, struct escher *escher,
		     const struct escher_record *record,
		     const struct escher_record *atom)
{
	struct view link = record->body;
	struct buffer *out = escher->out;
	size_t start = escher_open(out, record);
	size_t kept = 1;

	escher_copy(out, atom);
	if (put_part(out, link, PPT_LINK_NAME, PPT_LINK_NAME))
		kept++;
	else if (!put_part(out, link, PPT_LINK_TARGET, PPT_LINK_NAME))
		(void)put_part(out, link, PPT_LINK_PLACE, PPT_LINK_NAME);
	kept += put_part(out, link, PPT_LINK_TARGET, PPT_LINK_TARGET);
	kept += put_part(out, link, PPT_LINK_PLACE, PPT_LINK_PLACE);
	escher_close(out, start);
	if (count_records(link) > kept)
		job_remove(ppt->job, REMOVAL_PPT_LINK, escher->path, link, "%s",
			   "more parts than a link has");
}

int ppt_write_link(struct ppt *ppt, struct escher *escher,
		   const struct escher_record *record,
		   enum escher_choice *ret_choice)
{
	struct escher_record atom;
	const char *target;
	bool allowed;
	int error = ppt_link_judge(ppt, record->body, &allowed, &target);

	if (error != 0)
		return error;
	*ret_choice = ESCHER_DROP;
	if (!allowed || record->parent != PPT_LINKS ||
	    !ppt_child(record->body, PPT_LINK_ATOM, -1, &atom) ||
	    atom.body.size != 4 ||
	    !ppt_link_is_kept(ppt, number_at(atom.body, 0))) {
		job_remove(ppt->job, REMOVAL_PPT_LINK, escher->path,
			   record->body, "%s", target);
		return 0;
	}
	*ret_choice = ESCHER_WRITTEN;
	put_link(ppt, escher, record, &atom);
	return 0;
}

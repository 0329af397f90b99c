/*
 * A presentation of PowerPoint 97-2003 ([MS-PPT]) on its way through: where its
 * objects lie, which of its links stay, and what has been reported.
 */
#ifndef SEKISHO_SANITIZERS_PPT_PPT_H
#define SEKISHO_SANITIZERS_PPT_PPT_H

#include "sanitizers/job.h"
#include "sanitizers/ole/compound.h"
#include "sanitizers/ole/escher.h"

enum {
	PPT_EDITS_MAX = 10000,     /* each save without rewriting adds one */
	PPT_IDS = 1 << 20,         /* an identifier has 20 bits */
	PPT_LINKS_MAX = 64 * 1024, /* hyperlinks of one file */
	PPT_LINK_NAME = 0,         /* instances of a link's strings */
	PPT_LINK_TARGET = 1,
	PPT_LINK_PLACE = 3,
	PPT_SLIDES_MAX = 16 * 1024, /* entries of one list of slides */
};

/* Types of records that code has to know ([MS-PPT] 2.13.24). */
enum ppt_type {
	PPT_DOCUMENT = 1000,
	PPT_SLIDE = 1006,
	PPT_SLIDE_ATOM = 1007,
	PPT_NOTES = 1008,
	PPT_SLIDE_PERSIST = 1011,
	PPT_MASTER = 1016,
	PPT_VBA = 1023,
	PPT_VBA_ATOM = 1024,
	PPT_LINKS = 1033,
	PPT_LINKS_ATOM = 1034,
	PPT_LIST = 2000,
	PPT_OUTLINE_REFERENCE = 3998,
	PPT_TEXT_CHARS = 4000,
	PPT_TEXT_BYTES = 4008,
	PPT_STRING = 4026,
	PPT_HANDOUT = 4041,
	PPT_LINK_ATOM = 4051,
	PPT_LINK = 4055,
	PPT_SLIDES = 4080,
	PPT_ACTION = 4082,
	PPT_ACTION_ATOM = 4083,
	PPT_EDIT = 4085,
	PPT_USER = 4086,
	PPT_OBJECT = 4113,
	PPT_TAGS = 5000,
	PPT_TAG = 5002,
	PPT_TAG_DATA = 5003,
	PPT_DIRECTORY = 6002,
	PPT_COMMENT = 12000,
	PPT_CIPHER = 12052,
};

/* A record that an identifier leads to: the newest of its kind. */
struct ppt_object {
	uint32_t id;
	uint32_t offset; /* in the document stream */
	uint32_t number; /* of a slide, from 1; 0: none */
	struct escher_record record;
};

/* A hyperlink of the document. */
struct ppt_link {
	uint32_t id;
	bool kept;
};

/* One slide, or its notes, in the order of the presentation. */
struct ppt_slide {
	uint32_t object;     /* identifier of its record */
	uint32_t slide;      /* identifier that other records name it by */
	struct view outline; /* records of its texts in the list itself */
};

struct ppt_slides {
	struct ppt_slide *items;
	size_t count;
};

struct ppt {
	struct job *job;
	struct compound *compound;
	/* What holds the streams: the root, or a storage of it where a file is
	 * for PowerPoint 95 too. */
	const struct compound_entry *storage;
	struct view document;
	struct view pictures;

	struct view user; /* who saved it last, in a code page */
	struct view edit; /* body of the newest UserEditAtom */
	size_t edit_count;
	bool locked;     /* by the stream of the user */
	uint32_t cipher; /* identifier of how it is encrypted, 0: it is not */
	uint32_t ids;    /* above the highest that a directory names */
	struct ppt_object *objects; /* by identifier */
	size_t object_count;
	const struct ppt_object *main; /* the document itself */
	uint32_t vba; /* identifier of the VBA project's object, 0: none */

	struct ppt_link *links;
	size_t link_count;
	struct ppt_slides slides;
	struct ppt_slides notes;

	/* ---- of the filter ---- */
	unsigned tag;     /* 9, 10: name of the tag that is read; 0: none */
	bool tagged;      /* within its data */
	bool action_gone; /* the last action went, so does what it is for */
	uint8_t reported[8192]; /* a bit for each type */
};

/*
 * ---- document.c ----
 * Finds the streams, reads edits and directory, finds objects, links and
 * slides. -ERR_TYPE_UNSUPPORTED: PowerPoint 95 or older;
 * -ERR_MALFORMED, errors of ppt_unlock() and compound_open().
 */
int ppt_open(struct ppt *ppt) MUST_CHECK;

/* NULL when there is none. */
const struct ppt_object *ppt_find(const struct ppt *ppt, uint32_t id);

/* The first record of this type in a stretch of them; false when there is
 * none. An instance of -1 stands for any. */
bool ppt_child(struct view records, uint16_t type, int instance,
	       struct escher_record *ret_record);

/*
 * ---- unlock.c ----
 * Decrypts the objects of the table, which holds offsets plus one by
 * identifier, and the pictures. Errors of stream_lock_read() and
 * stream_lock_open(); -ERR_MALFORMED where objects lie in each other.
 */
int ppt_unlock(struct ppt *ppt, const uint32_t *table) MUST_CHECK;

/* Decrypts the pictures in place, or, where `locks`, encrypts them. */
struct stream_key;
void ppt_crypt_pictures(const struct stream_key *key, bool locks,
			uint8_t *bytes, size_t size);

/* ---- lock.c: for relock_emit() ---- */
struct relock;
int ppt_lock(struct relock *relock) MUST_CHECK;

/* ---- contents.c: reads what the document lists ---- */
int ppt_read_contents(struct ppt *ppt) MUST_CHECK;

/* Whether a hyperlink (body of its record) may stay: by its target or, where
 * it has none, its place in the presentation. Which of the two it was, as
 * UTF-8 in the arena. -ERR_MEMORY. */
int ppt_link_judge(struct ppt *ppt, struct view link, bool *ret_allowed,
		   const char **ret_target) MUST_CHECK;
/* Whether all hyperlinks of this number stay. */
bool ppt_link_is_kept(const struct ppt *ppt, uint32_t id);

/* ---- filter.c ---- */
/* Writes all objects that stay, the directory and, at `ret_edit`, the one
 * edit. */
int ppt_filter(struct ppt *ppt, struct buffer *document,
	       struct buffer *pictures, uint32_t *ret_edit) MUST_CHECK;

/* ---- action.c: records with code of their own ---- */
int ppt_write_action(struct ppt *ppt, struct escher *escher,
		     const struct escher_record *record,
		     enum escher_choice *ret_choice) MUST_CHECK;
int ppt_write_link(struct ppt *ppt, struct escher *escher,
		   const struct escher_record *record,
		   enum escher_choice *ret_choice) MUST_CHECK;
/* A number of 32 bits at `sound` and the bits of `flags` at `at` become 0. */
void ppt_write_silent(struct ppt *ppt, struct escher *escher,
		      const struct escher_record *record, size_t sound,
		      size_t at, uint32_t flags);

/* Reports that a record is gone, each type once. */
void ppt_gone(struct ppt *ppt, struct escher *escher,
	      const struct escher_record *record, enum removal_kind kind);

/* ---- text.c ---- */
int ppt_text(struct ppt *ppt, struct buffer *out) MUST_CHECK;

#endif

/*
 * Drawings of doc, xls and ppt (OfficeArt, [MS-ODRAW]): a tree of records, of
 * which those in escher.def are written anew with lengths of their own.
 *
 * Pictures (BLIPs) become objects of their own and come back as PNG, JPEG,
 * TIFF or metafile; what cannot be one becomes picture_placeholder(). A shape
 * that was an object or a control is what it shows. Links, names of files, and
 * properties that are not listed go.
 *
 * PowerPoint's own records are of the same build, so its whole document goes
 * through the same filter: `struct escher_host` says what becomes of records
 * that the drawing does not know.
 */
#ifndef SEKISHO_SANITIZERS_OLE_ESCHER_H
#define SEKISHO_SANITIZERS_OLE_ESCHER_H

#include "sanitizers/job.h"

enum {
	ESCHER_DEPTH_MAX = 64,    /* of containers; groups nest too */
	ESCHER_HEADER = 8,        /* bytes: version, instance, type, length */
	ESCHER_CONTAINER = 0xF,   /* as version */
	ESCHER_BLIPS_MAX = 16384, /* of one store */
};

/* Types that a host has to know ([MS-ODRAW] 2.2). */
enum escher_type {
	ESCHER_GROUP = 0xF000,   /* OfficeArtDggContainer: of a document */
	ESCHER_STORE = 0xF001,   /* OfficeArtBStoreContainer */
	ESCHER_DRAWING = 0xF002, /* OfficeArtDgContainer: sheet, slide, story */
	ESCHER_SHAPES = 0xF003,  /* OfficeArtSpgrContainer */
	ESCHER_SHAPE = 0xF004,   /* OfficeArtSpContainer */
	ESCHER_ENTRY = 0xF007,   /* OfficeArtFBSE */
	ESCHER_FDG = 0xF008,
	ESCHER_FSP = 0xF00A,
	ESCHER_TEXT = 0xF00D,   /* ClientTextbox */
	ESCHER_ANCHOR = 0xF010, /* ClientAnchor */
	ESCHER_DATA = 0xF011,   /* ClientData */
};

struct escher_record {
	uint8_t version;   /* ESCHER_CONTAINER: holds records */
	uint16_t instance; /* 12 bits */
	uint16_t type;
	uint16_t parent; /* type of the container around it; 0: none */
	size_t offset;   /* of its header in the input of the filter */
	struct view body;
};

/* The next record of a stretch of them; false at its end and, with the cursor
 * failed, where a length leads behind it. Sets neither parent nor offset. */
bool escher_next(struct cursor *cursor, struct escher_record *ret_record);

/* What becomes of a record. */
enum escher_choice {
	ESCHER_DROP,    /* gone; who chose it reports it */
	ESCHER_COPY,    /* written as it is; only where it holds no records */
	ESCHER_DESCEND, /* its header is written, its records are judged */
	ESCHER_WRITTEN, /* the host has written what takes its place */
};

struct escher_shape {
	uint32_t id;
	uint16_t type; /* [MS-ODRAW] 2.4.24: 201 is a control, 75 a picture */
	uint32_t flags;
};

/* A place in the stream right behind a ClientData or ClientTextbox, where
 * Excel cuts it for a record of its own. */
struct escher_mark {
	size_t from; /* offset in the input; set by the host, ascending */
	size_t to;   /* offset in the output */
	bool kept;   /* false: the shape is gone, and what follows it too */
};

struct escher;

/* What the format around the drawing says; each may be NULL. An error that
 * they return ends the filter. */
struct escher_host {
	/* Asked for ESCHER_TEXT, ESCHER_ANCHOR, ESCHER_DATA and every type
	 * below 0xF000. NULL: the first three are kept where they hold no
	 * records and at most 64 bytes, the others go. */
	int (*record)(struct escher *escher, const struct escher_record *record,
		      enum escher_choice *ret_choice);
	/* After the last record of a container that was descended into; its
	 * header is at `start` in escher->out, which may be cut there. */
	int (*end)(struct escher *escher, const struct escher_record *record,
		   size_t start);
	/* Whether a shape stays, or a group by its first shape. May be asked
	 * twice; reports what goes. */
	bool (*shape)(struct escher *escher, const struct escher_record *record,
		      const struct escher_shape *shape);
};

/* One run of the filter. Zeroed, but for what the caller sets. */
struct escher {
	struct job *job;
	const char *path; /* for the report: "slides", "Sheet1"; UTF-8 */
	const struct escher_host *host; /* NULL: nothing of its own */
	void *data;                     /* of the host */

	/* Where the output goes; offsets in it are from its beginning. Lengths
	 * of containers are patched when they end. */
	struct buffer *out;

	/* The stream that entries of the store point into: "Pictures",
	 * WordDocument; empty where BLIPs lie in their entries (Excel). */
	struct view delay;
	/* Where rebuilt BLIPs go; the entries then point to their offset in it
	 * plus `delay_base`. NULL: they are written into their entries. */
	struct buffer *delay_out;
	uint32_t delay_base;

	struct escher_mark *marks; /* NULL: none */
	size_t mark_count;

	/* ---- of the filter itself; stay from one call to the next, so that
	 * one `struct escher` serves all drawings of a file ---- */
	size_t mark_next;
	size_t picture_count;
	uint8_t reported[8192]; /* a bit for each type that was reported */
	uint8_t reported_properties[2048]; /* the same for their numbers */
};

/*
 * Filters `input`, records one behind the other, to escher->out.
 *
 * Work and memory are linear in the input. Output again as input gives no
 * removals, and the same bytes where no picture is lossy.
 *
 * -ERR_MALFORMED: a length leads behind the container it is in; -ERR_LIMIT_*;
 * -ERR_MEMORY; errors of the host and of the job.
 */
int escher_filter(struct escher *escher, struct view input) MUST_CHECK;

/* Reports that a record is gone, once for each type. */
void escher_dropped(struct escher *escher, const struct escher_record *record);

/* Writes the header of a record; `length` is patched later by
 * escher_close(), which takes the offset that this returns. */
size_t escher_open(struct buffer *out, const struct escher_record *record);
void escher_close(struct buffer *out, size_t start);

/* A record with its body as it is. */
void escher_copy(struct buffer *out, const struct escher_record *record);

/* ---- escher_property.c ---- */

/* Writes a table of properties (0xF00B, 0xF121, 0xF122) with what may stay. */
int escher_properties(struct escher *escher,
		      const struct escher_record *record) MUST_CHECK;

/* ---- escher_blip.c ---- */

/* Writes a store (0xF001), a single entry (0xF007) or a BLIP that stands alone
 * (0xF018-0xF117), its pictures rebuilt. Entries stay as many as they were:
 * shapes name them by number. */
int escher_blips(struct escher *escher,
		 const struct escher_record *record) MUST_CHECK;

#endif

/*
 * One RTF file on its way through: the groups that are open, what becomes of
 * their content, and what is written.
 *
 * What comes out is RTF of seven bits with one unit of fallback behind each
 * \u: the same input gives the same bytes, and so does the output.
 */
#ifndef SEKISHO_SANITIZERS_RTF_RTF_H
#define SEKISHO_SANITIZERS_RTF_RTF_H

#include "base/buffer.h"
#include "sanitizers/job.h"
#include "sanitizers/rtf/reader.h"
#include "sanitizers/rtf/words.h"

enum {
	RTF_DEPTH_MAX = 512,     /* of groups; Word's own go to about 60 */
	RTF_FONTS_MAX = 4096,    /* entries of the font table */
	RTF_FONT_NUMBER = 32767, /* CVE-2023-21716: beyond, they overflow */
	RTF_REPORTED_MAX = 256,  /* unknown words that are named one by one */
	RTF_NAME_MAX = 64,
	RTF_CODE_MAX = 8192,
};

/* What becomes of text and words within a group. */
enum rtf_content {
	RTF_KEEP,    /* written as it comes */
	RTF_LEVEL,   /* the same, and bytes below blank count places */
	RTF_HOLLOW,  /* nothing but the groups that belong there */
	RTF_HOLDER,  /* a picture, and nothing else */
	RTF_CODE,    /* gathered: the instruction of a field */
	RTF_PICTURE, /* gathered: size, kind and bytes of a picture */
	RTF_VALUE,   /* gathered: a name or a number */
};

enum rtf_role {
	RTF_PLAIN,
	RTF_FONTS,
	RTF_FIELD,       /* \field */
	RTF_INSTRUCTION, /* \fldinst */
	RTF_FORM,        /* \formfield, in an instruction */
	RTF_PICT,        /* \pict */
	RTF_PROPERTY,    /* \sp */
	RTF_NAME,        /* \sn */
	RTF_SETTING,     /* \sv */
	RTF_OBJECT,      /* \object */
	RTF_CLASS,       /* \objclass */
	RTF_EITHER,      /* \upr */
};

struct rtf_group {
	enum rtf_role role;
	enum rtf_content content;
	enum rtf_content outer; /* content of the group around it */
	size_t start;           /* of its brace in the input */
	size_t mark;            /* of its brace in the output */
	bool delimit;           /* as it was there */
	unsigned closing;       /* braces that end it in the output */
	uint16_t fallback;      /* \uc */
	bool begun;             /* its first word has been seen */
	bool starred;           /* the next word is behind \* */
	bool settled;           /* a field that was judged */
	bool refused;           /* ... and does not stay */
};

struct rtf_picture {
	size_t at; /* of its bytes in the output */
	uint32_t ticket;
	bool pending;
	struct view input;
	struct view output;
	const char *blip; /* the word for its kind */
	struct rtf_picture *next;
};

struct rtf {
	struct job *job;
	struct rtf_reader reader;
	size_t token_start; /* in the input */
	struct rtf_group groups[RTF_DEPTH_MAX];
	size_t depth;
	size_t gone; /* groups open within one that goes */
	enum removal_kind gone_kind;
	struct view gone_name;
	uint32_t skip; /* units of fallback still to be left out */
	uint32_t fonts;

	struct buffer out;
	struct buffer form;
	struct buffer *to; /* out, or form within a \formfield */
	bool delimit;      /* the last thing written is a word */

	struct buffer code; /* of the instruction, as it is judged: UTF-8 */
	struct buffer code_written;
	bool code_bad;

	uint8_t name[RTF_NAME_MAX];
	size_t name_size;
	uint8_t value[RTF_NAME_MAX];
	size_t value_size;

	struct buffer picture;       /* bytes */
	struct buffer picture_words; /* size, scale, crop */
	const char *picture_kind;    /* extension of what it says it is */
	int nibble;                  /* first half of a byte, -1 */
	struct rtf_picture *pictures;
	struct rtf_picture **last_picture;
	size_t picture_count;
	size_t pending;

	struct view reported[RTF_REPORTED_MAX];
	size_t reported_count;
	bool control_reported;
	bool without_pictures; /* text mode */
	int error;             /* sticky */
};

static inline struct rtf_group *rtf_top(struct rtf *rtf)
{
	return &rtf->groups[rtf->depth - 1];
}

/* The outermost, which has no role, is its own. */
static inline struct rtf_group *rtf_parent(struct rtf *rtf)
{
	return &rtf->groups[rtf->depth < 2 ? 0 : rtf->depth - 2];
}

/* Reads all of job->input and writes to rtf->out, but for the pictures. */
int rtf_filter(struct rtf *rtf) MUST_CHECK;

/* Waits for the pictures and emits everything. */
int rtf_finish(struct rtf *rtf) MUST_CHECK;

/* The text of what rtf_filter() wrote, as UTF-8. */
int rtf_text(struct rtf *rtf, struct buffer *out) MUST_CHECK;

/* ---- write.c ---- */
void rtf_write_word(struct rtf *rtf, struct view name,
		    const struct rtf_token *number);
void rtf_write_name(struct rtf *rtf, const char *name);
void rtf_write_open(struct rtf *rtf);
void rtf_write_close(struct rtf *rtf);
/* A byte of text, escaped; `coded` when it came as \'hh. */
void rtf_write_byte(struct rtf *rtf, uint8_t byte, bool coded);
void rtf_write_unicode(struct rtf *rtf, int32_t number);
/* Takes back what was written since the group began. */
void rtf_write_undo(struct rtf *rtf, const struct rtf_group *group);

/* ---- filter.c ---- */
/* Leaves out the rest of the group that is open; reported when it ends, under
 * REMOVAL_NONE not at all. */
void rtf_drop(struct rtf *rtf, enum removal_kind kind, struct view name);
void rtf_fail(struct rtf *rtf, int error);

/* ---- field.c: each says whether the word, the first of its group, was one of
 * its own. ---- */
bool rtf_field_word(struct rtf *rtf, struct view name);
void rtf_code_token(struct rtf *rtf, const struct rtf_token *token);
void rtf_field_end(struct rtf *rtf);

/* ---- picture.c ---- */
bool rtf_picture_word(struct rtf *rtf, struct view name);
void rtf_picture_token(struct rtf *rtf, const struct rtf_token *token);
void rtf_picture_end(struct rtf *rtf);

/* ---- shape.c: shapes and objects ---- */
bool rtf_shape_word(struct rtf *rtf, struct view name);
void rtf_value_token(struct rtf *rtf, const struct rtf_token *token);
void rtf_shape_end(struct rtf *rtf);

#endif

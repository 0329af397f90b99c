/*
 * An ODF package (ODF 1.3 part 2) while it is rebuilt: its files, what the
 * manifest says of them, and the documents that they make up: the main one,
 * and those embedded in it in folders of their own.
 *
 * Everything lives in the job's arena. Names are clean (ooxml/part_name.h).
 */
#ifndef SEKISHO_SANITIZERS_ODF_PACKAGE_H
#define SEKISHO_SANITIZERS_ODF_PACKAGE_H

#include "sanitizers/archive/zip_reader.h"
#include "sanitizers/job.h"
#include "sanitizers/ooxml/xml_reader.h"

enum odf_kind {
	ODF_NONE,
	ODF_TEXT,
	ODF_SHEET,
	ODF_SLIDE,
	ODF_DRAWING,
	ODF_CHART,   /* these two */
	ODF_FORMULA, /* in documents only */
};

/* What a media type makes of a document. */
struct odf_type {
	const char *media_type;
	enum odf_kind kind;
	const char *extension;   /* of the output, in a package */
	const char *output_type; /* media type there */
	const char *flat;        /* extension of the output, as flat XML */
};

/* NULL when no document that is taken has this media type. */
const struct odf_type *odf_type_of(struct view media_type);

struct odf_lock;

struct odf_part {
	const char *name;
	size_t entry;          /* in the ZIP */
	const char *type;      /* media type of the manifest, "" when none */
	struct odf_lock *lock; /* how it is encrypted; NULL: it is not */
	uint64_t size;         /* by the manifest; of what is encrypted */
	struct buffer opened;  /* decrypted */
	bool reported;         /* that it goes */
	bool used; /* the output refers to it, or it is of a document */
	/* a picture */
	uint32_t ticket;
	bool asked;   /* handed over */
	bool pending; /* its result was not waited for */
	bool passes;  /* it is what its name says: a picture */
	/* of the output */
	const char *output_name;
	const char *output_type;
	struct view output;
	struct buffer content; /* owner of the output's bytes, of XML */
};

enum { ODF_XML_FILES = 4 };

/* content.xml, styles.xml, meta.xml, settings.xml of one folder. */
struct odf_document {
	const char *folder;        /* "" or "Object 1/" */
	const char *output_folder; /* "" or "Object_1/" */
	const struct odf_type *type;
	unsigned depth; /* 0: the main one */
	bool used;      /* the output refers to it */
	bool filtered;
	bool broken;                           /* cannot be read */
	struct odf_part *files[ODF_XML_FILES]; /* NULL: none */
};

struct odf_folder;

struct odf_package {
	struct job *job;
	struct zip_reader *zip;
	struct xml_reader *reader;
	struct odf_part *parts; /* sorted by name */
	size_t count;
	const struct odf_type *type;
	const char *version;        /* of the manifest, "" for none */
	bool encrypted;             /* a part of it */
	const char *password;       /* that opened it; NULL: none was needed */
	struct odf_folder *folders; /* with their media types */
	size_t folder_count;
	struct odf_document **documents;
	size_t document_count;
	size_t document_capacity;
	bool text; /* for text: pictures are not looked at */
};

/*
 * Opens the package: its media type from "mimetype", else the manifest, and
 * what the manifest says of each file. -ERR_MALFORMED without one or without
 * content.xml, -ERR_TYPE_AMBIGUOUS where two media types differ,
 * -ERR_TYPE_UNSUPPORTED for one that is no document, -ERR_NAME_COLLISION; and
 * the errors of odf_lock_open().
 */
int odf_package_open(struct job *job,
		     struct odf_package *ret_package) MUST_CHECK;

/* The file with this name; NULL when there is none. */
struct odf_part *odf_package_find(const struct odf_package *package,
				  const char *name);

/* The document in this folder ("Object 1/"), added when it is new; NULL where
 * there is none that may stay. -ERR_MEMORY, -ERR_LIMIT_DEPTH. */
int odf_package_document(struct odf_package *package, const char *folder,
			 unsigned depth,
			 struct odf_document **ret_document) MUST_CHECK;

/* What a reference in this document means: the name of a file or folder;
 * NULL where it leads out of the package or is none. */
const char *odf_package_resolve(const struct odf_package *package,
				const struct odf_document *document,
				struct view reference);

/* Reports that a file goes, with its bytes; once. */
int odf_part_remove(struct odf_package *package, struct odf_part *part,
		    enum removal_kind kind, const char *detail) MUST_CHECK;

/* Reports all that is not in the output. */
int odf_package_report_rest(struct odf_package *package) MUST_CHECK;

/* package_write.c: emits the package. */
int odf_package_write(struct odf_package *package) MUST_CHECK;

/* pictures.c: hands the file to a process of its own, and takes what came of
 * it. */
int odf_picture_begin(struct odf_package *package,
		      struct odf_part *part) MUST_CHECK;
int odf_picture_finish(struct odf_package *package, struct odf_part *part,
		       const struct odf_document *document) MUST_CHECK;

/* A picture in base64, through a process of its own: what came of it, or the
 * placeholder and *ret_passes false. */
int odf_picture_inline(struct job *job, const char *path, struct view base64,
		       struct buffer *ret_base64, bool *ret_passes) MUST_CHECK;

#endif

/*
 * The readers of the OOXML verifier, written apart from the sanitizer's: what
 * an output may hold is said here a second time, mostly by what it may not.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_OOXML_H
#define SEKISHO_GATEWAY_VERIFIER_OOXML_H

#include "base/buffer.h"
#include "gateway/verifier/check.h"

enum { OPC_PARTS_MAX = 20000, OPC_LINKS_MAX = 100000 };

struct opc_part {
	const char *name;
	struct view content;
	struct buffer bytes; /* holds the content */
	const char *type;    /* content type; "" while unknown */
	bool reached;        /* a relationship leads here */
};

/* A relationship of one part. */
struct opc_link {
	const char *id;
	bool external;
};

struct xlsb_numbers;

struct opc {
	struct check *check;
	struct opc_part *parts;
	size_t count;
	unsigned depth; /* of documents in documents */
	/* Names of a workbook that are LAMBDAs and may be called. */
	const char **lambdas;
	size_t lambda_count;
	struct xlsb_numbers *numbers; /* of binary workbooks; NULL */
};

/* What a scan of one XML part carries. */
struct opc_scan {
	struct opc *opc;
	struct opc_part *part;
	struct opc_link *links; /* of the part */
	size_t link_count;
};

/* One start tag. */
struct opc_element {
	const char *name;
	const char *uri;
	size_t depth;
	size_t attribute_count;
	const char **attributes; /* libxml2's five pointers each */
};

struct opc_handlers {
	/* Each negative result ends the scan and is its result. */
	int (*start)(void *context, const struct opc_element *element);
	int (*end)(void *context, const char *name, const char *text);
	/* All text, in pieces; NULL where nobody wants it. */
	void (*piece)(void *context, const char *text, size_t size);
};

/* Reads the whole container with libarchive and holds it against a strict
 * reading of its own. opc_release() afterwards, whatever it returns. */
int opc_read(struct opc *opc) MUST_CHECK;

/* Frees the contents of the parts. */
void opc_release(struct opc *opc);

/* NULL when there is none; compared without case. */
struct opc_part *opc_find(struct opc *opc, const char *name);

/* Parses a part; `end` gets the text directly in the element, as far as it is
 * short. A DTD, a processing instruction or a comment is residue. */
int opc_parse(struct opc *opc, const struct opc_part *part,
	      const struct opc_handlers *handlers, void *context) MUST_CHECK;

/* The attribute with this local name (and, if `uri` is not NULL, a namespace
 * that contains it), decoded; NULL when it is not there. */
const char *opc_attribute(struct opc *opc, const struct opc_element *element,
			  const char *uri, const char *name);

/* Checks elements, attributes, fields and formulas of one part. */
int opc_check_xml(struct opc_scan *scan) MUST_CHECK;

/* Fails the check with what was found where. */
int opc_residue(const struct opc_scan *scan, const char *what,
		const char *detail);

/* One instruction of a field, whole. */
int opc_check_field(const struct opc_scan *scan, const char *text) MUST_CHECK;

/* One formula. */
int opc_check_formula(const struct opc_scan *scan, const char *text) MUST_CHECK;

/* One formula of a cell of Visio. */
int opc_check_cell_formula(const struct opc_scan *scan,
			   const char *text) MUST_CHECK;

/* A cell: its formula, and where it leads. */
int opc_check_cell(const struct opc_scan *scan,
		   const struct opc_element *element) MUST_CHECK;

/* What a shape shows that is no shape: a picture. */
int opc_check_foreign(const struct opc_scan *scan,
		      const struct opc_element *element) MUST_CHECK;

/* Reads the names of a workbook that may be called; before its parts are
 * checked. */
int opc_read_lambdas(struct opc *opc) MUST_CHECK;

/* Verifies a whole package, and what is needed before. */
int opc_verify(struct check *check) MUST_CHECK;
int opc_prepare(void) MUST_CHECK;

/* Whether a target is one of the kinds of links that may stay. */
bool opc_link_is_safe(const struct policy *policy, const char *target);

#endif

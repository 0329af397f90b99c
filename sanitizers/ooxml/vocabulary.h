/*
 * The XML namespaces that OOXML documents are written in (ECMA-376 part 1
 * annex A, part 4 for the transitional ones, MS-DOCX, MS-XLSX, MS-PPTX,
 * MS-ODRAWXML for the extensions). Elements and attributes of any other
 * namespace do not come out.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_VOCABULARY_H
#define SEKISHO_SANITIZERS_OOXML_VOCABULARY_H

#include "sanitizers/ooxml/names.h"

enum vocabulary {
	VOCABULARY_UNKNOWN = 0,
	VOCABULARY_NONE,   /* no namespace: VML's <xml>, HTML in text boxes */
	VOCABULARY_PLAIN,  /* known, without rules of its own */
	VOCABULARY_XML,    /* xml:space, xml:lang */
	VOCABULARY_W,      /* WordprocessingML */
	VOCABULARY_W14,    /* its extensions */
	VOCABULARY_S,      /* SpreadsheetML */
	VOCABULARY_X14,    /* its extensions */
	VOCABULARY_XM,     /* formulas in extensions */
	VOCABULARY_P,      /* PresentationML */
	VOCABULARY_P14,    /* its extensions */
	VOCABULARY_VSD,    /* Visio */
	VOCABULARY_A,      /* DrawingML */
	VOCABULARY_A14,    /* its extensions */
	VOCABULARY_ASVG,   /* SVG variants of pictures */
	VOCABULARY_XDR,    /* drawings on sheets */
	VOCABULARY_C,      /* charts */
	VOCABULARY_DGM,    /* SmartArt */
	VOCABULARY_R,      /* references to relationships */
	VOCABULARY_MC,     /* markup compatibility (ECMA-376 part 3) */
	VOCABULARY_V,      /* VML */
	VOCABULARY_O,      /* VML, office */
	VOCABULARY_X,      /* VML, Excel */
	VOCABULARY_VW,     /* VML, Word and PowerPoint */
	VOCABULARY_XSI,    /* XML Schema instance */
	VOCABULARY_CP,     /* core properties */
	VOCABULARY_DC,     /* Dublin Core */
	VOCABULARY_EP,     /* extended properties */
	VOCABULARY_CUSTOM, /* custom properties */
	VOCABULARY_VT,     /* variant types */
	VOCABULARY_COUNT
};

struct namespace
{
	enum vocabulary vocabulary; /* what the rules go by */
	enum names names;           /* what may stand in it */
	const char *uri;
};

/* What is known of a namespace URI; never NULL. No URI is VOCABULARY_NONE with
 * the names of HTML, one that is not listed VOCABULARY_UNKNOWN. */
const struct namespace *namespace_of(const char *uri);

/* The vocabulary of a namespace URI; NULL is VOCABULARY_NONE. */
enum vocabulary vocabulary_of(const char *uri);

#endif

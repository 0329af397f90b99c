/*
 * The text of one rebuilt XML part. Reads what the filter wrote, so that what
 * went is not there: fields and formulas are their cached results.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_TEXT_SCAN_H
#define SEKISHO_SANITIZERS_OOXML_TEXT_SCAN_H

#include "sanitizers/ooxml/rebuild.h"

/* A list of strings: the shared strings of a workbook. */
struct text_list {
	struct view *items;
	size_t count;
	size_t capacity;
};

/*
 * Text of Word and PowerPoint parts, charts and comments: a line for each
 * paragraph, table cells divided by tabs, deletions left out, ruby in
 * brackets behind its base.
 */
int text_scan_running(struct job *job, struct xml_reader *reader,
		      struct view content, struct buffer *out) MUST_CHECK;

/* The shared strings, without their phonetic guides. */
int text_scan_strings(struct job *job, struct xml_reader *reader,
		      struct view content,
		      struct text_list *ret_strings) MUST_CHECK;

/* How the cells of a workbook show numbers. */
struct cell_formats {
	const char **codes; /* by cell style; NULL: General */
	size_t count;
	bool date1904; /* days are counted from 1904 */
};

/* Reads the codes of the styles part; leaves date1904 alone. */
int text_scan_styles(struct job *job, struct xml_reader *reader,
		     struct view content,
		     struct cell_formats *ret_formats) MUST_CHECK;

/* A sheet: a line for each row, cells where their columns are, values as they
 * are shown. */
int text_scan_sheet(struct job *job, struct xml_reader *reader,
		    struct view content, const struct text_list *strings,
		    const struct cell_formats *formats,
		    struct buffer *out) MUST_CHECK;

/* Visio: the texts of the shapes under the names of their pages. */
int text_scan_drawing(struct package *package, struct buffer *out) MUST_CHECK;

/* What `text_scan_*` share: SAX events of one part. */
struct text_events {
	void (*start)(void *context, enum vocabulary vocabulary,
		      const char *name, const struct xml_attribute *attributes,
		      size_t attribute_count);
	void (*end)(void *context, enum vocabulary vocabulary,
		    const char *name);
	void (*text)(void *context, struct view text);
};

int text_scan_events(struct xml_reader *reader, struct view content,
		     const struct text_events *events,
		     void *context) MUST_CHECK;

#endif

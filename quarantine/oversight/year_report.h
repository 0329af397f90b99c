/*
 * The yearly report (OPS-6): an HTML document without script that prints, of
 * one fiscal year, April to March. Every section says which table or which
 * records of the log it was counted from. Reads through a connection of its
 * own, so that it can be made beside the vault's work, in another thread.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_YEAR_REPORT_H
#define SEKISHO_QUARANTINE_OVERSIGHT_YEAR_REPORT_H

#include "base/buffer.h"
#include "base/error.h"
#include "quarantine/note.h"

enum { YEAR_REPORT_MAX = 8 * 1024 * 1024 };

struct year_report {
	const char *path; /* of the database */
	char tenant[64];  /* whose year it is; "": everybody's */
	int year;
	int64_t now_ms;
	int64_t dormant_ms; /* who was not there since then is dormant */
	enum language language;
	char node[NODE_NAME_MAX + 1];
	char asker[256]; /* for whom it is made */
};

/* Appends the document. */
int year_report_write(const struct year_report *report,
		      struct buffer *buffer) MUST_CHECK;

/* From when to when a fiscal year lasts, in Japan's time. */
void year_range(int year, int64_t *ret_from_ms, int64_t *ret_to_ms);

/* Appends text for HTML. */
void html_text(struct buffer *buffer, const char *text);

#endif

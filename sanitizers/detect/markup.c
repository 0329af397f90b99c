/*
 * Texts that are more than text: markup, mail, queries, shortcuts, by how they
 * begin.
 */
#include "sanitizers/detect/head.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/detect/script.h"

#include "base/banned.h"

enum { TAG_WINDOW = 1024, SHORT_HEAD = 1536 };

struct rule {
	const char *text;
	const char *kind;
	enum error refusal;
};

/* The text begins with: */
static const struct rule beginnings[] = {
    {"{\\rt", "rtf", ERR_NONE},
    {"#!amr", "amr", ERR_NONE},
    {"#!", "script", ERR_TYPE_EXECUTABLE},
    {"<?php", "php", ERR_TYPE_EXECUTABLE},
    {"<?=", "php", ERR_TYPE_EXECUTABLE},
    {"<%", "server script", ERR_TYPE_EXECUTABLE},
    {"@echo off", "batch", ERR_TYPE_EXECUTABLE},
    {"@echo on", "batch", ERR_TYPE_EXECUTABLE},
    {"echo off\n", "batch", ERR_TYPE_EXECUTABLE},
    {"echo off\r", "batch", ERR_TYPE_EXECUTABLE},
    {"on error resume next", "vbs", ERR_TYPE_EXECUTABLE},
    {"option explicit", "vbs", ERR_TYPE_EXECUTABLE},
    {"attribute vb_name", "vba", ERR_TYPE_EXECUTABLE},
    {"version 1.0 class", "vba", ERR_TYPE_EXECUTABLE},
    {"#@~^", "encoded script", ERR_TYPE_EXECUTABLE},
    {"#requires -", "powershell", ERR_TYPE_EXECUTABLE},
    {"regedit4", "reg", ERR_TYPE_FORBIDDEN},
    {"windows registry editor", "reg", ERR_TYPE_FORBIDDEN},
    {"[internetshortcut", "url", ERR_TYPE_FORBIDDEN},
    {"[desktop entry]", "desktop", ERR_TYPE_FORBIDDEN},
    {"[autorun]", "autorun", ERR_TYPE_FORBIDDEN},
    {"[.shellclassinfo]", "desktop.ini", ERR_TYPE_FORBIDDEN},
    {"# disk descriptorfile", "vmdk", ERR_TYPE_FORBIDDEN},
    {"# disk descriptor file", "vmdk", ERR_TYPE_FORBIDDEN},
    {"id;p", "sylk", ERR_TYPE_FORBIDDEN},
    {"web\n1\n", "iqy", ERR_TYPE_FORBIDDEN},
    {"web\r\n1\r\n", "iqy", ERR_TYPE_FORBIDDEN},
    {"web\r1\r", "iqy", ERR_TYPE_FORBIDDEN},
    {"xlodbc", "dqy", ERR_TYPE_FORBIDDEN},
    {"[oledb]", "udl", ERR_TYPE_FORBIDDEN},
    {"[odbc]", "dsn", ERR_TYPE_FORBIDDEN},
    {"%!ps-adobefont", "type1", ERR_TYPE_FORBIDDEN},
    {"%!fonttype1", "type1", ERR_TYPE_FORBIDDEN},
    {"%!ps", "ps", ERR_NONE},
    {"%fdf-", "fdf", ERR_NONE},
    {"table\n0,1\n", "dif", ERR_NONE},
    {"table\r\n0,1\r\n", "dif", ERR_NONE},
    {"begin:vcalendar", "ical", ERR_NONE},
    {"begin:vcard", "vcard", ERR_NONE},
    {"iso-10303-21;", "sxf", ERR_NONE},
    {"0\nsection\n", "dxf", ERR_NONE},
    {"0\r\nsection\r\n", "dxf", ERR_NONE},
    {"-----begin pgp", "pgp", ERR_NONE},
    {"-----begin pkcs7", "p7m", ERR_NONE},
    {"-----begin cms", "p7m", ERR_NONE},
    {"-----begin certificate", "certificate", ERR_TYPE_FORBIDDEN},
    {"begin 644 ", "uu", ERR_NONE},
    {"begin 666 ", "uu", ERR_NONE},
    {"begin-base64 ", "uu", ERR_NONE},
    {"(this file must be converted with binhex", "hqx", ERR_NONE},
    {"=ybegin ", "yenc", ERR_NONE},
};

/* Somewhere near the beginning; a browser or mshta looks no further. */
static const struct rule tags[] = {
    {"<hta:application", "hta", ERR_TYPE_EXECUTABLE},
    {"<html", "html", ERR_NONE},
    {"<!doctype html", "html", ERR_NONE},
    {"<script", "html", ERR_NONE},
    {"<iframe", "html", ERR_NONE},
    {"<body", "html", ERR_NONE},
    {"<head>", "html", ERR_NONE},
    {"<object ", "html", ERR_NONE},
    {"<embed ", "html", ERR_NONE},
    {"<meta ", "html", ERR_NONE},
    {"<base ", "html", ERR_NONE},
    {"<form", "html", ERR_NONE},
    {"<svg", "svg", ERR_NONE},
};

/* The root element, behind declarations and comments. */
static const struct rule roots[] = {
    {"html", "html", ERR_NONE},
    {"svg", "svg", ERR_NONE},
    {"job", "wsf", ERR_TYPE_EXECUTABLE},
    {"package>", "wsf", ERR_TYPE_EXECUTABLE},
    {"scriptlet", "sct", ERR_TYPE_EXECUTABLE},
    {"component", "wsc", ERR_TYPE_EXECUTABLE},
    {"registration", "sct", ERR_TYPE_EXECUTABLE},
    {"assembly", "application", ERR_TYPE_EXECUTABLE},
    {"jnlp", "jnlp", ERR_TYPE_EXECUTABLE},
    {"persistedquery", "search-ms", ERR_TYPE_FORBIDDEN},
    {"searchconnectordescription", "searchconnector-ms", ERR_TYPE_FORBIDDEN},
    {"librarydescription", "library-ms", ERR_TYPE_FORBIDDEN},
    {"pcsettings", "settingcontent-ms", ERR_TYPE_FORBIDDEN},
    {"mmc_consolefile", "msc", ERR_TYPE_FORBIDDEN},
    {"div", "html", ERR_NONE},
    {"table", "html", ERR_NONE},
    {"title", "html", ERR_NONE},
    {"style", "html", ERR_NONE},
    {"img", "html", ERR_NONE},
    {"link", "html", ERR_NONE},
    {"center", "html", ERR_NONE},
    {"font", "html", ERR_NONE},
    {"span", "html", ERR_NONE},
    {"h1", "html", ERR_NONE},
    {"br", "html", ERR_NONE},
    {"p>", "html", ERR_NONE},
    {"a ", "html", ERR_NONE},
};

static struct kind kind_make(const char *name, enum error refusal)
{
	return (struct kind){.name = name, .refusal = refusal};
}

static struct kind kind_from(const struct rule *rule)
{
	return kind_make(rule->kind, rule->refusal);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Behind blanks, comments, processing instructions and a doctype. */
static const char *skip_prolog(const char *text)
{
	for (;;) {
		const char *end;

		text += strspn(text, " \t\r\n");
		if (begins(text, "<!--"))
			end = strstr(text + 4, "-->");
		else if (begins(text, "<?") || begins(text, "<!"))
			end = strchr(text, '>');
		else
			return text;
		if (end == NULL)
			return "";
		text = strchr(end, '>') + 1;
	}
}

static struct kind kind_of_xml(const struct head *head)
{
	const char *root = skip_prolog(head->text);
	const char *colon;

	if (root[0] != '<')
		return (struct kind){.name = "xml"};
	root++;
	colon = root + strspn(root, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (begins(root, roots[i].text) ||
		    (*colon == ':' && begins(colon + 1, roots[i].text)))
			return kind_from(&roots[i]);
	return (struct kind){.name = "xml"};
}

/* Names of header fields that open a mail; the weak ones also open the mails
 * that people paste into text files. */
static const struct {
	const char *name;
	bool strong;
} fields[] = {
    {"received:", true},
    {"return-path:", true},
    {"delivered-to:", true},
    {"message-id:", true},
    {"mime-version:", true},
    {"content-type:", true},
    {"dkim-signature:", true},
    {"x-mailer:", true},
    {"arc-seal:", true},
    {"authentication-results:", true},
    {"x-original-to:", true},
    {"content-transfer-encoding:", true},
    {"x-mozilla-status:", true},
    {"from:", false},
    {"to:", false},
    {"subject:", false},
    {"date:", false},
    {"cc:", false},
    {"reply-to:", false},
    {"sender:", false},
};

static struct kind kind_of_mail(const struct head *head)
{
	const char *line = head->text;
	bool mbox = begins(line, "from ");
	unsigned strong = 0;
	unsigned known = 0;
	bool opens = false; /* the first line is a field that only mails have */

	while (line != NULL && *line != '\0' && *line != '\n' &&
	       *line != '\r') {
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]);
		     i++) {
			if (!begins(line, fields[i].name))
				continue;
			known++;
			strong += fields[i].strong;
			opens |= fields[i].strong && line == head->text;
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	if (!opens && (known < 3 || strong == 0))
		return (struct kind){0};
	if (head_find(head, "multipart/related", HEAD_MAX) != NULL &&
	    head_find(head, "type=\"text/html\"", HEAD_MAX) != NULL &&
	    head_find(head, "received:", HEAD_MAX) == NULL &&
	    head_find(head, "=_sekisho_", HEAD_MAX) == NULL)
		return (struct kind){.name = "mhtml"};
	/* One message with the line of its mail box is a message. */
	mbox = mbox && (head_find(head, "\n\nfrom ", HEAD_MAX) != NULL ||
			head_find(head, "\r\n\r\nfrom ", HEAD_MAX) != NULL);
	return (struct kind){.name = mbox ? "mbox" : "eml"};
}

/* Files of lines with [sections]: what matters may come behind a comment. */
static struct kind kind_of_sections(const struct head *head)
{
	if (head_find(head, "[internetshortcut", HEAD_MAX) != NULL &&
	    head_find(head, "url=", HEAD_MAX) != NULL)
		return kind_make("url", ERR_TYPE_FORBIDDEN);
	if (head_find(head, "[shell]", HEAD_MAX) != NULL &&
	    head_find(head, "iconfile=", HEAD_MAX) != NULL)
		return kind_make("scf", ERR_TYPE_FORBIDDEN);
	if (head_find(head, "[autorun]", HEAD_MAX) != NULL &&
	    head_find(head, "open", HEAD_MAX) != NULL)
		return kind_make("autorun", ERR_TYPE_FORBIDDEN);
	if (head_find(head, "[.shellclassinfo]", HEAD_MAX) != NULL)
		return kind_make("desktop.ini", ERR_TYPE_FORBIDDEN);
	if (head_find(head, "[version]", HEAD_MAX) != NULL &&
	    head_find(head, "signature=", HEAD_MAX) != NULL)
		return kind_make("inf", ERR_TYPE_FORBIDDEN);
	return (struct kind){0};
}

/* SYLK in the wild omits the P record: then its cells give it away. */
static bool is_sylk(const struct head *head)
{
	return begins(head->text, "id;") &&
	       (head_find(head, "\nc;", HEAD_MAX) != NULL ||
		head_find(head, "\no;", HEAD_MAX) != NULL);
}

struct kind kind_by_head(struct view input, bool lines)
{
	static struct head head;
	struct kind kind;

	/* Binary data begin with something that no rule does. */
	head_make(input, 1, &head);
	if (!lines && head.text[0] == HEAD_OTHER)
		return kind_make(NULL, ERR_NONE);
	head_make(input, lines ? HEAD_MAX : SHORT_HEAD, &head);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (begins(head.text, beginnings[i].text))
			return kind_from(&beginnings[i]);
	if (is_sylk(&head))
		return kind_make("sylk", ERR_TYPE_FORBIDDEN);
	kind = head.text[0] == '<' ? kind_of_xml(&head)
				   : kind_make(NULL, ERR_NONE);
	if (kind.refusal != ERR_NONE || begins(head.text, "<?xml"))
		return kind;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (head_find(&head, tags[i].text, TAG_WINDOW) != NULL &&
		    (lines || head.text[0] == '<'))
			return kind_from(&tags[i]);
	if (kind.name != NULL &&
	    (strcmp(kind.name, "xml") != 0 || begins(head.text, "<?") ||
	     head_find(&head, "</", HEAD_MAX) != NULL))
		return kind;
	kind = kind_of_mail(&head);
	if (kind.name == NULL && lines)
		kind = kind_of_sections(&head);
	if (kind.name == NULL && lines)
		kind = kind_by_code(&head);
	return kind;
}

/*
 * A message that was written anew: lines that every reader sees the same way,
 * fields of the list, parts of allowed types, and one tree for two readers
 * that are not the writer's.
 */
#include "gateway/verifier/check.h"
#include "gateway/verifier/mail_readers.h"

#include "base/banned.h"

enum { LINE_BYTES_MAX = 998, FIELDS_MAX = 32 };

/* ---- lines and header ---- */

static int check_lines(struct check *check)
{
	struct view output = check->output;
	size_t line = 1;
	size_t size = 0;

	for (size_t i = 0; i < output.size; i++) {
		uint8_t byte = output.data[i];

		if (byte == 0 || byte >= 0x7F ||
		    (byte < ' ' && byte != '\t' && byte != '\r' &&
		     byte != '\n'))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: byte %02X", line, byte);
		if (byte == '\n' ||
		    (byte == '\r' &&
		     (i + 1 == output.size || output.data[i + 1] != '\n')))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: bare CR or LF", line);
		if (byte == '\r') {
			i++;
			line++;
			size = 0;
		} else if (++size > LINE_BYTES_MAX) {
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: too long", line);
		}
	}
	return 0;
}

static const char *const allowed_fields[] = {
    "Authentication-Results",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Unsubscribe",
    "List-Subscribe",
    "List-Owner",
    "List-Archive",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "X-Sekisho-Result",
    "Content-Disposition",
};

enum { ALLOWED_FIELDS = sizeof(allowed_fields) / sizeof(allowed_fields[0]) };

static int field_index(struct view name)
{
	for (int i = 0; i < ALLOWED_FIELDS; i++)
		if (view_equal(name, view_of_string(allowed_fields[i])))
			return i;
	return -1;
}

/* Encoded words are in UTF-8 and base64, and nothing else looks like one. */
static bool words_allowed(struct view line)
{
	static const char start[] = "=?UTF-8?B?";
	size_t at = 0;

	while ((at = view_find(line, view_of("=?", 2), at)) != SIZE_MAX) {
		size_t end;

		if (!view_starts_with(view_slice(line, at, line.size), start))
			return false;
		end = view_find(line, view_of("?", 1), at + strlen(start));
		if (end == SIZE_MAX || end + 1 >= line.size ||
		    line.data[end + 1] != '=')
			return false;
		at = end + 2;
	}
	return true;
}

static int check_field(struct check *check, struct view line, bool *seen,
		       bool first)
{
	size_t colon = view_find(line, view_of(":", 1), 0);
	int index =
	    colon == SIZE_MAX ? -1 : field_index(view_slice(line, 0, colon));

	if (!words_allowed(line))
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "an encoded word of another kind");
	if (line.data[0] == ' ') {
		bool blank = true;

		for (size_t i = 0; i < line.size; i++)
			blank &= line.data[i] == ' ' || line.data[i] == '\t';
		return first || blank ? check_fail(check, -ERR_VERIFY_MALFORMED,
						   "a fold of nothing")
				      : 0;
	}
	if (index < 0 || seen[index])
		return check_fail(check, -ERR_VERIFY_RESIDUE, "field %.*s",
				  (int)(colon == SIZE_MAX ? 0 : colon),
				  (const char *)line.data);
	seen[index] = true;
	return 0;
}

static int check_header(struct check *check)
{
	struct view output = check->output;
	bool seen[ALLOWED_FIELDS] = {false};
	size_t at = 0;

	for (bool first = true;; first = false) {
		size_t end = view_find(output, view_of("\r\n", 2), at);
		struct view line = view_slice(output, at, end - at);
		int error;

		if (end == SIZE_MAX)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "the header has no end");
		if (line.size == 0)
			break;
		error = check_field(check, line, seen, first);
		if (error != 0)
			return error;
		at = end + 2;
	}
	if (!seen[field_index(view_of_string("MIME-Version"))] ||
	    !seen[field_index(view_of_string("Content-Type"))])
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "not a MIME message");
	return 0;
}

/* ---- parts ---- */

/* What attachments come out as; an octet-stream is an empty file. */
static const char *const allowed_types[] = {
    "text/plain",
    "text/csv",
    "text/html",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/bmp",
    "image/webp",
    "image/tiff",
    "image/emf",
    "image/wmf",
    "image/svg+xml",
    "application/pdf",
    "application/zip",
    "application/json",
    "application/xml",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "message/rfc822",
};

static bool type_allowed(const struct mail_seen *part)
{
	static const char opc[] =
	    "application/vnd.openxmlformats-officedocument.";
	static const char odf[] = "application/vnd.oasis.opendocument.";

	for (size_t i = 0; i < sizeof(allowed_types) / sizeof(allowed_types[0]);
	     i++)
		if (strcmp(part->type, allowed_types[i]) == 0)
			return true;
	if (strcmp(part->type, "application/octet-stream") == 0)
		return part->content.size == 0;
	return strncmp(part->type, opc, strlen(opc)) == 0 ||
	       strncmp(part->type, odf, strlen(odf)) == 0;
}

/* Names that run, whatever is in the file. */
static bool name_allowed(const char *name)
{
	static const char *const forbidden[] = {
	    ".exe", ".scr", ".com", ".pif", ".bat", ".cmd", ".vbs", ".vbe",
	    ".js",  ".jse", ".wsf", ".wsh", ".hta", ".lnk", ".url", ".msi",
	    ".ps1", ".cpl", ".jar", ".reg", ".scf", ".dll", ".iso", ".img"};
	size_t size = strlen(name);

	for (const char *at = name; *at != '\0'; at++)
		if ((uint8_t)*at < ' ' || strchr("/\\:*?\"<>|", *at) != NULL)
			return false;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		size_t length = strlen(forbidden[i]);

		if (size >= length &&
		    strcasecmp(name + size - length, forbidden[i]) == 0)
			return false;
	}
	return true;
}

/* What holds the part; NULL: it is the message. */
static const struct mail_seen *parent_of(const struct mail_reading *list,
					 size_t i)
{
	unsigned depth = list->parts[i].depth;

	while (depth > 0 && i-- > 0)
		if (list->parts[i].depth + 1 == depth)
			return &list->parts[i];
	return NULL;
}

static bool is_text(const struct check *check, const struct mail_seen *part)
{
	return (strcmp(part->type, "text/plain") == 0 ||
		(strcmp(part->type, "text/html") == 0 &&
		 check->policy->mail_html == MAIL_HTML_CLEAN)) &&
	       part->name[0] == '\0' && part->disposition[0] == '\0';
}

/* A picture that the text shows, under a name of ours. */
static bool is_picture(const struct mail_seen *part)
{
	static const char host[] = "@sekisho.invalid";

	return strncmp(part->type, "image/", 6) == 0 && type_allowed(part) &&
	       part->name[0] != '\0' && name_allowed(part->name) &&
	       strcmp(part->disposition, "inline") == 0 &&
	       strspn(part->cid, "0123456789abcdef") == 32 &&
	       strcmp(part->cid + 32, host) == 0;
}

/* A message is one text, maybe with the pictures that it shows, or a mixture of
 * that and files. */
static bool fits(const struct check *check, const struct mail_reading *list,
		 size_t i)
{
	const struct mail_seen *part = &list->parts[i];
	const struct mail_seen *parent = parent_of(list, i);
	bool top =
	    parent == NULL || strcmp(parent->type, "message/rfc822") == 0;
	bool first = !top && &list->parts[i - 1] == parent;
	bool related = !top && strcmp(parent->type, "multipart/related") == 0;

	if (strcmp(part->type, "multipart/mixed") == 0)
		return top;
	if (strcmp(part->type, "multipart/related") == 0)
		return check->policy->mail_html == MAIL_HTML_CLEAN &&
		       (top || (first &&
				strcmp(parent->type, "multipart/mixed") == 0));
	if (related)
		return first ? strcmp(part->type, "text/html") == 0 &&
				   is_text(check, part)
			     : is_picture(part);
	if (top || first)
		return is_text(check, part);
	return part->name[0] != '\0' && part->cid[0] == '\0' &&
	       type_allowed(part) && name_allowed(part->name) &&
	       strcmp(part->disposition, "attachment") == 0;
}

static bool boundary_allowed(const struct mail_reading *list, size_t i)
{
	const char *boundary = list->parts[i].boundary;
	static const char prefix[] = "=_sekisho_";

	if (strncmp(boundary, prefix, strlen(prefix)) != 0 ||
	    strspn(boundary + strlen(prefix), "0123456789abcdef") != 32 ||
	    strlen(boundary) != strlen(prefix) + 32)
		return false;
	for (size_t k = 0; k < i; k++)
		if (strcmp(list->parts[k].boundary, boundary) == 0)
			return false;
	return true;
}

/* HTML, as body or file, is held against the lists of HTML. */
static int check_html(struct check *check, const struct mail_seen *part)
{
	struct check inner = *check;
	int error;

	if (strcmp(part->type, "text/html") != 0)
		return 0;
	inner.output = part->content;
	inner.format = "html";
	inner.extension = "html";
	error = verifier_for("html")->verify(&inner);
	if (error != 0)
		return check_fail(check, error, "html: %.300s", inner.detail);
	return 0;
}

static int check_parts(struct check *check, const struct mail_reading *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct mail_seen *part = &list->parts[i];

		if (!fits(check, list, i))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "part %zu: %s, %.80s", i, part->type,
					  part->name);
		if (strncmp(part->type, "multipart/", 10) == 0 &&
		    !boundary_allowed(list, i))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "part %zu: boundary", i);
		if (check_html(check, part) != 0)
			return -ERR_VERIFY_RESIDUE;
	}
	return 0;
}

static struct view without_end(struct view view)
{
	while (view.size > 0 && (view.data[view.size - 1] == '\n' ||
				 view.data[view.size - 1] == '\r'))
		view.size--;
	return view;
}

static int compare(struct check *check, const struct mail_reading *a,
		   const struct mail_reading *b)
{
	if (a->fault != NULL || b->fault != NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "%s",
				  a->fault != NULL ? a->fault : b->fault);
	if (a->count != b->count)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "%zu parts or %zu", a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct mail_seen *first = &a->parts[i];
		const struct mail_seen *second = &b->parts[i];

		if (first->depth != second->depth ||
		    strcmp(first->type, second->type) != 0 ||
		    first->leaf != second->leaf)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "part %zu: %s or %s", i, first->type,
					  second->type);
		if (first->leaf && !view_equal(without_end(first->content),
					       without_end(second->content)))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "part %zu: two contents", i);
	}
	return 0;
}

static int verify_mail(struct check *check)
{
	struct mail_reading gmime = {.arena = check->arena};
	struct mail_reading etpan = {.arena = check->arena};
	int error = check_lines(check);

	if (error == 0)
		error = check_header(check);
	if (error == 0)
		error = mail_read_gmime(check->output, &gmime);
	if (error == 0)
		error = mail_read_etpan(check->output, &etpan);
	if (error == 0)
		error = compare(check, &gmime, &etpan);
	return error != 0 ? error : check_parts(check, &gmime);
}

const struct verifier verifier_mail = {
    .family = "mail",
    .verify = verify_mail,
    .prepare = mail_readers_prepare,
};

#include "sanitizers/detect.h"

#include "base/bytes.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

/* What the sanitizers and our own sniffers say about one input. */
struct votes {
	enum format exact[FORMAT_COUNT];
	size_t exact_count;
	enum format likely; /* the first that is not text */
	struct kind kind;   /* by structure or by how a text begins */
	const char *also;   /* a second structure in it */
	char extension[EXTENSION_MAX + 1];
};

int detect_prepare(void)
{
	return magic_vote_prepare();
}

static bool is_text_format(enum format format)
{
	return format == FORMAT_TEXT || format == FORMAT_CSV;
}

/* Whether `name` is the format, or one that it refines. */
static bool is_a(enum format format, const char *name)
{
	while (format != FORMAT_NONE) {
		const struct sanitizer *sanitizer = sanitizer_for(format);

		if (strcmp(sanitizer->name, name) == 0)
			return true;
		if (sanitizer->refines == NULL)
			return false;
		if (strcmp(sanitizer->refines, name) == 0)
			return true;
		format = format_by_name(sanitizer->refines);
	}
	return false;
}

/* Of those that could be, the one that the name says. */
static bool is_likelier(const struct votes *votes, enum format format)
{
	return votes->likely == FORMAT_NONE ||
	       (!format_has_extension(votes->likely, votes->extension) &&
		format_has_extension(format, votes->extension));
}

static void collect_claims(struct view input, struct votes *votes)
{
	for (int i = 1; i < FORMAT_COUNT; i++) {
		enum format format = (enum format)i;
		enum claim claim;

		if (is_text_format(format))
			continue;
		claim = sanitizer_for(format)->claims(input);
		if (claim == CLAIM_EXACT)
			votes->exact[votes->exact_count++] = format;
		else if (claim == CLAIM_LIKELY && is_likelier(votes, format))
			votes->likely = format;
	}
}

/* The exact claim that refines all others; FORMAT_NONE with more than one:
 * polyglot. */
static enum format most_exact(const struct votes *votes)
{
	for (size_t i = 0; i < votes->exact_count; i++) {
		size_t j = 0;

		while (j < votes->exact_count &&
		       is_a(votes->exact[i], format_name(votes->exact[j])))
			j++;
		if (j == votes->exact_count)
			return votes->exact[i];
	}
	return FORMAT_NONE;
}

static void say(struct job *job, const char *first, const char *second)
{
	(void)snprintf(job->detected, sizeof(job->detected), "%.30s%s%.28s",
		       first, second == NULL ? "" : " and ",
		       second == NULL ? "" : second);
}

/* The formats that share the Open Packaging Conventions, or OpenDocument: our
 * own look at the names of their parts is coarser than what a sanitizer
 * claims. */
static bool is_coarse(const struct kind *kind)
{
	static const char *const names[] = {"docx", "xlsx", "xlsb", "pptx",
					    "vsdx", "opc",  "odf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(kind->name, names[i]) == 0)
			return true;
	return false;
}

/* Exactly one structure, and nobody sees another one. */
static int settle_exact(struct job *job, const struct votes *votes)
{
	enum format format = most_exact(votes);
	const struct kind *kind = &votes->kind;

	if (format == FORMAT_NONE) {
		say(job, format_name(votes->exact[0]),
		    format_name(votes->exact[1]));
		return -ERR_TYPE_AMBIGUOUS;
	}
	say(job, format_name(format), NULL);
	/* Flat documents are XML and more than XML. */
	if (kind->name != NULL && strcmp(kind->name, "xml") == 0 &&
	    !view_starts_with(job->input, "PK")) {
		job->format = format;
		return 0;
	}
	if (kind->name != NULL && !is_a(format, kind->name)) {
		/* An odt is a ZIP and more than a ZIP. */
		if (kind->base != NULL &&
		    strcmp(kind->base, format_name(format)) == 0) {
			say(job, kind->name, NULL);
			return -ERR_TYPE_UNSUPPORTED;
		}
		if (kind->base == NULL || !is_a(format, kind->base) ||
		    !is_coarse(kind)) {
			say(job, format_name(format), kind->name);
			return -ERR_TYPE_AMBIGUOUS;
		}
	}
	job->format = format;
	return 0;
}

/* A structure that we know and no sanitizer claims for sure. */
static int settle_kind(struct job *job, const struct votes *votes)
{
	enum format format = format_by_name(votes->kind.name);

	say(job, votes->kind.name, NULL);
	if (format == FORMAT_NONE)
		return -ERR_TYPE_UNSUPPORTED;
	if (sanitizer_for(format)->claims(job->input) == CLAIM_NONE)
		return -ERR_MALFORMED;
	job->format = format;
	return 0;
}

static bool fits_declared(enum format format, const char *declared)
{
	const char *mime = sanitizer_for(format)->mime;
	size_t length = strlen(mime);

	return strncasecmp(declared, mime, length) == 0 &&
	       (declared[length] == '\0' || declared[length] == ';' ||
		declared[length] == ' ');
}

/* Every text could be a table: its name decides, then what it was sent as,
 * then its shape. */
static enum format pick_text(const struct job *job, const struct votes *votes)
{
	if (format_has_extension(FORMAT_CSV, votes->extension))
		return FORMAT_CSV;
	if (format_has_extension(FORMAT_TEXT, votes->extension))
		return FORMAT_TEXT;
	if (fits_declared(FORMAT_CSV, job->declared))
		return FORMAT_CSV;
	if (fits_declared(FORMAT_TEXT, job->declared) ||
	    sanitizer_for(FORMAT_CSV)->claims(job->input) == CLAIM_NONE)
		return FORMAT_TEXT;
	return FORMAT_CSV;
}

/* Texts that only their names tell from other texts: a mail may have one
 * field, a drawing begin with comments. */
static const char *kind_of_named_text(const char *extension)
{
	static const struct {
		const char *extension;
		const char *kind;
	} names[] = {
	    {"eml", "eml"},   {"emlx", "eml"},  {"msg", "eml"},
	    {"mbox", "mbox"}, {"mht", "mhtml"}, {"mhtml", "mhtml"},
	    {"dxf", "dxf"},   {"sfc", "sxf"},   {"p21", "sxf"},
	    {"ics", "ical"},  {"vcf", "vcard"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(extension, names[i].extension) == 0)
			return names[i].kind;
	return NULL;
}

/* Nothing but libmagic knows more than that it is text, or not even that. */
static int settle_rest(struct job *job, struct votes *votes)
{
	bool text =
	    sanitizer_for(FORMAT_TEXT)->claims(job->input) != CLAIM_NONE;
	const char *mime = "text/plain";
	struct kind kind;

	/* Objects of a PDF lie in many files that are none. */
	if ((text || votes->likely == FORMAT_PDF) &&
	    votes->likely != FORMAT_NONE &&
	    !format_has_extension(votes->likely, votes->extension))
		votes->likely = FORMAT_NONE;
	if (votes->likely != FORMAT_NONE) {
		job->format = votes->likely;
		say(job, format_name(job->format), NULL);
		return 0;
	}
	kind = text ? kind_by_head(job->input, true) : (struct kind){0};
	if (text && kind.name == NULL)
		kind.name = kind_of_named_text(votes->extension);
	/* An output had its vote when it came in; the verifier has its own. */
	if (kind.name == NULL && !job->recheck)
		mime = text ? magic_vote_on_text(job->input)
			    : magic_vote(job->input);
	if (kind.name == NULL)
		kind = kind_by_mime(mime, text);
	if (kind.name != NULL && kind.refusal == ERR_NONE &&
	    format_by_name(kind.name) != FORMAT_NONE &&
	    sanitizer_for(format_by_name(kind.name))->claims(job->input) !=
		CLAIM_NONE)
		return settle_kind(job, &(struct votes){.kind = kind});
	if (kind.name != NULL) {
		say(job, kind.name, NULL);
		return kind.refusal == ERR_NONE ? -ERR_TYPE_UNSUPPORTED
						: -(int)kind.refusal;
	}
	if (!text) {
		if (strcmp(mime, "application/octet-stream") != 0 &&
		    strcmp(mime, "text/plain") != 0)
			(void)text_copy(job->detected, sizeof(job->detected),
					mime);
		return -ERR_TYPE_UNKNOWN;
	}
	job->format = pick_text(job, votes);
	say(job, format_name(job->format), NULL);
	return 0;
}

/* The extension or, where there is none, the declared type that belongs to
 * something else; NULL when neither does. Types that no format has, like
 * application/octet-stream, claim nothing. */
static const char *false_claim(const struct job *job, const char *extension)
{
	const char *declared = NULL;

	if (extension[0] != '\0')
		return format_has_extension(job->format, extension) ? NULL
								    : extension;
	for (int i = 1; i < FORMAT_COUNT; i++) {
		enum format format = (enum format)i;

		if (!fits_declared(format, job->declared))
			continue;
		if (is_a(format, format_name(job->format)))
			return NULL;
		/* More than one format may have the type. */
		declared = sanitizer_for(format)->mime;
	}
	return declared;
}

/* A name that does not fit the content: renamed or held by policy. */
static int check_disguise(struct job *job, const char *extension)
{
	const char *claim = false_claim(job, extension);

	if (claim == NULL)
		return 0;
	if ((enum disguise)job->policy->disguise == DISGUISE_BLOCK)
		return -ERR_TYPE_DISGUISED;
	if (!job->recheck)
		job_remove(job, REMOVAL_TYPE_RENAMED, job->name,
			   view_of(NULL, 0), "%s -> %s", claim, job->extension);
	return 0;
}

static int settle(struct job *job, struct votes *votes)
{
	if (votes->kind.refusal != ERR_NONE) {
		say(job, votes->kind.name, NULL);
		return -(int)votes->kind.refusal;
	}
	if (votes->also != NULL) {
		say(job, votes->kind.name, votes->also);
		return -ERR_TYPE_AMBIGUOUS;
	}
	if (votes->exact_count > 0)
		return settle_exact(job, votes);
	if (votes->kind.name != NULL)
		return settle_kind(job, votes);
	return settle_rest(job, votes);
}

int detect_format(struct job *job)
{
	struct votes votes = {0};
	struct kind named = kind_by_name(job->name);
	int error;

	if (job->input.size == 0)
		return -ERR_EMPTY;
	encoding_forget();
	name_extension(job->name, votes.extension, sizeof(votes.extension));
	collect_claims(job->input, &votes);
	votes.kind = kind_by_head(job->input, false);
	if (votes.kind.name == NULL)
		votes.kind = kind_by_structure(job->input);
	if (votes.kind.weak &&
	    sanitizer_for(FORMAT_TEXT)->claims(job->input) != CLAIM_NONE)
		votes.kind = (struct kind){0};
	if (votes.kind.name != NULL)
		votes.also = second_structure(job->input, &votes.kind);
	error = settle(job, &votes);
	if (error == -ERR_TYPE_EXECUTABLE || error == -ERR_TYPE_FORBIDDEN)
		return error;
	if (named.name != NULL) {
		say(job, named.name, NULL);
		return -(int)named.refusal;
	}
	if (error != 0)
		return error;
	if (job_is_elsewhere(job))
		return -ERR_DECODED_ELSEWHERE;
	job_set_output(job, sanitizer_for(job->format)->extension,
		       sanitizer_for(job->format)->mime);
	return check_disguise(job, votes.extension);
}

/*
 * May carry: VBA, OLE objects and ActiveX controls in the stream itself, links
 *   and clicks that run programs, macros or files, sounds and films, fonts,
 *   packages (ZIP) for later versions, what earlier saves left behind.
 * Keep: slides, masters, notes, handouts, drawings, text and its formats,
 *   comments, headers and footers, pictures as objects of their own, vetted
 *   links.
 * Drop: every record that is not in ppt/records.def or ole/escher.def, every
 *   stream but four.
 * Specification: [MS-PPT], [MS-ODRAW], [MS-CFB].
 */
#include "sanitizers/detect/claims.h"
#include "sanitizers/ole/compound_writer.h"
#include "sanitizers/ole/properties.h"
#include "sanitizers/ole/relock.h"
#include "sanitizers/ppt/ppt.h"

#include "base/banned.h"

/* Streams that are written anew. */
static const char *const rewritten[] = {
    "Current User",
    "PowerPoint Document",
    "Pictures",
    "\005SummaryInformation",
    "\005DocumentSummaryInformation",
};

enum { REWRITTEN = sizeof(rewritten) / sizeof(rewritten[0]) };

static enum claim ppt_claims(struct view input)
{
	return claim_compound(input, "ppt");
}

static enum removal_kind removal_of(const char *name)
{
	if (strcasecmp(name, "_signatures") == 0 ||
	    strcasecmp(name, "_xmlsignatures") == 0)
		return REMOVAL_OLE_SIGNATURE;
	if (strcasecmp(name, "Macros") == 0 ||
	    strcasecmp(name, "_VBA_PROJECT_CUR") == 0)
		return REMOVAL_OLE_VBA_PROJECT;
	return REMOVAL_OLE_STORAGE;
}

/* Storages are named, not what they hold. */
static int report_streams(struct ppt *ppt)
{
	const struct compound_entry *root = compound_root(ppt->compound);

	for (size_t i = 0; i < root->child_count; i++) {
		const struct compound_entry *entry = root->children[i];
		struct view content = {NULL, 0};
		size_t known = 0;
		int error = 0;

		while (known < REWRITTEN &&
		       strcasecmp(entry->name, rewritten[known]) != 0)
			known++;
		if (entry == ppt->storage ||
		    (known < REWRITTEN && entry->type == COMPOUND_STREAM))
			continue;
		if (entry->type == COMPOUND_STREAM)
			error = compound_read(ppt->compound, entry, &content);
		if (error != 0)
			return error;
		job_remove(ppt->job, removal_of(entry->name), entry->name,
			   content, "%s", "");
	}
	return 0;
}

/* CurrentUserAtom ([MS-PPT] 2.3.2), of a user without a name. */
static int write_user(struct buffer *out, uint32_t edit)
{
	const struct escher_record record = {.type = PPT_USER};
	size_t start = escher_open(out, &record);

	buffer_u32le(out, 0x14);
	buffer_u32le(out, 0xE391C05F);
	buffer_u32le(out, edit);
	buffer_u16le(out, 1); /* of the name: a blank */
	buffer_u16le(out, 0x03F4);
	buffer_u8(out, 3);
	buffer_fill(out, 0, 3);
	buffer_u8(out, ' ');
	buffer_u32le(out, 8);
	buffer_u16le(out, ' ');
	escher_close(out, start);
	return buffer_error(out);
}

static int write_file(struct ppt *ppt, struct view user, struct view document,
		      struct view pictures)
{
	struct job *job = ppt->job;
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct compound_writer *writer =
	    compound_writer_new(job->arena, compound_class_ppt);
	int error;

	compound_writer_add(writer, NULL, "Current User", user);
	compound_writer_add(writer, NULL, "PowerPoint Document", document);
	if (pictures.size > 0)
		compound_writer_add(writer, NULL, "Pictures", pictures);
	error = properties_rebuild(job, ppt->compound, writer);
	if (error == 0)
		error = compound_writer_write(writer, &out);
	return error != 0 ? error
			  : relock_emit(job, compound_class_ppt,
					buffer_contents(&out), ppt_lock);
}

static int ppt_rebuild(struct job *job)
{
	size_t room = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer document = buffer_make(room);
	BUFFER_CLEANUP struct buffer pictures = buffer_make(room);
	BUFFER_CLEANUP struct buffer user = buffer_make(room);
	struct ppt *ppt = arena_alloc(job->arena, sizeof(*ppt));
	uint32_t edit = 0;
	int error;

	if (ppt == NULL)
		return -ERR_MEMORY;
	ppt->job = job;
	error = ppt_open(ppt);
	if (error == 0)
		error = report_streams(ppt);
	if (error == 0)
		error = ppt_filter(ppt, &document, &pictures, &edit);
	if (error == 0)
		error = write_user(&user, edit);
	if (error != 0)
		return error;
	if (!view_equal(ppt->user, view_of_string(" ")))
		job_remove(job, REMOVAL_METADATA, "Current User", ppt->user,
			   "%s", "user");
	return write_file(ppt, buffer_contents(&user),
			  buffer_contents(&document),
			  buffer_contents(&pictures));
}

static int ppt_to_text(struct job *job)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct ppt *ppt = arena_alloc(job->arena, sizeof(*ppt));
	int error;

	if (ppt == NULL)
		return -ERR_MEMORY;
	ppt->job = job;
	error = ppt_open(ppt);
	if (error == 0)
		error = ppt_text(ppt, &out);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

const struct sanitizer sanitizer_ppt = {
    .name = "ppt",
    .mime = "application/vnd.ms-powerpoint",
    .extension = "ppt",
    .extensions = "ppt pps pot",
    .claims = ppt_claims,
    .rebuild = ppt_rebuild,
    .text = ppt_to_text,
};

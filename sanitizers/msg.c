/*
 * May carry: files of every kind, references to files elsewhere, OLE objects,
 *   forms and scripts, a sound to be fetched from a server (CVE-2023-23397),
 *   HTML and RTF bodies, other messages.
 * Keep: who, when and what about; the text; attachments, as mail has them.
 * Drop: every other property, forms, OLE objects, references.
 * Specification: [MS-OXMSG], [MS-OXPROPS], [MS-OXCMSG]; RFC 5322.
 */
#include "sanitizers/detect/claims.h"
#include "sanitizers/job.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/outlook.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

static const struct view nothing;

static enum claim msg_claims(struct view input)
{
	return claim_compound(input, "msg");
}

static int msg_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer mail =
	    buffer_make(job->policy->limits.unpacked_bytes);
	/* It is taken apart and rebuilt as any mail: an object of its own. */
	struct nested_request request = {
	    .path = "message", .name = "message.eml", .format = FORMAT_EML};
	struct nested_result result;
	struct compound *compound;
	int error = compound_open(job->arena, job->input, &compound);

	if (error == 0)
		error = outlook_write(job, compound, &mail);
	request.content = buffer_contents(&mail);
	if (error == 0)
		error = job_nested_whole(job, &request, &result);
	if (error != 0)
		return error;
	job_remove(job, REMOVAL_MSG_REWRITTEN, "", nothing, "%s", "");
	job_set_output(job, result.extension, result.mime);
	job->output_format = result.format;
	job->converted = true;
	return job_emit(job, result.output);
}

static int msg_prepare(void)
{
	int error = encoding_prepare();

	return error != 0 ? error : charset_prepare();
}

const struct sanitizer sanitizer_msg = {
    .name = "msg",
    .mime = "message/rfc822",
    .extension = "eml",
    .extensions = "msg",
    .claims = msg_claims,
    .rebuild = msg_rebuild,
    .text = msg_rebuild,
    .prepare = msg_prepare,
};

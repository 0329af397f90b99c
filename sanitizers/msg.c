/*
 * May carry: files of every kind, references to files elsewhere, OLE objects,
 *   forms and scripts, a sound to be fetched from a server (CVE-2023-23397),
 *   HTML and RTF bodies, other messages.
 * Keep: who, when and what about; the text; attachments, as mail has them.
 * Drop: every other property, forms, OLE objects, references.
 * Specification: [MS-OXMSG], [MS-OXPROPS], [MS-OXCMSG]; RFC 5322.
 */
#include "sanitizers/detect/kind.h"
#include "sanitizers/job.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/outlook.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

static const struct view nothing;

static enum claim msg_claims(struct view input)
{
	struct kind kind;

	if (!compound_probe(input))
		return CLAIM_NONE;
	kind = kind_of_cfb(input);
	return kind.name != NULL && strcmp(kind.name, "msg") == 0 ? CLAIM_EXACT
								  : CLAIM_NONE;
}

/* The mail is taken apart and rebuilt as any other: an object of its own. */
static int hand_over(struct job *job, struct view mail,
		     struct nested_result *ret_result)
{
	const struct nested_request request = {
	    .path = "message",
	    .name = "message.eml",
	    .content = mail,
	    .format = FORMAT_EML,
	};
	uint32_t ticket;
	int error = job_nested_begin(job, &request, &ticket);

	if (error == 0)
		error = job_nested_wait(job, ticket, ret_result);
	if (error != 0 || verdict_passes(ret_result->verdict))
		return error;
	return ret_result->reason == ERR_NONE ? -ERR_INTERNAL
					      : -(int)ret_result->reason;
}

static int msg_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer mail =
	    buffer_make(job->policy->limits.unpacked_bytes);
	struct nested_result result;
	struct compound *compound;
	int error = compound_open(job->arena, job->input, &compound);

	if (error == 0)
		error = outlook_write(job, compound, &mail);
	if (error == 0)
		error = hand_over(job, buffer_contents(&mail), &result);
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

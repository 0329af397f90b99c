/*
 * sekisho-verifier: holds rebuilt objects against their format's list with
 * other parsers than the rebuild's, one sandboxed process per object.
 * sekisho-reader is the same with poppler and the readers of mail.
 *
 * usage: sekisho-verifier --edge broker=FD [--edge supervisor=FD]
 *        sekisho-reader --edge broker=FD [--edge supervisor=FD]
 */
#include "base/bytes.h"
#include "gateway/sandbox/job_channel.h"
#include "gateway/sandbox/zygote.h"
#include "gateway/verifier/check.h"

#include "base/banned.h"

static int verify(const struct job_start *start, struct job_outcome *outcome)
{
	const struct job_parameters *parameters = &start->parameters;
	const struct verifier *verifier = verifier_for(parameters->format);
	const char *passwords[PASSWORDS_MAX];
	struct check check = {
	    .output = start->input,
	    .format = parameters->format,
	    .extension = parameters->extension,
	    .policy = &parameters->policy,
	    .passwords = passwords,
	    .password_count = parameters->password_count,
	    .arena = arena_new(parameters->policy.limits.memory_bytes),
	};
	int error;

	for (size_t i = 0; i < parameters->password_count; i++)
		passwords[i] = parameters->passwords[i];
	if (check.arena == NULL)
		return -ERR_MEMORY;
	if (verifier == NULL)
		return -ERR_VERIFY_TYPE;
	error = verifier->verify(&check);
	(void)text_copy(outcome->detail, sizeof(outcome->detail), check.detail);
	return error;
}

static void run(int channel, void *context)
{
	static struct job_start start;
	struct job_outcome outcome = {.error = ERR_INTERNAL};

	(void)context;
	if (job_channel_begin(channel, &start) != 0)
		return;
	outcome.error = (enum error) - verify(&start, &outcome);
	/* The broker holds the object when nothing arrives. */
	if (job_channel_done(channel, &outcome) != 0)
		return;
}

int main(int argc, char **argv)
{
	static const struct zygote_program program = {
	    .name = VERIFIER_NAME,
	    .prepare = verifiers_prepare,
	    .run = run,
	};

	return zygote_program(argc, argv, &program);
}

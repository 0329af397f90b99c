/*
 * The place of all that reads mail in the programs that rebuild none
 * (docs/decisions/0021).
 */
#include "sanitizers/mail/authentication.h"
#include "sanitizers/mail/second.h"
#include "sanitizers/mail/signature.h"

#include "base/banned.h"

bool second_can_read(void)
{
	return false;
}

int second_prepare(void)
{
	return 0;
}

int second_compare(struct arena *arena, struct view input,
		   struct mail_tree *tree, const struct view *contents,
		   char ret_detail[128])
{
	(void)arena;
	(void)input;
	(void)tree;
	(void)contents;
	(void)ret_detail;
	return -ERR_DECODED_ELSEWHERE;
}

void signature_use(const char *certificates, const char *keyring)
{
	(void)certificates;
	(void)keyring;
}

int signature_prepare(void)
{
	return 0;
}

int signature_check_cms(struct arena *arena, struct view cms,
			struct view content, struct signature *ret_signature)
{
	(void)arena;
	(void)cms;
	(void)content;
	(void)ret_signature;
	return -ERR_DECODED_ELSEWHERE;
}

int signature_open_cms(struct arena *arena, struct view cms,
		       struct view *ret_content)
{
	(void)arena;
	(void)cms;
	(void)ret_content;
	return -ERR_DECODED_ELSEWHERE;
}

int signature_check_pgp(struct arena *arena, struct view signature,
			struct view content, struct signature *ret_signature)
{
	(void)arena;
	(void)signature;
	(void)content;
	(void)ret_signature;
	return -ERR_DECODED_ELSEWHERE;
}

int signature_check_clear(struct arena *arena, struct view block,
			  struct view *ret_text,
			  struct signature *ret_signature)
{
	(void)arena;
	(void)block;
	(void)ret_text;
	(void)ret_signature;
	return -ERR_DECODED_ELSEWHERE;
}

int authentication_prepare(void)
{
	return 0;
}

int authentication_check(struct arena *arena, const struct mail_field *fields,
			 struct view body, struct view given,
			 const char **ret_value)
{
	(void)arena;
	(void)fields;
	(void)body;
	(void)given;
	(void)ret_value;
	return -ERR_DECODED_ELSEWHERE;
}

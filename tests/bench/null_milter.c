/*
 * A milter that reads a message and changes nothing: what the protocol itself
 * costs in the bench of mail.
 *
 * usage: bench-null-milter SOCKET
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
	(void)context;
	(void)name;
	(void)value;
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t size)
{
	(void)context;
	(void)bytes;
	(void)size;
	return SMFIS_CONTINUE;
}

static sfsistat on_message_end(SMFICTX *context)
{
	(void)context;
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	static char name[] = "null";
	struct smfiDesc description = {
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_header = on_header,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_message_end,
	};

	if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_register(description) != MI_SUCCESS) {
		(void)fprintf(stderr, "usage: bench-null-milter SOCKET\n");
		return 64;
	}
	return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define _GNU_SOURCE
#include "gateway/mail/hook.h"

#include "base/log.h"
#include "gateway/mail/endpoint.h"

#include <sys/stat.h>

#include "base/banned.h"

/* Sessions that wait to be taken; what an MTA is silent for at most. */
enum { BACKLOG = 128, TIMEOUT_SECONDS = 7210 };

int hook_serve(const struct config *config, const char *key, const char *place,
	       struct smfiDesc description)
{
	char text[ENDPOINT_TEXT_MAX];
	int error = endpoint_text(config, place, text, sizeof(text));

	if (error != 0) {
		log_line(LOG_LINE_ERROR, "no-such-place %s=%s", key, place);
		return error;
	}
	/* The folder decides who may connect (its group); others may not. */
	(void)umask(0117);
	if (smfi_register(description) != MI_SUCCESS ||
	    smfi_setconn(text) != MI_SUCCESS ||
	    smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
	    smfi_settimeout(TIMEOUT_SECONDS) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS) {
		log_line(LOG_LINE_ERROR, "cannot-listen place=%s", text);
		return -ERR_IO;
	}
	(void)umask(0077);
	log_line(LOG_LINE_INFO, "listening place=%s", text);
	return smfi_main() == MI_SUCCESS ? 0 : -ERR_IO;
}

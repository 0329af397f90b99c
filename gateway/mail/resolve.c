#define _GNU_SOURCE
#include "gateway/mail/keys.h"

#include "gateway/mail/endpoint.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include "base/banned.h"

enum { ANSWER_MAX = 16 * 1024, WAIT_SECONDS = 3 };

/* The strings of a TXT record, each with its length in front. */
static int join(struct view data, char ret_text[KEY_TEXT_MAX + 1])
{
	struct cursor cursor = cursor_at(data, 0);
	size_t size = 0;

	while (cursor_left(&cursor) > 0) {
		struct view piece = cursor_take(&cursor, cursor_u8(&cursor));

		if (cursor.failed || piece.size > KEY_TEXT_MAX - size)
			return -ERR_NOT_FOUND;
		for (size_t i = 0; i < piece.size; i++) {
			/* One line, whatever they write there. */
			if (piece.data[i] < ' ' || piece.data[i] > '~')
				return -ERR_NOT_FOUND;
			ret_text[size++] = (char)piece.data[i];
		}
	}
	ret_text[size] = '\0';
	return size > 0 ? 0 : -ERR_NOT_FOUND;
}

static int read_answer(const uint8_t *answer, int size,
		       char ret_text[KEY_TEXT_MAX + 1])
{
	ns_msg message;
	ns_rr record;

	if (ns_initparse(answer, size, &message) != 0)
		return -ERR_UNAVAILABLE;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++)
		if (ns_parserr(&message, ns_s_an, i, &record) == 0 &&
		    ns_rr_type(record) == ns_t_txt)
			return join(
			    view_of(ns_rr_rdata(record), ns_rr_rdlen(record)),
			    ret_text);
	return -ERR_NOT_FOUND;
}

int resolve_text(const char *resolver, const char *name,
		 char ret_text[KEY_TEXT_MAX + 1])
{
	uint8_t answer[ANSWER_MAX];
	struct __res_state state = {0};
	struct sockaddr_in server;
	int error = endpoint_address(resolver, &server);
	int size;

	if (error != 0)
		return error;
	if (res_ninit(&state) != 0)
		return -ERR_UNAVAILABLE;
	state.nscount = 1;
	state.nsaddr_list[0] = server;
	state.retrans = WAIT_SECONDS;
	state.retry = 2;
	size =
	    res_nquery(&state, name, ns_c_in, ns_t_txt, answer, sizeof(answer));
	if (size >= 0)
		error = size > ANSWER_MAX ? -ERR_UNAVAILABLE
					  : read_answer(answer, size, ret_text);
	else
		error = state.res_h_errno == HOST_NOT_FOUND ||
				state.res_h_errno == NO_DATA
			    ? -ERR_NOT_FOUND
			    : -ERR_UNAVAILABLE;
	res_nclose(&state);
	return error;
}

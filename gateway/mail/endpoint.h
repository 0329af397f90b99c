/*
 * Where a door listens or connects: "unix:NAME" in the folder of sockets,
 * "unix:/PATH", "inet:PORT@ADDRESS".
 */
#ifndef SEKISHO_GATEWAY_MAIL_ENDPOINT_H
#define SEKISHO_GATEWAY_MAIL_ENDPOINT_H

#include "gateway/config/config.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ENDPOINT_TEXT_MAX = 4096 };

/* The place with a relative path made absolute, as libmilter takes it.
 * -ERR_CONFIG when it is no place. */
int endpoint_text(const struct config *config, const char *place, char *text,
		  size_t size) MUST_CHECK;

/* Makes the socket of an absolute place: listening, or connected within
 * `seconds`. */
int endpoint_listen(const char *text, int *ret_fd) MUST_CHECK;
int endpoint_connect(const char *text, unsigned seconds,
		     int *ret_fd) MUST_CHECK;

/* The address of "inet:PORT@ADDRESS". -ERR_CONFIG: it is something else. */
int endpoint_address(const char *text,
		     struct sockaddr_in *ret_address) MUST_CHECK;

#endif

/* The table of paths: routes.def. */
#ifndef SEKISHO_GATEWAY_WEB_ROUTE_H
#define SEKISHO_GATEWAY_WEB_ROUTE_H

#include "gateway/web/web.h"

enum route_flags {
	ROUTE_PLAIN = 0,
	ROUTE_CREATED = 1,   /* 201 */
	ROUTE_ACCEPTED = 2,  /* 202 */
	ROUTE_EMPTY = 4,     /* 204 */
	ROUTE_MATCH = 8,     /* If-Match becomes the parameter "version" */
	ROUTE_SESSION = 16,  /* the answer's "token" becomes the cookie */
	ROUTE_ENDS = 32,     /* the cookie goes */
	ROUTE_DOWNLOAD = 64, /* the answer's content is a file */
	ROUTE_PICTURE = 128, /* the answer's content is a PNG */
	ROUTE_FILE = 256,    /* the body is a file: upload.c */
	ROUTE_ONCE = 512,    /* takes an Idempotency-Key */
	ROUTE_TEXT = 1024,   /* the answer's content is text */
	ROUTE_READS = 2048,  /* POST that only asks */
};

struct route {
	const char *method;
	const char *template;
	route_handler *handler;
	const char *operation; /* "" */
	const char *query;     /* "state limit:i mine:b" */
	unsigned flags;
};

/*
 * The route of the request's method and path; its parameters go to
 * request->parameters. NULL: `ret_status` is 404 or 405, with the methods that
 * there are in `allowed`.
 */
const struct route *route_find(struct request *request, const char *path,
			       unsigned *ret_status, char *allowed,
			       size_t size);

/* Puts the query of the URL into the parameters, and what If-Match and
 * Idempotency-Key say. -ERR_PARAMETER: there is something that the route does
 * not take, or a value that is none. */
int route_read_query(struct request *request,
		     const char **ret_wrong) MUST_CHECK;

/* Undoes percent-encoding; false: not UTF-8, a control character, too long. */
bool route_decode(const char *text, char *decoded, size_t size);

#endif

/*
 * sekisho-web's parts:
 *   main.c       options, the server's start and stop
 *   server.c     libmicrohttpd in the event loop, connections, slow clients
 *   guard.c      what a request must not be: smuggled, forged, from elsewhere
 *   request.c    one request from its first line to its answer
 *   route.c      routes.def: which operation a path and method lead to
 *   reply.c      answers, problems (RFC 9457), headers, names of downloads
 *   link.c       edges to vault and broker
 *   upload.c     files on their way through the gateway
 *   pages.c      the console's pages, built in
 *   local.c      health, metrics, the API's description
 *
 * The program has no credentials, keys or content of its own: what a session
 * may do is the vault's decision, call by call. One thread does everything.
 */
#ifndef SEKISHO_GATEWAY_WEB_H
#define SEKISHO_GATEWAY_WEB_H

#include "base/buffer.h"
#include "base/loop.h"
#include "gateway/config/config.h"
#include "gateway/web/link.h"

#include <jansson.h>
#include <microhttpd.h>

enum {
	WEB_HEADER_MAX = 32 * 1024, /* memory of a connection */
	WEB_BODY_MAX = 256 * 1024,  /* JSON of a request */
	WEB_SEGMENT_MAX = 127,      /* of a path */
	WEB_SEGMENTS_MAX = 8,
	WEB_CALL_MS = 30000,
	/* A client has so long, then must not be slower than this. */
	WEB_HEADERS_MS = 20000,
	WEB_IDLE_SECONDS = 30,
	WEB_GRACE_MS = 15000,
	WEB_RATE = 8 * 1024, /* bytes a second */
	WEB_REAP_MS = 500,
};

struct route;
struct request;

/* The answer object is the callback's to free, which then answers the request,
 * lets it go on, asks again or leaves it suspended. */
typedef void request_then(struct request *request, int error, json_t *answer,
			  int *content);
struct uploads;

enum phase { PHASE_HEADERS, PHASE_BODY, PHASE_WORK, PHASE_ANSWER };

/* A TCP connection, for its whole life. */
struct connection {
	struct web *web;
	struct connection *next;
	int fd; /* libmicrohttpd's */
	enum phase phase;
	uint64_t since_ms; /* the phase */
	uint64_t bytes;    /* of the body, received in it or to be sent */
	bool ending;       /* shut down: waits for libmicrohttpd */
};

struct web {
	struct config *config;
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct watch *daemon_watch;
	struct timer run; /* libmicrohttpd's own time-outs */
	struct timer reap;
	struct connection *connections;
	struct link link;
	struct uploads *uploads;
	uint64_t begun_ms;
	uint64_t requests; /* answered, by hundreds of their status */
	uint64_t answers[6];
	bool stopping;
};

/* What is answered. Freed with the request. */
struct reply {
	unsigned status;
	const char *type;   /* a literal */
	struct buffer body; /* or: */
	struct view fixed;  /* lives as long as the program */
	int content;        /* or: a file; -1 */
	uint64_t content_size;
	char etag[72];                 /* "": none */
	char name[NAME_MAX_BYTES + 1]; /* of a download; "": none */
	char location[256];
	char cookie[128]; /* the session's token; "" */
	bool ends_cookie;
	bool closes;  /* the connection, behind it */
	bool is_page; /* may be kept by the browser, asked for with its ETag */
	unsigned retry_after; /* seconds; 0 */
};

struct request {
	struct web *web;
	struct connection *connection;
	struct MHD_Connection *mhd;
	const char *method;
	const struct route *route; /* NULL: refused before */
	char segments[WEB_SEGMENTS_MAX][WEB_SEGMENT_MAX + 1]; /* of the path */
	size_t segment_count;
	char token[CONSOLE_TOKEN_MAX + 1]; /* of cookie or client; "" */
	bool client; /* comes with an API client's secret, without a cookie */
	char source[CONSOLE_SOURCE_MAX + 1];
	char tenant[CONSOLE_TENANT_MAX + 1]; /* whose console it is; "" */
	enum language language;
	json_t *parameters; /* of path, query and body */
	uint64_t expected;  /* bytes of the body */
	uint64_t received;
	struct buffer body;
	int content; /* where a file's body is written; -1 */
	bool suspended;
	bool answered;
	bool queued;      /* handed to libmicrohttpd */
	uint64_t call_id; /* under way at the vault; 0 */
	request_then *then;
	struct timer timer;
	struct request *next_waiting;     /* for the same upload */
	char upload_id[ITEM_ID_SIZE + 1]; /* or whose password is given */
	char upload_department[DEPARTMENT_MAX + 1];
	char upload_name[NAME_MAX_BYTES + 1];
	int64_t wait;           /* seconds to wait for its end */
	struct reprocess *work; /* with passwords: locked memory; NULL */
	struct reply reply;
};

/* --- server.c --- */

int server_start(struct web *web) MUST_CHECK;
void server_stop(struct web *web);

/* Lets libmicrohttpd go on: after answers from elsewhere. */
void server_run(struct web *web);
void connection_enter(struct connection *connection, enum phase phase,
		      uint64_t bytes);

/* --- request.c --- */

/* libmicrohttpd's callbacks. */
enum MHD_Result request_on_access(void *context, struct MHD_Connection *mhd,
				  const char *url, const char *method,
				  const char *version, const char *upload_data,
				  size_t *upload_data_size,
				  void **request_context);
void request_on_completed(void *context, struct MHD_Connection *mhd,
			  void **request_context,
			  enum MHD_RequestTerminationCode code);

/* Asks the vault; `then` runs with its answer. The request is suspended, or
 * answered when there is no vault. */
void request_ask(struct request *request, const char *operation,
		 const json_t *parameters, request_then *then);

/* The reply is complete: it goes out. */
void request_answer(struct request *request);

/* The JSON in a descriptor; {} for -1, NULL for what is none. */
json_t *request_read(int fd);

/* Nothing more is done until request_answer() or request_continue(). */
void request_suspend(struct request *request);
void request_continue(struct request *request);

/* --- guard.c --- */

/* Looks at everything in front of the body. 0, or the status of the answer
 * that refuses it, which closes the connection. */
unsigned guard_headers(struct request *request, const char *version);

/* For requests that may change something: from our own page, with the token of
 * the session. 0 or -ERR_FORBIDDEN. */
int guard_unsafe(struct request *request) MUST_CHECK;

/* The token that a session's pages send along: 64 digits. */
void guard_token(const char *session, char ret_token[65]);

const char *request_header(struct request *request, const char *name);

/* --- reply.c --- */

/* A problem document for an error; `answer` (may be NULL) gives details. */
void reply_error(struct request *request, int error, const json_t *answer);

/* The same for what HTTP itself finds wrong. */
void reply_status(struct request *request, unsigned status);

/* JSON with an ETag. */
void reply_json(struct request *request, unsigned status, const json_t *object);
int reply_send(struct request *request) MUST_CHECK;

/* "attachment; filename*=UTF-8''..." of any name (RFC 6266). */
void reply_disposition(struct buffer *buffer, const char *name);

/* --- local.c, pages.c, upload.c: handlers of routes --- */

typedef void route_handler(struct request *request);
route_handler route_call;
route_handler local_health;
route_handler local_ready;
route_handler local_metrics;
route_handler local_description;
route_handler upload_begin; /* in front of the body */
route_handler upload_take;  /* behind it */
route_handler upload_show;
route_handler upload_sanitized;
route_handler upload_released;
route_handler upload_report;
route_handler upload_certificate;
route_handler password_give;
route_handler task_give;

/* Keeps the output of a file that waited for its password, for its owner.
 * What is not kept comes back as an error. */
int upload_keep(struct web *web, const char *item_id,
		const struct reprocessed *result, int *output) MUST_CHECK;

/* Answers with the page of this path; false: there is none. */
bool pages_serve(struct request *request, const char *path);

struct uploads *uploads_new(struct web *web);
void uploads_free(struct uploads *uploads);
void uploads_count(const struct uploads *uploads, unsigned *ret_working,
		   unsigned *ret_kept);
void upload_forget_request(struct request *request);

#endif

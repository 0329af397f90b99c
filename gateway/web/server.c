/* libmicrohttpd in the event loop; connections that are too slow. */
#define _GNU_SOURCE
#include "gateway/web/web.h"

#include "base/handle.h"
#include "base/log.h"
#include "gateway/mail/endpoint.h"
#include "gateway/web/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/banned.h"

/* What MHD_OPTION_HTTPS_PRIORITIES takes: GnuTLS's own choice without TLS 1.0
 * and 1.1. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

void connection_enter(struct connection *connection, enum phase phase,
		      uint64_t bytes)
{
	connection->phase = phase;
	connection->since_ms = loop_now();
	connection->bytes = bytes;
}

/* libmicrohttpd's own time-out begins anew with every byte: a client that
 * sends or takes one a second would keep its connection for ever. */
static bool is_too_slow(const struct connection *connection, uint64_t now_ms)
{
	uint64_t passed = now_ms - connection->since_ms;
	uint64_t seconds;

	switch (connection->phase) {
	case PHASE_HEADERS:
		return passed > WEB_HEADERS_MS + WEB_IDLE_SECONDS * 1000ULL;
	case PHASE_BODY:
		if (passed < WEB_GRACE_MS)
			return false;
		seconds = (passed - WEB_GRACE_MS) / 1000;
		return connection->bytes < seconds * WEB_RATE;
	case PHASE_ANSWER:
		if (passed < 2ULL * WEB_GRACE_MS)
			return false;
		seconds = (passed - 2ULL * WEB_GRACE_MS) / 1000;
		return connection->bytes / WEB_RATE < seconds;
	case PHASE_WORK:
		break;
	}
	return false;
}

static void on_reap(void *context)
{
	struct web *web = context;
	uint64_t now_ms = loop_now();

	for (struct connection *at = web->connections; at; at = at->next) {
		if (at->ending || !is_too_slow(at, now_ms))
			continue;
		at->ending = true;
		/* libmicrohttpd finds it hung up. */
		(void)shutdown(at->fd, SHUT_RDWR);
	}
	loop_arm(web->loop, &web->reap, WEB_REAP_MS);
}

static void on_connection(void *context, struct MHD_Connection *mhd,
			  void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct web *web = context;
	struct connection *connection = *socket_context;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(
		    mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		connection = calloc(1, sizeof(*connection));
		if (connection == NULL || info == NULL) {
			free(connection);
			return;
		}
		*connection = (struct connection){.web = web,
						  .next = web->connections,
						  .fd = info->connect_fd};
		connection_enter(connection, PHASE_HEADERS, 0);
		web->connections = connection;
		*socket_context = connection;
		return;
	}
	if (connection == NULL)
		return;
	for (struct connection **at = &web->connections; *at != NULL;
	     at = &(*at)->next) {
		if (*at != connection)
			continue;
		*at = connection->next;
		break;
	}
	*socket_context = NULL;
	free(connection);
}

void server_run(struct web *web)
{
	MHD_UNSIGNED_LONG_LONG wait;

	if (web->daemon == NULL)
		return;
	(void)MHD_run(web->daemon);
	loop_disarm(web->loop, &web->run);
	if (MHD_get_timeout(web->daemon, &wait) == MHD_YES)
		loop_arm(web->loop, &web->run, wait);
}

static void on_daemon(void *context, int fd)
{
	(void)fd;
	server_run(context);
}

static void on_run(void *context)
{
	server_run(context);
}

/* Its messages are about what clients do wrong. */
static void on_log(void *context, const char *format, va_list arguments)
{
	(void)context;
	(void)format;
	(void)arguments;
}

/* Nothing is decoded behind our back: a %2F is not a slash, a %00 no end. */
static size_t keep_escapes(void *context, struct MHD_Connection *mhd,
			   char *text)
{
	(void)context;
	(void)mhd;
	return strlen(text);
}

static bool is_local(const char *listen)
{
	const char *at = strrchr(listen, '@');

	return strncmp(listen, "unix:", 5) == 0 ||
	       (at != NULL && strncmp(at + 1, "127.", 4) == 0);
}

static int start_daemon(struct web *web, int listener, const char *certificate,
			const char *key)
{
	const struct config_web *config = &web->config->web;
	bool tls = key != NULL;
	struct MHD_OptionItem secret[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
	    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem limit[] = {
	    {MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	     (intptr_t)config->connections_per_address, NULL},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

	web->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
		(tls ? MHD_USE_TLS : 0U),
	    0, NULL, NULL, request_on_access, web, MHD_OPTION_EXTERNAL_LOGGER,
	    on_log, NULL, MHD_OPTION_ARRAY, tls ? secret : none,
	    MHD_OPTION_ARRAY, config->proxy ? none : limit,
	    MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_HEADER_MAX,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_IDLE_SECONDS,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, web,
	    MHD_OPTION_NOTIFY_COMPLETED, request_on_completed, web,
	    MHD_OPTION_END);
	return web->daemon == NULL ? -ERR_CONFIG : 0;
}

static int watch_daemon(struct web *web)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (info == NULL)
		return -ERR_INTERNAL;
	web->daemon_watch =
	    loop_watch(web->loop, info->epoll_fd, on_daemon, web);
	if (web->daemon_watch == NULL)
		return -ERR_MEMORY;
	web->run = (struct timer){on_run, web, 0, NULL};
	web->reap = (struct timer){on_reap, web, 0, NULL};
	loop_arm(web->loop, &web->reap, WEB_REAP_MS);
	server_run(web);
	return 0;
}

/* Certificate and key by the configuration; NULL both where a proxy does TLS.
 */
static int load_secrets(const struct config_web *config, char **ret_certificate,
			char **ret_key)
{
	int error;

	if (config->proxy) {
		if (is_local(config->listen))
			return 0;
		log_line(LOG_LINE_ERROR, "plain-http-refused web.listen=%s",
			 config->listen);
		return -ERR_CONFIG;
	}
	error = secret_read(config->certificate, false, ret_certificate);
	if (error == 0)
		error = secret_read(config->key, true, ret_key);
	if (error != 0)
		log_line(LOG_LINE_ERROR,
			 "certificate-refused web.certificate=%s web.key=%s "
			 "reason=%s; PEM files that the gateway's user can "
			 "read, the key with mode 0600 or 0400",
			 config->certificate, config->key, error_name(error));
	return error;
}

int server_start(struct web *web)
{
	const struct config_web *config = &web->config->web;
	char place[ENDPOINT_TEXT_MAX];
	char *certificate = NULL;
	char *key = NULL;
	int listener = -1;
	int error =
	    endpoint_text(web->config, config->listen, place, sizeof(place));

	if (error == 0)
		error = load_secrets(config, &certificate, &key);
	if (error == 0)
		error = endpoint_listen(place, &listener);
	if (error == 0) {
		error = start_daemon(web, listener, certificate, key);
		if (error != 0)
			handle_close(&listener);
	}
	secret_free(certificate);
	secret_free(key);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "cannot-listen web.listen=%s",
			 config->listen);
		return error;
	}
	log_line(LOG_LINE_INFO, "listening place=%s tls=%d", place,
		 !config->proxy);
	return watch_daemon(web);
}

void server_stop(struct web *web)
{
	loop_disarm(web->loop, &web->run);
	loop_disarm(web->loop, &web->reap);
	if (web->daemon == NULL)
		return;
	loop_unwatch(web->loop, web->daemon_watch);
	MHD_stop_daemon(web->daemon);
	web->daemon = NULL;
}

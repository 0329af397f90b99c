#define _GNU_SOURCE
#include "gateway/courier/courier.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/banned.h"

enum { CONNECT_MS = 5000, HANDSHAKE_MS = 10000, SEND_SECONDS = 10 };

struct tunnel {
	int socket;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

/* "HOST:PORT"; an address of IPv6 in brackets. */
static int split_address(const char *text, char host[256], char port[16])
{
	const char *colon = strrchr(text, ':');
	size_t length;

	if (colon == NULL || colon == text || !text_copy(port, 16, colon + 1) ||
	    port[0] == '\0')
		return -ERR_CONFIG;
	length = (size_t)(colon - text);
	if (text[0] == '[' && length > 2 && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= 256)
		return -ERR_CONFIG;
	(void)snprintf(host, 256, "%.*s", (int)length, text);
	return 0;
}

static int wait_connected(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int result = 0;
	socklen_t size = sizeof(result);

	if (poll(&wait, 1, CONNECT_MS) != 1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0 ||
	    result != 0)
		return -ERR_UNAVAILABLE;
	return 0;
}

static int connect_one(const struct addrinfo *address, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = SEND_SECONDS};
	const int on = 1;
	HANDLE_CLEANUP int fd = socket(
	    address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return error_from_errno(errno);
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
		error = errno == EINPROGRESS ? wait_connected(fd)
					     : -ERR_UNAVAILABLE;
	if (error == 0 &&
	    (fcntl(fd, F_SETFL, 0) != 0 ||
	     setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			sizeof(patience)) != 0 ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience)) != 0 ||
	     setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0))
		error = -ERR_IO;
	if (error == 0)
		*ret_fd = handle_take(&fd);
	return error;
}

static int connect_to(const char *host, const char *port, int *ret_fd)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int error = -ERR_UNAVAILABLE;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -ERR_UNAVAILABLE;
	for (const struct addrinfo *one = list; one != NULL && error != 0;
	     one = one->ai_next)
		error = connect_one(one, ret_fd);
	freeaddrinfo(list);
	return error;
}

static int load_files(struct tunnel *tunnel, const struct config *config)
{
	int loaded;

	if (gnutls_certificate_allocate_credentials(&tunnel->credentials) != 0)
		return -ERR_MEMORY;
	loaded = gnutls_certificate_set_x509_trust_file(
	    tunnel->credentials, config->syslog_ca, GNUTLS_X509_FMT_PEM);
	if (loaded <= 0) {
		log_line(LOG_LINE_ERROR, "ca-refused syslog.ca=%s",
			 config->syslog_ca);
		return -ERR_CONFIG;
	}
	if (config->syslog_certificate[0] != '\0' &&
	    gnutls_certificate_set_x509_key_file(
		tunnel->credentials, config->syslog_certificate,
		config->syslog_key, GNUTLS_X509_FMT_PEM) != 0) {
		log_line(LOG_LINE_ERROR,
			 "certificate-refused syslog.certificate=%s "
			 "syslog.key=%s",
			 config->syslog_certificate, config->syslog_key);
		return -ERR_CONFIG;
	}
	return 0;
}

static int shake_hands(struct tunnel *tunnel, const char *name)
{
	int result;

	if (gnutls_init(&tunnel->session, GNUTLS_CLIENT) != 0 ||
	    gnutls_priority_set_direct(
		tunnel->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
		NULL) != 0 ||
	    gnutls_credentials_set(tunnel->session, GNUTLS_CRD_CERTIFICATE,
				   tunnel->credentials) != 0)
		return -ERR_MEMORY;
	(void)gnutls_server_name_set(tunnel->session, GNUTLS_NAME_DNS, name,
				     strlen(name));
	/* The chain and the name, or no connection. */
	gnutls_session_set_verify_cert(tunnel->session, name, 0);
	gnutls_handshake_set_timeout(tunnel->session, HANDSHAKE_MS);
	gnutls_transport_set_int(tunnel->session, tunnel->socket);
	do {
		result = gnutls_handshake(tunnel->session);
	} while (result < 0 && gnutls_error_is_fatal(result) == 0 &&
		 result != GNUTLS_E_AGAIN);
	if (result == GNUTLS_E_SUCCESS)
		return 0;
	log_line(LOG_LINE_WARNING, "handshake-failed problem=%s",
		 log_quoted(&(struct log_text){0}, gnutls_strerror(result)));
	return result == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR
		   ? -ERR_FORBIDDEN
		   : -ERR_UNAVAILABLE;
}

int tunnel_open(const struct config *config, struct tunnel **ret_tunnel)
{
	struct tunnel *tunnel = calloc(1, sizeof(*tunnel));
	char host[256];
	char port[16];
	int error = split_address(config->syslog_address, host, port);

	if (tunnel == NULL)
		return -ERR_MEMORY;
	tunnel->socket = -1;
	if (error == 0)
		error = load_files(tunnel, config);
	if (error == 0)
		error = connect_to(host, port, &tunnel->socket);
	if (error == 0)
		error = shake_hands(tunnel, config->syslog_name[0] != '\0'
						? config->syslog_name
						: host);
	if (error != 0) {
		tunnel_free(tunnel);
		return error;
	}
	*ret_tunnel = tunnel;
	return 0;
}

int tunnel_send(struct tunnel *tunnel, struct view bytes)
{
	while (bytes.size > 0) {
		ssize_t sent =
		    gnutls_record_send(tunnel->session, bytes.data, bytes.size);

		if (sent == GNUTLS_E_INTERRUPTED)
			continue;
		if (sent <= 0)
			return -ERR_UNAVAILABLE;
		bytes = view_slice(bytes, (size_t)sent, SIZE_MAX);
	}
	return 0;
}

bool tunnel_is_flushed(const struct tunnel *tunnel)
{
	int waiting = 1;

	return ioctl(tunnel->socket, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

/* A collector says nothing but what TLS itself has to say. */
bool tunnel_is_alive(struct tunnel *tunnel)
{
	struct pollfd wait = {.fd = tunnel->socket, .events = POLLIN};
	uint8_t bytes[256];
	ssize_t got;

	if (gnutls_record_check_pending(tunnel->session) == 0 &&
	    poll(&wait, 1, 0) == 0)
		return true;
	if ((wait.revents & (POLLERR | POLLHUP)) != 0)
		return false;
	got = gnutls_record_recv(tunnel->session, bytes, sizeof(bytes));
	return got > 0 || got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED;
}

int tunnel_socket(const struct tunnel *tunnel)
{
	return tunnel->socket;
}

void tunnel_free(struct tunnel *tunnel)
{
	if (tunnel == NULL)
		return;
	if (tunnel->session != NULL)
		gnutls_deinit(tunnel->session);
	if (tunnel->credentials != NULL)
		gnutls_certificate_free_credentials(tunnel->credentials);
	handle_close(&tunnel->socket);
	free(tunnel);
}

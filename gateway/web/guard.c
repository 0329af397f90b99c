/* What a request must not be: smuggled past somebody in front, forged by
 * another site, or made of what two readers understand differently. */
#include "gateway/web/web.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "gateway/web/route.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/banned.h"

#define COOKIE_NAME "__Host-sekisho"
#define BEARER "Bearer "
#define SECRET_PREFIX "skc_"

/* What is looked at of the header fields. */
struct seen {
	unsigned host;
	unsigned length;
	unsigned coding;
	unsigned cookie;
	unsigned origin;
	unsigned type;
	unsigned fetch;
	unsigned address;
	unsigned token;
	unsigned match;
	unsigned key;
	unsigned expect;
	unsigned authorization;
	bool malformed;
};

struct named {
	const char *name;
	size_t offset;
};

static bool is_token(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
		    strchr("!#$%&'*+-.^_`|~", *at) == NULL)
			return false;
	return text[0] != '\0';
}

static bool is_field_text(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
			return false;
	return true;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind,
				const char *name, const char *value)
{
	static const struct named once[] = {
	    {"Host", offsetof(struct seen, host)},
	    {"Content-Length", offsetof(struct seen, length)},
	    {"Transfer-Encoding", offsetof(struct seen, coding)},
	    {"Cookie", offsetof(struct seen, cookie)},
	    {"Origin", offsetof(struct seen, origin)},
	    {"Content-Type", offsetof(struct seen, type)},
	    {"Sec-Fetch-Site", offsetof(struct seen, fetch)},
	    {"X-Real-IP", offsetof(struct seen, address)},
	    {"X-CSRF-Token", offsetof(struct seen, token)},
	    {"If-Match", offsetof(struct seen, match)},
	    {"Idempotency-Key", offsetof(struct seen, key)},
	    {"Expect", offsetof(struct seen, expect)},
	    {"Authorization", offsetof(struct seen, authorization)},
	};
	struct seen *seen = context;

	(void)kind;
	if (!is_token(name) || value == NULL || !is_field_text(value))
		seen->malformed = true;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		unsigned *count = (unsigned *)((char *)seen + once[i].offset);
		size_t size = strlen(once[i].name);

		if (strncasecmp(name, once[i].name, size) != 0)
			continue;
		/* libmicrohttpd 0.9.75 puts the second line of a folded field
		 * behind the name: "Transfer-Encodingchunked". */
		if (name[size] != '\0' || ++*count > 1)
			seen->malformed = true;
	}
	return MHD_YES;
}

const char *request_header(struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

static bool read_length(const char *text, uint64_t *ret_length)
{
	uint64_t value = 0;

	if (text[0] == '\0' || strlen(text) > 18)
		return false;
	for (const char *at = text; *at != '\0'; at++) {
		if (*at < '0' || *at > '9')
			return false;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	*ret_length = value;
	return true;
}

static bool host_allowed(struct request *request, const char *host)
{
	const struct config_list *hosts = &request->web->config->web.hosts;
	size_t length = strcspn(host, ":");

	/* What goes into comparisons with Origin and into Location. */
	for (const char *at = host; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
		    strchr(".-:[]", *at) == NULL)
			return false;
	if (host[0] == '\0' || strlen(host) > 255)
		return false;
	if (host[0] == '[')
		length = strcspn(host, "]") + 1;
	(void)text_copy(
	    request->tenant, sizeof(request->tenant),
	    config_tenant_of_host(request->web->config, view_of(host, length)));
	if (request->tenant[0] != '\0')
		return true;
	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->items[i]) == length &&
		    strncasecmp(hosts->items[i], host, length) == 0)
			return true;
	return hosts->count == 0;
}

static bool is_hexadecimal(const char *text, size_t length)
{
	return strspn(text, "0123456789abcdef") >= length;
}

/* The token of our cookie; two of that name are none. */
static bool read_cookie(struct request *request, const char *cookies,
			unsigned *ret_count)
{
	const size_t name_size = sizeof(COOKIE_NAME "=") - 1;
	const char *at = cookies;
	unsigned count = 0;

	while (*at != '\0') {
		size_t length;

		at += strspn(at, "; \t");
		length = strcspn(at, ";");
		if (length >= name_size &&
		    strncmp(at, COOKIE_NAME "=", name_size) == 0) {
			const char *value = at + name_size;

			count++;
			if (length - name_size == CONSOLE_TOKEN_MAX &&
			    is_hexadecimal(value, CONSOLE_TOKEN_MAX))
				(void)snprintf(request->token,
					       sizeof(request->token), "%.*s",
					       CONSOLE_TOKEN_MAX, value);
		}
		at += length;
	}
	if (count > 1)
		request->token[0] = '\0';
	*ret_count = count;
	return count <= 1;
}

/* The secret of an API client; what is none is nobody's. */
static void read_secret(struct request *request, const char *authorization)
{
	const size_t scheme = sizeof(BEARER) - 1;
	const size_t prefix = sizeof(SECRET_PREFIX) - 1;
	const char *value;

	request->client = true;
	request->token[0] = '\0';
	if (strncasecmp(authorization, BEARER, scheme) != 0)
		return;
	value = authorization + scheme;
	if (strlen(value) == prefix + CONSOLE_TOKEN_MAX &&
	    strncmp(value, SECRET_PREFIX, prefix) == 0 &&
	    is_hexadecimal(value + prefix, CONSOLE_TOKEN_MAX))
		(void)text_copy(request->token, sizeof(request->token),
				value + prefix);
}

/* Who asks: a session's cookie or a client's secret. Both at once would leave
 * it to the reader in whose name it is. */
static bool read_authority(struct request *request)
{
	const char *cookies = request_header(request, "Cookie");
	const char *authorization = request_header(request, "Authorization");
	unsigned sessions = 0;

	if (cookies != NULL && !read_cookie(request, cookies, &sessions))
		return false;
	if (authorization == NULL)
		return true;
	if (sessions > 0)
		return false;
	read_secret(request, authorization);
	return true;
}

/* The address that asks; a proxy says it in X-Real-IP. */
static void read_source(struct request *request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    request->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address =
	    info == NULL ? NULL : info->client_addr;
	const char *said = request_header(request, "X-Real-IP");
	uint8_t bytes[16];

	(void)text_copy(request->source, sizeof(request->source), "local");
	if (request->web->config->web.proxy) {
		if (said != NULL && (inet_pton(AF_INET, said, bytes) == 1 ||
				     inet_pton(AF_INET6, said, bytes) == 1))
			(void)text_copy(request->source,
					sizeof(request->source), said);
		return;
	}
	if (address != NULL && address->sa_family == AF_INET)
		(void)inet_ntop(
		    AF_INET,
		    &((const struct sockaddr_in *)(const void *)address)
			 ->sin_addr,
		    request->source, sizeof(request->source));
	else if (address != NULL && address->sa_family == AF_INET6)
		(void)inet_ntop(
		    AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)address)
			 ->sin6_addr,
		    request->source, sizeof(request->source));
}

static void read_language(struct request *request)
{
	const char *accepted = request_header(request, "Accept-Language");

	request->language = LANGUAGE_JA;
	if (accepted != NULL && strncasecmp(accepted, "en", 2) == 0)
		request->language = LANGUAGE_EN;
}

static unsigned check_body(struct request *request, const struct seen *seen)
{
	const char *length = request_header(request, "Content-Length");
	const char *coding = request_header(request, "Content-Encoding");
	const char *expect = request_header(request, "Expect");

	/* Only what says its length beforehand: there is nothing that a chunk
	 * could hide. */
	if (seen->coding > 0)
		return seen->length > 0 ? 400 : 411;
	if (length != NULL && !read_length(length, &request->expected))
		return 400;
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return 415;
	if (expect != NULL && strcasecmp(expect, "100-continue") != 0)
		return 417;
	if (request->expected > 0 && (strcmp(request->method, "GET") == 0 ||
				      strcmp(request->method, "HEAD") == 0))
		return 400;
	return 0;
}

unsigned guard_headers(struct request *request, const char *version)
{
	struct seen seen = {0};
	const char *host;

	read_language(request);
	read_source(request);
	(void)MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, on_field,
					&seen);
	if (seen.malformed || seen.host != 1)
		return 400;
	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		return 505;
	host = request_header(request, "Host");
	if (host == NULL || !host_allowed(request, host))
		return 421;
	if (!read_authority(request))
		return 400;
	return check_body(request, &seen);
}

void guard_token(const char *session, char ret_token[65])
{
	static const char purpose[] = "sekisho console request token";
	uint8_t digest[32];

	/* Whoever knows it does not know the session. */
	if (crypto_generichash(digest, sizeof(digest),
			       (const unsigned char *)session, strlen(session),
			       (const unsigned char *)purpose,
			       sizeof(purpose) - 1) != 0)
		abort();
	(void)sodium_bin2hex(ret_token, 65, digest, sizeof(digest));
}

/* A page of ours, or a program that is no browser. */
static bool is_from_here(struct request *request)
{
	const char *origin = request_header(request, "Origin");
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *host = request_header(request, "Host");

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	if (origin == NULL)
		return true;
	if (strncmp(origin, "https://", 8) != 0)
		return false;
	return strcasecmp(origin + 8, host) == 0;
}

int guard_unsafe(struct request *request)
{
	const char *given = request_header(request, "X-CSRF-Token");
	char wanted[65];

	if (!is_from_here(request))
		return -ERR_FORBIDDEN;
	/* A browser sends no client's secret by itself; and without a token
	 * there is nobody's authority to borrow. */
	if (request->client || request->token[0] == '\0')
		return 0;
	guard_token(request->token, wanted);
	if (given == NULL || strlen(given) != 64 ||
	    sodium_memcmp(given, wanted, 64) != 0)
		return -ERR_FORBIDDEN;
	return 0;
}

#include "gateway/web/route.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include <stdlib.h>

#include "base/banned.h"

static const struct route routes[] = {
#define ROUTE(method, template, handler, operation, query, flags)              \
	{method, template, handler, operation, query, flags},
#include "gateway/web/routes.def"
#undef ROUTE
};

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool route_decode(const char *text, char *decoded, size_t size)
{
	size_t length = 0;

	for (const char *at = text; *at != '\0'; at++) {
		int byte = (unsigned char)*at;

		if (byte == '%') {
			int high = hexadecimal(at[1]);
			int low = high < 0 ? -1 : hexadecimal(at[2]);

			if (low < 0)
				return false;
			byte = high * 16 + low;
			at += 2;
		}
		if (byte < 0x20 || byte == 0x7f || length + 1 >= size)
			return false;
		decoded[length++] = (char)byte;
	}
	decoded[length] = '\0';
	return utf8_valid(view_of(decoded, length));
}

/* --- the path --- */

/* Only what needs no encoding: every path is written in one way. */
static bool split_path(struct request *request, const char *path)
{
	size_t count = 0;

	if (path[0] != '/')
		return false;
	while (*path == '/' && count < WEB_SEGMENTS_MAX) {
		size_t length = strcspn(++path, "/");

		if (length == 0 || length > WEB_SEGMENT_MAX)
			return false;
		for (size_t i = 0; i < length; i++)
			if (!isalnum((unsigned char)path[i]) &&
			    strchr("._~:-", path[i]) == NULL)
				return false;
		(void)snprintf(request->segments[count++], WEB_SEGMENT_MAX + 1,
			       "%.*s", (int)length, path);
		path += length;
	}
	request->segment_count = count;
	return *path == '\0';
}

/* The part of a segment that stands for "{name}", "{name}:action". */
static bool match_segment(const char *wanted, size_t size, const char *given,
			  struct view *ret_value)
{
	const char *end;
	size_t suffix;
	size_t length = strlen(given);

	*ret_value = (struct view){NULL, 0};
	if (wanted[0] != '{')
		return size == length && strncmp(wanted, given, size) == 0;
	end = strchr(wanted, '}') + 1;
	suffix = size - (size_t)(end - wanted);
	if (length <= suffix ||
	    strncmp(given + length - suffix, end, suffix) != 0)
		return false;
	*ret_value = view_of(given, length - suffix);
	return view_find(*ret_value, view_of(":", 1), 0) == SIZE_MAX;
}

static int set_text(json_t *object, const char *key, struct view value)
{
	return json_object_set_new(
		   object, key,
		   json_stringn((const char *)value.data, value.size)) == 0
		   ? 0
		   : -ERR_MEMORY;
}

static bool set_number(json_t *object, const char *key, const char *text)
{
	int64_t value = 0;

	if (text[0] == '\0' || strlen(text) > 18 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	for (const char *at = text; *at != '\0'; at++)
		value = value * 10 + (*at - '0');
	return json_object_set_new(object, key, json_integer(value)) == 0;
}

static bool set_path_value(struct request *request, const char *wanted,
			   struct view value)
{
	bool number = wanted[1] == '+';
	const char *name = wanted + (number ? 2 : 1);
	char key[64];
	char text[WEB_SEGMENT_MAX + 1];

	(void)snprintf(key, sizeof(key), "%.*s", (int)strcspn(name, "}"), name);
	(void)snprintf(text, sizeof(text), "%.*s", (int)value.size,
		       (const char *)value.data);
	return number ? set_number(request->parameters, key, text)
		      : set_text(request->parameters, key, value) == 0;
}

static bool match(struct request *request, const char *template, bool fill)
{
	const char *at = template;
	struct view value;

	for (size_t i = 0; i < request->segment_count; i++) {
		size_t size;

		if (*at != '/')
			return false;
		size = strcspn(++at, "/");
		if (!match_segment(at, size, request->segments[i], &value))
			return false;
		if (fill && value.size > 0 &&
		    !set_path_value(request, at, value))
			return false;
		at += size;
	}
	return *at == '\0';
}

static bool same_method(const struct request *request, const char *method)
{
	/* What answers GET answers HEAD; libmicrohttpd leaves the body out. */
	return strcmp(request->method, method) == 0 ||
	       (strcmp(request->method, "HEAD") == 0 &&
		strcmp(method, "GET") == 0);
}

const struct route *route_find(struct request *request, const char *path,
			       unsigned *ret_status, char *allowed, size_t size)
{
	size_t used = 0;

	allowed[0] = '\0';
	*ret_status = 404;
	if (!split_path(request, path))
		return NULL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *route = &routes[i];

		if (!match(request, route->template, false))
			continue;
		if (same_method(request, route->method))
			return match(request, route->template, true) ? route
								     : NULL;
		*ret_status = 405;
		used += (size_t)snprintf(allowed + used, size - used, "%s%s",
					 used == 0 ? "" : ", ", route->method);
		if (used >= size)
			break;
	}
	return NULL;
}

/* --- the query --- */

struct query {
	struct request *request;
	const char *wrong; /* NULL */
};

/* What the route says of a key: 't' text, 'i' number, 'b' flag, 0 unknown. */
static char kind_of(const char *query, const char *key)
{
	size_t size = strlen(key);

	for (const char *at = query; *at != '\0';) {
		size_t length = strcspn(at, " ");
		size_t name = strcspn(at, " :");

		if (name == size && strncmp(at, key, size) == 0)
			return name == length ? 't' : at[name + 1];
		at += length + (at[length] == ' ');
	}
	return '\0';
}

static bool set_value(json_t *object, char kind, const char *key,
		      const char *value)
{
	char text[4096];

	if (!route_decode(value, text, sizeof(text)))
		return false;
	if (kind == 'i')
		return set_number(object, key, text);
	if (kind == 'b') {
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return false;
		return json_object_set_new(
			   object, key,
			   json_boolean(strcmp(text, "true") == 0)) == 0;
	}
	return set_text(object, key, view_of_string(text)) == 0;
}

static enum MHD_Result on_argument(void *context, enum MHD_ValueKind where,
				   const char *key, const char *value)
{
	struct query *query = context;
	struct request *request = query->request;
	char kind = kind_of(request->route->query, key);

	(void)where;
	if (kind == '\0' || value == NULL ||
	    json_object_get(request->parameters, key) != NULL ||
	    !set_value(request->parameters, kind, key, value))
		query->wrong = kind == '\0' ? "unknown" : "query";
	return query->wrong == NULL ? MHD_YES : MHD_NO;
}

/* "\"5\"", an ETag that reply_json() made of a version. */
static bool set_version(struct request *request, const char *value)
{
	char text[24];
	size_t length = strlen(value);

	if (length < 3 || length - 2 >= sizeof(text) || value[0] != '"' ||
	    value[length - 1] != '"')
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)length - 2, value + 1);
	return set_number(request->parameters, "version", text);
}

int route_read_query(struct request *request, const char **ret_wrong)
{
	struct query query = {.request = request};
	const char *match_header = request_header(request, "If-Match");
	const char *key = request_header(request, "Idempotency-Key");

	(void)MHD_get_connection_values(request->mhd, MHD_GET_ARGUMENT_KIND,
					on_argument, &query);
	if (query.wrong == NULL && match_header != NULL &&
	    (request->route->flags & ROUTE_MATCH) != 0 &&
	    !set_version(request, match_header))
		query.wrong = "If-Match";
	if (key != NULL && (strlen(key) > CONSOLE_ONCE_MAX ||
			    (request->route->flags & ROUTE_ONCE) == 0))
		query.wrong = "Idempotency-Key";
	*ret_wrong = query.wrong;
	return query.wrong == NULL ? 0 : -ERR_PARAMETER;
}

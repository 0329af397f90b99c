/* The files of gateway/web/pages/ and docs/openapi.json, built in by embed.py.
 */
#ifndef SEKISHO_GATEWAY_WEB_PAGES_H
#define SEKISHO_GATEWAY_WEB_PAGES_H

#include <stddef.h>
#include <stdint.h>

struct page {
	const char *path; /* "/index.html" */
	const char *type;
	const char *etag;
	const uint8_t *data;
	size_t size;
};

extern const struct page page_table[];
extern const size_t page_count;

#endif

#include "gateway/web/pages.h"

#include "base/bytes.h"
#include "gateway/web/web.h"

#include "base/banned.h"

static const struct page *find(const char *path)
{
	for (size_t i = 0; i < page_count; i++)
		if (strcmp(page_table[i].path, path) == 0)
			return &page_table[i];
	return NULL;
}

static void put(struct request *request, const struct page *page)
{
	struct reply *reply = &request->reply;

	reply->status = 200;
	reply->type = page->type;
	reply->is_page = true;
	reply->fixed = view_of(page->data, page->size);
	(void)text_copy(reply->etag, sizeof(reply->etag), page->etag);
}

/* "/" and "/name" are pages, too: names without an ending stand for .html. */
bool pages_serve(struct request *request, const char *path)
{
	char with_ending[WEB_SEGMENT_MAX + 8];
	const struct page *page = find(path);

	if (page == NULL && strcmp(path, "/") == 0)
		page = find("/index.html");
	if (page == NULL && strlen(path) <= WEB_SEGMENT_MAX) {
		(void)snprintf(with_ending, sizeof(with_ending), "%s.html",
			       path);
		page = find(with_ending);
	}
	if (page == NULL || strncmp(page->path, "/api/", 5) == 0)
		return false;
	put(request, page);
	return true;
}

void local_description(struct request *request)
{
	const struct page *page = find("/api/v1/openapi.json");

	if (page == NULL)
		reply_status(request, 404);
	else
		put(request, page);
	request_answer(request);
}

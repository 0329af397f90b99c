/*
 * sekisho-preview: pages of sanitized copies as PNG, one sandboxed process per
 * page, for the console.
 *
 * usage: sekisho-preview --edge broker=FD [--edge supervisor=FD]
 */
#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/preview/preview.h"
#include "gateway/sandbox/job_channel.h"
#include "gateway/sandbox/zygote.h"

#include <stdlib.h>

#include "base/banned.h"

static int draw(const struct job_start *start, struct page *page,
		uint32_t *ret_pages)
{
	const struct job_parameters *parameters = &start->parameters;

	if (parameters->kind != JOB_PAGE)
		return -ERR_PROTOCOL;
	if (strcmp(parameters->format, "pdf") == 0)
		return pdf_page(start->input, parameters->page, page,
				ret_pages);
	*ret_pages = 1;
	return picture_page(start->input, page);
}

static void run(int channel, void *context)
{
	static struct job_start start;
	struct job_outcome outcome = {.error = ERR_INTERNAL};
	struct page page = {0};
	BUFFER_CLEANUP struct buffer png = buffer_make(PREVIEW_PNG_MAX);
	int error;

	(void)context;
	if (job_channel_begin(channel, &start) != 0)
		return;
	error = draw(&start, &page, &outcome.pages);
	if (error == 0)
		error = png_page(&page, &png);
	if (error == 0)
		error =
		    handle_write_all(start.output_fd, buffer_contents(&png));
	outcome.error = (enum error) - error;
	(void)text_copy(outcome.output_format, sizeof(outcome.output_format),
			"png");
	/* Without it the page is left out. */
	if (job_channel_done(channel, &outcome) != 0)
		return;
}

static int prepare(void)
{
	/* Where poppler's fonts are looked up, a cache of the user's own would
	 * be made anew at each start. */
	int error = setenv("XDG_CACHE_HOME", "/nonexistent", 1) == 0
			? pdf_page_prepare()
			: -ERR_MEMORY;

	return error == 0 ? picture_page_prepare() : error;
}

int main(int argc, char **argv)
{
	static const struct zygote_program program = {
	    .name = "sekisho-preview",
	    .sandbox = SANDBOX_FONTS,
	    .prepare = prepare,
	    .run = run,
	};

	return zygote_program(argc, argv, &program);
}

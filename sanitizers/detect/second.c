/*
 * Polyglots: a second structure that another program would find in the same
 * bytes. Readers of PDF look into the first 1024 bytes, readers of ZIP from
 * the end, script hosts and browsers wherever the first tag is.
 */
#include "sanitizers/detect/kind.h"

#include "base/banned.h"

enum { TAG_WINDOW = 65536, PDF_WINDOW = 1024 };

static bool is_picture(const char *name)
{
	static const char *const pictures[] = {"jpeg", "png",  "gif", "webp",
					       "tiff", "heif", "bmp", "ico",
					       "emf",  "wmf",  "jp2"};

	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
		if (strcmp(name, pictures[i]) == 0)
			return true;
	return false;
}

/* Programs of Macs put a PDF of the drawing into a comment, which is not among
 * the records that stay. */
static bool is_metafile(const char *name)
{
	return strcmp(name, "emf") == 0 || strcmp(name, "wmf") == 0;
}

static bool has(struct view input, const char *bytes, size_t size)
{
	return view_find(input, view_of(bytes, size), 0) != SIZE_MAX;
}

static bool has_tag(struct view part)
{
	static const char *const tags[] = {"<script", "<hta:", "<?php", "<html",
					   "<iframe"};
	size_t at = 0;

	while ((at = view_find(part, view_of_string("<"), at)) != SIZE_MAX) {
		for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
			if (view_equal_nocase(
				view_slice(part, at, strlen(tags[i])), tags[i]))
				return true;
		at++;
	}
	return false;
}

/* Fields of a header that are all text are a comment of a script: GIF89a and
 * BM are valid names of variables, FFD8FFE0 2F2A opens a comment. */
static bool is_script_header(struct view input, const char *name)
{
	struct view fields = view_slice(input, 6, 7);

	if (strcmp(name, "jpeg") == 0)
		return view_equal(view_slice(input, 4, 2), view_of("/*", 2));
	if (strcmp(name, "bmp") == 0)
		fields = view_slice(input, 2, 4);
	else if (strcmp(name, "gif") != 0)
		return false;
	for (size_t i = 0; i < fields.size; i++)
		if (fields.data[i] < 0x20 || fields.data[i] > 0x7E)
			return false;
	return fields.size > 0;
}

static const char *second_in_picture(struct view input, const char *name)
{
	size_t tail = input.size > TAG_WINDOW ? input.size - TAG_WINDOW : 0;

	if (is_script_header(input, name))
		return "script";
	if (has(input, "Rar!\x1A\x07", 6))
		return "rar";
	if (has(input, "7z\xBC\xAF\x27\x1C", 6))
		return "7z";
	if (has_tag(view_slice(input, 0, TAG_WINDOW)) ||
	    has_tag(view_slice(input, tail, TAG_WINDOW)))
		return "html";
	return NULL;
}

const char *second_structure(struct view input, const struct kind *kind)
{
	const char *name = kind->name;
	bool zip = strcmp(kind->base == NULL ? name : kind->base, "zip") == 0;
	bool pdf = strcmp(name, "pdf") == 0;
	struct view head = view_slice(input, 0, PDF_WINDOW);

	/* What is embedded in a document or stored in another archive may be
	 * a ZIP that lies there as it is; then something follows it. */
	if (!zip && zip_ends(input, !is_picture(name)))
		return "zip";
	if (pdf || zip) {
		if (input.size > 0x8006 &&
		    memcmp(input.data + 0x8001, "CD001", 5) == 0)
			return "iso";
	} else if (has(head, "%PDF-", 5) && !is_metafile(name)) {
		return "pdf";
	}
	if (is_picture(name))
		return second_in_picture(input, name);
	return NULL;
}

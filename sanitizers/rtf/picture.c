#include "sanitizers/picture/placeholder.h"
#include "sanitizers/rtf/rtf.h"

#include "base/hex.h"

#include "base/banned.h"

enum { LINE_BYTES = 64 };

/* What may be said about a picture: its size in pixels or points, scale, crop.
 */
static bool is_measure(struct view name)
{
	static const char *const words[] = {
	    "picw",      "pich",      "picwgoal",  "pichgoal",
	    "picscalex", "picscaley", "picscaled", "piccropt",
	    "piccropb",  "piccropl",  "piccropr",  "picbpp",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_equal(name, view_of_string(words[i])))
			return true;
	return false;
}

static const char *kind_of(struct view name)
{
	static const struct {
		const char *word;
		const char *extension;
	} kinds[] = {
	    {"pngblip", "png"}, {"jpegblip", "jpg"},   {"dibitmap", "bmp"},
	    {"emfblip", "emf"}, {"wmetafile", "wmf"},  {"macpict", "pict"},
	    {"wbitmap", "ddb"}, {"pmmetafile", "pmm"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_equal(name, view_of_string(kinds[i].word)))
			return kinds[i].extension;
	return NULL;
}

bool rtf_picture_word(struct rtf *rtf, struct view name)
{
	struct rtf_group *group = rtf_top(rtf);

	if (!view_equal(name, view_of_string("pict")))
		return false;
	if (rtf->to != &rtf->out ||
	    (group->content != RTF_KEEP && group->content != RTF_HOLDER)) {
		rtf->code_bad |= group->content == RTF_CODE;
		rtf_drop(rtf, REMOVAL_RTF_PICTURE, name);
		return true;
	}
	group->role = RTF_PICT;
	group->content = RTF_PICTURE;
	rtf->picture.size = 0;
	rtf->picture_words.size = 0;
	rtf->picture_kind = "";
	rtf->nibble = -1;
	return true;
}

static void take_digit(struct rtf *rtf, uint8_t c)
{
	int value = hex_digit(c);

	if (value < 0)
		return;
	if (rtf->nibble < 0) {
		rtf->nibble = value;
		return;
	}
	buffer_u8(&rtf->picture, (uint8_t)(rtf->nibble << 4 | value));
	rtf->nibble = -1;
}

/* Of groups inside a picture (an identifier, properties) nothing is taken. */
void rtf_picture_token(struct rtf *rtf, const struct rtf_token *token)
{
	if (rtf_top(rtf)->role != RTF_PICT)
		return;
	if (token->kind == RTF_TEXT) {
		for (size_t i = 0; i < token->bytes.size; i++)
			take_digit(rtf, token->bytes.data[i]);
	} else if (token->kind == RTF_BINARY) {
		buffer_view(&rtf->picture, token->bytes);
	} else if (token->kind == RTF_WORD) {
		const char *kind = kind_of(token->bytes);

		if (kind != NULL)
			rtf->picture_kind = kind;
		else if (is_measure(token->bytes) && token->has_number &&
			 !token->bad_number) {
			buffer_u8(&rtf->picture_words, '\\');
			buffer_view(&rtf->picture_words, token->bytes);
			buffer_format(&rtf->picture_words, "%d",
				      (int)token->number);
		}
	}
	if (buffer_error(&rtf->picture) != 0 ||
	    buffer_error(&rtf->picture_words) != 0)
		rtf_fail(rtf, -ERR_LIMIT_OUTPUT);
}

/* A bitmap without the header that its file would have ([MS-WMF] 2.2.2.9). */
static int complete_bitmap(struct buffer *file, struct view bitmap)
{
	struct cursor cursor = cursor_at(bitmap, 0);
	uint32_t header = cursor_u32le(&cursor);
	uint32_t colors;
	uint16_t bits;
	uint32_t packing;

	cursor_seek(&cursor, 14);
	bits = cursor_u16le(&cursor);
	packing = cursor_u32le(&cursor);
	cursor_seek(&cursor, 32);
	colors = cursor_u32le(&cursor);
	if (cursor.failed || header < 40 || header > 124 || colors > 256)
		return -ERR_MALFORMED;
	if (colors == 0 && bits <= 8)
		colors = 1u << bits;
	header += colors * 4;
	if (packing == 3)
		header += 12;
	buffer_text(file, "BM");
	buffer_u32le(file, (uint32_t)(bitmap.size + 14));
	buffer_u32le(file, 0);
	buffer_u32le(file, 14 + header);
	buffer_view(file, bitmap);
	return buffer_error(file);
}

static int hand_over(struct rtf *rtf, struct rtf_picture *picture)
{
	struct view input = buffer_contents(&rtf->picture);
	BUFFER_CLEANUP struct buffer file = buffer_make(input.size + 14);
	const char *path = arena_format(rtf->job->arena, "picture %zu.%s",
					rtf->picture_count, rtf->picture_kind);
	struct nested_request request = {
	    .path = path,
	    .name = path,
	    .content = input,
	};

	if (path == NULL)
		return -ERR_MEMORY;
	if (strcmp(rtf->picture_kind, "bmp") == 0 &&
	    complete_bitmap(&file, input) == 0)
		request.content = buffer_contents(&file);
	picture->input = arena_copy(rtf->job->arena, input);
	if (picture->input.data == NULL)
		return -ERR_MEMORY;
	picture->pending = true;
	return job_nested_begin(rtf->job, &request, &picture->ticket);
}

/* The word for a picture of this kind; NULL: there is none. */
static const char *word_for(const char *extension)
{
	static const struct {
		const char *extension;
		const char *word;
	} words[] = {
	    {"jpg", "jpegblip"},
	    {"png", "pngblip"},
	    {"emf", "emfblip"},
	    {"wmf", "wmetafile8"}, /* scaled by picwgoal, pichgoal */
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].extension, extension) == 0)
			return words[i].word;
	return NULL;
}

static int collect(struct rtf *rtf, struct rtf_picture *picture, size_t number)
{
	struct nested_result result;
	int error = job_nested_wait(rtf->job, picture->ticket, &result);
	bool passes;

	picture->pending = false;
	if (error != 0)
		return error;
	passes = verdict_passes(result.verdict);
	picture->output = result.output;
	picture->blip = passes ? word_for(result.extension) : NULL;
	if (picture->blip != NULL)
		return 0;
	picture->blip = "pngblip";
	picture->output = picture_placeholder();
	if (!view_equal(picture->input, picture_placeholder()))
		job_remove(rtf->job, REMOVAL_NESTED_BLOCKED,
			   arena_format(rtf->job->arena, "picture %zu", number),
			   picture->input, "%s",
			   passes ? result.extension
				  : error_name((int)result.reason));
	return 0;
}

static int collect_all(struct rtf *rtf)
{
	size_t number = 0;

	for (struct rtf_picture *picture = rtf->pictures; picture != NULL;
	     picture = picture->next) {
		int error;

		number++;
		if (!picture->pending)
			continue;
		error = collect(rtf, picture, number);
		if (error != 0)
			return error;
	}
	rtf->pending = 0;
	return 0;
}

static int add_picture(struct rtf *rtf)
{
	struct rtf_picture *picture =
	    arena_alloc(rtf->job->arena, sizeof(*picture));
	int error = 0;

	if (picture == NULL)
		return -ERR_MEMORY;
	rtf->picture_count++;
	*rtf->last_picture = picture;
	rtf->last_picture = &picture->next;
	rtf_write_open(rtf);
	rtf_write_name(rtf, "pict");
	buffer_view(rtf->to, buffer_contents(&rtf->picture_words));
	picture->at = rtf->to->size;
	rtf->delimit = false;
	if (rtf->pending == NESTED_PENDING_MAX)
		error = collect_all(rtf);
	if (error != 0 || rtf->without_pictures)
		return error;
	rtf->pending++;
	return hand_over(rtf, picture);
}

void rtf_picture_end(struct rtf *rtf)
{
	if (rtf_top(rtf)->role != RTF_PICT || rtf->error != 0)
		return;
	if (rtf->picture.size > 0)
		rtf_fail(rtf, add_picture(rtf));
}

static void put_hex(struct buffer *out, struct view bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.size; i++) {
		const char pair[] = {digits[bytes.data[i] >> 4],
				     digits[bytes.data[i] & 15]};

		if (i % LINE_BYTES == 0)
			buffer_u8(out, '\n');
		buffer_bytes(out, pair, sizeof(pair));
	}
}

int rtf_finish(struct rtf *rtf)
{
	struct view text = buffer_contents(&rtf->out);
	BUFFER_CLEANUP struct buffer hex =
	    buffer_make(rtf->job->policy->limits.output_bytes);
	size_t done = 0;
	int error = collect_all(rtf);

	for (struct rtf_picture *picture = rtf->pictures;
	     error == 0 && picture != NULL; picture = picture->next) {
		hex.size = 0;
		buffer_format(&hex, "\\%s", picture->blip);
		put_hex(&hex, picture->output);
		error = buffer_error(&hex);
		if (error != 0)
			break;
		(void)job_emit(rtf->job,
			       view_slice(text, done, picture->at - done));
		error = job_emit(rtf->job, buffer_contents(&hex));
		done = picture->at;
	}
	if (error == 0)
		(void)job_emit(rtf->job, view_slice(text, done, SIZE_MAX));
	return error != 0 ? error : job_emit(rtf->job, view_of("\n", 1));
}

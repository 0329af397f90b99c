#include "sanitizers/picture/webp_writer.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include "base/banned.h"

/* 0 to 6. Above these the size hardly shrinks and the time doubles. */
enum { EFFORT_LOSSY = 3, EFFORT_LOSSLESS = 2, EFFORT_LOSSLESS_QUALITY = 50 };

static int make_config(const struct webp_header *like, WebPConfig *ret_config)
{
	if (!WebPConfigInit(ret_config))
		return -ERR_INTERNAL;
	ret_config->lossless = like->lossless;
	ret_config->method = like->lossless ? EFFORT_LOSSLESS : EFFORT_LOSSY;
	/* Of a lossless picture it is the effort. */
	ret_config->quality =
	    like->lossless ? EFFORT_LOSSLESS_QUALITY : (float)like->quality;
	return WebPValidateConfig(ret_config) ? 0 : -ERR_INTERNAL;
}

/* One frame of the pixels as libwebp's picture. */
static int import_frame(const struct pixels *pixels, uint32_t number,
			uint32_t height, bool lossless, WebPPicture *picture)
{
	size_t stride = pixels_stride(pixels);
	const uint8_t *from = pixels->data + stride * height * number;
	int done;

	if (!WebPPictureInit(picture))
		return -ERR_INTERNAL;
	picture->use_argb = lossless;
	picture->width = (int)pixels->width;
	picture->height = (int)height;
	if (pixels->bands == 4)
		done = WebPPictureImportRGBA(picture, from, (int)stride);
	else
		done = WebPPictureImportRGB(picture, from, (int)stride);
	return done ? 0 : -ERR_MEMORY;
}

static int encode_still(struct job *job, const struct pixels *pixels,
			const WebPConfig *config)
{
	WebPPicture picture = {0};
	WebPMemoryWriter writer;
	int error =
	    import_frame(pixels, 0, pixels->height, config->lossless, &picture);

	WebPMemoryWriterInit(&writer);
	picture.writer = WebPMemoryWrite;
	picture.custom_ptr = &writer;
	if (error == 0 && !WebPEncode(config, &picture))
		error = picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY
			    ? -ERR_MEMORY
			    : -ERR_INTERNAL;
	if (error == 0)
		error = job_emit(job, view_of(writer.mem, writer.size));
	WebPMemoryWriterClear(&writer);
	WebPPictureFree(&picture);
	return error;
}

static int add_frames(WebPAnimEncoder *encoder, const struct pixels *pixels,
		      const WebPConfig *config, const struct webp_header *like)
{
	uint32_t height = pixels->height / like->frames;
	int64_t time = 0;

	for (uint32_t i = 0; i < like->frames; i++) {
		WebPPicture picture = {0};
		int error = import_frame(pixels, i, height, true, &picture);

		if (error == 0 &&
		    (time > INT32_MAX ||
		     !WebPAnimEncoderAdd(encoder, &picture, (int)time, config)))
			error = -ERR_MALFORMED;
		WebPPictureFree(&picture);
		if (error != 0)
			return error;
		time += like->delays[i];
	}
	if (time > INT32_MAX ||
	    !WebPAnimEncoderAdd(encoder, NULL, (int)time, NULL))
		return -ERR_MALFORMED;
	return 0;
}

static int encode_animation(struct job *job, const struct pixels *pixels,
			    const WebPConfig *config,
			    const struct webp_header *like)
{
	WebPAnimEncoderOptions options;
	WebPAnimEncoder *encoder;
	WebPData data;
	int error;

	if (pixels->height % like->frames != 0 ||
	    !WebPAnimEncoderOptionsInit(&options))
		return -ERR_INTERNAL;
	options.anim_params.loop_count = like->loops;
	options.anim_params.bgcolor = 0;
	encoder = WebPAnimEncoderNew(
	    (int)pixels->width, (int)(pixels->height / like->frames), &options);
	if (encoder == NULL)
		return -ERR_MEMORY;
	WebPDataInit(&data);
	error = add_frames(encoder, pixels, config, like);
	if (error == 0 && !WebPAnimEncoderAssemble(encoder, &data))
		error = -ERR_INTERNAL;
	if (error == 0)
		error = job_emit(job, view_of(data.bytes, data.size));
	WebPDataClear(&data);
	WebPAnimEncoderDelete(encoder);
	return error;
}

int webp_write(struct job *job, struct pixels *pixels,
	       const struct webp_header *like)
{
	WebPConfig config;
	int error = make_config(like, &config);

	if (error != 0)
		return error;
	if (pixels->depth != 8 || pixels->bands < 3)
		return -ERR_INTERNAL;
	if (pixels->width > WEBP_MAX_DIMENSION ||
	    pixels->height / like->frames > WEBP_MAX_DIMENSION)
		return -ERR_LIMIT_PIXELS;
	pixels_drop_opaque_alpha(pixels);
	if (like->frames > 1)
		return encode_animation(job, pixels, &config, like);
	return encode_still(job, pixels, &config);
}

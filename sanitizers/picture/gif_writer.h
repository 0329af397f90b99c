/*
 * Frames to GIF89a: screen, loop, graphic controls, pictures, trailer.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_GIF_WRITER_H
#define SEKISHO_SANITIZERS_PICTURE_GIF_WRITER_H

#include "sanitizers/picture/gif_reader.h"

/* Emits it. Colours that no pixel uses become black: nothing hides in the
 * tables. Changes the tables of `gif`. */
int gif_write(struct job *job, struct gif *gif) MUST_CHECK;

#endif

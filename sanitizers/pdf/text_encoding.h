/*
 * From codes and character names to Unicode.
 */
#ifndef SEKISHO_SANITIZERS_PDF_TEXT_ENCODING_H
#define SEKISHO_SANITIZERS_PDF_TEXT_ENCODING_H

#include <stdint.h>

enum text_encoding { TEXT_WINDOWS, TEXT_MACINTOSH };

/* 0 when the code stands for nothing. */
uint32_t text_encoding_character(enum text_encoding encoding, uint8_t code);

/* By a glyph name without the slash ("Aacute", "uni3042"); 0: not known. */
uint32_t text_name_character(const char *name);

#endif

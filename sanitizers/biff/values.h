/*
 * What the binary workbooks of all versions share: functions and errors by
 * their numbers, packed numbers, UTF-16.
 */
#ifndef SEKISHO_SANITIZERS_BIFF_VALUES_H
#define SEKISHO_SANITIZERS_BIFF_VALUES_H

#include "base/buffer.h"

/* Whether a worksheet function may be called by this name, or by its number
 * ([MS-XLS] 2.5.198.17). */
bool biff_function_listed(const char *name);
bool biff_function_number_listed(uint16_t number);

/* How an error is shown: "#REF!". Static storage. */
const char *biff_error_text(uint8_t code);

/* The double with these bits. */
double biff_double(uint64_t bits);

/* The number of an RK. */
double biff_packed_number(uint32_t packed);

/* Appends a character as UTF-8, a blank for a control character. */
void biff_put_character(struct buffer *out, uint32_t character);

/* Appends UTF-16LE as UTF-8; half a pair is U+FFFD. */
void biff_put_wide(struct buffer *out, struct view units);

#endif

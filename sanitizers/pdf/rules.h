/*
 * The list of what may be in a PDF, from rules.def, and how to look it up.
 */
#ifndef SEKISHO_SANITIZERS_PDF_RULES_H
#define SEKISHO_SANITIZERS_PDF_RULES_H

#include <stdint.h>

/* What a value may be. */
enum {
	OF_BOOLEAN = 1,
	OF_NUMBER = 2,
	OF_NAME = 4,
	OF_STRING = 8,
	OF_ARRAY = 16,
	OF_DICTIONARY = 32,
	OF_STREAM = 64,
	BY_CONTENT = 128,   /* pdf_classify() says what dictionary it is */
	ONLY_KNOWN = 256,   /* a reference to what is kept elsewhere */
	REJECT_WHOLE = 512, /* one bad element spoils the array */
	REJECT_NULL = 1024, /* a bad element becomes null (else it goes) */
	IS_SPECIAL = 2048,  /* a function of its own */
};

enum pdf_dictionary {
	PDF_NONE = 0,
#define PDF_DICT(symbol, parent, name) PDF_##symbol,
#include "sanitizers/pdf/rules.def"
	PDF_DICTIONARIES
};

enum pdf_type {
	PDF_TYPE_NONE = 0,
#define PDF_TYPE(symbol, accepts, dictionary, element) PDF_TYPE_##symbol,
#include "sanitizers/pdf/rules.def"
	PDF_TYPES
};

struct pdf_type_rule {
	uint16_t accepts;
	uint8_t dictionary; /* enum pdf_dictionary */
	uint8_t element;    /* enum pdf_type */
};

/* Static storage. */
const struct pdf_type_rule *pdf_type_rule(enum pdf_type type);

/* The type that the value of `key` ("/Font") must have in this dictionary;
 * PDF_TYPE_NONE when the key is not on the list. */
enum pdf_type pdf_key_type(enum pdf_dictionary dictionary, const char *key);

/* What reports call this kind of dictionary. */
const char *pdf_dictionary_name(enum pdf_dictionary dictionary);

#endif

#define _GNU_SOURCE
#include "gateway/scanner/charsets.h"

#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/banned.h"

enum { BYTES = 256 };

/* A set of one or two bytes, as it is converted to UTF-8. */
struct table {
	const char *name; /* as libclamav spells it */
	bool wide;
	bool loaded;
	uint16_t single[BYTES];   /* 0: no character */
	uint16_t (*pairs)[BYTES]; /* by lead and trail byte; NULL: none */
};

/*
 * Each module of glibc's is five mappings, which the kernel copies for every
 * scan; these sets take none. Left out are the EBCDIC code pages and those of
 * DOS that no Windows uses.
 */
static struct table tables[] = {
    {.name = "SHIFT_JIS", .wide = true},
    {.name = "GB2312", .wide = true},
    {.name = "EUC-CN", .wide = true},
    {.name = "BIG5", .wide = true},
    {.name = "CP949", .wide = true},
    {.name = "EUC-KR", .wide = true},
    {.name = "JOHAB", .wide = true},
    {.name = "WINDOWS-1250"},
    {.name = "WINDOWS-1251"},
    {.name = "WINDOWS-1252"},
    {.name = "WINDOWS-1253"},
    {.name = "WINDOWS-1254"},
    {.name = "WINDOWS-1256"},
    {.name = "WINDOWS-1257"},
    {.name = "WINDOWS-874"},
    {.name = "MACINTOSH"},
    {.name = "IBM437"},
    {.name = "IBM850"},
    {.name = "IBM852"},
    {.name = "CP866"},
    {.name = "KOI8-R"},
    {.name = "KOI8-U"},
    {.name = "ISO-8859-1"},
    {.name = "ISO-8859-2"},
    {.name = "ISO-8859-15"},
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* Those with states, with characters of more bytes, or that put marks and
 * letters together stay glibc's. */
static const char *const others[] = {
    "EUC-JP",       "ISO-2022-JP",  "GB18030",  "US-ASCII", "UTF-7",
    "WINDOWS-1255", "WINDOWS-1258", "UTF-16",   "UTF-16LE", "UTF-16BE",
    "UTF-32",       "UTF-32LE",     "UTF-32BE", "UCS-4",
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

/* Never closed: a conversion that is in use keeps its module in memory. */
static iconv_t conversions[OTHERS];

static struct {
	iconv_t (*open)(const char *to, const char *from);
	size_t (*convert)(iconv_t conversion, char **from, size_t *left,
			  char **to, size_t *room);
	int (*close)(iconv_t conversion);
} glibc;

static void find_glibc(void)
{
	if (glibc.open != NULL)
		return;
	*(void **)&glibc.convert = dlsym(RTLD_NEXT, "iconv");
	*(void **)&glibc.close = dlsym(RTLD_NEXT, "iconv_close");
	*(void **)&glibc.open = dlsym(RTLD_NEXT, "iconv_open");
}

/* --- loading --- */

/* One character of the basic plane, 0 where the bytes are something else. */
static uint16_t ask_glibc(iconv_t conversion, uint8_t lead, uint8_t trail,
			  size_t size)
{
	char bytes[2] = {(char)lead, (char)trail};
	uint8_t value[8];
	char *from = bytes;
	char *to = (char *)value;
	size_t left = size;
	size_t room = sizeof(value);

	(void)glibc.convert(conversion, NULL, NULL, NULL, NULL);
	if (glibc.convert(conversion, &from, &left, &to, &room) != 0 ||
	    glibc.convert(conversion, NULL, NULL, &to, &room) != 0 ||
	    left != 0 || room != sizeof(value) - 2)
		return 0;
	return (uint16_t)(value[0] | value[1] << 8);
}

static void load(struct table *table)
{
	iconv_t conversion = glibc.open("UCS-2LE", table->name);

	if (conversion == (iconv_t)-1)
		return;
	for (unsigned i = 0; i < BYTES; i++)
		table->single[i] = ask_glibc(conversion, (uint8_t)i, 0, 1);
	if (table->wide)
		table->pairs = calloc(BYTES, sizeof(*table->pairs));
	for (unsigned lead = 0x80; table->pairs != NULL && lead < BYTES; lead++)
		for (unsigned trail = 0x30; trail < BYTES; trail++)
			if (table->single[lead] == 0)
				table->pairs[lead][trail] =
				    ask_glibc(conversion, (uint8_t)lead,
					      (uint8_t)trail, 2);
	table->loaded = !table->wide || table->pairs != NULL;
	(void)glibc.close(conversion);
}

void charsets_load(void)
{
	find_glibc();
	for (size_t i = 0; i < TABLES; i++)
		load(&tables[i]);
	for (size_t i = 0; i < OTHERS; i++)
		conversions[i] = glibc.open("UTF-8", others[i]);
	/* glibc keeps the modules that it used last until it has let go of
	 * some more. */
	for (size_t i = 0; i < OTHERS; i++) {
		iconv_t conversion = glibc.open("UTF-8", others[i]);

		if (conversion != (iconv_t)-1)
			(void)glibc.close(conversion);
	}
}

/* --- in the place of glibc's --- */

static struct table *table_named(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		if (tables[i].loaded && strcasecmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

static struct table *table_of(iconv_t conversion)
{
	for (size_t i = 0; i < TABLES; i++)
		if (conversion == (iconv_t)&tables[i])
			return &tables[i];
	return NULL;
}

/* The next character and how many bytes it takes; 0 bytes, and errno, where
 * there is none. */
static size_t take(const struct table *table, const uint8_t *bytes, size_t left,
		   uint16_t *ret_value)
{
	uint16_t value = table->single[bytes[0]];

	if (value != 0 || bytes[0] == 0) {
		*ret_value = value;
		return 1;
	}
	errno = EILSEQ;
	if (table->pairs == NULL || bytes[0] < 0x80)
		return 0;
	if (left < 2) {
		errno = EINVAL;
		return 0;
	}
	*ret_value = table->pairs[bytes[0]][bytes[1]];
	return *ret_value == 0 ? 0 : 2;
}

/* UTF-8 of a character of the basic plane. */
static bool put(uint16_t value, char **to, size_t *room)
{
	size_t size = value < 0x80 ? 1 : value < 0x800 ? 2 : 3;
	char *at = *to;

	if (*room < size) {
		errno = E2BIG;
		return false;
	}
	if (size == 1) {
		at[0] = (char)value;
	} else if (size == 2) {
		at[0] = (char)(0xC0 | value >> 6);
		at[1] = (char)(0x80 | (value & 0x3F));
	} else {
		at[0] = (char)(0xE0 | value >> 12);
		at[1] = (char)(0x80 | (value >> 6 & 0x3F));
		at[2] = (char)(0x80 | (value & 0x3F));
	}
	*to += size;
	*room -= size;
	return true;
}

__attribute__((visibility("default"))) iconv_t iconv_open(const char *to,
							  const char *from)
{
	struct table *table =
	    strcasecmp(to, "UTF-8") == 0 ? table_named(from) : NULL;

	find_glibc();
	return table != NULL ? (iconv_t)table : glibc.open(to, from);
}

__attribute__((visibility("default"))) size_t
iconv(iconv_t conversion, char **from, size_t *left, char **to, size_t *room)
{
	const struct table *table = table_of(conversion);

	if (table == NULL)
		return glibc.convert(conversion, from, left, to, room);
	if (from == NULL || *from == NULL)
		return 0;
	while (*left > 0) {
		uint16_t value;
		size_t taken =
		    take(table, (const uint8_t *)*from, *left, &value);

		if (taken == 0 || !put(value, to, room))
			return (size_t)-1;
		*from += taken;
		*left -= taken;
	}
	return 0;
}

__attribute__((visibility("default"))) int iconv_close(iconv_t conversion)
{
	return table_of(conversion) != NULL ? 0 : glibc.close(conversion);
}

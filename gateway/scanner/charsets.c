#include "gateway/scanner/charsets.h"

#include <iconv.h>
#include <stddef.h>

#include "base/banned.h"

/* As libclamav spells them. Left out are the EBCDIC code pages and those of
 * DOS that no Windows uses: each table costs every fork a little. */
static const char *const charsets[] = {
    "SHIFT_JIS",    "EUC-JP",       "ISO-2022-JP",  "WINDOWS-1250",
    "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254",
    "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
    "WINDOWS-874",  "GB2312",       "GB18030",      "EUC-CN",
    "BIG5",         "CP949",        "EUC-KR",       "JOHAB",
    "MACINTOSH",    "IBM437",       "IBM850",       "IBM852",
    "CP866",        "KOI8-R",       "KOI8-U",       "US-ASCII",
    "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-15",  "UTF-7",
    "UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",
    "UTF-32LE",     "UTF-32BE",     "UCS-4",
};

enum { CHARSETS = sizeof(charsets) / sizeof(charsets[0]) };

/* Never closed: a conversion that is in use keeps its tables in memory. */
static iconv_t conversions[CHARSETS];

void charsets_load(void)
{
	for (size_t i = 0; i < CHARSETS; i++)
		conversions[i] = iconv_open("UTF-8", charsets[i]);
}

/* Times of Windows ([MS-DTYP] 2.3.3) as mail writes them. */
#ifndef SEKISHO_SANITIZERS_MAIL_OUTLOOK_DATE_H
#define SEKISHO_SANITIZERS_MAIL_OUTLOOK_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum { OUTLOOK_DATE_SIZE = 64 };

/* "Thu, 1 Jan 1970 00:00:00 +0000" (RFC 5322 section 3.3). False: before that
 * day, or behind the year 9999. `units` are 100 ns each, from 1601 on. */
bool outlook_date(uint64_t units, char ret_date[OUTLOOK_DATE_SIZE]);

#endif

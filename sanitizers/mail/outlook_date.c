#include "sanitizers/mail/outlook_date.h"

#include <stdio.h>

#include "base/banned.h"

enum { SECONDS_OF_DAY = 86400 };

/* 1601-01-01 to 1970-01-01, in units of 100 ns. */
static const uint64_t epoch = 116444736000000000U;
static const uint64_t units_of_second = 10000000U;
static const uint64_t end_of_years = 253402300800U; /* the year 10000 */

struct date {
	unsigned year;
	unsigned month; /* 0 to 11 */
	unsigned day;
};

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static struct date date_of(uint64_t days)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30,
					  31, 31, 30, 31, 30, 31};
	struct date date = {.year = 1970};

	while (days >= (is_leap(date.year) ? 366U : 365U)) {
		days -= is_leap(date.year) ? 366U : 365U;
		date.year++;
	}
	for (; date.month < 11; date.month++) {
		unsigned length =
		    lengths[date.month] +
		    (date.month == 1 && is_leap(date.year) ? 1U : 0U);

		if (days < length)
			break;
		days -= length;
	}
	date.day = (unsigned)days + 1;
	return date;
}

bool outlook_date(uint64_t units, char ret_date[OUTLOOK_DATE_SIZE])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char names[] = "ThuFriSatSunMonTueWed";
	uint64_t seconds = (units - epoch) / units_of_second;
	struct date date;

	if (units < epoch || seconds >= end_of_years)
		return false;
	date = date_of(seconds / SECONDS_OF_DAY);
	(void)snprintf(ret_date, OUTLOOK_DATE_SIZE,
		       "%.3s, %u %.3s %u %02u:%02u:%02u +0000",
		       names + seconds / SECONDS_OF_DAY % 7 * 3, date.day,
		       months + (size_t)date.month * 3, date.year,
		       (unsigned)(seconds / 3600 % 24),
		       (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	return true;
}

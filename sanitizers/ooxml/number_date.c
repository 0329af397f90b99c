/*
 * Dates and times of Excel: days since the end of 1899, or since 1904; with the
 * Japanese eras (g, e) and weekdays (a).
 */
#include "sanitizers/ooxml/number_format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"

enum { DAY = 86400, SERIAL_MAX = 2958466, OFFSET_1904 = 1462 };

struct moment {
	int year, month, day, weekday;
	int hour, minute, second;
	double serial;
	double fraction; /* of the second */
	bool halves;     /* AM and PM */
};

/* Days to a date of the proleptic Gregorian calendar, from 1970-01-01. */
static void civil_date(long days, struct moment *moment)
{
	long shifted = days + 719468;
	long era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	long of_era = shifted - era * 146097;
	long year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	long of_year = of_era - (365 * year + year / 4 - year / 100);
	long month = (5 * of_year + 2) / 153;

	moment->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	moment->month = (int)(month < 10 ? month + 3 : month - 9);
	moment->year = (int)(year + era * 400 + (moment->month <= 2));
	moment->weekday = (int)((days % 7 + 11) % 7);
}

/* `decimals`: of the seconds that are shown, to which is rounded. */
static bool read_serial(double serial, bool date1904, unsigned decimals,
			struct moment *ret_moment)
{
	double scale = pow(10, decimals);
	double ticks;
	double seconds;
	long days;

	if (!(serial >= 0 && serial < SERIAL_MAX))
		return false;
	ret_moment->serial = serial;
	ticks = floor((serial - floor(serial)) * DAY * scale + 0.5);
	days = (long)floor(serial);
	if (ticks >= DAY * scale) {
		ticks = 0;
		days++;
	}
	seconds = floor(ticks / scale);
	ret_moment->fraction = ticks / scale - seconds;
	ret_moment->hour = (int)(seconds / 3600);
	ret_moment->minute = (int)(seconds / 60) % 60;
	ret_moment->second = (int)seconds % 60;
	if (date1904)
		days += OFFSET_1904;
	/* Excel's 1900 has a 29th of February. */
	if (days == 60 && !date1904) {
		ret_moment->year = 1900;
		ret_moment->month = 2;
		ret_moment->day = 29;
		ret_moment->weekday = 3;
		return true;
	}
	civil_date(days - (days < 60 ? 25568 : 25569), ret_moment);
	return true;
}

bool number_literal(struct buffer *out, const char *section, size_t size,
		    size_t *at)
{
	size_t i = *at;
	char byte = section[i];

	if (byte == '"') {
		for (i++; i < size && section[i] != '"'; i++)
			buffer_u8(out, (uint8_t)section[i]);
		*at = i < size ? i + 1 : i;
		return true;
	}
	if (byte == '\\' || byte == '!') {
		for (i++; i < size;) {
			buffer_u8(out, (uint8_t)section[i++]);
			if (i < size && ((uint8_t)section[i] & 0xc0) != 0x80)
				break;
		}
		*at = i;
		return true;
	}
	/* The width of a character, or one that fills the cell. */
	if (byte == '_' || byte == '*') {
		if (byte == '_')
			buffer_u8(out, ' ');
		for (i++; i < size;)
			if (++i < size && ((uint8_t)section[i] & 0xc0) != 0x80)
				break;
		*at = i;
		return true;
	}
	if (byte != '[')
		return false;
	/* [$text-locale], a colour, a condition. */
	for (i++; i < size && section[i] != ']'; i++)
		if (section[*at + 1] == '$' && i > *at + 1) {
			if (section[i] == '-')
				break;
			buffer_u8(out, (uint8_t)section[i]);
		}
	while (i < size && section[i] != ']')
		i++;
	*at = i < size ? i + 1 : i;
	return true;
}

static bool is_elapsed(const char *section, size_t size, size_t at)
{
	return section[at] == '[' && at + 1 < size &&
	       strchr("hmsHMS", section[at + 1]) != NULL &&
	       section[at + 1] != '\0';
}

static bool is_half(const char *section, size_t size, size_t at)
{
	return (size - at >= 5 && strncasecmp(section + at, "AM/PM", 5) == 0) ||
	       (size - at >= 3 && strncasecmp(section + at, "A/P", 3) == 0);
}

static bool starts_general(const char *section, size_t size)
{
	return size >= 7 && strncasecmp(section, "General", 7) == 0;
}

bool number_date_is(const char *section, size_t size)
{
	struct buffer unused = buffer_make(4096);
	bool found = false;

	for (size_t at = 0; at < size && !found;) {
		if (starts_general(section + at, size - at))
			break;
		if (is_elapsed(section, size, at) ||
		    strchr("ymdhsgeaYMDHSGA", section[at]) != NULL)
			found = true;
		else if (!number_literal(&unused, section, size, &at))
			at++;
	}
	buffer_free(&unused);
	return found;
}

static const char *const months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday",    "Monday",   "Tuesday",
				       "Wednesday", "Thursday", "Friday",
				       "Saturday"};
static const char *const japanese_weekdays[] = {"日", "月", "火", "水",
						"木", "金", "土"};

static const struct {
	int from; /* year, month, day as one number */
	int first;
	const char *letter, *sign, *name;
} eras[] = {
    {20190501, 2019, "R", "令", "令和"}, {19890108, 1989, "H", "平", "平成"},
    {19261225, 1926, "S", "昭", "昭和"}, {19120730, 1912, "T", "大", "大正"},
    {0, 1868, "M", "明", "明治"},
};

static size_t era_of(const struct moment *moment)
{
	int date = (moment->year * 100 + moment->month) * 100 + moment->day;
	size_t i = 0;

	while (eras[i].from > date)
		i++;
	return i;
}

static void show_era(struct buffer *out, const struct moment *moment,
		     char letter, size_t count)
{
	size_t era = era_of(moment);

	if (letter == 'e')
		buffer_format(out, "%0*d", count > 1 ? 2 : 1,
			      moment->year - eras[era].first + 1);
	else
		buffer_text(out, count == 1   ? eras[era].letter
				 : count == 2 ? eras[era].sign
					      : eras[era].name);
}

static void show_name(struct buffer *out, const char *name, size_t count)
{
	buffer_format(out, "%.*s", count == 3 ? 3 : count == 5 ? 1 : 20, name);
}

static void show_part(struct buffer *out, const struct moment *moment,
		      char letter, size_t count, bool minutes)
{
	int two = count > 1 ? 2 : 1;
	int hour = moment->hour;

	if (letter == 'y')
		buffer_format(out, "%0*d", count > 2 ? 4 : 2,
			      count > 2 ? moment->year : moment->year % 100);
	else if (letter == 'm' && minutes)
		buffer_format(out, "%0*d", two, moment->minute);
	else if (letter == 'm' && count > 2)
		show_name(out, months[moment->month - 1], count);
	else if (letter == 'm')
		buffer_format(out, "%0*d", two, moment->month);
	else if (letter == 'd' && count > 2)
		show_name(out, weekdays[moment->weekday], count);
	else if (letter == 'd')
		buffer_format(out, "%0*d", two, moment->day);
	else if (letter == 'a')
		buffer_format(out, "%s%s", japanese_weekdays[moment->weekday],
			      count > 3 ? "曜日" : "");
	else if (letter == 'h')
		buffer_format(out, "%0*d", two,
			      moment->halves ? (hour + 11) % 12 + 1 : hour);
	else if (letter == 's')
		buffer_format(out, "%0*d", two, moment->second);
	else
		show_era(out, moment, letter, count);
}

/* `m` is minutes behind hours or in front of seconds. */
static bool is_minutes(const char *section, size_t size, size_t behind,
		       char before)
{
	if (before == 'h')
		return true;
	for (size_t at = behind; at < size; at++) {
		char letter = (char)tolower((unsigned char)section[at]);

		if (strchr("ydhmsgea", letter) != NULL && letter != '\0')
			return letter == 's';
	}
	return false;
}

static void show_elapsed(struct buffer *out, const struct moment *moment,
			 char letter, size_t count)
{
	double unit = letter == 'h' ? 24 : letter == 'm' ? 1440 : DAY;
	/* Half a second up, as the seconds beside it are rounded. */
	double value = floor(moment->serial * unit + 0.5 * unit / DAY);

	buffer_format(out, "%0*.0f", count > 30 ? 30 : (int)count, value);
}

static unsigned decimals_of(const char *section, size_t size)
{
	unsigned count = 0;

	for (size_t at = 0; at + 1 < size; at++)
		if (section[at] == '.' && section[at + 1] == '0') {
			while (at + 1 < size && section[++at] == '0')
				count++;
			break;
		}
	return count > 3 ? 3 : count;
}

/* One run of a letter, or AM/PM; moves on. */
static void show_run(struct buffer *out, const struct moment *moment,
		     const char *section, size_t size, size_t *at, char *before)
{
	bool elapsed = section[*at] == '[';
	size_t start = *at + elapsed;
	char letter = (char)tolower((unsigned char)section[start]);
	size_t end = start;

	if (is_half(section, size, *at)) {
		bool whole = tolower((unsigned char)section[*at + 1]) == 'm';

		buffer_text(out, moment->hour < 12 ? whole ? "AM" : "A"
				 : whole           ? "PM"
						   : "P");
		*at += whole ? 5 : 3;
		return;
	}
	while (end < size && tolower((unsigned char)section[end]) == letter)
		end++;
	if (elapsed)
		show_elapsed(out, moment, letter, end - start);
	else
		show_part(out, moment, letter, end - start,
			  letter == 'm' && end - start < 3 &&
			      is_minutes(section, size, end, *before));
	*before = letter;
	*at = end + (elapsed && end < size);
}

bool number_date_show(struct buffer *out, double serial, const char *section,
		      size_t size, bool date1904)
{
	unsigned decimals = decimals_of(section, size);
	struct moment moment = {0};
	char before = '\0';

	if (!read_serial(serial, date1904, decimals, &moment))
		return false;
	for (size_t at = 0; at < size; at++)
		moment.halves |= is_half(section, size, at);
	for (size_t at = 0; at < size;) {
		if (is_elapsed(section, size, at) ||
		    strchr("ymdhsgeaYMDHSGEA", section[at]) != NULL) {
			show_run(out, &moment, section, size, &at, &before);
		} else if (section[at] == '.' && decimals > 0 &&
			   at + 1 < size && section[at + 1] == '0') {
			buffer_format(
			    out, ".%0*d", (int)decimals,
			    (int)(moment.fraction * pow(10, decimals) + 0.5));
			for (at++; at < size && section[at] == '0';)
				at++;
		} else if (section[at] == ';' || section[at] == '@') {
			at++;
		} else if (!number_literal(out, section, size, &at)) {
			buffer_u8(out, (uint8_t)section[at++]);
		}
	}
	return true;
}

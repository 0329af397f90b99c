#include "sanitizers/mail/date.h"

#include "base/banned.h"

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

struct date {
	int day;
	int month; /* 1 to 12 */
	int year;
	int hour;
	int minute;
	int second;
	int zone; /* hours * 100 + minutes */
	bool zone_known;
};

/* A run of letters or of digits with what stands in it. */
struct word {
	struct view text;
	char before; /* the byte in front of it */
	char after;  /* and behind it */
};

static bool next_word(struct view value, size_t *at, struct word *word)
{
	size_t depth = 0;
	size_t start;

	while (*at < value.size && (depth > 0 || !isalnum(value.data[*at]))) {
		if (value.data[*at] == '(')
			depth++;
		else if (value.data[*at] == ')' && depth > 0)
			depth--;
		++*at;
	}
	if (*at == value.size)
		return false;
	start = *at;
	while (*at < value.size && (isalnum(value.data[*at]) != 0) &&
	       (isdigit(value.data[*at]) != 0) ==
		   (isdigit(value.data[start]) != 0))
		++*at;
	word->text = view_slice(value, start, *at - start);
	word->after = *at < value.size ? (char)value.data[*at] : ' ';
	word->before = start == 0 ? ' ' : (char)value.data[start - 1];
	return true;
}

static int number_of(struct view text)
{
	int number = 0;

	if (text.size > 6)
		return -1;
	for (size_t i = 0; i < text.size; i++)
		number = number * 10 + (text.data[i] - '0');
	return number;
}

static int month_of(struct view text)
{
	char name[4] = "";

	if (text.size < 3)
		return 0;
	for (size_t i = 0; i < 3; i++)
		name[i] = (char)tolower(text.data[i]);
	for (int i = 0; i < 12; i++)
		if (strncmp(months + 3 * (size_t)i, name, 3) == 0)
			return i + 1;
	return 0;
}

static bool zone_named(struct view text, struct date *date)
{
	static const struct {
		const char *name;
		int zone;
	} zones[] = {{"jst", 900},  {"ut", 0},     {"gmt", 0},    {"z", 0},
		     {"utc", 0},    {"est", -500}, {"edt", -400}, {"cst", -600},
		     {"cdt", -500}, {"mst", -700}, {"mdt", -600}, {"pst", -800},
		     {"pdt", -700}};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (!view_equal_nocase(text, zones[i].name))
			continue;
		date->zone = zones[i].zone;
		date->zone_known = true;
		return true;
	}
	return false;
}

/* Takes each word for what it can be, by where it stands. */
static void take(const struct word *word, struct date *date, int *numbers)
{
	int value;

	if (!isdigit(word->text.data[0])) {
		if (date->month == 0 && month_of(word->text) != 0)
			date->month = month_of(word->text);
		else if (*numbers >= 4)
			(void)zone_named(word->text, date);
		return;
	}
	value = number_of(word->text);
	if ((word->before == '+' || word->before == '-') &&
	    word->text.size == 4 && *numbers >= 4) {
		date->zone = word->before == '-' ? -value : value;
		/* "-0000" says that nobody knows (RFC 5322 section 3.3). */
		date->zone_known = word->before == '+' || value != 0;
		return;
	}
	/* As asctime(3) has it, with the year at the end. */
	if (*numbers == 1 && word->after == ':')
		*numbers = 2;
	switch ((*numbers)++) {
	case 0:
		date->day = value;
		break;
	case 1:
		date->year = value;
		if (word->text.size == 2)
			date->year += value < 50 ? 2000 : 1900;
		else if (word->text.size == 3)
			date->year += 1900;
		break;
	case 2:
		date->hour = value;
		break;
	case 3:
		date->minute = value;
		break;
	case 4:
		if (word->before == ':')
			date->second = value;
		break;
	default:
		if (date->year == 0)
			date->year = value;
		break;
	}
}

static int days_in(int month, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool is_date(const struct date *date)
{
	return date->month != 0 && date->year >= 1900 && date->year <= 9999 &&
	       date->day >= 1 &&
	       date->day <= days_in(date->month, date->year) &&
	       date->hour >= 0 && date->hour < 24 && date->minute >= 0 &&
	       date->minute < 60 && date->second >= 0 && date->second <= 60 &&
	       date->zone > -2400 && date->zone < 2400;
}

/* Sunday is 0 (Sakamoto's method). */
static int week_day(int day, int month, int year)
{
	static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

	year -= month < 3;
	return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] +
		day) %
	       7;
}

bool date_normalise(struct view value, char ret_date[DATE_SIZE])
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat"};
	struct date date = {.minute = -1};
	struct word word;
	int numbers = 0;
	size_t at = 0;
	int zone;

	while (next_word(value, &at, &word))
		take(&word, &date, &numbers);
	if (numbers < 4 || !is_date(&date))
		return false;
	zone = date.zone < 0 ? -date.zone : date.zone;
	(void)snprintf(
	    ret_date, DATE_SIZE, "%s, %d %c%.2s %04d %02d:%02d:%02d %c%04d",
	    days[week_day(date.day, date.month, date.year)], date.day,
	    toupper((unsigned char)months[3 * (date.month - 1)]),
	    months + 3 * (date.month - 1) + 1, date.year, date.hour,
	    date.minute, date.second,
	    date.zone < 0 || !date.zone_known ? '-' : '+', zone);
	return true;
}

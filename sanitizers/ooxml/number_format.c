#include "sanitizers/ooxml/number_format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"

enum { DIGITS_MAX = 340, DECIMALS_MAX = 30, VALUE_MAX = 64, SECTIONS = 4 };

const char *number_format_builtin(unsigned id)
{
	static const char *const codes[] = {
	    [1] = "0",
	    [2] = "0.00",
	    [3] = "#,##0",
	    [4] = "#,##0.00",
	    [5] = "¥#,##0;¥-#,##0",
	    [6] = "¥#,##0;¥-#,##0",
	    [7] = "¥#,##0.00;¥-#,##0.00",
	    [8] = "¥#,##0.00;¥-#,##0.00",
	    [9] = "0%",
	    [10] = "0.00%",
	    [11] = "0.00E+00",
	    [14] = "yyyy/m/d",
	    [15] = "d-mmm-yy",
	    [16] = "d-mmm",
	    [17] = "mmm-yy",
	    [18] = "h:mm AM/PM",
	    [19] = "h:mm:ss AM/PM",
	    [20] = "h:mm",
	    [21] = "h:mm:ss",
	    [22] = "yyyy/m/d h:mm",
	    [27] = "[$-411]ge.m.d",
	    [28] = "[$-411]ggge\"年\"m\"月\"d\"日\"",
	    [29] = "[$-411]ggge\"年\"m\"月\"d\"日\"",
	    [30] = "m/d/yy",
	    [31] = "yyyy\"年\"m\"月\"d\"日\"",
	    [32] = "h\"時\"mm\"分\"",
	    [33] = "h\"時\"mm\"分\"ss\"秒\"",
	    [34] = "yyyy\"年\"m\"月\"",
	    [35] = "m\"月\"d\"日\"",
	    [36] = "[$-411]ge.m.d",
	    [37] = "#,##0;-#,##0",
	    [38] = "#,##0;-#,##0",
	    [39] = "#,##0.00;-#,##0.00",
	    [40] = "#,##0.00;-#,##0.00",
	    [41] = "#,##0;-#,##0;\"-\"",
	    [42] = "¥#,##0;¥-#,##0;\"¥-\"",
	    [43] = "#,##0.00;-#,##0.00;\"-\"",
	    [44] = "¥#,##0.00;¥-#,##0.00;\"¥-\"",
	    [45] = "mm:ss",
	    [46] = "[h]:mm:ss",
	    [47] = "mm:ss.0",
	    [48] = "##0.0E+0",
	    [50] = "[$-411]ge.m.d",
	    [51] = "[$-411]ggge\"年\"m\"月\"d\"日\"",
	    [52] = "yyyy\"年\"m\"月\"",
	    [53] = "m\"月\"d\"日\"",
	    [54] = "[$-411]ggge\"年\"m\"月\"d\"日\"",
	    [55] = "yyyy\"年\"m\"月\"",
	    [56] = "m\"月\"d\"日\"",
	    [57] = "[$-411]ge.m.d",
	    [58] = "[$-411]ggge\"年\"m\"月\"d\"日\"",
	};

	return id < sizeof(codes) / sizeof(codes[0]) ? codes[id] : NULL;
}

struct section {
	const char *code;
	size_t size;
};

/* How a section writes a number. */
struct shape {
	size_t places;   /* for digits in front of the point */
	size_t zeros;    /* ...that show a zero */
	size_t decimals; /* behind it */
	size_t needed;   /* ...that are not left out */
	unsigned percents;
	unsigned thousands; /* scaling commas */
	bool point;
	bool grouped;
	bool exponent;
	bool fraction;
};

static bool is_place(char byte)
{
	return byte == '0' || byte == '#' || byte == '?';
}

static void read_place(struct shape *shape, char byte)
{
	if (shape->point) {
		shape->decimals++;
		if (byte == '0')
			shape->needed = shape->decimals;
		return;
	}
	shape->grouped |= shape->thousands > 0;
	shape->thousands = 0;
	shape->places++;
	if (byte == '0' || shape->zeros > 0)
		shape->zeros++;
}

static struct shape read_shape(const struct section *section)
{
	struct buffer unused = buffer_make(4096);
	struct shape shape = {0};

	for (size_t at = 0; at < section->size;) {
		char byte = section->code[at];

		if (number_literal(&unused, section->code, section->size, &at))
			continue;
		at++;
		if (is_place(byte) && !shape.exponent)
			read_place(&shape, byte);
		else if (byte == '.' && !shape.exponent)
			shape.point = true;
		else if (byte == ',' && shape.places > 0)
			shape.thousands++;
		else if (byte == '%')
			shape.percents++;
		else if (byte == '/' && shape.places > 0)
			shape.fraction = true;
		else if ((byte == 'E' || byte == 'e') && shape.places > 0 &&
			 at < section->size &&
			 strchr("+-", section->code[at]) != NULL)
			shape.exponent = true;
	}
	buffer_free(&unused);
	if (shape.decimals > DECIMALS_MAX)
		shape.decimals = DECIMALS_MAX;
	if (shape.needed > shape.decimals)
		shape.needed = shape.decimals;
	return shape;
}

static void show_general(struct buffer *out, double number)
{
	buffer_format(out, "%.15g", number);
}

/* The digits that are left for one place, the first takes what is over. */
static void show_place(struct buffer *out, const char *digits, size_t count,
		       const struct shape *shape, size_t place)
{
	size_t from = place == 0 ? 0 : count - (shape->places - place);
	size_t to = count - (shape->places - place) + 1;

	/* Fewer digits than places: the places in front stay empty. */
	if (count < shape->places - place)
		return;
	for (size_t i = from; i < to; i++) {
		buffer_u8(out, (uint8_t)digits[i]);
		if (shape->grouped && count - i > 1 && (count - i) % 3 == 1)
			buffer_u8(out, ',');
	}
}

static void show_decimals(struct buffer *out, const char *decimals,
			  const struct shape *shape)
{
	size_t size = strlen(decimals);

	while (size > shape->needed && decimals[size - 1] == '0')
		size--;
	if (size > 0 || shape->needed > 0)
		buffer_format(out, ".%.*s", (int)size, decimals);
}

/* Walks the section with the digits at hand. */
static void show_digits(struct buffer *out, const struct section *section,
			const struct shape *shape, const char *digits,
			const char *decimals)
{
	size_t count = strlen(digits);
	size_t place = 0;
	bool behind = false;

	for (size_t at = 0; at < section->size;) {
		char byte = section->code[at];

		if (number_literal(out, section->code, section->size, &at))
			continue;
		at++;
		if (is_place(byte) && !behind) {
			show_place(out, digits, count, shape, place++);
		} else if (byte == '.') {
			if (!behind)
				show_decimals(out, decimals, shape);
			behind = true;
		} else if (is_place(byte) || byte == ',') {
			continue;
		} else {
			buffer_u8(out, (uint8_t)byte);
		}
	}
}

static void show_exponent(struct buffer *out, double number,
			  const struct shape *shape)
{
	char text[64];
	char *mark;
	long exponent;

	(void)snprintf(text, sizeof(text), "%.*e", (int)shape->decimals,
		       number);
	mark = strchr(text, 'e');
	exponent = mark == NULL ? 0 : strtol(mark + 1, NULL, 10);
	if (mark != NULL)
		*mark = '\0';
	buffer_format(out, "%sE%c%02ld", text, exponent < 0 ? '-' : '+',
		      labs(exponent));
}

static void show_number(struct buffer *out, double number,
			const struct section *section)
{
	struct shape shape = read_shape(section);
	char text[DIGITS_MAX + DECIMALS_MAX + 2];
	char *decimals;
	char *digits = text;

	if (shape.fraction) {
		show_general(out, number);
		return;
	}
	for (unsigned i = 0; i < shape.percents; i++)
		number *= 100;
	for (unsigned i = 0; i < shape.thousands; i++)
		number /= 1000;
	if (shape.exponent) {
		show_exponent(out, number, &shape);
		return;
	}
	/* Halves go up, and those that binary makes a little less: 1.005. */
	number *= 1 + 5e-16;
	(void)snprintf(text, sizeof(text), "%0*.*f",
		       (int)(shape.zeros > 60 ? 60 : shape.zeros) +
			   (shape.decimals > 0 ? 1 + (int)shape.decimals : 0),
		       (int)shape.decimals, number);
	decimals = strchr(text, '.');
	if (decimals != NULL)
		*decimals++ = '\0';
	/* No place for a zero: .5 */
	if (shape.zeros == 0 && strcmp(digits, "0") == 0)
		digits++;
	show_digits(out, section, &shape, digits,
		    decimals == NULL ? "" : decimals);
}

/* The section at `*at` of a code; moves behind it. */
static struct section next_section(const char *code, size_t *at)
{
	struct buffer unused = buffer_make(4096);
	size_t size = strlen(code);
	size_t start = *at;
	size_t end = start;

	while (end < size && code[end] != ';')
		if (!number_literal(&unused, code, size, &end))
			end++;
	buffer_free(&unused);
	*at = end < size ? end + 1 : end;
	return (struct section){code + start, end - start};
}

/* The condition of a section, as [>=100]: whether it holds. */
static bool condition_holds(const struct section *section, double number,
			    bool *ret_has)
{
	*ret_has = false;
	for (size_t at = 0; at + 1 < section->size; at++) {
		const char *sign = section->code + at + 1;
		double limit;

		if (section->code[at] != '[' || strchr("<>=", *sign) == NULL)
			continue;
		*ret_has = true;
		limit = strtod(sign + strspn(sign, "<>="), NULL);
		if (sign[0] == '<' && sign[1] == '>')
			return number < limit || number > limit;
		return (sign[0] == '<' && number < limit) ||
		       (sign[0] == '>' && number > limit) ||
		       ((sign[0] == '=' || sign[1] == '=') &&
			!(number < limit) && !(number > limit));
	}
	return false;
}

/* Which section shows the number; `*ret_sign`: with a minus of its own. */
static struct section choose(const char *code, double number, bool *ret_sign)
{
	struct section sections[SECTIONS];
	size_t count = 0;
	size_t size = strlen(code);
	bool conditions = false;

	for (size_t at = 0; count < SECTIONS && (at < size || count == 0);)
		sections[count++] = next_section(code, &at);
	*ret_sign = number < 0;
	for (size_t i = 0; i < count; i++) {
		bool has;

		if (condition_holds(&sections[i], number, &has))
			return sections[i];
		conditions |= has;
	}
	if (conditions)
		return sections[count - 1];
	if (number < 0 && count > 1) {
		*ret_sign = false;
		return sections[1];
	}
	return number > 0 || number < 0 || count < 3 ? sections[0]
						     : sections[2];
}

void number_format_show(struct buffer *out, struct view value, const char *code,
			bool date1904)
{
	char text[VALUE_MAX + 1];
	struct section section;
	bool sign;
	double number;
	char *end;

	if (value.size == 0 || value.size > VALUE_MAX ||
	    (code != NULL && strlen(code) > NUMBER_CODE_MAX)) {
		buffer_view(out, value);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)value.size,
		       (const char *)value.data);
	number = strtod(text, &end);
	if (*end != '\0' || !isfinite(number)) {
		buffer_view(out, value);
		return;
	}
	if (code == NULL || code[0] == '\0' || code[0] == '@' ||
	    strncasecmp(code, "General", 7) == 0) {
		show_general(out, number);
		return;
	}
	section = choose(code, number, &sign);
	if (number_date_is(section.code, section.size)) {
		if (!number_date_show(out, number, section.code, section.size,
				      date1904))
			show_general(out, number);
		return;
	}
	if (sign)
		buffer_u8(out, '-');
	if (section.size >= 7 && strncasecmp(section.code, "General", 7) == 0)
		show_general(out, fabs(number));
	else
		show_number(out, fabs(number), &section);
}

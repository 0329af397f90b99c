#include "sanitizers/pdf/content.h"

#include "sanitizers/pdf/inline_image.h"

#include "base/banned.h"

enum {
	OPERANDS_NESTED_MAX = 128,
	CALCULATOR_SIZE_MAX = 64 * 1024,
	CALCULATOR_DEPTH_MAX = 32,
	SAVES_MAX = 10000, /* poppler aborts on millions of nested q */
	WORD_MAX = 32,
};

struct cleaner {
	struct pdf *pdf;
	struct view in;
	size_t at;
	struct buffer *out; /* NULL: looking only */
	size_t statement;   /* where in out the current operands start */
	bool is_cmap;
	uint32_t paints; /* Do operators */
	bool changed;    /* must be written anew */
	bool comments;   /* for that reason only */
	unsigned saves;
};

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' ||
	       byte == '\f' || byte == 0;
}

static bool is_delimiter(uint8_t byte)
{
	switch (byte) {
	case '(':
	case ')':
	case '<':
	case '>':
	case '[':
	case ']':
	case '{':
	case '}':
	case '/':
	case '%':
		return true;
	default:
		return false;
	}
}

static bool is_number(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
	       byte == '.';
}

static bool is_word(struct view word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (view_equal(view_of_string(words[i]), word))
			return true;
	return false;
}

#define CODE1(a) ((uint32_t)(a))
#define CODE2(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))
#define CODE3(a, b, c) ((uint32_t)(a) << 16 | CODE2(b, c))

/* ISO 32000-1, annex A. */
static bool is_operator(struct view word)
{
	uint32_t code = 0;

	if (word.size == 0 || word.size > 3)
		return false;
	for (size_t i = 0; i < word.size; i++)
		code = code << 8 | word.data[i];
	switch (code) {
	case CODE1('b'):
	case CODE1('B'):
	case CODE2('b', '*'):
	case CODE2('B', '*'):
	case CODE3('B', 'D', 'C'):
	case CODE3('B', 'M', 'C'):
	case CODE2('B', 'T'):
	case CODE2('B', 'X'):
	case CODE1('c'):
	case CODE2('c', 'm'):
	case CODE2('C', 'S'):
	case CODE2('c', 's'):
	case CODE1('d'):
	case CODE2('d', '0'):
	case CODE2('d', '1'):
	case CODE2('D', 'o'):
	case CODE2('D', 'P'):
	case CODE3('E', 'M', 'C'):
	case CODE2('E', 'T'):
	case CODE2('E', 'X'):
	case CODE1('f'):
	case CODE1('F'):
	case CODE2('f', '*'):
	case CODE1('G'):
	case CODE1('g'):
	case CODE2('g', 's'):
	case CODE1('h'):
	case CODE1('i'):
	case CODE1('j'):
	case CODE1('J'):
	case CODE1('K'):
	case CODE1('k'):
	case CODE1('l'):
	case CODE1('m'):
	case CODE1('M'):
	case CODE2('M', 'P'):
	case CODE1('n'):
	case CODE1('q'):
	case CODE1('Q'):
	case CODE2('r', 'e'):
	case CODE2('R', 'G'):
	case CODE2('r', 'g'):
	case CODE2('r', 'i'):
	case CODE1('s'):
	case CODE1('S'):
	case CODE2('S', 'C'):
	case CODE2('s', 'c'):
	case CODE3('S', 'C', 'N'):
	case CODE3('s', 'c', 'n'):
	case CODE2('s', 'h'):
	case CODE2('T', '*'):
	case CODE2('T', 'c'):
	case CODE2('T', 'd'):
	case CODE2('T', 'D'):
	case CODE2('T', 'f'):
	case CODE2('T', 'j'):
	case CODE2('T', 'J'):
	case CODE2('T', 'L'):
	case CODE2('T', 'm'):
	case CODE2('T', 'r'):
	case CODE2('T', 's'):
	case CODE2('T', 'w'):
	case CODE2('T', 'z'):
	case CODE1('v'):
	case CODE1('w'):
	case CODE1('W'):
	case CODE2('W', '*'):
	case CODE1('y'):
	case CODE1('\''):
	case CODE1('"'):
		return true;
	default:
		return false;
	}
}

static bool is_cmap_operator(struct view word)
{
	static const char *const words[] = {"begin",
					    "begincmap",
					    "beginbfchar",
					    "beginbfrange",
					    "begincidchar",
					    "begincidrange",
					    "begincodespacerange",
					    "beginnotdefchar",
					    "beginnotdefrange",
					    "currentdict",
					    "def",
					    "defineresource",
					    "dict",
					    "dup",
					    "end",
					    "endbfchar",
					    "endbfrange",
					    "endcidchar",
					    "endcidrange",
					    "endcmap",
					    "endcodespacerange",
					    "endnotdefchar",
					    "endnotdefrange",
					    "findresource",
					    "pop",
					    "usecmap",
					    "usefont",
					    "beginrearrangedfont",
					    "endrearrangedfont",
					    "CIDSystemInfo",
					    "CIDInit",
					    "ProcSet",
					    "CMapName",
					    "CMap"};

	return is_word(word, words, sizeof(words) / sizeof(words[0]));
}

static bool is_constant(struct view word)
{
	static const char *const words[] = {"true", "false", "null"};

	return is_word(word, words, sizeof(words) / sizeof(words[0]));
}

static void put(struct cleaner *cleaner, struct view token)
{
	if (cleaner->out == NULL)
		return;
	buffer_view(cleaner->out, token);
	buffer_u8(cleaner->out, ' ');
}

static void end_statement(struct cleaner *cleaner)
{
	if (cleaner->out == NULL)
		return;
	if (cleaner->out->size > 0)
		cleaner->out->data[cleaner->out->size - 1] = '\n';
	cleaner->statement = cleaner->out->size;
}

/* Drops the operator just read with its operands. */
static void drop_statement(struct cleaner *cleaner)
{
	cleaner->changed = true;
	if (cleaner->out != NULL)
		cleaner->out->size = cleaner->statement;
}

static struct view take(struct cleaner *cleaner, size_t from)
{
	return view_slice(cleaner->in, from, cleaner->at - from);
}

static void skip_comment(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;

	while (cleaner->at < in.size && in.data[cleaner->at] != '\n' &&
	       in.data[cleaner->at] != '\r')
		cleaner->at++;
	cleaner->comments = true;
}

static void read_string(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at++;
	unsigned depth = 1;

	while (cleaner->at < in.size && depth > 0) {
		uint8_t byte = in.data[cleaner->at++];

		if (byte == '\\')
			cleaner->at++;
		else if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
	}
	if (cleaner->at > in.size)
		cleaner->at = in.size;
	if (depth > 0)
		cleaner->changed = true; /* not closed: goes */
	else
		put(cleaner, take(cleaner, from));
}

static void read_hex(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at++;

	while (cleaner->at < in.size && in.data[cleaner->at] != '>')
		cleaner->at++;
	if (cleaner->at == in.size) {
		cleaner->changed = true;
		return;
	}
	cleaner->at++;
	put(cleaner, take(cleaner, from));
}

static void read_name(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at++;

	while (cleaner->at < in.size && !is_space(in.data[cleaner->at]) &&
	       !is_delimiter(in.data[cleaner->at]))
		cleaner->at++;
	put(cleaner, take(cleaner, from));
}

static void read_punctuation(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at;
	uint8_t byte = in.data[cleaner->at++];
	bool twice = cleaner->at < in.size && in.data[cleaner->at] == byte;

	if ((byte == '<' || byte == '>') && twice)
		cleaner->at++;
	else if (byte == '>' || byte == ')' || byte == '{' || byte == '}') {
		cleaner->changed = true; /* stray */
		return;
	}
	put(cleaner, take(cleaner, from));
}

static int inline_image(struct cleaner *cleaner)
{
	BUFFER_CLEANUP struct buffer image = buffer_make(64 * 1024 * 1024);
	size_t from = cleaner->at;
	bool changed = false;
	bool kept = false;
	int error = pdf_inline_image(cleaner->pdf, cleaner->in, &cleaner->at,
				     &image, &kept, &changed);

	if (error != 0)
		return error;
	cleaner->changed |= changed || !kept;
	if (cleaner->out == NULL)
		return 0;
	cleaner->out->size = cleaner->statement;
	if (kept) {
		buffer_text(cleaner->out, "BI");
		if (changed)
			buffer_view(cleaner->out, buffer_contents(&image));
		else
			buffer_view(cleaner->out, take(cleaner, from));
		buffer_u8(cleaner->out, '\n');
	}
	cleaner->statement = cleaner->out->size;
	return 0;
}

/* A saved state too many is left out together with its restore, which then
 * comes to nothing. */
static bool saves_fit(struct cleaner *cleaner, struct view word)
{
	if (word.size != 1)
		return true;
	if (word.data[0] == 'q')
		return ++cleaner->saves <= SAVES_MAX;
	if (word.data[0] == 'Q' && cleaner->saves > 0)
		return cleaner->saves-- <= SAVES_MAX;
	return true;
}

static int read_word(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at;
	struct view word;

	while (cleaner->at < in.size && !is_space(in.data[cleaner->at]) &&
	       !is_delimiter(in.data[cleaner->at]))
		cleaner->at++;
	word = take(cleaner, from);
	if (is_constant(word)) {
		put(cleaner, word);
		return 0;
	}
	if (!cleaner->is_cmap && word.size == 2 && word.data[0] == 'B' &&
	    word.data[1] == 'I')
		return inline_image(cleaner);
	if (cleaner->is_cmap
		? !is_cmap_operator(word)
		: !is_operator(word) || !saves_fit(cleaner, word)) {
		drop_statement(cleaner);
		return 0;
	}
	if (word.size == 2 && word.data[0] == 'D' && word.data[1] == 'o')
		cleaner->paints++;
	put(cleaner, word);
	end_statement(cleaner);
	return 0;
}

static void read_number(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	size_t from = cleaner->at;

	while (cleaner->at < in.size && is_number(in.data[cleaner->at]))
		cleaner->at++;
	put(cleaner, take(cleaner, from));
}

static int read_token(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;
	uint8_t byte = in.data[cleaner->at];
	uint8_t next = cleaner->at + 1 < in.size ? in.data[cleaner->at + 1] : 0;

	if (is_number(byte)) {
		read_number(cleaner);
		return 0;
	}
	switch (byte) {
	case '%':
		skip_comment(cleaner);
		return 0;
	case '(':
		read_string(cleaner);
		return 0;
	case '/':
		read_name(cleaner);
		return 0;
	case '<':
		if (next != '<') {
			read_hex(cleaner);
			return 0;
		}
		break;
	default:
		if (!is_delimiter(byte))
			return read_word(cleaner);
		break;
	}
	read_punctuation(cleaner);
	return 0;
}

static int run(struct cleaner *cleaner)
{
	const struct view in = cleaner->in;

	while (true) {
		int error;

		while (cleaner->at < in.size && is_space(in.data[cleaner->at]))
			cleaner->at++;
		if (cleaner->at == in.size)
			return 0;
		error = read_token(cleaner);
		if (error != 0)
			return error;
		/* Looking on makes no sense once it is to be written. */
		if (cleaner->out == NULL && cleaner->changed)
			return 0;
	}
}

int pdf_clean_program(struct pdf *pdf, struct view program, bool is_cmap,
		      struct buffer *out, bool *ret_changed)
{
	struct cleaner cleaner = {
	    .pdf = pdf, .in = program, .is_cmap = is_cmap};
	int error = run(&cleaner);

	*ret_changed = cleaner.changed || cleaner.comments;
	if (error != 0)
		return error;
	if (!*ret_changed)
		return pdf_note_paints(pdf, cleaner.paints);
	/* Comments of character maps are their customary form. */
	if (cleaner.changed || !is_cmap)
		pdf_note(pdf, REMOVAL_PDF_CONTENT_CLEANED,
			 is_cmap ? "character map" : "content",
			 cleaner.changed ? "" : "%");
	cleaner = (struct cleaner){
	    .pdf = pdf, .in = program, .is_cmap = is_cmap, .out = out};
	error = run(&cleaner);
	if (error == 0)
		error = buffer_error(out);
	if (error == 0)
		error = pdf_note_paints(pdf, cleaner.paints);
	return error;
}

static bool calculator_word_fits(struct view word)
{
	static const char *const words[] = {
	    "abs",   "add", "atan",     "ceiling", "cos",      "cvi",
	    "cvr",   "div", "exp",      "floor",   "idiv",     "ln",
	    "log",   "mod", "mul",      "neg",     "round",    "sin",
	    "sqrt",  "sub", "truncate", "and",     "bitshift", "eq",
	    "false", "ge",  "gt",       "le",      "lt",       "ne",
	    "not",   "or",  "true",     "xor",     "if",       "ifelse",
	    "copy",  "dup", "exch",     "index",   "pop",      "roll"};
	bool number = true;

	for (size_t i = 0; i < word.size && number; i++)
		number = is_number(word.data[i]);
	return number || is_word(word, words, sizeof(words) / sizeof(words[0]));
}

bool pdf_calculator_fits(struct view program)
{
	unsigned depth = 0;
	size_t at = 0;

	if (program.size > CALCULATOR_SIZE_MAX)
		return false;
	while (at < program.size) {
		uint8_t byte = program.data[at];
		size_t from = at++;

		if (is_space(byte))
			continue;
		if (byte == '{' && ++depth > CALCULATOR_DEPTH_MAX)
			return false;
		if (byte == '}' && depth-- == 0)
			return false;
		if (byte == '{' || byte == '}')
			continue;
		if (is_delimiter(byte))
			return false;
		while (at < program.size && !is_space(program.data[at]) &&
		       !is_delimiter(program.data[at]))
			at++;
		if (!calculator_word_fits(view_slice(program, from, at - from)))
			return false;
	}
	return depth == 0;
}

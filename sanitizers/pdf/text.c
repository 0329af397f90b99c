/*
 * The text operators of content streams (ISO 32000-1, 9.4), followed for
 * where they put their text: a line ends where the next text is not beside
 * the last, a blank is where there is a gap.
 */
#include "sanitizers/pdf/text.h"

#include "sanitizers/pdf/stream.h"
#include "sanitizers/pdf/text_font.h"
#include "sanitizers/pdf/text_token.h"

#include <math.h>

#include "base/banned.h"

enum {
	FORM_DEPTH_MAX = 12,
	FORMS_MAX = 20000, /* of one document */
	SAVES_KEPT = 256,
	FONTS_MAX = 4096,
	CONTENT_SIZE_MAX = 64 * 1024 * 1024,
	TEXT_SIZE_MAX = 256 * 1024 * 1024,
	FLAG_HIDDEN = 2,
};

static const double line_gap = 0.5; /* of the size of the font */
static const double word_gap = 0.25;

struct matrix {
	double a, b, c, d, e, f;
};

static const struct matrix identity = {1, 0, 0, 1, 0, 0};

struct state {
	struct matrix ctm;
	const struct text_font *font;
	double size;
	double character_space;
	double word_space;
	double scale; /* 1: as it is */
	double leading;
	double rise;
};

struct extractor {
	struct pdf *pdf;
	struct buffer out;
	struct pdf_map font_map;
	struct text_font *fonts;
	size_t font_count;
	unsigned forms;
	struct state state;
	struct state saved[SAVES_KEPT];
	size_t saves;
	struct matrix text;
	struct matrix line;
	bool placed; /* something stands on the current line */
	double end_x, end_y;
	double end_size;
};

static int run_content(struct extractor *extractor, struct view program,
		       qpdf_oh resources, unsigned depth);

static struct matrix multiply(const struct matrix *m, const struct matrix *n)
{
	return (struct matrix){
	    m->a * n->a + m->b * n->c,        m->a * n->b + m->b * n->d,
	    m->c * n->a + m->d * n->c,        m->c * n->b + m->d * n->d,
	    m->e * n->a + m->f * n->c + n->e, m->e * n->b + m->f * n->d + n->f};
}

static struct matrix matrix_of(const struct text_operands *operands)
{
	return (struct matrix){
	    text_operand_number(operands, 0), text_operand_number(operands, 1),
	    text_operand_number(operands, 2), text_operand_number(operands, 3),
	    text_operand_number(operands, 4), text_operand_number(operands, 5)};
}

static void move_line(struct extractor *extractor, double x, double y)
{
	struct matrix by = {1, 0, 0, 1, x, y};

	extractor->line = multiply(&by, &extractor->line);
	extractor->text = extractor->line;
}

static void advance(struct extractor *extractor, double amount)
{
	struct matrix by = {1, 0, 0, 1, amount, 0};

	if (extractor->state.font != NULL && extractor->state.font->vertical) {
		by.e = 0;
		by.f = amount;
	}
	extractor->text = multiply(&by, &extractor->text);
}

static void end_line(struct extractor *extractor)
{
	if (extractor->placed)
		buffer_u8(&extractor->out, '\n');
	extractor->placed = false;
}

/* Puts what separates the text to come from the last. */
static void separate(struct extractor *extractor, const struct matrix *place,
		     double size)
{
	bool vertical =
	    extractor->state.font != NULL && extractor->state.font->vertical;
	double length =
	    vertical ? hypot(place->c, place->d) : hypot(place->a, place->b);
	double dx = place->e - extractor->end_x;
	double dy = place->f - extractor->end_y;
	double ux;
	double uy;
	double along;
	double across;

	if (!extractor->placed || !(length > 0) || !(size > 0))
		return;
	ux = vertical ? -place->c / length : place->a / length;
	uy = vertical ? -place->d / length : place->b / length;
	along = dx * ux + dy * uy;
	across = fabs(dx * uy - dy * ux);
	if (across > line_gap * size || along < -line_gap * size)
		end_line(extractor);
	else if (along > word_gap * size && extractor->out.size > 0 &&
		 extractor->out.data[extractor->out.size - 1] != ' ')
		buffer_u8(&extractor->out, ' ');
}

static void show(struct extractor *extractor, struct view string)
{
	struct state *state = &extractor->state;
	struct cursor cursor = cursor_at(string, 0);
	struct matrix place;
	double size;
	double width;
	bool blank;
	size_t before;

	if (state->font == NULL)
		return;
	place = multiply(&extractor->text, &state->ctm);
	size = fabs(state->size) * hypot(place.c, place.d);
	separate(extractor, &place, size);
	before = extractor->out.size;
	while (text_font_next(state->font, &cursor, &extractor->out, &width,
			      &blank)) {
		double space =
		    state->character_space + (blank ? state->word_space : 0);

		if (state->font->vertical)
			advance(extractor, -state->size + space);
		else
			advance(extractor,
				(width / 1000 * state->size + space) *
				    state->scale);
	}
	place = multiply(&extractor->text, &state->ctm);
	extractor->end_x = place.e;
	extractor->end_y = place.f;
	extractor->end_size = size;
	if (extractor->out.size > before)
		extractor->placed = true;
}

static void show_all(struct extractor *extractor,
		     const struct text_operands *operands)
{
	const struct state *state = &extractor->state;

	for (size_t i = 0; i < operands->count; i++) {
		const struct text_operand *operand = &operands->items[i];

		if (operand->kind == TEXT_STRING)
			show(extractor, operand->bytes);
		else if (operand->kind == TEXT_NUMBER)
			advance(
			    extractor,
			    -operand->number / 1000 * state->size *
				(state->font != NULL && state->font->vertical
				     ? 1
				     : state->scale));
	}
}

static int find_font(struct extractor *extractor, qpdf_oh resources,
		     const char *name)
{
	struct pdf *pdf = extractor->pdf;
	qpdf_oh fonts = pdf_key(pdf, resources, "/Font");
	qpdf_oh dictionary = pdf_key(pdf, fonts, name);
	struct pdf_item *item;
	bool new;
	int error;

	extractor->state.font = NULL;
	if (!qpdf_oh_is_dictionary(pdf->qpdf, dictionary))
		return 0;
	item = pdf_map_item(&extractor->font_map, pdf->job->arena,
			    qpdf_oh_get_object_id(pdf->qpdf, dictionary), 0, 1,
			    &new);
	if (item == NULL)
		return -ERR_MEMORY;
	if (new || !qpdf_oh_is_indirect(pdf->qpdf, dictionary)) {
		if (extractor->font_count == FONTS_MAX)
			return -ERR_LIMIT_MEMBERS;
		error = text_font_load(
		    pdf, dictionary, &extractor->fonts[extractor->font_count]);
		if (error != 0)
			return error;
		item->number = (uint32_t)extractor->font_count++;
	}
	extractor->state.font = &extractor->fonts[item->number];
	return 0;
}

static int run_form(struct extractor *extractor, qpdf_oh form,
		    qpdf_oh resources, unsigned depth)
{
	struct pdf *pdf = extractor->pdf;
	STREAM_CLEANUP struct pdf_stream stream = {0};
	struct state saved = extractor->state;
	struct matrix text = extractor->text;
	struct matrix line = extractor->line;
	qpdf_oh own;
	qpdf_oh array;
	int error;

	if (depth >= FORM_DEPTH_MAX || ++extractor->forms > FORMS_MAX)
		return 0;
	error = pdf_stream_load(pdf, form, &stream);
	if (error == 0 && stream.final == FILTER_UNKNOWN)
		error = pdf_stream_decode(&stream, CONTENT_SIZE_MAX);
	if (error != 0)
		return error == -ERR_MALFORMED ? 0 : error;
	array = pdf_key(pdf, stream.dictionary, "/Matrix");
	if (qpdf_oh_is_array(pdf->qpdf, array)) {
		double n[6] = {1, 0, 0, 1, 0, 0};

		for (int i = 0; i < 6; i++)
			(void)qpdf_oh_get_value_as_number(
			    pdf->qpdf, pdf_element(pdf, array, i), &n[i]);
		struct matrix by = {n[0], n[1], n[2], n[3], n[4], n[5]};

		extractor->state.ctm = multiply(&by, &extractor->state.ctm);
	}
	own = pdf_key(pdf, stream.dictionary, "/Resources");
	error = run_content(
	    extractor, buffer_contents(&stream.data),
	    qpdf_oh_is_dictionary(pdf->qpdf, own) ? own : resources, depth + 1);
	extractor->state = saved;
	extractor->text = text;
	extractor->line = line;
	return error;
}

static int paint(struct extractor *extractor, qpdf_oh resources,
		 const char *name, unsigned depth)
{
	struct pdf *pdf = extractor->pdf;
	qpdf_oh object =
	    pdf_key(pdf, pdf_key(pdf, resources, "/XObject"), name);

	if (!qpdf_oh_is_stream(pdf->qpdf, object) ||
	    !pdf_has_name(pdf, pdf_dictionary(pdf, object), "/Subtype",
			  "/Form"))
		return 0;
	return run_form(extractor, object, resources, depth);
}

static void save(struct extractor *extractor)
{
	if (extractor->saves < SAVES_KEPT)
		extractor->saved[extractor->saves] = extractor->state;
	extractor->saves++;
}

static void restore(struct extractor *extractor)
{
	if (extractor->saves == 0)
		return;
	extractor->saves--;
	if (extractor->saves < SAVES_KEPT)
		extractor->state = extractor->saved[extractor->saves];
}

static void show_on_next_line(struct extractor *extractor,
			      const struct text_operands *operands)
{
	move_line(extractor, 0, -extractor->state.leading);
	show_all(extractor, operands);
}

static void set_text_state(struct extractor *extractor, char what,
			   const struct text_operands *operands)
{
	double value = text_operand_number(operands, 0);
	struct state *state = &extractor->state;

	switch (what) {
	case 'c':
		state->character_space = value;
		break;
	case 'w':
		state->word_space = value;
		break;
	case 'z':
		state->scale = value / 100;
		break;
	case 'L':
		state->leading = value;
		break;
	case 's':
		state->rise = value;
		break;
	default:
		break;
	}
}

static int run_text_operator(struct extractor *extractor, char what,
			     const struct text_operands *operands,
			     qpdf_oh resources)
{
	double x = text_operand_number(operands, 0);
	double y = text_operand_number(operands, 1);

	switch (what) {
	case 'f':
		extractor->state.size = y;
		return find_font(extractor, resources,
				 text_operand_name(operands, 0));
	case 'D':
		extractor->state.leading = -y;
		move_line(extractor, x, y);
		return 0;
	case 'd':
		move_line(extractor, x, y);
		return 0;
	case 'm':
		extractor->line = matrix_of(operands);
		extractor->text = extractor->line;
		return 0;
	case '*':
		move_line(extractor, 0, -extractor->state.leading);
		return 0;
	case 'j':
	case 'J':
		show_all(extractor, operands);
		return 0;
	default:
		set_text_state(extractor, what, operands);
		return 0;
	}
}

static int run_operator(struct extractor *extractor, struct view word,
			const struct text_operands *operands, qpdf_oh resources,
			unsigned depth)
{
	if (word.size == 2 && word.data[0] == 'T')
		return run_text_operator(extractor, (char)word.data[1],
					 operands, resources);
	if (view_equal(word, view_of("q", 1))) {
		save(extractor);
	} else if (view_equal(word, view_of("Q", 1))) {
		restore(extractor);
	} else if (view_equal(word, view_of("cm", 2))) {
		struct matrix by = matrix_of(operands);

		extractor->state.ctm = multiply(&by, &extractor->state.ctm);
	} else if (view_equal(word, view_of("BT", 2))) {
		extractor->line = identity;
		extractor->text = identity;
	} else if (view_equal(word, view_of("'", 1)) ||
		   view_equal(word, view_of("\"", 1))) {
		struct text_operands last = {0};

		if (operands->count > 0)
			last.items[last.count++] =
			    operands->items[operands->count - 1];
		show_on_next_line(extractor, &last);
	} else if (view_equal(word, view_of("Do", 2))) {
		return paint(extractor, resources,
			     text_operand_name(operands, 0), depth);
	}
	return 0;
}

static int run_content(struct extractor *extractor, struct view program,
		       qpdf_oh resources, unsigned depth)
{
	struct text_tokens tokens = text_tokens_of(extractor->pdf, program);
	struct view word;
	size_t saves = extractor->saves;
	int error;

	while (true) {
		error = text_tokens_next(&tokens, &word);
		if (error != 0 || word.size == 0)
			break;
		error = run_operator(extractor, word, &tokens.operands,
				     resources, depth);
		if (error == 0)
			error = buffer_error(&extractor->out);
		if (error != 0)
			break;
	}
	text_tokens_free(&tokens);
	while (extractor->saves > saves)
		restore(extractor);
	extractor->saves = saves;
	return error;
}

static int add_content(struct pdf *pdf, qpdf_oh object, struct buffer *program)
{
	STREAM_CLEANUP struct pdf_stream stream = {0};
	int error;

	if (!qpdf_oh_is_stream(pdf->qpdf, object))
		return 0;
	error = pdf_stream_load(pdf, object, &stream);
	if (error == 0 && stream.final == FILTER_UNKNOWN)
		error = pdf_stream_decode(&stream, CONTENT_SIZE_MAX);
	if (error == -ERR_MALFORMED)
		return 0;
	buffer_view(program, buffer_contents(&stream.data));
	buffer_u8(program, '\n');
	return error;
}

static int run_page_content(struct extractor *extractor, qpdf_oh page,
			    qpdf_oh resources)
{
	struct pdf *pdf = extractor->pdf;
	BUFFER_CLEANUP struct buffer program = buffer_make(CONTENT_SIZE_MAX);
	qpdf_oh contents = pdf_key(pdf, page, "/Contents");
	int error = add_content(pdf, contents, &program);

	if (qpdf_oh_is_array(pdf->qpdf, contents))
		for (int i = 0; error == 0 && i < qpdf_oh_get_array_n_items(
						      pdf->qpdf, contents);
		     i++)
			error = add_content(pdf, pdf_element(pdf, contents, i),
					    &program);
	if (error == 0)
		error = buffer_error(&program);
	if (error == 0)
		error = run_content(extractor, buffer_contents(&program),
				    resources, 0);
	return error;
}

/* What fields and comments look like is part of the page. */
static int run_annotations(struct extractor *extractor, qpdf_oh page)
{
	struct pdf *pdf = extractor->pdf;
	qpdf_oh array = pdf_key(pdf, page, "/Annots");
	int count = qpdf_oh_is_array(pdf->qpdf, array)
			? qpdf_oh_get_array_n_items(pdf->qpdf, array)
			: 0;
	int error = 0;

	for (int i = 0; i < count && error == 0; i++) {
		qpdf_oh annotation = pdf_element(pdf, array, i);
		qpdf_oh look =
		    pdf_key(pdf, pdf_key(pdf, annotation, "/AP"), "/N");
		qpdf_oh state = pdf_key(pdf, annotation, "/AS");

		if (qpdf_oh_is_dictionary(pdf->qpdf, look) &&
		    qpdf_oh_is_name(pdf->qpdf, state))
			look = pdf_key(pdf, look,
				       qpdf_oh_get_name(pdf->qpdf, state));
		if (!qpdf_oh_is_stream(pdf->qpdf, look) ||
		    (pdf_integer(pdf, annotation, "/F", 0) & FLAG_HIDDEN) != 0)
			continue;
		end_line(extractor);
		error =
		    run_form(extractor, look, qpdf_oh_new_null(pdf->qpdf), 0);
	}
	return error;
}

static int run_page(struct extractor *extractor, size_t number)
{
	struct pdf *pdf = extractor->pdf;
	const struct pdf_page *page = &pdf->pages[number];
	qpdf_oh resources;
	int error;

	resources = pdf_page_resources(pdf, page);
	extractor->state = (struct state){.ctm = identity, .scale = 1};
	extractor->saves = 0;
	extractor->placed = false;
	buffer_format(&extractor->out, "%s--- Page %zu ---\n",
		      number == 0 ? "" : "\n", number + 1);
	error = run_page_content(extractor, page->dictionary, resources);
	if (error == 0)
		error = run_annotations(extractor, page->dictionary);
	end_line(extractor);
	if (error == 0)
		error = pdf_check_warnings(pdf);
	if (error == 0)
		error = job_emit(pdf->job, buffer_contents(&extractor->out));
	extractor->out.size = 0;
	return error;
}

int pdf_emit_text(struct pdf *pdf)
{
	struct extractor *extractor =
	    arena_alloc(pdf->job->arena, sizeof(*extractor));
	int error = 0;

	if (extractor == NULL)
		return -ERR_MEMORY;
	extractor->pdf = pdf;
	extractor->out = buffer_make(TEXT_SIZE_MAX);
	extractor->fonts =
	    arena_array(pdf->job->arena, FONTS_MAX, sizeof(*extractor->fonts));
	if (extractor->fonts == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < pdf->page_count && error == 0; i++)
		error = run_page(extractor, i);
	buffer_free(&extractor->out);
	return error;
}

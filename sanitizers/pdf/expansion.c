/*
 * Forms that paint forms: thirty of them, each painting the next ten times,
 * are five kilobytes that keep a viewer busy for ever. How often the innermost
 * one would be painted is bounded from above by multiplication, before
 * anybody draws anything.
 */
#include "sanitizers/pdf/document.h"

#include "base/banned.h"

enum { EDGES_MAX = 4 * 1000 * 1000 };

static const double painted_max = 1e8;

/* What patterns are held against: a sheet of A3, in points. */
static const double sheet_area = 842.0 * 1191.0;
static const double cells_max = 1e7;

struct graph {
	struct pdf *pdf;
	uint32_t *first; /* by number: its first edge; one more at the end */
	uint32_t *to;
	double *worst;  /* 0: not yet known */
	uint32_t *next; /* by number: the next edge to be looked at */
	bool *open;
};

static bool is_painted(uint16_t kind)
{
	static const enum pdf_dictionary kinds[] = {PDF_FORM,
						    PDF_RESOURCES,
						    PDF_XOBJECT_MAP,
						    PDF_PATTERN_MAP,
						    PDF_PATTERN,
						    PDF_GLYPHS,
						    PDF_FONT_MAP,
						    PDF_FONT,
						    PDF_GRAPHICS_STATE,
						    PDF_SOFT_MASK,
						    PDF_GRAPHICS_STATE_MAP,
						    PDF_CONTENT};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kind == pdf_kind_of_dictionary(kinds[i]))
			return true;
	return false;
}

int pdf_note_edge(struct pdf *pdf, uint32_t to, uint16_t kind)
{
	if (!is_painted(kind))
		return 0;
	if (pdf->edge_count >= EDGES_MAX)
		return -ERR_LIMIT_MEMBERS;
	if (pdf->edge_count == pdf->edge_room) {
		size_t room = pdf->edge_room == 0 ? 1024 : pdf->edge_room * 2;
		struct pdf_edge *edges =
		    arena_array(pdf->job->arena, room, sizeof(*edges));

		if (edges == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < pdf->edge_count; i++)
			edges[i] = pdf->edges[i];
		pdf->edges = edges;
		pdf->edge_room = room;
	}
	pdf->edges[pdf->edge_count++] =
	    (struct pdf_edge){pdf->at_number, to, 0};
	return 0;
}

int pdf_note_paints(struct pdf *pdf, uint32_t count)
{
	int error;

	if (count < 2)
		return 0;
	error = pdf_note_edge(pdf, pdf->at_number,
			      pdf_kind_of_dictionary(PDF_FORM));
	/* An edge to itself says how often it paints. */
	if (error == 0)
		pdf->edges[pdf->edge_count - 1].times = count;
	return error;
}

static double number_at(struct pdf *pdf, qpdf_oh array, int at, double fallback)
{
	qpdf_oh value = pdf_element(pdf, array, at);

	return qpdf_oh_is_number(pdf->qpdf, value)
		   ? qpdf_oh_get_numeric_value(pdf->qpdf, value)
		   : fallback;
}

static double step_of(struct pdf *pdf, qpdf_oh dictionary, const char *key)
{
	qpdf_oh value = pdf_key(pdf, dictionary, key);
	double step = qpdf_oh_is_number(pdf->qpdf, value)
			  ? qpdf_oh_get_numeric_value(pdf->qpdf, value)
			  : 0;

	return step < 0 ? -step : step;
}

/* Cells that overlap are drawn one over the other, and that multiplies where
 * patterns are drawn with patterns. */
int pdf_note_tiling(struct pdf *pdf, qpdf_oh dictionary)
{
	qpdf_oh matrix = pdf_key(pdf, dictionary, "/Matrix");
	qpdf_oh box = pdf_key(pdf, dictionary, "/BBox");
	double cell = step_of(pdf, dictionary, "/XStep") *
		      step_of(pdf, dictionary, "/YStep");
	double scale =
	    number_at(pdf, matrix, 0, 1) * number_at(pdf, matrix, 3, 1) -
	    number_at(pdf, matrix, 1, 0) * number_at(pdf, matrix, 2, 0);
	double area = (number_at(pdf, box, 2, 0) - number_at(pdf, box, 0, 0)) *
		      (number_at(pdf, box, 3, 0) - number_at(pdf, box, 1, 0));

	scale = scale < 0 ? -scale : scale;
	area = area < 0 ? -area : area;
	/* Without steps, size or scale there is nothing to be seen. */
	if (cell <= 0 || area <= 0 || scale <= 0)
		return 0;
	if (sheet_area / scale / cell > cells_max || area / cell > cells_max)
		return -ERR_LIMIT_PAINTING;
	return pdf_note_paints(pdf, (uint32_t)(area / cell));
}

static int build(struct graph *graph)
{
	struct pdf *pdf = graph->pdf;
	struct arena *arena = pdf->job->arena;
	size_t numbers = (size_t)pdf->numbers + 2;

	graph->first = arena_array(arena, numbers, sizeof(*graph->first));
	graph->next = arena_array(arena, numbers, sizeof(*graph->next));
	graph->worst = arena_array(arena, numbers, sizeof(*graph->worst));
	graph->open = arena_array(arena, numbers, sizeof(*graph->open));
	graph->to = arena_array(arena, pdf->edge_count + 1, sizeof(*graph->to));
	if (graph->first == NULL || graph->next == NULL ||
	    graph->worst == NULL || graph->open == NULL || graph->to == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < pdf->edge_count; i++)
		graph->first[pdf->edges[i].from + 1]++;
	for (size_t i = 1; i < numbers; i++)
		graph->first[i] += graph->first[i - 1];
	for (size_t i = 0; i < numbers; i++)
		graph->next[i] = graph->first[i];
	for (size_t i = 0; i < pdf->edge_count; i++)
		graph->to[graph->next[pdf->edges[i].from]++] = (uint32_t)i;
	for (size_t i = 0; i < numbers; i++)
		graph->next[i] = graph->first[i];
	return 0;
}

/* What is known once all below it is: the worst of that, times its paints. */
static double worst_of(const struct graph *graph, uint32_t number)
{
	double below = 0;
	double times = 1;

	for (uint32_t i = graph->first[number]; i < graph->first[number + 1];
	     i++) {
		const struct pdf_edge *edge = &graph->pdf->edges[graph->to[i]];

		if (edge->times > 0)
			times *= edge->times;
		else if (graph->worst[edge->to] > below)
			below = graph->worst[edge->to];
	}
	return 1 + times * below;
}

/* Depth first without recursion; what is open already is a circle, which
 * viewers do not follow. */
static bool visit(struct graph *graph, uint32_t *stack, uint32_t start)
{
	size_t depth = 0;

	stack[depth++] = start;
	while (depth > 0) {
		uint32_t number = stack[depth - 1];
		uint32_t child;

		graph->open[number] = true;
		if (graph->next[number] == graph->first[number + 1]) {
			graph->worst[number] = worst_of(graph, number);
			if (graph->worst[number] > painted_max)
				return false;
			depth--;
			continue;
		}
		child = graph->pdf->edges[graph->to[graph->next[number]++]].to;
		if (!graph->open[child])
			stack[depth++] = child;
	}
	return true;
}

int pdf_check_expansion(struct pdf *pdf)
{
	struct graph graph = {.pdf = pdf};
	uint32_t *stack =
	    arena_array(pdf->job->arena, pdf->numbers + 2, sizeof(*stack));
	int error = build(&graph);

	if (error != 0 || stack == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 1; i <= pdf->numbers; i++)
		if (!graph.open[i] && !visit(&graph, stack, i))
			return -ERR_LIMIT_RATIO;
	return 0;
}

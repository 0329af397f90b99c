#include "sanitizers/biff/drawing.h"

#include "sanitizers/ole/escher.h"

#include "base/banned.h"

enum { IDS = 65536 };

/* What stands behind a cut of the stream. */
struct host {
	size_t record;
	size_t end;       /* behind the CONTINUEs of its text */
	size_t chart;     /* BOF of its chart, 0: none */
	size_t chart_end; /* EOF of it */
};

struct biff_drawing {
	const char *path;
	size_t depth;
	bool written;
	struct view stream; /* filtered */
	struct host *hosts;
	struct escher_mark *marks; /* one for each host */
	size_t host_count;
	uint8_t *ids; /* a bit for each object that stays; NULL: none */
};

bool biff_is_drawn(const struct book *book, size_t record)
{
	switch (book->records[record].type) {
	case BIFF_BOF:
	case BIFF_NOTE:
	case BIFF_OBJ:
	case BIFF_MSODRAWING:
	case BIFF_MSODRAWINGSELECTION:
	case BIFF_TXO:
		return true;
	default:
		return false;
	}
}

/* ---- reading ---- */

/* While the records of a substream are gone through. */
struct gathering {
	struct book *book;
	struct biff_drawing *drawing;
	struct buffer stream;
	bool open; /* CONTINUEs belong to the stream */
};

static struct host *add_host(struct gathering *gathering, size_t record)
{
	struct biff_drawing *drawing = gathering->drawing;
	struct host *host = &drawing->hosts[drawing->host_count];

	drawing->marks[drawing->host_count].from = gathering->stream.size;
	drawing->host_count++;
	*host = (struct host){.record = record, .end = record + 1};
	return host;
}

static bool is_chart(const struct book *book, size_t record)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 2);

	return cursor_u16le(&cursor) == BIFF_CHART;
}

/* A chart belongs to the object in front of it. */
static size_t gather_chart(struct gathering *gathering, size_t record,
			   size_t last)
{
	struct biff_drawing *drawing = gathering->drawing;
	size_t end = biff_substream_end(gathering->book, record);
	struct host *host = drawing->host_count == 0
				? NULL
				: &drawing->hosts[drawing->host_count - 1];

	if (end > last)
		return last;
	if (is_chart(gathering->book, record) && host != NULL &&
	    host->end == record && host->chart == 0 &&
	    gathering->book->records[host->record].type == BIFF_OBJ) {
		host->chart = record;
		host->chart_end = end;
	} else {
		if (biff_may_report(gathering->book, REMOVAL_XLS_DRAWING))
			job_remove(gathering->book->job, REMOVAL_XLS_DRAWING,
				   drawing->path, view_of(NULL, 0), "chart");
	}
	return end;
}

/* Returns the last record that was taken. */
static size_t gather(struct gathering *gathering, size_t record, size_t last)
{
	struct book *book = gathering->book;
	struct host *host;

	switch (book->records[record].type) {
	case BIFF_MSODRAWING:
		gathering->open = true;
		buffer_view(&gathering->stream, biff_body(book, record));
		return record;
	case BIFF_CONTINUE:
		if (gathering->open)
			buffer_view(&gathering->stream,
				    biff_body(book, record));
		return record;
	case BIFF_OBJ:
		(void)add_host(gathering, record);
		return record;
	case BIFF_TXO:
		host = add_host(gathering, record);
		host->end = biff_text_object_end(book, record, last);
		return host->end - 1;
	case BIFF_BOF:
		return gather_chart(gathering, record, last);
	default:
		gathering->open = false;
		return record;
	}
}

static int filter(struct gathering *gathering)
{
	struct book *book = gathering->book;
	struct biff_drawing *drawing = gathering->drawing;
	struct escher *escher = book->escher;
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(book->job->policy->limits.output_bytes);
	int error = buffer_error(&gathering->stream);

	if (error != 0 || gathering->stream.size == 0)
		return error;
	escher->path = drawing->path;
	escher->out = &out;
	escher->marks = drawing->marks;
	escher->mark_count = drawing->host_count;
	escher->mark_next = 0;
	error = escher_filter(escher, buffer_contents(&gathering->stream));
	escher->marks = NULL;
	escher->mark_count = 0;
	if (error == 0)
		error = buffer_error(&out);
	if (error != 0 || out.size == 0)
		return error;
	drawing->stream = arena_copy(book->job->arena, buffer_contents(&out));
	return drawing->stream.data == NULL ? -ERR_MEMORY : 0;
}

static void note_ids(struct book *book, struct biff_drawing *drawing)
{
	for (size_t i = 0; i < drawing->host_count && drawing->ids != NULL;
	     i++) {
		uint16_t id = biff_object_id(book, drawing->hosts[i].record);

		if (drawing->marks[i].kept)
			drawing->ids[id / 8] |= (uint8_t)(1U << id % 8);
	}
}

static int read_stream(struct book *book, struct biff_drawing *drawing,
		       size_t first, size_t last)
{
	struct gathering gathering = {
	    .book = book,
	    .drawing = drawing,
	    .stream = buffer_make(book->stream.size),
	};
	int error;

	for (size_t i = first + 1; i < last; i++)
		i = gather(&gathering, i, last);
	error = filter(&gathering);
	buffer_free(&gathering.stream);
	note_ids(book, drawing);
	return error;
}

int biff_read_drawing(struct book *book, size_t first, size_t last,
		      const char *path, size_t depth,
		      struct biff_drawing **ret_drawing)
{
	struct arena *arena = book->job->arena;
	struct biff_drawing *drawing = arena_alloc(arena, sizeof(*drawing));
	size_t hosts = 0;

	if (drawing == NULL)
		return -ERR_MEMORY;
	if (book->escher == NULL) {
		book->escher = arena_alloc(arena, sizeof(*book->escher));
		if (book->escher == NULL)
			return -ERR_MEMORY;
		book->escher->job = book->job;
	}
	for (size_t i = first; i <= last; i++)
		hosts += book->records[i].type == BIFF_OBJ ||
			 book->records[i].type == BIFF_TXO;
	drawing->path = path;
	drawing->depth = depth;
	drawing->hosts = arena_array(arena, hosts + 1, sizeof(*drawing->hosts));
	drawing->marks = arena_array(arena, hosts + 1, sizeof(*drawing->marks));
	if (hosts > 0 && depth == 0)
		drawing->ids = arena_alloc(arena, IDS / 8);
	if (drawing->hosts == NULL || drawing->marks == NULL ||
	    (hosts > 0 && depth == 0 && drawing->ids == NULL))
		return -ERR_MEMORY;
	*ret_drawing = drawing;
	return book->biff8 ? read_stream(book, drawing, first, last) : 0;
}

/* ---- writing ---- */

/* One piece of the stream, up to a cut. Excel changes to CONTINUE once the
 * stream is longer than a record. */
static int add_piece(struct book *book, const struct biff_drawing *drawing,
		     size_t from, size_t to)
{
	uint16_t type =
	    from == 0 || to <= BIFF_BODY_MAX ? BIFF_MSODRAWING : BIFF_CONTINUE;

	if (from == to)
		return 0;
	return biff_add_long(book, type, BIFF_NONE,
			     view_slice(drawing->stream, from, to - from));
}

static int add_host_records(struct book *book,
			    const struct biff_drawing *drawing,
			    const struct host *host)
{
	bool kept;
	int error;

	if (book->records[host->record].type == BIFF_TXO)
		return biff_add_text_object(book, host->record, host->end);
	error = biff_add_object(book, host->record, drawing->path, &kept);
	if (error == 0 && kept && host->chart != 0)
		error = biff_add_substream(book, host->chart, host->chart_end,
					   drawing->path, drawing->depth + 1);
	return error;
}

static int add_stream(struct book *book, struct biff_drawing *drawing)
{
	size_t done = 0;
	int error = 0;

	drawing->written = true;
	for (size_t i = 0; i < drawing->host_count && error == 0; i++) {
		const struct escher_mark *mark = &drawing->marks[i];

		if (!mark->kept)
			continue;
		error = add_piece(book, drawing, done, mark->to);
		done = mark->to;
		if (error == 0)
			error =
			    add_host_records(book, drawing, &drawing->hosts[i]);
	}
	return error != 0
		   ? error
		   : add_piece(book, drawing, done, drawing->stream.size);
}

/* A comment without the shape that shows it would be none. */
static int add_note(struct book *book, const struct biff_drawing *drawing,
		    size_t record)
{
	struct view body = biff_body(book, record);
	struct cursor cursor = cursor_at(body, 6);
	uint16_t id = cursor_u16le(&cursor);

	if (book->biff8 && (cursor.failed || drawing->ids == NULL ||
			    (drawing->ids[id / 8] & 1U << id % 8) == 0)) {
		if (biff_may_report(book, REMOVAL_XLS_DRAWING))
			job_remove(book->job, REMOVAL_XLS_DRAWING,
				   drawing->path, body, "comment");
		return 0;
	}
	return biff_add(book, BIFF_NOTE, record, body);
}

/* Excel 5 has no stream: of its objects those with a chart stay. */
static int add_object5(struct book *book, struct biff_drawing *drawing,
		       size_t *at)
{
	size_t chart = *at + 1;
	size_t end;
	bool kept;
	int error;

	if (chart >= book->count || book->records[chart].type != BIFF_BOF ||
	    !is_chart(book, chart)) {
		if (biff_may_report(book, REMOVAL_XLS_DRAWING))
			job_remove(book->job, REMOVAL_XLS_DRAWING,
				   drawing->path, biff_body(book, *at),
				   "object");
		*at += 1;
		return 0;
	}
	end = biff_substream_end(book, chart);
	error = biff_add_object(book, *at, drawing->path, &kept);
	if (error == 0 && kept)
		error = biff_add_substream(book, chart, end, drawing->path,
					   drawing->depth + 1);
	*at = end + 1;
	return error;
}

int biff_add_drawn(struct book *book, struct biff_drawing *drawing, size_t *at)
{
	uint16_t type = book->records[*at].type;

	if (type == BIFF_OBJ && !book->biff8)
		return add_object5(book, drawing, at);
	if (type == BIFF_BOF) {
		*at = (size_t)biff_substream_end(book, *at) + 1;
		return 0;
	}
	if (type == BIFF_NOTE)
		return add_note(book, drawing, (*at)++);
	*at += 1;
	if (type != BIFF_MSODRAWING || drawing->written)
		return 0;
	return add_stream(book, drawing);
}

/* ---- pictures and fills ---- */

static bool goes_on(const struct book *book, size_t record, uint16_t type)
{
	return record < book->count &&
	       (book->records[record].type == type ||
		book->records[record].type == BIFF_CONTINUE);
}

/* A stream that goes through several records, written with one of them and
 * CONTINUEs. */
static int add_joined(struct book *book, size_t *at, const char *path)
{
	uint16_t type = book->records[*at].type;
	size_t first = *at;
	BUFFER_CLEANUP struct buffer joined = buffer_make(book->stream.size);
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(book->job->policy->limits.output_bytes);
	struct view copy;
	int error;

	do {
		buffer_view(&joined, biff_body(book, (*at)++));
	} while (goes_on(book, *at, type));
	book->escher->path = path;
	book->escher->out = &out;
	error = escher_filter(book->escher, buffer_contents(&joined));
	if (error == 0)
		error = buffer_error(&out);
	if (error != 0 || out.size == 0)
		return error;
	copy = arena_copy(book->job->arena, buffer_contents(&out));
	if (copy.data == NULL)
		return -ERR_MEMORY;
	return biff_add_long(book, type, first, copy);
}

int biff_add_pictures(struct book *book, size_t record)
{
	return book->escher == NULL ? 0 : add_joined(book, &record, "pictures");
}

int biff_add_fill(struct book *book, size_t *at, const char *path)
{
	return add_joined(book, at, path);
}

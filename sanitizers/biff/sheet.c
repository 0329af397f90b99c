#include "sanitizers/biff/biff.h"

#include "sanitizers/biff/drawing.h"

#include "base/banned.h"

enum { CHARTS_MAX = 2 };

/* Sheets that are not there any more keep their place: a number counts them. */
static int add_blank(struct book *book, struct biff_sheet *sheet)
{
	static const uint8_t begin8[] = {0x00, 0x06, BIFF_WORKSHEET,
					 0,    0xBB, 0x0D,
					 0xCC, 0x07, 0,
					 0,    0,    0,
					 6,    0,    0,
					 0};
	static const uint8_t begin5[] = {0x00, 0x05, BIFF_WORKSHEET, 0,
					 0xBB, 0x0D, 0xCC,           0x07};
	static const uint8_t zeros[14];
	static const uint8_t window8[18] = {0xB6, 0, 0, 0, 0, 0, 64};
	static const uint8_t window5[10] = {0xB6};
	int error;

	if (biff_may_report(book, REMOVAL_XLS_MACRO_SHEET))
		job_remove(book->job, REMOVAL_XLS_MACRO_SHEET, sheet->name,
			   view_of(NULL, 0), "kind %02X",
			   (unsigned)sheet->kind);
	sheet->begin = book->item_count;
	error = biff_add(book, BIFF_BOF, BIFF_NONE,
			 book->biff8 ? view_of(begin8, sizeof(begin8))
				     : view_of(begin5, sizeof(begin5)));
	if (error == 0)
		error = biff_add(book, BIFF_DIMENSIONS, BIFF_NONE,
				 view_of(zeros, book->biff8 ? 14 : 10));
	if (error == 0)
		error =
		    biff_add(book, BIFF_WINDOW2, BIFF_NONE,
			     book->biff8 ? view_of(window8, sizeof(window8))
					 : view_of(window5, sizeof(window5)));
	if (error == 0)
		error = biff_add(book, BIFF_EOF, BIFF_NONE, view_of(NULL, 0));
	return error;
}

/* A cell whose string is not there is empty. */
static int add_label(struct book *book, size_t record)
{
	struct view body = biff_body(book, record);
	struct cursor cursor = cursor_at(body, 6);
	uint32_t number = cursor_u32le(&cursor);

	if (cursor.failed || !book->biff8)
		return 0;
	if (number >= book->strings.count)
		return biff_add(book, BIFF_BLANK, record,
				view_slice(body, 0, 6));
	book->strings.list[number].used = true;
	book->strings.used++;
	return biff_add_listed(book, record);
}

static int add_record(struct book *book, size_t record, const char *path)
{
	uint16_t type = book->records[record].type;

	if (biff_is_continuation(type))
		return 0;
	switch (type) {
	case BIFF_BOF:
		return biff_add_begin(book, record);
	case BIFF_LABELSST:
		return add_label(book, record);
	case BIFF_DV:
		return biff_add_validation(book, record, path);
	case BIFF_CF:
		return biff_add_condition(book, record, path);
	case BIFF_BRAI:
		return biff_add_series(book, record, path);
	case BIFF_HLINK:
		return biff_add_link(book, record, path);
	case BIFF_INDEX:
	case BIFF_DBCELL:
		return biff_add(book, type, record, biff_body(book, record));
	case BIFF_EXTERNSHEET:
		return book->biff8 ? 0 : biff_add_extern_sheet5(book, record);
	case BIFF_EOF:
		return biff_add(book, BIFF_EOF, record, view_of(NULL, 0));
	default:
		return biff_add_listed(book, record);
	}
}

/* A view that somebody has saved ([MS-XLS] 2.4.344): page setup, margins and
 * breaks of its own, which without its beginning would be those of the sheet.
 * Returns the record of its end; `at` where it has none in the substream, or
 * has more in it than that. */
static size_t end_of_view(const struct book *book, size_t at, size_t last)
{
	for (size_t i = at + 1; i < last; i++) {
		uint16_t type = book->records[i].type;

		if (type == BIFF_USERSVIEWEND)
			return i;
		if (type == BIFF_USERSVIEWBEGIN || type == BIFF_BOF ||
		    type == BIFF_EOF || type == BIFF_FORMULA ||
		    type == BIFF_GELFRAME || biff_is_drawn(book, i))
			break;
	}
	return at;
}

int biff_add_substream(struct book *book, size_t first, size_t last,
		       const char *path, size_t depth)
{
	struct biff_drawing *drawing = NULL;
	struct biff_cells *cells;
	size_t at = first;
	int error;

	if (depth > CHARTS_MAX)
		return 0;
	error = biff_read_cells(book, first, last, path, &cells);
	if (error == 0)
		error =
		    biff_read_drawing(book, first, last, path, depth, &drawing);
	while (error == 0 && at <= last) {
		if (at > first && biff_is_drawn(book, at))
			error = biff_add_drawn(book, drawing, &at);
		else if (book->records[at].type == BIFF_FORMULA)
			error = biff_add_formula(book, cells, &at, last);
		else if (book->records[at].type == BIFF_GELFRAME)
			error = biff_add_fill(book, &at, path);
		else if (book->records[at].type == BIFF_USERSVIEWBEGIN) {
			biff_drop(book, at, path);
			at = end_of_view(book, at, last) + 1;
		} else
			error = add_record(book, at++, path);
	}
	return error;
}

int biff_add_sheet(struct book *book, struct biff_sheet *sheet)
{
	if (sheet->blank)
		return add_blank(book, sheet);
	sheet->begin = book->item_count;
	return biff_add_substream(book, sheet->first, sheet->last, sheet->name,
				  0);
}

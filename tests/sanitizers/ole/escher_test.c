#include "sanitizers/ole/escher.h"
#include "sanitizers/picture/placeholder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/banned.h"

enum { MEMORY = 16 * 1024 * 1024, ROOM = 1024 * 1024 };

/* A host that takes whatever it is handed for a PNG of four bytes, but for
 * what begins with "bad", and what begins with "draw" for a metafile. */
struct world {
	struct arena *arena;
	struct policy policy;
	struct job job;
	struct escher escher;
	struct buffer in;
	struct buffer out;
	size_t handed;
	bool bad[NESTED_PENDING_MAX];
	bool draws[NESTED_PENDING_MAX];
	size_t removals;
	enum removal_kind last;
};

static int remember(struct job *job, const struct removal *removal)
{
	struct world *world = job->host_data;

	world->removals++;
	world->last = removal->kind;
	return 0;
}

static int hand(struct job *job, const struct nested_request *request,
		uint32_t *ret_ticket)
{
	struct world *world = job->host_data;

	assert_true(world->handed < NESTED_PENDING_MAX);
	world->bad[world->handed] = view_starts_with(request->content, "bad");
	world->draws[world->handed] =
	    view_starts_with(request->content, "draw");
	*ret_ticket = (uint32_t)world->handed++;
	return 0;
}

static int give_back(struct job *job, uint32_t ticket,
		     struct nested_result *ret_result)
{
	struct world *world = job->host_data;

	*ret_result = (struct nested_result){
	    .verdict = VERDICT_SANITIZED,
	    .extension = "png",
	    .output = view_of("\x89PNG", 4),
	};
	if (world->draws[ticket]) {
		(void)snprintf(ret_result->extension,
			       sizeof(ret_result->extension), "emf");
		ret_result->output = view_of_string("drawn");
	}
	if (world->bad[ticket]) {
		ret_result->verdict = VERDICT_BLOCKED;
		ret_result->reason = ERR_MALFORMED;
	}
	return 0;
}

static const struct job_host host = {
    .remove = remember, .nested_begin = hand, .nested_wait = give_back};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->arena = arena_new(MEMORY);
	policy_default(&world->policy);
	world->job = (struct job){.arena = world->arena,
				  .policy = &world->policy,
				  .host = &host,
				  .host_data = world};
	world->job.unpacked_left = ROOM;
	world->job.members_left = 1000;
	world->in = buffer_make(ROOM);
	world->out = buffer_make(ROOM);
	world->escher = (struct escher){.job = &world->job, .path = "drawing"};
	world->escher.out = &world->out;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	buffer_free(&world->in);
	buffer_free(&world->out);
	arena_free(world->arena);
	free(world);
	return 0;
}

static size_t begin(struct world *world, uint16_t type, uint16_t first)
{
	struct escher_record record = {.version = first & 15,
				       .instance = (uint16_t)(first >> 4),
				       .type = type};

	return escher_open(&world->in, &record);
}

static void end(struct world *world, size_t start)
{
	escher_close(&world->in, start);
}

static void atom(struct world *world, uint16_t type, uint16_t first,
		 const void *bytes, size_t size)
{
	size_t start = begin(world, type, first);

	buffer_bytes(&world->in, bytes, size);
	end(world, start);
}

static void put_shape(struct world *world, uint8_t id, uint8_t flags)
{
	const uint8_t fsp[] = {id, 4, 0, 0, flags, 0xA, 0, 0};
	size_t start = begin(world, ESCHER_SHAPE, 15);

	atom(world, ESCHER_FSP, 75 << 4 | 2, fsp, sizeof(fsp));
	atom(world, ESCHER_DATA, 0, NULL, 0);
	end(world, start);
}

static int filter(struct world *world)
{
	return escher_filter(&world->escher, buffer_contents(&world->in));
}

static void assert_written(struct world *world, const void *bytes, size_t size)
{
	assert_int_equal(world->out.size, size);
	assert_memory_equal(world->out.data, bytes, size);
}

static void what_is_listed_stays_as_it_was(void **state)
{
	struct world *world = *state;
	size_t drawing = begin(world, ESCHER_DRAWING, 15);
	size_t shapes = begin(world, ESCHER_SHAPES, 15);

	put_shape(world, 1, 0);
	put_shape(world, 2, 0);
	end(world, shapes);
	end(world, drawing);
	assert_int_equal(filter(world), 0);
	assert_written(world, world->in.data, world->in.size);
	assert_int_equal(world->removals, 0);
}

static void an_unknown_record_goes_and_lengths_follow(void **state)
{
	struct world *world = *state;
	const uint8_t wanted[] = {0x0F, 0, 2, 0xF0, 16, 0, 0, 0, 0, 0, 8, 0xF0,
				  8,    0, 0, 0,    1,  0, 0, 0, 1, 4, 0, 0};
	size_t drawing = begin(world, ESCHER_DRAWING, 15);

	atom(world, 0xF11D, 0, "secret", 6);
	atom(world, ESCHER_FDG, 0, "\1\0\0\0\1\4\0\0", 8);
	atom(world, 4113, 0, "\xD0\xCF\x11\xE0", 4);
	end(world, drawing);
	assert_int_equal(filter(world), 0);
	assert_written(world, wanted, sizeof(wanted));
	assert_int_equal(world->removals, 2);
	assert_int_equal(world->last, REMOVAL_OLE_DRAWING_RECORD);
}

static void a_length_behind_its_container_is_an_error(void **state)
{
	struct world *world = *state;
	size_t drawing = begin(world, ESCHER_DRAWING, 15);

	buffer_bytes(&world->in,
		     "\0\0\x08\xF0\x09\0\0\0"
		     "\1\0\0\0\1\4\0\0",
		     16);
	end(world, drawing);
	atom(world, ESCHER_FDG, 0, "\1\0\0\0\1\4\0\0", 8);
	assert_int_equal(filter(world), -ERR_MALFORMED);
}

static void containers_are_as_deep_as_the_limit(void **state)
{
	struct world *world = *state;
	size_t starts[ESCHER_DEPTH_MAX];

	for (size_t i = 0; i < ESCHER_DEPTH_MAX; i++)
		starts[i] = begin(world, ESCHER_SHAPES, 15);
	for (size_t i = ESCHER_DEPTH_MAX; i-- > 0;)
		end(world, starts[i]);
	assert_int_equal(filter(world), -ERR_LIMIT_DEPTH);
}

static void an_object_becomes_its_picture(void **state)
{
	struct world *world = *state;

	put_shape(world, 1, 0x10);
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->last, REMOVAL_OLE_OBJECT);
	assert_int_equal(world->out.data[20], 0);
	assert_int_equal(world->out.data[21], 0xA);
}

static bool not_the_second(struct escher *escher,
			   const struct escher_record *record,
			   const struct escher_shape *shape)
{
	(void)escher;
	(void)record;
	return (shape->id & 0xFF) != 2;
}

static void a_shape_that_goes_takes_its_mark_and_its_number(void **state)
{
	struct world *world = *state;
	const struct escher_host no_second = {.shape = not_the_second};
	struct escher_mark marks[3];
	size_t drawing = begin(world, ESCHER_DRAWING, 15);

	atom(world, ESCHER_FDG, 0, "\3\0\0\0\3\4\0\0", 8);
	for (uint8_t i = 0; i < 3; i++) {
		put_shape(world, (uint8_t)(i + 1), 0);
		marks[i].from = world->in.size;
	}
	end(world, drawing);
	world->escher.host = &no_second;
	world->escher.marks = marks;
	world->escher.mark_count = 3;
	assert_int_equal(filter(world), 0);
	assert_true(marks[0].kept);
	assert_int_equal(marks[0].to, marks[0].from);
	assert_false(marks[1].kept);
	assert_true(marks[2].kept);
	assert_int_equal(marks[2].to, marks[1].from);
	assert_int_equal(world->out.data[16], 2);
}

static void put_property(struct world *world, uint16_t id, uint32_t value)
{
	buffer_u16le(&world->in, id);
	buffer_u32le(&world->in, value);
}

static void properties_stay_by_their_list(void **state)
{
	struct world *world = *state;
	const uint8_t wanted[] = {0x33, 0,    0xB, 0xF0, 32,  0,  0, 0, /**/
				  4,    0,    1,   0,    0,   0,        /**/
				  0x80, 0xC3, 4,   0,    0,   0,        /**/
				  0x45, 0xC1, 4,   0,    0,   0,        /**/
				  'A',  0,    0,   0,    2,   0,  2, 0,
				  2,    0,    'a', 'b',  'c', 'd'};
	size_t start = begin(world, 0xF00B, 7 << 4 | 3);

	put_property(world, 4, 1);       /* rotation */
	put_property(world, 0xC382, 4);  /* pihlShape */
	put_property(world, 0xC380, 4);  /* wzName */
	put_property(world, 0x0106, 10); /* pibFlags */
	put_property(world, 0xC145, 4);  /* pVertices, header not counted */
	put_property(world, 0xC3A9, 4);  /* metroBlob */
	put_property(world, 0xC146, 10); /* pSegmentInfo: too few bytes */
	buffer_bytes(&world->in, "link", 4);
	buffer_bytes(&world->in, "A\0\0\0", 4);
	buffer_bytes(&world->in, "\2\0\2\0\2\0abcd", 10);
	buffer_bytes(&world->in, "PK\3\4", 4);
	buffer_bytes(&world->in, "\xFF\0\xFF\0\4\0abcd", 10);
	end(world, start);
	assert_int_equal(filter(world), 0);
	assert_written(world, wanted, sizeof(wanted));
	assert_int_equal(world->removals, 4);
	assert_int_equal(world->last, REMOVAL_OLE_SHAPE_PROPERTY);
}

/* An entry of the store whose BLIP lies at `delay`. */
static void put_entry(struct world *world, uint32_t size, uint32_t delay,
		      struct view inside)
{
	size_t start = begin(world, ESCHER_ENTRY, 6 << 4 | 2);

	buffer_text(&world->in, "\6\6");
	buffer_fill(&world->in, 7, 16);
	buffer_u16le(&world->in, 0xFF);
	buffer_u32le(&world->in, size);
	buffer_u32le(&world->in, 1);
	buffer_u32le(&world->in, delay);
	buffer_u32le(&world->in, 2u << 8); /* a name of two bytes */
	buffer_bytes(&world->in, "n", 2);
	buffer_view(&world->in, inside);
	end(world, start);
}

static void put_blip(struct buffer *to, uint16_t type, uint16_t instance,
		     const char *bytes)
{
	struct escher_record record = {.type = type, .instance = instance};
	size_t start = escher_open(to, &record);

	buffer_fill(to, 7, (instance & 1) != 0 ? 32 : 16);
	buffer_u8(to, 0xFF);
	buffer_text(to, bytes);
	escher_close(to, start);
}

static struct view blip_of(const struct world *world, struct view stream,
			   size_t entry)
{
	struct cursor store = cursor_at(buffer_contents(&world->out), 8);
	struct escher_record record = {0};
	struct cursor cursor;
	uint32_t size;

	for (size_t i = 0; i <= entry; i++)
		assert_true(escher_next(&store, &record));
	assert_int_equal(record.type, ESCHER_ENTRY);
	cursor = cursor_at(record.body, 20);
	size = cursor_u32le(&cursor);
	cursor_seek(&cursor, 28);
	cursor = cursor_at(stream, cursor_u32le(&cursor));
	if (!escher_next(&cursor, &record) ||
	    size != record.body.size + ESCHER_HEADER)
		return (struct view){NULL, 0};
	return view_slice(record.body, 17, SIZE_MAX);
}

static void pictures_of_another_stream_are_rebuilt_into_a_new_one(void **state)
{
	struct world *world = *state;
	BUFFER_CLEANUP struct buffer old = buffer_make(ROOM);
	BUFFER_CLEANUP struct buffer new = buffer_make(ROOM);
	size_t store = begin(world, ESCHER_STORE, 4 << 4 | 15);
	uint32_t second;

	put_blip(&old, 0xF01D, 0x46B, "good");
	second = (uint32_t)old.size;
	put_blip(&old, 0xF01E, 0x6E0, "bad");
	put_entry(world, second, 0, view_of(NULL, 0));
	put_entry(world, 28, second, view_of(NULL, 0));
	put_entry(world, second, 0, view_of(NULL, 0));
	put_entry(world, 100, 100000, view_of(NULL, 0));
	end(world, store);
	world->escher.delay = buffer_contents(&old);
	world->escher.delay_out = &new;
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->handed, 2);
	assert_int_equal(world->removals, 1);
	assert_int_equal(world->last, REMOVAL_NESTED_BLOCKED);
	assert_true(view_equal(blip_of(world, buffer_contents(&new), 0),
			       view_of("\x89PNG", 4)));
	assert_true(view_equal(blip_of(world, buffer_contents(&new), 1),
			       picture_placeholder()));
	assert_true(view_equal(blip_of(world, buffer_contents(&new), 2),
			       view_of("\x89PNG", 4)));
	assert_int_equal(blip_of(world, buffer_contents(&new), 3).size, 0);
}

static void pictures_in_their_entries_stay_there(void **state)
{
	struct world *world = *state;
	BUFFER_CLEANUP struct buffer inside = buffer_make(ROOM);
	size_t store = begin(world, ESCHER_STORE, 1 << 4 | 15);

	put_blip(&inside, 0xF01E, 0x6E0, "good");
	put_entry(world, 29, 0, buffer_contents(&inside));
	end(world, store);
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->out.size, 8 + 8 + 36 + 8 + 17 + 4);
	assert_memory_equal(world->out.data + world->out.size - 4, "\x89PNG",
			    4);
	assert_int_equal(world->out.data[16 + 20], 8 + 17 + 4);
	assert_int_equal(world->out.data[16 + 33], 0);
}

static void what_is_no_metafile_becomes_a_placeholder(void **state)
{
	struct world *world = *state;

	put_blip(&world->in, 0xF01B, 0x216,
		 "12345678901234567890123456789012345678");
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->handed, 0);
	assert_int_equal(world->last, REMOVAL_NESTED_BLOCKED);
	assert_true(
	    view_equal(view_slice(buffer_contents(&world->out), 25, SIZE_MAX),
		       picture_placeholder()));
}

/* Its header: sizes and how it is pressed, then "draw", stored or deflated. */
static void put_metafile(struct world *world, uint8_t packing, uint32_t size,
			 const void *bytes, size_t count)
{
	size_t start = begin(world, 0xF01A, 0x3D4 << 4);

	buffer_fill(&world->in, 0, 16);
	buffer_u32le(&world->in, size);
	buffer_fill(&world->in, 7, 24);
	buffer_u32le(&world->in, (uint32_t)count);
	buffer_u8(&world->in, packing);
	buffer_u8(&world->in, 0xFE);
	buffer_bytes(&world->in, bytes, count);
	end(world, start);
}

static void a_metafile_is_pressed_again(void **state)
{
	struct world *world = *state;
	struct view out;
	uint8_t drawn[8];
	uLongf size = sizeof(drawn);

	put_metafile(world, 0xFE, 4, "draw", 4);
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->handed, 1);
	out = buffer_contents(&world->out);
	assert_int_equal(out.data[2] | out.data[3] << 8, 0xF01A);
	assert_int_equal(out.data[24], 5); /* of "drawn" */
	assert_int_equal(out.data[28], 7); /* places stay */
	assert_int_equal(out.data[56], 0); /* deflate */
	assert_int_equal(out.data[52], out.size - 58);
	assert_int_equal(uncompress(drawn, &size, out.data + 58, out.size - 58),
			 Z_OK);
	assert_int_equal(size, 5);
	assert_memory_equal(drawn, "drawn", 5);
}

static void a_metafile_of_another_size_is_none(void **state)
{
	struct world *world = *state;
	uint8_t pressed[32];
	uLongf size = sizeof(pressed);

	assert_int_equal(compress(pressed, &size, (const uint8_t *)"draw", 4),
			 Z_OK);
	put_metafile(world, 0, 3, pressed, size);
	put_metafile(world, 0, 4, pressed, size);
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->handed, 1);
	assert_int_equal(world->last, REMOVAL_NESTED_BLOCKED);
	assert_int_equal(world->removals, 1);
}

/* The header of a metafile is missing there. */
static void a_metafile_that_calls_itself_a_png_is_none(void **state)
{
	struct world *world = *state;

	put_blip(&world->in, 0xF01E, 0x6E0, "draw");
	assert_int_equal(filter(world), 0);
	assert_int_equal(world->last, REMOVAL_NESTED_BLOCKED);
	assert_true(
	    view_equal(view_slice(buffer_contents(&world->out), 25, SIZE_MAX),
		       picture_placeholder()));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_listed_stays_as_it_was),
	    TEST(an_unknown_record_goes_and_lengths_follow),
	    TEST(a_length_behind_its_container_is_an_error),
	    TEST(containers_are_as_deep_as_the_limit),
	    TEST(an_object_becomes_its_picture),
	    TEST(a_shape_that_goes_takes_its_mark_and_its_number),
	    TEST(properties_stay_by_their_list),
	    TEST(pictures_of_another_stream_are_rebuilt_into_a_new_one),
	    TEST(pictures_in_their_entries_stay_there),
	    TEST(what_is_no_metafile_becomes_a_placeholder),
	    TEST(a_metafile_is_pressed_again),
	    TEST(a_metafile_of_another_size_is_none),
	    TEST(a_metafile_that_calls_itself_a_png_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

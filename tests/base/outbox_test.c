/* Frames for a peer that does not read for a while, over real sockets. */
#define _GNU_SOURCE
#include "base/outbox.h"

#include "base/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

enum { FRAMES = 1000, A_FEW = 8192 /* bytes */ };

struct world {
	struct loop *loop;
	int pair[2];
	struct outbox outbox;
	struct timer timer;
	unsigned received;
	int *other; /* a pair whose reader is slow */
	bool gone;  /* the peer ends instead of reading */
};

static struct frame_space space;

static void open_world(struct world *world, int size)
{

	*world = (struct world){.loop = loop_new()};
	assert_non_null(world->loop);
	assert_int_equal(frame_pair(world->pair), 0);
	outbox_open(&world->outbox, world->loop, world->pair[0]);
	assert_int_equal(setsockopt(world->pair[0], SOL_SOCKET, SO_SNDBUF,
				    &size, sizeof(size)),
			 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(world->pair[i], F_SETFL, O_NONBLOCK), 0);
}

static void close_world(struct world *world)
{
	outbox_close(&world->outbox);
	handle_close(&world->pair[0]);
	handle_close(&world->pair[1]);
	loop_free(world->loop);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 8192; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}

static void send_all(struct world *world, unsigned count)
{
	char text[32];

	for (unsigned i = 0; i < count; i++) {
		HANDLE_CLEANUP int fd = -1;

		(void)snprintf(text, sizeof(text), "frame %u", i);
		if (i % 2 == 0)
			assert_int_equal(
			    memory_file_from("x", view_of_string(text), &fd),
			    0);
		assert_int_equal(
		    outbox_send(&world->outbox, 7, i, view_of_string(text), fd),
		    0);
	}
}

static void check_content(int fd, const char *text)
{
	struct view view;

	assert_int_equal(handle_map(fd, &view), 0);
	assert_true(view_equal(view, view_of_string(text)));
	handle_unmap(&view);
}

static void read_some(void *context)
{
	struct world *world = context;
	struct frame frame;
	char text[32];

	if (world->gone) {
		handle_close(&world->pair[1]);
		loop_arm(world->loop, &world->timer, 50);
		world->gone = false;
		return;
	}
	if (world->pair[1] < 0) {
		loop_stop(world->loop);
		return;
	}
	while (frame_receive(world->pair[1], &space, &frame) == 0) {
		(void)snprintf(text, sizeof(text), "frame %u", world->received);
		assert_int_equal(frame.id, world->received);
		assert_true(view_equal(frame.payload, view_of_string(text)));
		assert_int_equal(frame.fd >= 0, world->received % 2 == 0);
		if (frame.fd >= 0)
			check_content(frame.fd, text);
		handle_close(&frame.fd);
		world->received++;
	}
	if (world->received == FRAMES)
		loop_stop(world->loop);
	else
		loop_arm(world->loop, &world->timer, 1);
}

static void run(struct world *world)
{
	world->timer = (struct timer){read_some, world, 0, NULL};
	loop_arm(world->loop, &world->timer, 20);
	assert_int_equal(loop_run(world->loop), 0);
}

static void stop_loop(void *context)
{
	const struct world *world = context;

	loop_stop(world->loop);
}

static void free_other(void *context)
{
	struct world *world = context;

	handle_close(&world->other[0]);
	handle_close(&world->other[1]);
	world->timer = (struct timer){stop_loop, world, 0, NULL};
	loop_arm(world->loop, &world->timer, 100);
}

static void a_slow_peer_gets_all_frames_in_order(void **state)
{
	int before = count_descriptors();
	struct world world;

	(void)state;
	open_world(&world, A_FEW);
	send_all(&world, FRAMES);
	assert_false(outbox_is_empty(&world.outbox));
	run(&world);
	assert_int_equal(world.received, FRAMES);
	assert_true(outbox_is_empty(&world.outbox));
	/* And as before once it has caught up. */
	assert_null(world.outbox.watch);
	assert_int_equal(
	    outbox_send(&world.outbox, 7, 0, view_of_string(""), -1), 0);
	assert_true(outbox_is_empty(&world.outbox));
	close_world(&world);
	assert_int_equal(count_descriptors(), before);
}

static void a_peer_that_never_reads_meets_the_bound(void **state)
{
	int before = count_descriptors();
	struct world world;
	unsigned sent = 0;
	int error;

	(void)state;
	open_world(&world, A_FEW);
	do
		error = outbox_send(&world.outbox, 7, sent++,
				    view_of_string(""), -1);
	while (error == 0 && sent < 2 * OUTBOX_FRAMES_MAX);
	assert_int_equal(error, -ERR_UNAVAILABLE);
	assert_int_equal(world.outbox.frames, OUTBOX_FRAMES_MAX);
	close_world(&world);
	assert_int_equal(
	    outbox_send(&world.outbox, 7, 0, view_of_string(""), -1),
	    -ERR_CANCELLED);
	assert_int_equal(count_descriptors(), before);
}

static void large_frames_meet_the_bound_of_bytes(void **state)
{
	static const uint8_t bytes[FRAME_PAYLOAD_MAX];
	struct world world;
	int error = 0;

	(void)state;
	open_world(&world, 4 * FRAME_PAYLOAD_MAX);
	while (error == 0)
		error = outbox_send(&world.outbox, 7, 0,
				    view_of(bytes, sizeof(bytes)), -1);
	assert_int_equal(error, -ERR_UNAVAILABLE);
	assert_true(world.outbox.bytes <= OUTBOX_BYTES_MAX);
	assert_true(world.outbox.bytes > OUTBOX_BYTES_MAX / 2);
	close_world(&world);
}

static void what_waits_for_a_peer_that_goes_is_dropped(void **state)
{
	int before = count_descriptors();
	struct world world;

	(void)state;
	open_world(&world, A_FEW);
	send_all(&world, FRAMES);
	world.gone = true;
	run(&world);
	assert_true(outbox_is_empty(&world.outbox));
	assert_int_equal(
	    outbox_send(&world.outbox, 7, 0, view_of_string(""), -1),
	    -ERR_CANCELLED);
	close_world(&world);
	assert_int_equal(count_descriptors(), before);
}

/* As many descriptors are under way as the limit says, to somebody who does
 * not read: this peer waits, though its socket has room. */
static void descriptors_under_way_to_others_are_waited_for(void **state)
{
	struct rlimit before;
	struct rlimit few;
	struct world world;
	int other[2];
	HANDLE_CLEANUP int sent = -1;
	bool is_root = geteuid() == 0;
	int error = 0;

	(void)state;
	if (is_root && setresuid(65534, 65534, 0) != 0)
		skip();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(memory_file_new("x", &sent), 0);
	assert_int_equal(frame_pair(other), 0);
	assert_int_equal(fcntl(other[0], F_SETFL, O_NONBLOCK), 0);
	open_world(&world, 4 * FRAME_PAYLOAD_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 1000 && error == 0; i++)
		error = frame_send(other[0], 1, 0, view_of_string(""), sent);
	assert_int_equal(error, -ERR_UNAVAILABLE);
	assert_int_equal(
	    outbox_send(&world.outbox, 7, 0, view_of_string("frame 0"), sent),
	    0);
	assert_false(outbox_is_empty(&world.outbox));
	world.other = other;
	world.timer = (struct timer){free_other, &world, 0, NULL};
	loop_arm(world.loop, &world.timer, 20);
	assert_int_equal(loop_run(world.loop), 0);
	assert_true(outbox_is_empty(&world.outbox));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	/* LeakSanitizer may not trace a process of two users. */
	if (is_root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_slow_peer_gets_all_frames_in_order),
	    cmocka_unit_test(a_peer_that_never_reads_meets_the_bound),
	    cmocka_unit_test(large_frames_meet_the_bound_of_bytes),
	    cmocka_unit_test(what_waits_for_a_peer_that_goes_is_dropped),
	    cmocka_unit_test(descriptors_under_way_to_others_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Frames over a real socket pair, the malformed ones included. */
#define _GNU_SOURCE
#include "base/frame.h"

#include "base/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

static struct frame_space space;

static void open_pair(int pair[2])
{
	assert_int_equal(frame_pair(pair), 0);
}

static void close_pair(int pair[2])
{
	handle_close(&pair[0]);
	handle_close(&pair[1]);
}

static void a_frame_arrives_with_its_descriptor(void **state)
{
	HANDLE_CLEANUP int fd = -1;
	struct frame frame;
	int pair[2];

	(void)state;
	open_pair(pair);
	assert_int_equal(memory_file_from("x", view_of_string("content"), &fd),
			 0);
	assert_int_equal(
	    frame_send(pair[0], 7, 99, view_of_string("payload"), fd), 0);
	assert_int_equal(frame_receive(pair[1], &space, &frame), 0);
	assert_int_equal(frame.type, 7);
	assert_int_equal(frame.id, 99);
	assert_true(view_equal(frame.payload, view_of_string("payload")));
	assert_true(frame.fd >= 0);
	assert_true((fcntl(frame.fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true(memory_file_is_sealed(frame.fd));
	handle_close(&frame.fd);
	close_pair(pair);
}

static void a_closed_peer_is_told_from_an_error(void **state)
{
	struct frame frame;
	int pair[2];

	(void)state;
	open_pair(pair);
	handle_close(&pair[0]);
	assert_int_equal(frame_receive(pair[1], &space, &frame),
			 -ERR_CANCELLED);
	assert_int_equal(frame_send(pair[1], 1, 1, view_of_string(""), -1),
			 -ERR_CANCELLED);
	close_pair(pair);
}

static void expect_refused(const void *bytes, size_t size)
{
	struct frame frame;
	int pair[2];

	open_pair(pair);
	assert_int_equal(send(pair[0], bytes, size, 0), size);
	assert_int_equal(frame_receive(pair[1], &space, &frame), -ERR_PROTOCOL);
	close_pair(pair);
}

static void malformed_frames_are_refused(void **state)
{
	static const uint8_t wrong_length[FRAME_HEADER_SIZE] = {1, 0, 0, 0, 9};
	static uint8_t too_long[sizeof(struct frame_space) + 1];

	(void)state;
	expect_refused("short", 5);
	expect_refused(wrong_length, sizeof(wrong_length));
	expect_refused(too_long, sizeof(too_long));
}

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* With room for CMSG_SPACE the padding would let a second one slip in. */
static void two_descriptors_are_refused_and_closed(void **state)
{
	static const uint8_t header[FRAME_HEADER_SIZE] = {1};
	struct iovec piece = {(void *)(uintptr_t)header, sizeof(header)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *item = CMSG_FIRSTHDR(&message);
	struct frame frame;
	size_t before;
	int fds[2] = {0, 1};
	int pair[2];

	(void)state;
	open_pair(pair);
	item->cmsg_level = SOL_SOCKET;
	item->cmsg_type = SCM_RIGHTS;
	item->cmsg_len = CMSG_LEN(sizeof(fds));
	for (size_t i = 0; i < sizeof(fds); i++)
		CMSG_DATA(item)[i] = ((const uint8_t *)fds)[i];
	before = open_descriptors();
	assert_int_equal(sendmsg(pair[0], &message, 0), sizeof(header));
	assert_int_equal(frame_receive(pair[1], &space, &frame), -ERR_PROTOCOL);
	assert_int_equal(open_descriptors(), before);
	close_pair(pair);
}

static int note(void *context, struct frame *frame)
{
	*(uint32_t *)context = frame->type;
	return 0;
}

static void only_frames_of_the_table_are_handled(void **state)
{
	static const struct frame_rule rules[] = {
	    {1, FRAME_WITHOUT_FD, note},
	    {2, FRAME_WITH_FD, note},
	};
	uint32_t seen = 0;
	int pair[2];

	(void)state;
	open_pair(pair);
	assert_int_equal(frame_send(pair[0], 1, 0, view_of_string(""), -1), 0);
	assert_int_equal(frame_dispatch(pair[1], rules, 2, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(frame_send(pair[0], 2, 0, view_of_string(""), -1), 0);
	assert_int_equal(frame_dispatch(pair[1], rules, 2, &seen),
			 -ERR_PROTOCOL);
	assert_int_equal(frame_send(pair[0], 1, 0, view_of_string(""), pair[0]),
			 0);
	assert_int_equal(frame_dispatch(pair[1], rules, 2, &seen),
			 -ERR_PROTOCOL);
	assert_int_equal(frame_send(pair[0], 3, 0, view_of_string(""), -1), 0);
	assert_int_equal(frame_dispatch(pair[1], rules, 2, &seen),
			 -ERR_PROTOCOL);
	assert_int_equal(seen, 1);
	close_pair(pair);
}

static void strings_are_checked(void **state)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(100);
	struct cursor cursor;
	char text[8];

	(void)state;
	pack_string(&buffer, "関所");
	cursor = cursor_at(buffer_contents(&buffer), 0);
	unpack_string(&cursor, text, sizeof(text));
	assert_false(cursor.failed);
	assert_string_equal(text, "関所");
	cursor = cursor_at(buffer_contents(&buffer), 0);
	unpack_string(&cursor, text, 6); /* no room for the NUL */
	assert_true(cursor.failed);
	assert_string_equal(text, "");
	cursor = cursor_at(view_of("\x03\0a\0b", 5), 0);
	unpack_string(&cursor, text, sizeof(text));
	assert_true(cursor.failed);
	cursor = cursor_at(view_of("\x02\0\xff\xfe", 4), 0);
	unpack_string(&cursor, text, sizeof(text));
	assert_true(cursor.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_frame_arrives_with_its_descriptor),
	    cmocka_unit_test(a_closed_peer_is_told_from_an_error),
	    cmocka_unit_test(malformed_frames_are_refused),
	    cmocka_unit_test(two_descriptors_are_refused_and_closed),
	    cmocka_unit_test(only_frames_of_the_table_are_handled),
	    cmocka_unit_test(strings_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

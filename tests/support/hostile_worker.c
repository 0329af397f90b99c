/*
 * A worker whose rebuild has been taken over: what the input says is what the
 * process does. Put in the place of sekisho-worker by the system tests, to show
 * that the gateway holds each object for its own reason and goes on.
 */
#define _GNU_SOURCE
#include "base/buffer.h"
#include "base/frame.h"
#include "base/handle.h"
#include "base/program.h"
#include "gateway/sandbox/job_channel.h"
#include "gateway/sandbox/zygote.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct job_start start;

static void done(int channel, enum error error)
{
	struct job_outcome outcome = {.error = error};

	(void)snprintf(outcome.format, sizeof(outcome.format), "text");
	(void)snprintf(outcome.output_format, sizeof(outcome.output_format),
		       "text");
	(void)snprintf(outcome.extension, sizeof(outcome.extension), "txt");
	(void)snprintf(outcome.mime, sizeof(outcome.mime), "text/plain");
	if (job_channel_done(channel, &outcome) != 0)
		_exit(1);
}

static void write_text(const char *text)
{
	if (write(start.output_fd, text, strlen(text)) < 0)
		_exit(1);
}

static void send_removal(int channel, uint16_t kind, const char *path)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	buffer_u16le(&payload, kind);
	buffer_u64le(&payload, 1);
	buffer_fill(&payload, 0, 32);
	pack_string(&payload, path);
	pack_string(&payload, "");
	if (frame_send(channel, MESSAGE_REMOVAL, 0, buffer_contents(&payload),
		       -1) != 0)
		_exit(1);
}

static void send_nested(int channel, uint64_t ticket, const char *content)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	int fd = -1;

	pack_string(&payload, "inner");
	pack_string(&payload, "inner.txt");
	pack_string(&payload, "");
	buffer_u32le(&payload, 0);
	if (content != NULL)
		(void)!memory_file_from("x", view_of_string(content), &fd);
	else
		(void)!memory_file_new("x", &fd); /* not sealed */
	if (frame_send(channel, MESSAGE_NESTED, ticket,
		       buffer_contents(&payload), fd) != 0)
		_exit(1);
}

static void fill_memory(int channel)
{
	while (malloc(1024 * 1024) != NULL)
		;
	done(channel, ERR_MEMORY);
	_exit(0);
}

static unsigned overflow_stack(unsigned depth)
{
	volatile char frame[65536];

	frame[0] = (char)depth;
	return depth == 0 ? 0 : overflow_stack(depth - 1) + (unsigned)frame[0];
}

static void fill_output(void)
{
	static char chunk[1024 * 1024];

	for (;;)
		if (write(start.output_fd, chunk, sizeof(chunk)) < 0)
			_exit(1);
}

static bool is(const char *word)
{
	return view_starts_with(start.input, word);
}

static void misbehave(int channel)
{
	if (is("crash"))
		abort();
	else if (is("stack"))
		(void)overflow_stack(100000);
	else if (is("hang"))
		(void)pause();
	else if (is("spin"))
		for (volatile unsigned long i = 0;; i++)
			;
	else if (is("memory"))
		fill_memory(channel);
	else if (is("output"))
		fill_output();
	else if (is("open"))
		(void)!open("/etc/passwd", O_RDONLY);
	else if (is("socket"))
		(void)socket(AF_INET, SOCK_STREAM, 0);
	else if (is("exit"))
		_exit(0);
	else if (is("kind"))
		send_removal(channel, 60000, "x");
	else if (is("path"))
		send_removal(channel, REMOVAL_METADATA, "\xff\xfe");
	else if (is("unsealed"))
		send_nested(channel, 1, NULL);
	else if (is("abandon"))
		send_nested(channel, 1, "ok");
}

/* Says that it has found a picture, which another program takes over; where
 * it has also done something, that cannot be. */
static void hand_on(int channel)
{
	write_text("of the first");
	if (is("hand-removal"))
		send_removal(channel, REMOVAL_METADATA, "x");
	else if (is("hand-nested"))
		send_nested(channel, 1, "ok");
	done(channel, ERR_DECODED_ELSEWHERE);
	_exit(0);
}

/* Two nested objects that never end, and a parent that waits for them. */
static void wait_for_pair(int channel)
{
	send_nested(channel, 1, "hang");
	send_nested(channel, 2, "hang");
	for (;;)
		(void)sleep(1000);
}

static void run(int channel, void *context)
{
	(void)context;
	if (job_channel_begin(channel, &start) != 0)
		return;
	if (is("hang"))
		for (;;)
			(void)sleep(1000);
	if (is("slow"))
		(void)sleep(4);
	if (is("pair"))
		wait_for_pair(channel);
	if (is("hand"))
		hand_on(channel);
	misbehave(channel);
	if (is("original"))
		write_text("GIF89a but says it is text\x01");
	else if (!is("empty"))
		write_text("fine\n");
	done(channel, is("lie") ? ERR_COUNT : ERR_NONE);
}

int main(int argc, char **argv)
{
	struct program_edges edges = {0};
	struct zygote_options options = {
	    .program = "hostile", .run = run, .ready = "{}"};

	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--edge") == 0 &&
		    program_edge_add(&edges, argv[i + 1]) != 0)
			return 64;
	options.broker = program_edge_find(&edges, "broker");
	options.supervisor = program_edge_find(&edges, "supervisor");
	if (sandbox_prepare(SANDBOX_PURE, NULL, &options.sandbox) != 0)
		return 1;
	return zygote_serve(&options) == 0 ? 0 : 1;
}

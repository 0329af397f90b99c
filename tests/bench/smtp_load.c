/*
 * Sends messages to an SMTP server over several sessions at once, a connection
 * for each message as smtp-source does, and times each from the end of its
 * data to the reply.
 *
 * usage: bench-smtp-load PORT SESSIONS COUNT FIRST SENDER RECIPIENT FILE...
 *
 * Each file is a message as it goes over the wire: lines end in CRLF, dots are
 * doubled, the last line is ended. In front comes a field with the message's
 * number, from FIRST on, and the first "@@NUMBER@@" in the file becomes it: no
 * two messages are the same. Prints a line for each: microseconds since the
 * start at which the reply came, microseconds the reply took, its code (0:
 * none).
 */
#define _GNU_SOURCE
#include "base/bytes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { SESSIONS_MAX = 100, COUNT_MAX = 100000, REPLY_SECONDS = 300 };

static const char marker[] = "@@NUMBER@@";

struct template
{
	char *data;
	size_t size;
	size_t at; /* of the marker; size: it has none */
};

struct outcome {
	uint64_t at;
	uint64_t took;
	int code;
};

static struct template *templates;
static size_t template_count;
static struct outcome outcomes[COUNT_MAX];
static atomic_uint next;
static unsigned count;
static unsigned first;
static uint16_t port;
static const char *sender;
static const char *recipient;
static uint64_t begun;

static uint64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000U + (uint64_t)time.tv_nsec / 1000;
}

static bool load(const char *path, struct template *ret)
{
	FILE *file = fopen(path, "rb");
	char *found;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return false;
	size = ftell(file);
	if (size <= 0 || fseek(file, 0, SEEK_SET) != 0)
		return false;
	ret->size = (size_t)size;
	ret->data = malloc(ret->size);
	if (ret->data == NULL ||
	    fread(ret->data, 1, ret->size, file) != ret->size)
		return false;
	found = memmem(ret->data, ret->size, marker, sizeof(marker) - 1);
	ret->at = found == NULL ? ret->size : (size_t)(found - ret->data);
	return fclose(file) == 0;
}

static bool put(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t done = send(fd, data, size, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		data += done;
		size -= (size_t)done;
	}
	return true;
}

/* The code of the next reply; 0 when none comes. */
static int reply(int fd)
{
	char text[4096];
	size_t have = 0;
	size_t line = 0;

	while (have < sizeof(text)) {
		ssize_t got = recv(fd, text + have, sizeof(text) - have, 0);
		char *end;

		if (got <= 0)
			return 0;
		have += (size_t)got;
		while ((end = memchr(text + line, '\n', have - line)) != NULL) {
			if (end - (text + line) >= 4 && text[line + 3] != '-')
				return (int)strtol(text + line, NULL, 10);
			line = (size_t)(end - text) + 1;
		}
	}
	return 0;
}

static int ask(int fd, const char *verb, const char *value, const char *end)
{
	char line[512];
	int size = snprintf(line, sizeof(line), "%s%s%s\r\n", verb, value, end);

	return size > 0 && put(fd, line, (size_t)size) ? reply(fd) : 0;
}

static int dial(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr =
					  htonl(INADDR_LOOPBACK)};
	const struct timeval wait = {.tv_sec = REPLY_SECONDS};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool put_message(int fd, const struct template *message, unsigned number)
{
	size_t skip = message->at < message->size ? sizeof(marker) - 1 : 0;
	char field[192];
	char digits[16];

	/* What scanners know a message by. */
	(void)snprintf(field, sizeof(field),
		       "Received: from client.example.com by relay.example.com "
		       "with SMTP\r\n\tid %u; Sat, 21 Nov 2026 10:00:00 "
		       "+0900\r\n",
		       number);
	(void)snprintf(digits, sizeof(digits), "%010u", number);
	return put(fd, field, strlen(field)) &&
	       put(fd, message->data, message->at) &&
	       (skip == 0 || put(fd, digits, skip)) &&
	       put(fd, message->data + message->at + skip,
		   message->size - message->at - skip);
}

static void send_one(unsigned index)
{
	struct outcome *outcome = &outcomes[index];
	int fd = dial();
	uint64_t ended;

	if (fd < 0)
		return;
	if (reply(fd) == 220 && ask(fd, "EHLO ", "bench.example", "") == 250 &&
	    ask(fd, "MAIL FROM:<", sender, ">") == 250 &&
	    ask(fd, "RCPT TO:<", recipient, ">") == 250 &&
	    ask(fd, "DATA", "", "") == 354 &&
	    put_message(fd, &templates[index % template_count],
			first + index)) {
		ended = now();
		outcome->code = ask(fd, ".", "", "");
		outcome->at = now() - begun;
		outcome->took = now() - ended;
		(void)ask(fd, "QUIT", "", "");
	}
	(void)close(fd);
}

static void *session(void *context)
{
	unsigned index;

	while ((index = atomic_fetch_add(&next, 1)) < count)
		send_one(index);
	return context;
}

static int run(unsigned sessions)
{
	pthread_t threads[SESSIONS_MAX];

	begun = now();
	for (unsigned i = 0; i < sessions; i++)
		if (pthread_create(&threads[i], NULL, session, NULL) != 0)
			return EXIT_FAILURE;
	for (unsigned i = 0; i < sessions; i++)
		(void)pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < count; i++)
		(void)printf(
		    "%llu %llu %d\n", (unsigned long long)outcomes[i].at,
		    (unsigned long long)outcomes[i].took, outcomes[i].code);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	unsigned long sessions = argc > 7 ? strtoul(argv[2], NULL, 10) : 0;

	if (sessions == 0 || sessions > SESSIONS_MAX) {
		(void)fprintf(stderr, "usage: bench-smtp-load PORT SESSIONS "
				      "COUNT FIRST SENDER RECIPIENT FILE...\n");
		return 64;
	}
	port = (uint16_t)strtoul(argv[1], NULL, 10);
	count = (unsigned)strtoul(argv[3], NULL, 10);
	first = (unsigned)strtoul(argv[4], NULL, 10);
	sender = argv[5];
	recipient = argv[6];
	template_count = (size_t)argc - 7;
	templates = calloc(template_count, sizeof(*templates));
	if (templates == NULL || count > COUNT_MAX)
		return 64;
	for (size_t i = 0; i < template_count; i++)
		if (!load(argv[7 + i], &templates[i])) {
			(void)fprintf(stderr, "cannot read %s\n", argv[7 + i]);
			return EXIT_FAILURE;
		}
	return run((unsigned)sessions);
}

/*
 * The scanner as it runs: control process, generations and sandboxed scans,
 * with the test in the broker's place.
 */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "base/message.h"
#include "gateway/scanner/canary.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { WAIT_MS = 30000, READY_SIZE = 32768 };

struct scanner {
	char folder[64]; /* of definitions */
	pid_t process;
	int broker;
	int supervisor;
	uint64_t jobs;
	char ready[READY_SIZE]; /* the last MESSAGE_ZYGOTE_READY */
};

static void path_in(const struct scanner *scanner, const char *name,
		    char ret_path[128])
{
	(void)snprintf(ret_path, 128, "%s/%s", scanner->folder, name);
}

/* As freshclam does: written beside, then renamed. */
static void put(const struct scanner *scanner, const char *name,
		struct view content)
{
	char path[128];
	char draft[128];
	FILE *file;

	path_in(scanner, name, path);
	path_in(scanner, "draft", draft);
	file = fopen(draft, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content.data, 1, content.size, file),
			 content.size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(draft, path), 0);
}

static void put_definitions(const struct scanner *scanner)
{
	HANDLE_CLEANUP int fd =
	    open(SAMPLES_FOLDER "/definitions/sekisho-test.ndb", O_RDONLY);
	struct view content;

	assert_true(fd >= 0);
	assert_int_equal(handle_map(fd, &content), 0);
	put(scanner, "test.ndb", content);
	handle_unmap(&content);
}

static void start(struct scanner *scanner, const char *max_age,
		  const char *temporary)
{
	char broker_edge[32];
	char supervisor_edge[32];
	int broker[2];
	int supervisor[2];

	assert_int_equal(frame_pair(broker), 0);
	assert_int_equal(frame_pair(supervisor), 0);
	(void)snprintf(broker_edge, sizeof(broker_edge), "broker=%d",
		       broker[1]);
	(void)snprintf(supervisor_edge, sizeof(supervisor_edge),
		       "supervisor=%d", supervisor[1]);
	scanner->process = fork();
	assert_true(scanner->process >= 0);
	if (scanner->process == 0) {
		(void)fcntl(broker[1], F_SETFD, 0);
		(void)fcntl(supervisor[1], F_SETFD, 0);
		(void)execl(PROGRAMS_FOLDER "/sekisho-scanner",
			    "sekisho-scanner", "--edge", broker_edge, "--edge",
			    supervisor_edge, "--definitions", scanner->folder,
			    "--max-age", max_age, "--temporary", temporary,
			    "--poll", "1", NULL);
		_exit(127);
	}
	(void)close(broker[1]);
	(void)close(supervisor[1]);
	scanner->broker = broker[0];
	scanner->supervisor = supervisor[0];
}

static int make_scanner(void **state)
{
	struct scanner *scanner = calloc(1, sizeof(*scanner));

	if (scanner == NULL)
		return -1;
	(void)snprintf(scanner->folder, sizeof(scanner->folder),
		       "/tmp/sekisho-program-XXXXXX");
	scanner->broker = -1;
	scanner->supervisor = -1;
	*state = scanner;
	return mkdtemp(scanner->folder) != NULL ? 0 : -1;
}

static int remove_scanner(void **state)
{
	struct scanner *scanner = *state;
	char path[128];
	int status = 0;

	handle_close(&scanner->broker);
	if (scanner->process > 0 &&
	    waitpid(scanner->process, &status, 0) != scanner->process)
		return -1;
	handle_close(&scanner->supervisor);
	path_in(scanner, "test.ndb", path);
	(void)unlink(path);
	path_in(scanner, "more.ndb", path);
	(void)unlink(path);
	(void)rmdir(scanner->folder);
	free(scanner);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static bool readable(int fd, int wait_ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, wait_ms) == 1;
}

/* The next frame on the broker's edge; what is said about the definitions is
 * kept aside. Its payload is of no more interest. */
static uint32_t next_frame(struct scanner *scanner, uint64_t *ret_id,
			   uint32_t *ret_status)
{
	static struct frame_space space;
	struct frame frame;
	struct cursor cursor;

	assert_true(readable(scanner->broker, WAIT_MS));
	assert_int_equal(frame_receive(scanner->broker, &space, &frame), 0);
	cursor = cursor_at(frame.payload, 0);
	if (frame.type == MESSAGE_ZYGOTE_READY) {
		assert_true(
		    bytes_copy(scanner->ready, READY_SIZE - 1, frame.payload));
		scanner->ready[frame.payload.size] = '\0';
	} else {
		assert_int_equal(frame.type, MESSAGE_JOB_EXIT);
		*ret_status = cursor_u32le(&cursor);
	}
	*ret_id = frame.id;
	return frame.type;
}

static void wait_until_ready(struct scanner *scanner, const char *wanted)
{
	uint64_t id;
	uint32_t status;

	do
		assert_int_equal(next_frame(scanner, &id, &status),
				 MESSAGE_ZYGOTE_READY);
	while (strstr(scanner->ready, wanted) == NULL);
}

/* Starts a scan; the channel is the caller's. */
static int begin(struct scanner *scanner, struct view content)
{
	const struct job_limits limits = {1ULL << 30, 1 << 20, 20};
	static struct job_parameters parameters;
	BUFFER_CLEANUP struct buffer limit_bytes = buffer_make(64);
	BUFFER_CLEANUP struct buffer parameter_bytes =
	    buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int fd = -1;
	int channel[2];

	parameters.kind = JOB_SCAN;
	policy_default(&parameters.policy);
	job_limits_write(&limit_bytes, &limits);
	job_parameters_write(&parameter_bytes, &parameters);
	assert_int_equal(frame_pair(channel), 0);
	assert_int_equal(memory_file_from("object", content, &fd), 0);
	assert_int_equal(frame_send(scanner->broker, MESSAGE_JOB_START,
				    ++scanner->jobs,
				    buffer_contents(&limit_bytes), channel[1]),
			 0);
	(void)close(channel[1]);
	assert_int_equal(
	    frame_send(channel[0], MESSAGE_JOB_INPUT, 0, view_of("", 0), fd),
	    0);
	assert_int_equal(frame_send(channel[0], MESSAGE_JOB_PARAMETERS, 0,
				    buffer_contents(&parameter_bytes), -1),
			 0);
	return channel[0];
}

static struct job_outcome finish(int channel)
{
	static struct frame_space space;
	struct job_outcome outcome = {0};
	struct frame frame;

	assert_true(readable(channel, WAIT_MS));
	assert_int_equal(frame_receive(channel, &space, &frame), 0);
	assert_int_equal(frame.type, MESSAGE_JOB_DONE);
	assert_int_equal(job_outcome_read(frame.payload, &outcome), 0);
	(void)close(channel);
	return outcome;
}

/* One scan from the beginning to its exit. */
static struct job_outcome scan(struct scanner *scanner, struct view content)
{
	struct job_outcome outcome = finish(begin(scanner, content));
	uint32_t status = 1;
	uint64_t id;

	while (next_frame(scanner, &id, &status) != MESSAGE_JOB_EXIT)
		;
	assert_int_equal(id, scanner->jobs);
	assert_int_equal(status, 0);
	return outcome;
}

static struct view eicar(void)
{
	static uint8_t bytes[EICAR_SIZE];

	canary_eicar(bytes);
	return view_of(bytes, sizeof(bytes));
}

static void malware_is_found_and_clean_files_pass(void **state)
{
	struct scanner *scanner = *state;
	struct canary canary;
	struct job_outcome outcome;

	put_definitions(scanner);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	assert_non_null(strstr(scanner->ready, "\"signatures\":2"));
	assert_non_null(strstr(scanner->ready, "\"files\":[\"test.ndb\"]"));
	assert_non_null(strstr(scanner->ready, "\"seccomp\":true"));
	outcome = scan(scanner, eicar());
	assert_int_equal(outcome.error, ERR_INFECTED);
	assert_non_null(strstr(outcome.detail, "Eicar-Test-Signature"));
	canary_make(&canary);
	outcome = scan(scanner, view_of(canary.bytes, sizeof(canary.bytes)));
	assert_int_equal(outcome.error, ERR_INFECTED);
	outcome = scan(scanner, view_of_string("minutes of the meeting\n"));
	assert_int_equal(outcome.error, ERR_NONE);
}

static void without_definitions_nothing_passes_until_they_come(void **state)
{
	struct scanner *scanner = *state;

	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"none\"");
	assert_int_equal(scan(scanner, view_of_string("text\n")).error,
			 ERR_SCANNER_NO_DEFINITIONS);
	put_definitions(scanner);
	wait_until_ready(scanner, "\"state\":\"ok\"");
	assert_int_equal(scan(scanner, view_of_string("text\n")).error,
			 ERR_NONE);
}

static void stale_definitions_let_nothing_pass(void **state)
{
	struct scanner *scanner = *state;
	const struct timespec old[2] = {{1000000, 0}, {1000000, 0}};
	char path[128];

	put_definitions(scanner);
	path_in(scanner, "test.ndb", path);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	start(scanner, "24", "/tmp");
	wait_until_ready(scanner, "\"state\":\"stale\"");
	assert_int_equal(scan(scanner, view_of_string("text\n")).error,
			 ERR_SCANNER_STALE_DEFINITIONS);
}

static void definitions_grow_stale_while_running(void **state)
{
	struct scanner *scanner = *state;
	struct timespec times[2];
	char path[128];

	put_definitions(scanner);
	path_in(scanner, "test.ndb", path);
	times[0].tv_sec = time(NULL) - 3600 + 4;
	times[0].tv_nsec = 0;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	wait_until_ready(scanner, "\"state\":\"stale\"");
	assert_int_equal(scan(scanner, view_of_string("text\n")).error,
			 ERR_SCANNER_STALE_DEFINITIONS);
}

/* Scans without a pause while the definitions change under them. */
static void a_reload_disturbs_no_scan(void **state)
{
	struct scanner *scanner = *state;
	const struct view text = view_of_string("new words: kogane\n");
	int early;
	int count = 0;

	put_definitions(scanner);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	/* One that began before and goes on over the reload. */
	early = begin(scanner, text);
	put(scanner, "more.ndb", view_of_string("Kogane:0:*:6b6f67616e65\n"));
	while (strstr(scanner->ready, "\"signatures\":3") == NULL) {
		struct job_outcome outcome = finish(begin(scanner, text));
		uint32_t status;
		uint64_t id;

		assert_true(outcome.error == ERR_NONE ||
			    outcome.error == ERR_INFECTED);
		do
			status = 0;
		while (next_frame(scanner, &id, &status) != MESSAGE_JOB_EXIT);
		assert_int_equal(status, 0);
		assert_true(++count < 100000);
	}
	assert_true(finish(early).error != ERR_SCANNER_FAILED);
	assert_true(count > 10);
	assert_int_equal(finish(begin(scanner, text)).error, ERR_INFECTED);
}

static void a_reload_that_fails_keeps_the_old_definitions(void **state)
{
	struct scanner *scanner = *state;

	put_definitions(scanner);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	put(scanner, "more.ndb", view_of_string("Broken:0:*:zz\n"));
	wait_until_ready(scanner, "\"reload\":\"failed\"");
	assert_non_null(strstr(scanner->ready, "\"state\":\"ok\""));
	assert_int_equal(scan(scanner, eicar()).error, ERR_INFECTED);
	assert_int_equal(scan(scanner, view_of_string("text\n")).error,
			 ERR_NONE);
	put(scanner, "more.ndb", view_of_string("Mended:0:*:6b6f67616e65\n"));
	wait_until_ready(scanner, "\"reload\":\"ok\"");
	assert_non_null(strstr(scanner->ready, "\"signatures\":3"));
}

/* The process with the definitions is killed: a new one takes its place. */
static void a_lost_generation_is_replaced(void **state)
{
	struct scanner *scanner = *state;
	char command[128];
	FILE *children;
	int process = 0;

	put_definitions(scanner);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	(void)snprintf(command, sizeof(command), "/proc/%d/task/%d/children",
		       (int)scanner->process, (int)scanner->process);
	children = fopen(command, "r");
	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &process), 1);
	(void)fclose(children);
	assert_true(process > 1);
	assert_int_equal(kill(process, SIGKILL), 0);
	wait_until_ready(scanner, "\"state\":\"ok\"");
	assert_int_equal(scan(scanner, eicar()).error, ERR_INFECTED);
}

static void it_stops_when_told(void **state)
{
	struct scanner *scanner = *state;
	int status;

	put_definitions(scanner);
	start(scanner, "1", "/tmp");
	wait_until_ready(scanner, "\"state\":\"ok\"");
	assert_int_equal(frame_send(scanner->supervisor, MESSAGE_STOP, 0,
				    view_of("", 0), -1),
			 0);
	assert_int_equal(waitpid(scanner->process, &status, 0),
			 scanner->process);
	scanner->process = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define WITH_SCANNER(test)                                                     \
	cmocka_unit_test_setup_teardown(test, make_scanner, remove_scanner)
	const struct CMUnitTest tests[] = {
	    WITH_SCANNER(malware_is_found_and_clean_files_pass),
	    WITH_SCANNER(without_definitions_nothing_passes_until_they_come),
	    WITH_SCANNER(stale_definitions_let_nothing_pass),
	    WITH_SCANNER(definitions_grow_stale_while_running),
	    WITH_SCANNER(a_reload_disturbs_no_scan),
	    WITH_SCANNER(a_reload_that_fails_keeps_the_old_definitions),
	    WITH_SCANNER(a_lost_generation_is_replaced),
	    WITH_SCANNER(it_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

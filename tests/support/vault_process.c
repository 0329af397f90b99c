#define _GNU_SOURCE
#include "tests/support/vault_process.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	abort();
}

void vault_folder_make(char ret_folder[64])
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(ret_folder, 64, "%s/sekisho-vault-XXXXXX",
		       base == NULL || strlen(base) > 30 ? "/tmp" : base);
	must(mkdtemp(ret_folder) != NULL, "mkdtemp");
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

void vault_folder_remove(const char *folder)
{
	(void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static int listen_at(const char *folder)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "%s/vault.sock", folder);
	(void)unlink(address.sun_path);
	must(fd >= 0 &&
		 bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		 listen(fd, 8) == 0,
	     "listen");
	return fd;
}

int vault_connect_command(const struct vault_process *vault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "%s/vault.sock", vault->folder);
	must(fd >= 0 &&
		 connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0,
	     "connect");
	return fd;
}

static void run_vault(const struct vault_process *vault, const int fds[4],
		      const char *const *options, unsigned long file_limit)
{
	static const char *const names[4] = {"broker", "folder", "supervisor",
					     "listen"};
	struct rlimit limit = {file_limit, file_limit};
	const char *arguments[32] = {"sekisho-vault", "--node", "test"};
	char edges[4][32];
	int count = 3;

	for (int i = 0; i < 4; i++) {
		(void)snprintf(edges[i], sizeof(edges[i]), "%s=%d", names[i],
			       fds[i]);
		arguments[count++] = "--edge";
		arguments[count++] = edges[i];
		must(fcntl(fds[i], F_SETFD, 0) == 0, "fcntl");
	}
	for (; options != NULL && *options != NULL && count < 31; options++)
		arguments[count++] = *options;
	must(chdir(vault->folder) == 0, "chdir");
	if (file_limit != 0)
		must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
	(void)execv(PROGRAMS_FOLDER "/sekisho-vault",
		    (char *const *)(uintptr_t)arguments);
	_exit(127);
}

void vault_start(struct vault_process *vault, const char *const *options,
		 unsigned long file_limit)
{
	int pairs[3][2];
	int listener = listen_at(vault->folder);

	for (int i = 0; i < 3; i++)
		must(frame_pair(pairs[i]) == 0, "frame_pair");
	vault->pid = fork();
	must(vault->pid >= 0, "fork");
	if (vault->pid == 0) {
		const int fds[4] = {pairs[0][1], pairs[1][1], pairs[2][1],
				    listener};

		run_vault(vault, fds, options, file_limit);
	}
	for (int i = 0; i < 3; i++)
		handle_close(&pairs[i][1]);
	handle_close(&listener);
	vault->broker = pairs[0][0];
	vault->folder_edge = pairs[1][0];
	vault->supervisor = pairs[2][0];
}

static int reap(struct vault_process *vault)
{
	int status = -1;

	must(waitpid(vault->pid, &status, 0) == vault->pid, "waitpid");
	handle_close(&vault->broker);
	handle_close(&vault->folder_edge);
	handle_close(&vault->supervisor);
	return status;
}

int vault_stop(struct vault_process *vault)
{
	(void)!frame_send(vault->supervisor, MESSAGE_STOP, 0,
			  (struct view){NULL, 0}, -1);
	return reap(vault);
}

int vault_kill(struct vault_process *vault, int number)
{
	(void)kill(vault->pid, number);
	return reap(vault);
}

void vault_sample(struct vault_record *record, enum error reason,
		  const char *name)
{
	bool passes = reason == ERR_NONE;

	*record = (struct vault_record){
	    .channel = CHANNEL_FOLDER,
	    .direction = DIRECTION_INBOUND,
	    .state = passes ? STATE_READY : STATE_HELD,
	    .verdict = passes ? VERDICT_SANITIZED : VERDICT_BLOCKED,
	    .reason = reason,
	    .output_bytes = passes ? 5 : 0,
	};
	item_id_new(record->item_id);
	(void)text_copy(record->department, sizeof(record->department),
			"総務課");
	(void)text_copy(record->name, sizeof(record->name), name);
	(void)text_copy(record->type, sizeof(record->type), "text");
	if (passes)
		(void)crypto_hash_sha256(record->output_sha256,
					 (const uint8_t *)"clean", 5);
}

static const char sample_report[] =
    "{\"version\":1,\"objects\":[{\"path\":\"入札.txt\",\"format\":\"text\","
    "\"verdict\":\"sanitized\",\"reason\":null,\"input_bytes\":9}],"
    "\"removals\":[{\"kind\":\"metadata\",\"path\":\"入札.txt\","
    "\"detail\":\"Author\",\"bytes\":12,\"sha256\":null,"
    "\"ja\":\"x\",\"en\":\"x\"}]}\n";

int vault_send_record(int edge, uint64_t id, struct vault_record *record,
		      const char *content)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int report = -1;
	HANDLE_CLEANUP int original = -1;
	int error = 0;

	record->has_original = content != NULL;
	if (content != NULL) {
		record->input_bytes = strlen(content);
		(void)crypto_hash_sha256(record->input_sha256,
					 (const uint8_t *)content,
					 strlen(content));
		must(memory_file_from("original", view_of_string(content),
				      &original) == 0,
		     "memory_file_from");
		error = frame_send(edge, MESSAGE_VAULT_ORIGINAL, id,
				   (struct view){NULL, 0}, original);
	}
	must(memory_file_from("report", view_of_string(sample_report),
			      &report) == 0,
	     "memory_file_from");
	vault_record_write(&payload, record);
	must(buffer_error(&payload) == 0, "vault_record_write");
	if (error == 0)
		error = frame_send(edge, MESSAGE_VAULT_RECORD, id,
				   buffer_contents(&payload), report);
	return error;
}

int vault_send_transition(int edge, uint64_t id, const char *item_id,
			  enum item_state state, const char *detail)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	pack_string(&payload, item_id);
	buffer_u8(&payload, (uint8_t)state);
	pack_string(&payload, detail);
	return frame_send(edge, MESSAGE_VAULT_TRANSITION, id,
			  buffer_contents(&payload), -1);
}

int vault_wait_ack(int edge, uint64_t *ret_id)
{
	static struct frame_space space;
	struct frame frame;
	struct cursor cursor;
	uint32_t error;

	if (frame_receive(edge, &space, &frame) != 0)
		return -1;
	handle_close(&frame.fd);
	cursor = cursor_at(frame.payload, 0);
	error = cursor_u32le(&cursor);
	/* A certificate may follow. */
	if (frame.type != MESSAGE_VAULT_ACK || cursor.failed)
		return -1;
	*ret_id = frame.id;
	return (int)error;
}

int vault_record_now(struct vault_process *vault, struct vault_record *record,
		     const char *content)
{
	uint64_t id = 0;

	if (vault_send_record(vault->broker, 7, record, content) != 0)
		return -1;
	return vault_wait_ack(vault->broker, &id);
}

enum item_state vault_ask_state(int edge, const char *item_id)
{
	static struct frame_space space;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	struct frame frame;

	pack_string(&payload, item_id);
	if (frame_send(edge, MESSAGE_VAULT_STATE, 1, buffer_contents(&payload),
		       -1) != 0 ||
	    frame_receive(edge, &space, &frame) != 0 ||
	    frame.type != MESSAGE_VAULT_STATE_REPLY || frame.payload.size != 33)
		return STATE_COUNT;
	return (enum item_state)frame.payload.data[0];
}

char *vault_ask_text(int edge, enum message type, struct view payload,
		     int *ret_error)
{
	static struct frame_space space;
	struct frame frame;
	struct view text;
	struct cursor cursor;
	char *copy = NULL;

	*ret_error = -1;
	if (frame_send(edge, type, 5, payload, -1) != 0 ||
	    frame_receive(edge, &space, &frame) != 0)
		return NULL;
	if (frame.type == MESSAGE_VAULT_REPLY && frame.fd >= 0 &&
	    handle_map(frame.fd, &text) == 0) {
		copy = calloc(1, text.size + 1);
		must(copy != NULL && bytes_copy(copy, text.size, text),
		     "calloc");
		handle_unmap(&text);
	} else {
		cursor = cursor_at(frame.payload, 0);
		*ret_error = (int)cursor_u32le(&cursor);
	}
	handle_close(&frame.fd);
	return copy;
}

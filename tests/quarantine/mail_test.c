/* What the vault does for mail: delivery in the record's step, repeats, parts
 * under their message, and mail stopped over a restart. */
#define _GNU_SOURCE
#include "tests/support/vault_process.h"

#include "base/handle.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int set_up(void **state)
{
	struct vault_process *vault = calloc(1, sizeof(*vault));

	assert_non_null(vault);
	vault_folder_make(vault->folder);
	vault_start(vault, NULL, 0);
	*state = vault;
	return 0;
}

static int tear_down(void **state)
{
	struct vault_process *vault = *state;

	if (vault->pid > 0 && vault->broker >= 0)
		(void)vault_kill(vault, SIGKILL);
	vault_folder_remove(vault->folder);
	free(vault);
	return 0;
}

static void audit(const struct vault_process *vault)
{
	char command[512];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)snprintf(command, sizeof(command), "%s/audit",
			       vault->folder);
		if (chdir(vault->folder) == 0)
			(void)execl(PROGRAMS_FOLDER "/sekisho-audit",
				    "sekisho-audit", "verify", "audit", "--key",
				    "audit/audit.pub", "--state", "vault.db",
				    NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void sample_mail(struct vault_record *record, enum error reason)
{
	vault_sample(record, reason, "message.eml");
	record->channel = CHANNEL_MAIL;
	record->hands_over = true;
}

static void a_message_handed_over_is_delivered_when_it_is_recorded(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;

	sample_mail(&record, ERR_NONE);
	assert_int_equal(vault_record_now(vault, &record, "raw"), 0);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_DELIVERED);
	assert_int_equal(vault_stop(vault), 0);
	audit(vault);
}

static void a_message_sent_again_is_delivered_again(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;

	sample_mail(&record, ERR_NONE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(vault_record_now(vault, &record, "raw"), 0);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_DELIVERED);
	/* Another content under the same id is no repetition. */
	assert_int_equal(vault_record_now(vault, &record, "other"), ERR_STALE);
	record.channel = CHANNEL_FOLDER;
	assert_int_equal(vault_record_now(vault, &record, "raw"), ERR_STALE);
	assert_int_equal(vault_stop(vault), 0);
	audit(vault);
}

static void what_was_delivered_cannot_be_held(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	struct vault_record held;

	sample_mail(&record, ERR_NONE);
	assert_int_equal(vault_record_now(vault, &record, "raw"), 0);
	sample_mail(&held, ERR_INFECTED);
	(void)snprintf(held.item_id, sizeof(held.item_id), "%s",
		       record.item_id);
	assert_int_equal(vault_record_now(vault, &held, "raw"), ERR_STALE);
	item_id_new(held.item_id);
	(void)snprintf(held.parent, sizeof(held.parent), "%s", record.item_id);
	assert_int_equal(vault_record_now(vault, &held, "raw"), 0);
	assert_int_equal(vault_ask_state(vault->broker, held.item_id),
			 STATE_HELD);
}

static void a_part_is_listed_under_its_message(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	struct vault_record part;
	char filter[96];
	int command;
	char *text;
	int error;

	sample_mail(&record, ERR_NONE);
	sample_mail(&part, ERR_TYPE_EXECUTABLE);
	(void)snprintf(part.parent, sizeof(part.parent), "%s", record.item_id);
	assert_int_equal(vault_record_now(vault, &part, "MZ"), 0);
	assert_int_equal(vault_record_now(vault, &part, "MZ"), 0);
	assert_int_equal(vault_record_now(vault, &record, "raw"), 0);
	command = vault_connect_command(vault);
	(void)snprintf(filter, sizeof(filter), "{\"parent\":\"%s\"}",
		       record.item_id);
	text = vault_ask_text(command, MESSAGE_VAULT_LIST,
			      view_of_string(filter), &error);
	assert_non_null(text);
	assert_non_null(strstr(text, part.item_id));
	assert_null(strstr(text, "\"state\":\"delivered\""));
	free(text);
	(void)close(command);
	assert_int_equal(vault_stop(vault), 0);
	audit(vault);
}

static int set_traffic(int command, enum direction direction, bool stopped)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(64);
	uint64_t id;

	buffer_u8(&payload, (uint8_t)direction);
	buffer_u8(&payload, stopped);
	pack_string(&payload, "a reason");
	assert_int_equal(frame_send(command, MESSAGE_VAULT_TRAFFIC, 7,
				    buffer_contents(&payload), -1),
			 0);
	return vault_wait_ack(command, &id);
}

static void read_traffic(int command, uint8_t ret_stopped[2])
{
	static struct frame_space space;
	struct frame frame;

	assert_int_equal(frame_send(command, MESSAGE_VAULT_TRAFFIC_ASK, 8,
				    (struct view){NULL, 0}, -1),
			 0);
	assert_int_equal(frame_receive(command, &space, &frame), 0);
	assert_int_equal(frame.type, MESSAGE_VAULT_TRAFFIC_STATE);
	assert_int_equal(frame.payload.size, 2);
	ret_stopped[0] = frame.payload.data[0];
	ret_stopped[1] = frame.payload.data[1];
}

static void stopped_mail_stays_stopped_over_a_crash(void **state)
{
	struct vault_process *vault = *state;
	int command = vault_connect_command(vault);
	uint8_t stopped[2];

	read_traffic(command, stopped);
	assert_int_equal(stopped[0] + stopped[1], 0);
	assert_int_equal(set_traffic(command, DIRECTION_OUTBOUND, true), 0);
	(void)close(command);
	(void)vault_kill(vault, SIGKILL);
	vault_start(vault, NULL, 0);
	command = vault_connect_command(vault);
	read_traffic(command, stopped);
	assert_int_equal(stopped[DIRECTION_INBOUND], 0);
	assert_int_equal(stopped[DIRECTION_OUTBOUND], 1);
	assert_int_equal(set_traffic(command, DIRECTION_OUTBOUND, false), 0);
	read_traffic(command, stopped);
	assert_int_equal(stopped[DIRECTION_OUTBOUND], 0);
	(void)close(command);
	assert_int_equal(vault_stop(vault), 0);
	audit(vault);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_message_handed_over_is_delivered_when_it_is_recorded),
	    TEST(a_message_sent_again_is_delivered_again),
	    TEST(what_was_delivered_cannot_be_held),
	    TEST(a_part_is_listed_under_its_message),
	    TEST(stopped_mail_stays_stopped_over_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

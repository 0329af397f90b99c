/*
 * A vault with many items, made without the pipeline: for measuring what lists
 * and searches cost.
 *
 * usage: bench-vault-fill COUNT; the current folder becomes the state folder
 */
#include "base/bytes.h"
#include "base/program.h"
#include "quarantine/item.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

static const char report[] =
    "{\"version\":1,\"objects\":[{\"path\":\"\",\"format\":\"unknown\","
    "\"verdict\":\"blocked\",\"reason\":{\"code\":\"type.executable\"},"
    "\"input_bytes\":1234}],\"removals\":[]}";
static const char *const subjects[] = {"計画", "報告", "予算", "名簿"};
static const struct actor actor = {"sekisho-broker", "system"};

static int add(struct store *store, long number)
{
	static struct vault_record record;

	record = (struct vault_record){.channel = CHANNEL_FOLDER,
				       .state = STATE_HELD,
				       .verdict = VERDICT_BLOCKED,
				       .reason = ERR_TYPE_EXECUTABLE,
				       .input_bytes = 1234};
	item_id_new(record.item_id);
	(void)snprintf(record.department, sizeof(record.department), "第%ld課",
		       number % 20 + 1);
	(void)snprintf(record.name, sizeof(record.name), "文書%ld-%s.exe",
		       number, subjects[number % 4]);
	(void)text_copy(record.type, sizeof(record.type), "unknown");
	randombytes_buf(record.input_sha256, sizeof(record.input_sha256));
	return item_record(store, &actor, &record, view_of_string(report), -1);
}

static int fill(struct store *store, long count)
{
	int error = 0;

	for (long i = 0; error == 0 && i < count; i++) {
		if (store->open && store->changes >= STORE_GROUP_MAX - 8)
			error = store_commit(store);
		if (error == 0)
			error = store_begin(store);
		if (error == 0)
			error = add(store, i);
	}
	return error == 0 ? store_commit(store) : error;
}

int main(int argc, char **argv)
{
	static struct store_options options = {.node = "bench",
					       .keep_held_days = 90};
	struct store *store = calloc(1, sizeof(*store));
	struct problem problem = {0};
	struct timespec begin;
	struct timespec end;
	long count = 0;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : 0;

	if (store == NULL || argc != 2 ||
	    program_number(argv[1], 1, 10000000, &count) != 0)
		return 64;
	if (error == 0)
		error = store_open(store, &options, &problem);
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	if (error == 0)
		error = fill(store, count);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	if (error == 0)
		error = store_stop(store);
	store_close(store);
	free(store);
	if (error != 0) {
		(void)fprintf(stderr, "%s %s\n", error_name(error),
			      problem.text);
		return 1;
	}
	(void)printf("%.0f\n",
		     (double)count /
			 ((double)(end.tv_sec - begin.tv_sec) +
			  (double)(end.tv_nsec - begin.tv_nsec) / 1e9));
	return 0;
}

/* What people are shown of an item: asked for, made, kept under a key of its
 * own, read part by part, and gone when it is not what was asked for. */
#define _GNU_SOURCE
#include "quarantine/preview.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const char page[] = "\x89PNG of the first page";
static const char macros[] = "Sub AutoOpen()\nEnd Sub\n";

static struct vault_record held;

static int ask(struct store *store, enum person person, bool *ret_ready)
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.1", clock_now_ms()};

	return REVIEW_RUN(
	    store, preview_ask(store, &reviewer, held.item_id, ret_ready));
}

static int open_it(struct store *store, struct vault_opened *ret)
{
	return REVIEW_RUN(
	    store, preview_open(store, &world_broker, held.item_id, ret));
}

static struct preview a_preview(void)
{
	struct preview preview = {.pages = 3, .count = 2};

	(void)text_copy(preview.item_id, sizeof(preview.item_id), held.item_id);
	preview.policy_sha256[0] = 7;
	preview.parts[0] =
	    (struct preview_part){PREVIEW_PAGE, sizeof(page) - 1, ""};
	preview.parts[1] = (struct preview_part){
	    PREVIEW_MACRO, sizeof(macros) - 1, "xl/vbaProject.bin"};
	return preview;
}

static int keep(struct store *store, const struct preview *preview,
		const char *content)
{
	HANDLE_CLEANUP int fd = -1;

	if (content != NULL)
		assert_int_equal(
		    memory_file_from("preview", view_of_string(content), &fd),
		    0);
	return REVIEW_RUN(store,
			  preview_store(store, &world_broker, preview, fd));
}

/* Asked for, opened and made. */
static void make_one(struct store *store)
{
	const struct preview preview = a_preview();
	struct vault_opened opened = {0};
	char content[128];
	bool ready = true;

	assert_int_equal(ask(store, RIN, &ready), 0);
	assert_false(ready);
	assert_int_equal(open_it(store, &opened), 0);
	(void)snprintf(content, sizeof(content), "%s%s", page, macros);
	assert_int_equal(keep(store, &preview, content), 0);
}

static int set_up(void **state)
{
	if (review_set_up(state) != 0)
		return -1;
	review_hold_item(*state, TAX, &held);
	return 0;
}

static const char *state_of(struct store *store)
{
	return review_value(store,
			    "SELECT state || ' ' || reason FROM preview");
}

static const char *records_of(struct store *store)
{
	return review_value(
	    store, "SELECT group_concat(json_extract(line, '$.action') || ':'"
		   " || json_extract(line, '$.actor'), ' ') FROM (SELECT line"
		   " FROM audit_entry WHERE line LIKE '%\"object\":\"preview:%'"
		   " OR line LIKE '%\"item.preview\"%' ORDER BY seq)");
}

static bool part_is(struct store *store, int64_t number,
		    enum preview_kind wanted, const char *text)
{
	HANDLE_CLEANUP int fd = -1;
	enum preview_kind kind = PREVIEW_KINDS;
	struct view content;
	bool same;

	assert_int_equal(preview_read(store, held.item_id, number, &kind, &fd),
			 0);
	assert_int_equal(handle_map(fd, &content), 0);
	same = kind == wanted && view_equal(content, view_of_string(text));
	handle_unmap(&content);
	return same;
}

static void who_asked_who_opened_and_what_was_made_is_on_record(void **state)
{
	make_one(*state);
	assert_string_equal(state_of(*state), "ready ");
	assert_string_equal(records_of(*state),
			    "preview.ask:rin preview.open:sekisho-broker"
			    " item.preview:sekisho-broker");
	/* The item itself is where it was. */
	assert_int_equal(review_state(*state, held.item_id), STATE_HELD);
}

static void it_is_read_part_by_part(void **state)
{
	int fd = -1;
	enum preview_kind kind;

	make_one(*state);
	assert_true(part_is(*state, 1, PREVIEW_PAGE, page));
	assert_true(part_is(*state, 2, PREVIEW_MACRO, macros));
	assert_int_equal(preview_read(*state, held.item_id, 3, &kind, &fd),
			 -ERR_NOT_FOUND);
	*state = review_reopen(*state);
	assert_true(part_is(*state, 1, PREVIEW_PAGE, page));
}

static void a_second_look_does_not_make_it_again(void **state)
{
	char due[4][ITEM_ID_SIZE + 1];
	bool ready = false;

	assert_int_equal(ask(*state, RIN, &ready), 0);
	assert_int_equal(ask(*state, ANN, &ready), 0);
	assert_false(ready);
	assert_int_equal(preview_due(*state, due, 4), 1);
	assert_string_equal(due[0], held.item_id);
	make_one(*state);
	assert_int_equal(ask(*state, SAM, &ready), 0);
	assert_true(ready);
	assert_int_equal(preview_due(*state, due, 4), 0);
}

static void nobody_else_may_ask(void **state)
{
	bool ready;

	assert_int_equal(ask(*state, UMA, &ready), -ERR_NOT_FOUND);
	assert_int_equal(ask(*state, ADA, &ready), -ERR_NOT_FOUND);
	assert_int_equal(ask(*state, AUD, &ready), -ERR_NOT_FOUND);
	assert_string_equal(
	    review_value(*state, "SELECT count(*) FROM preview"), "0");
}

static void a_ready_one_lives_through_request_and_release(void **state)
{
	struct store *store = *state;
	char id[ITEM_ID_SIZE + 1];

	make_one(store);
	assert_int_equal(
	    review_asks(store, RIN, held.item_id, REQUEST_RELEASE_ORIGINAL, id),
	    0);
	assert_true(part_is(store, 1, PREVIEW_PAGE, page));
	/* What was asked for is what is decided: a preview changes nothing. */
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(review_state(store, held.item_id), STATE_APPROVED);
}

static void recorded_again_it_is_thrown_away(void **state)
{
	struct store *store = *state;
	int fd = -1;
	enum preview_kind kind;

	make_one(store);
	assert_int_equal(review_record(store, &held, "the original"), 0);
	assert_string_equal(review_value(store, "SELECT count(*) FROM preview"),
			    "0");
	assert_int_equal(preview_read(store, held.item_id, 1, &kind, &fd),
			 -ERR_NOT_FOUND);
}

static void what_was_not_asked_for_is_not_kept(void **state)
{
	const struct preview preview = a_preview();

	assert_int_equal(keep(*state, &preview, page), -ERR_STALE);
	assert_string_equal(
	    review_value(
		*state, "SELECT count(*) FROM artifact WHERE kind = 'preview'"),
	    "0");
}

static void parts_that_do_not_fit_their_content_are_refused(void **state)
{
	struct preview preview = a_preview();
	struct vault_opened opened = {0};
	bool ready;

	assert_int_equal(ask(*state, RIN, &ready), 0);
	assert_int_equal(open_it(*state, &opened), 0);
	assert_int_equal(keep(*state, &preview, page), -ERR_PROTOCOL);
	/* Nor a reason with content, or none without. */
	preview.reason = ERR_TYPE_FORBIDDEN;
	assert_int_equal(keep(*state, &preview, page), -ERR_PROTOCOL);
	preview.reason = ERR_NONE;
	assert_int_equal(keep(*state, &preview, NULL), -ERR_PROTOCOL);
	assert_string_equal(state_of(*state), "making ");
	assert_string_equal(
	    review_value(*state, "SELECT count(*) FROM preview_part"), "0");
}

static void what_does_not_pass_says_why(void **state)
{
	struct preview preview = a_preview();
	struct vault_opened opened = {0};
	bool ready;

	assert_int_equal(ask(*state, RIN, &ready), 0);
	assert_int_equal(open_it(*state, &opened), 0);
	preview.reason = ERR_TYPE_FORBIDDEN;
	assert_int_equal(keep(*state, &preview, NULL), 0);
	assert_string_equal(state_of(*state), "failed type.forbidden");
	/* It can be asked for again. */
	assert_int_equal(ask(*state, RIN, &ready), 0);
	assert_string_equal(state_of(*state), "making ");
}

static void after_three_openings_it_has_failed(void **state)
{
	struct vault_opened opened = {0};
	bool ready;

	assert_int_equal(ask(*state, RIN, &ready), 0);
	for (int i = 0; i < PREVIEW_TRIES_MAX; i++) {
		assert_int_equal(open_it(*state, &opened), 0);
		assert_string_equal(opened.item_id, held.item_id);
		assert_int_equal(opened.task, TASK_PREVIEW);
	}
	assert_int_equal(open_it(*state, &opened), 0);
	assert_string_equal(opened.item_id, "");
	assert_string_equal(state_of(*state), "failed unavailable");
	assert_int_equal(open_it(*state, &opened), -ERR_STALE);
}

static void so_many_askings_an_hour(void **state)
{
	struct preview preview = a_preview();
	struct vault_opened opened = {0};
	bool ready;

	preview.reason = ERR_TYPE_FORBIDDEN;
	for (int i = 0; i < PREVIEW_ASKED_MAX; i++) {
		assert_int_equal(ask(*state, RIN, &ready), 0);
		assert_int_equal(open_it(*state, &opened), 0);
		assert_int_equal(keep(*state, &preview, NULL), 0);
	}
	assert_int_equal(ask(*state, RIN, &ready), -ERR_TOO_MANY);
}

static void what_is_infected_or_gone_is_never_shown(void **state)
{
	struct vault_record record;
	size_t count = 0;
	bool ready;

	vault_sample(&record, ERR_INFECTED, "eicar.com");
	(void)text_copy(record.department, sizeof(record.department), TAX);
	assert_int_equal(review_record(*state, &record, "virus"), 0);
	(void)text_copy(held.item_id, sizeof(held.item_id), record.item_id);
	assert_int_equal(ask(*state, RIN, &ready), -ERR_INFECTED);
	review_hold_item(*state, TAX, &held);
	make_one(*state);
	assert_int_equal(
	    REVIEW_RUN(*state, item_expire(*state,
					   clock_now_ms() +
					       INT64_C(31) * 24 * 3600 * 1000,
					   100, &count)),
	    0);
	assert_true(count > 0);
	assert_string_equal(review_value(*state,
					 "SELECT count(*) FROM blob"
					 " WHERE wrapped_key IS NOT NULL"),
			    "0");
	assert_int_not_equal(ask(*state, RIN, &ready), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(who_asked_who_opened_and_what_was_made_is_on_record),
	    TEST(it_is_read_part_by_part),
	    TEST(a_second_look_does_not_make_it_again),
	    TEST(nobody_else_may_ask),
	    TEST(a_ready_one_lives_through_request_and_release),
	    TEST(recorded_again_it_is_thrown_away),
	    TEST(what_was_not_asked_for_is_not_kept),
	    TEST(parts_that_do_not_fit_their_content_are_refused),
	    TEST(what_does_not_pass_says_why),
	    TEST(after_three_openings_it_has_failed),
	    TEST(so_many_askings_an_hour),
	    TEST(what_is_infected_or_gone_is_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

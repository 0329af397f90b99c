/* Security keys (AUTH-7), with an authenticator written here: P-256 keys and
 * signatures by OpenSSL, data as WebAuthn level 2 lays it out. */
#define _GNU_SOURCE
#include "tests/support/console_calls.h"

#include "base/bytes.h"
#include "quarantine/people/fido.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define ORIGIN "https://sekisho.example.jp:8443"

/* What somebody who attacks would change. */
struct key {
	EVP_PKEY *pair;
	uint8_t id[16];
	uint32_t counter;
	const char *party;
	const char *origin;
	const char *type; /* NULL: the right one */
	uint8_t flags;    /* presence */
};

struct world {
	struct calls calls;
	struct key key;
	char token[TOKEN_TEXT_SIZE + 1];
	char challenge[64];
	char client_data[1024];
	char authenticator_data[1024];
	char signature[512];
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	calls_open(&world->calls);
	(void)text_copy(world->calls.store->options.people.origin,
			ORIGIN_MAX + 1, ORIGIN);
	world->key = (struct key){.pair = EVP_EC_gen("P-256"),
				  .id = "0123456789abcde",
				  .party = "sekisho.example.jp",
				  .origin = ORIGIN,
				  .flags = 1};
	assert_non_null(world->key.pair);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	EVP_PKEY_free(world->key.pair);
	calls_close(&world->calls);
	free(world);
	return 0;
}

static void encode(struct view bytes, char *text, size_t size)
{
	struct buffer buffer = buffer_make(size);

	fido_encode(bytes, &buffer);
	buffer_u8(&buffer, 0);
	assert_int_equal(buffer_error(&buffer), 0);
	(void)text_copy(text, size, (const char *)buffer.data);
	buffer_free(&buffer);
}

/* The public key in COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
static void write_cose(const struct key *key, struct buffer *buffer)
{
	static const uint8_t head[] = {0xa5, 0x01, 0x02, 0x03, 0x26,
				       0x20, 0x01, 0x21, 0x58, 0x20};
	static const uint8_t middle[] = {0x22, 0x58, 0x20};
	uint8_t point[65];
	size_t size = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(
			     key->pair, "pub", point, sizeof(point), &size),
			 1);
	assert_int_equal(size, sizeof(point));
	buffer_bytes(buffer, head, sizeof(head));
	buffer_bytes(buffer, point + 1, 32);
	buffer_bytes(buffer, middle, sizeof(middle));
	buffer_bytes(buffer, point + 33, 32);
}

static void write_authenticator(const struct key *key, bool with_key,
				struct buffer *buffer)
{
	uint8_t hash[HASH_SIZE];

	hash_bytes(view_of_string(key->party), hash);
	buffer_bytes(buffer, hash, sizeof(hash));
	buffer_u8(buffer, (uint8_t)(key->flags | (with_key ? 0x40 : 0)));
	buffer_u32be(buffer, key->counter);
	if (!with_key)
		return;
	buffer_fill(buffer, 0, 16);
	buffer_u16be(buffer, sizeof(key->id));
	buffer_bytes(buffer, key->id, sizeof(key->id));
	write_cose(key, buffer);
}

static void sign(const struct key *key, struct view data, const char *client,
		 char *text, size_t size)
{
	struct buffer all = buffer_make(2048);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[128];
	uint8_t hash[HASH_SIZE];
	size_t length = sizeof(signature);

	hash_bytes(view_of_string(client), hash);
	buffer_view(&all, data);
	buffer_bytes(&all, hash, sizeof(hash));
	assert_int_equal(
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair),
	    1);
	assert_int_equal(
	    EVP_DigestSign(context, signature, &length, all.data, all.size), 1);
	EVP_MD_CTX_free(context);
	encode(view_of(signature, length), text, size);
	buffer_free(&all);
}

/* What a browser and its key would answer to the challenge. */
static void answer(struct world *world, bool registers)
{
	struct buffer data = buffer_make(1024);
	char client[512];
	const char *type = world->key.type;

	if (type == NULL)
		type = registers ? "webauthn.create" : "webauthn.get";
	(void)snprintf(client, sizeof(client),
		       "{\"type\":\"%s\",\"challenge\":\"%s\","
		       "\"origin\":\"%s\",\"crossOrigin\":false}",
		       type, world->challenge, world->key.origin);
	write_authenticator(&world->key, registers, &data);
	assert_int_equal(buffer_error(&data), 0);
	encode(view_of_string(client), world->client_data,
	       sizeof(world->client_data));
	encode(buffer_contents(&data), world->authenticator_data,
	       sizeof(world->authenticator_data));
	sign(&world->key, buffer_contents(&data), client, world->signature,
	     sizeof(world->signature));
	buffer_free(&data);
}

static void take_token(struct world *world)
{
	(void)text_copy(world->token, sizeof(world->token),
			calls_text(&world->calls, "token"));
	assert_int_equal(strlen(world->token), TOKEN_TEXT_SIZE);
}

static void take_challenge(struct world *world)
{
	assert_int_equal(
	    calls_ask(&world->calls, "key_challenge", world->token, ""), 0);
	assert_string_equal(calls_text(&world->calls, "relying_party"),
			    "sekisho.example.jp");
	(void)text_copy(world->challenge, sizeof(world->challenge),
			calls_text(&world->calls, "challenge"));
}

static int send_registration(struct world *world)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "{\"client_data\":\"%s\",\"authenticator_data\":\"%s\","
		       "\"label\":\"blue key\"}",
		       world->client_data, world->authenticator_data);
	return calls_ask(&world->calls, "key_register", world->token, text);
}

static int send_assertion(struct world *world)
{
	char text[4096];
	char id[64];

	encode(view_of(world->key.id, sizeof(world->key.id)), id, sizeof(id));
	(void)snprintf(text, sizeof(text),
		       "{\"key\":\"%s\",\"client_data\":\"%s\","
		       "\"authenticator_data\":\"%s\",\"signature\":\"%s\"}",
		       id, world->client_data, world->authenticator_data,
		       world->signature);
	return calls_ask(&world->calls, "session_key", world->token, text);
}

/* Up to where a second factor has to be set up. */
static void begin(struct world *world)
{
	struct calls *calls = &world->calls;

	assert_int_equal(calls_ask(calls, "users_create", NULL,
				   "{\"login\":\"hana\",\"name\":\"N\","
				   "\"role\":\"staff\","
				   "\"password\":\"Erst-Mal 47 Xy\"}"),
			 0);
	assert_int_equal(calls_ask(calls, "session_login", "",
				   "{\"login\":\"hana\","
				   "\"password\":\"Erst-Mal 47 Xy\"}"),
			 0);
	take_token(world);
	assert_int_equal(calls_ask(calls, "session_password", world->token,
				   "{\"password\":\"Erst-Mal 47 Xy\","
				   "\"new_password\":\"" CALLS_PASSWORD "\"}"),
			 0);
	take_token(world);
}

static void enrol(struct world *world)
{
	begin(world);
	take_challenge(world);
	answer(world, true);
	assert_int_equal(send_registration(world), 0);
	assert_string_equal(calls_text(&world->calls, "state"), "active");
	take_token(world);
}

static void log_in(struct world *world)
{
	assert_int_equal(
	    calls_ask(&world->calls, "session_login", "",
		      "{\"login\":\"hana\",\"password\":\"" CALLS_PASSWORD
		      "\"}"),
	    0);
	assert_string_equal(calls_text(&world->calls, "state"),
			    "second_factor");
	take_token(world);
	take_challenge(world);
}

static void a_key_is_set_up_and_lets_in(void **state)
{
	struct world *world = *state;

	enrol(world);
	log_in(world);
	world->key.counter = 1;
	answer(world, false);
	assert_int_equal(send_assertion(world), 0);
	assert_string_equal(calls_text(&world->calls, "state"), "active");
	take_token(world);
	assert_int_equal(
	    calls_ask(&world->calls, "keys_list", world->token, ""), 0);
	assert_int_equal(
	    json_array_size(json_object_get(world->calls.answer, "keys")), 1);
	/* The last factor of all cannot be taken away by oneself. */
	assert_int_equal(
	    calls_ask(&world->calls, "key_remove", world->token, "{\"key\":2}"),
	    -ERR_STALE);
}

static void an_answer_is_good_once(void **state)
{
	struct world *world = *state;

	enrol(world);
	log_in(world);
	answer(world, false);
	assert_int_equal(send_assertion(world), 0);
	/* The same answer in the next session, which has its own challenge. */
	log_in(world);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	/* And a wrong one uses the challenge up. */
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
}

static void a_wrong_answer_is_refused(void **state)
{
	struct world *world = *state;
	EVP_PKEY *right;

	world->calls.store->options.people.lock_failures = 100;
	world->key.counter = 7;
	enrol(world);
	log_in(world);
	world->key.counter = 7; /* as before: a copy of the key */
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	world->key.counter = 8;
	take_challenge(world);
	world->key.origin = "https://sekisho.example.jp.evil.example";
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	world->key.origin = ORIGIN;
	take_challenge(world);
	world->key.party = "evil.example";
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	world->key.party = "sekisho.example.jp";
	take_challenge(world);
	world->key.type = "webauthn.create";
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	world->key.type = NULL;
	take_challenge(world);
	world->key.flags = 0; /* nobody touched it */
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	world->key.flags = 1;
	take_challenge(world);
	right = world->key.pair;
	world->key.pair = EVP_EC_gen("P-256");
	answer(world, false);
	assert_int_equal(send_assertion(world), -ERR_CODE_WRONG);
	EVP_PKEY_free(world->key.pair);
	world->key.pair = right;
	take_challenge(world);
	answer(world, false);
	assert_int_equal(send_assertion(world), 0);
}

static void a_registration_for_another_site_is_refused(void **state)
{
	struct world *world = *state;

	begin(world);
	take_challenge(world);
	world->key.party = "evil.example";
	answer(world, true);
	assert_int_equal(send_registration(world), -ERR_CODE_WRONG);
	world->key.party = "sekisho.example.jp";
	/* The failed change left the challenge as it was. */
	world->key.type = "webauthn.get";
	answer(world, true);
	assert_int_equal(send_registration(world), -ERR_CODE_WRONG);
	world->key.type = NULL;
	(void)text_copy(world->authenticator_data,
			sizeof(world->authenticator_data), "AAAA");
	assert_int_equal(send_registration(world), -ERR_CODE_WRONG);
	answer(world, true);
	world->authenticator_data[strlen(world->authenticator_data) - 8] = '\0';
	assert_int_not_equal(send_registration(world), 0);
	take_challenge(world);
	answer(world, true);
	assert_int_equal(send_registration(world), 0);
}

static void without_an_origin_there_are_no_keys(void **state)
{
	struct world *world = *state;

	begin(world);
	world->calls.store->options.people.origin[0] = '\0';
	assert_int_equal(
	    calls_ask(&world->calls, "key_challenge", world->token, ""),
	    -ERR_NOT_FOUND);
}

#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEY_TEST(a_key_is_set_up_and_lets_in),
	    KEY_TEST(an_answer_is_good_once),
	    KEY_TEST(a_wrong_answer_is_refused),
	    KEY_TEST(a_registration_for_another_site_is_refused),
	    KEY_TEST(without_an_origin_there_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

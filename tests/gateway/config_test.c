#include "gateway/config/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

static struct config_problems problems;

static struct config *load(const char *text)
{
	struct config *config = NULL;

	if (config_load_text(view_of_string(text), "t.yaml", &problems,
			     &config) != 0) {
		for (size_t i = 0; i < problems.count; i++)
			print_message("%u %s: %s\n", problems.list[i].line,
				      problems.list[i].key,
				      problems.list[i].sentence[1]);
		fail_msg("the configuration was refused");
	}
	return config;
}

/* The text is refused and the first problem is in `line`, about `key`, and
 * its English sentence contains `words`. */
static void refused(const char *text, unsigned line, const char *key,
		    const char *words)
{
	struct config *config = NULL;
	int error = config_load_text(view_of_string(text), "t.yaml", &problems,
				     &config);

	assert_int_equal(error, -ERR_CONFIG);
	assert_null(config);
	assert_true(problems.count >= 1);
	assert_string_equal(problems.list[0].key, key);
	if (strstr(problems.list[0].sentence[1], words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words,
			 problems.list[0].sentence[1]);
	assert_int_equal(problems.list[0].line, line);
	assert_true(problems.list[0].sentence[0][0] != '\0');
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct config *config = load("# nothing\n");
	struct policy wanted;

	(void)state;
	policy_default(&wanted);
	assert_int_equal(config->policy_count, 1);
	assert_memory_equal(&config->policies[0].policy, &wanted,
			    sizeof(wanted));
	assert_string_equal(config->definitions, "/var/lib/clamav");
	assert_int_equal(config->definitions_max_age_hours, 48);
	assert_true(config->parallel >= 1);
	assert_int_equal(config->departments.count, 1);
	assert_int_equal(config->outbound.count, 0);
	assert_true(config_has_department(config, "soumu"));
	config_free(config);
}

static void the_sample_file_says_the_defaults(void **state)
{
	(void)state;
	for (int language = 0; language < 2; language++) {
		struct buffer text = buffer_make(1024 * 1024);
		struct config *config;
		struct policy wanted;

		config_write_defaults(&text, (enum language)language);
		buffer_u8(&text, '\0');
		assert_int_equal(buffer_error(&text), 0);
		config = load((const char *)text.data);
		policy_default(&wanted);
		assert_int_equal(config->policy_count, 1);
		assert_memory_equal(&config->policies[0].policy, &wanted,
				    sizeof(wanted));
		assert_int_equal(config->rule_count, 1);
		assert_string_equal(config->user, "sekisho");
		assert_int_equal(config->queue, 1000);
		config_free(config);
		buffer_free(&text);
	}
}

static void values_of_every_kind_arrive(void **state)
{
	struct config *config = load("language: en\n"
				     "parallel: 3\n"
				     "folders:\n"
				     "  state: /srv/s\n"
				     "  out: /mnt/out\n"
				     "vault: {node: gate-1.example}\n"
				     "folder:\n"
				     "  enabled: no\n"
				     "  departments: [soumu, 'zei*']\n"
				     "  outbound: [zeimu]\n"
				     "policies:\n"
				     "  - name: strict\n"
				     "    mode: text\n"
				     "    links: remove\n"
				     "    limits:\n"
				     "      input_bytes: 3 MiB\n"
				     "      seconds: 7\n"
				     "    modes: {text: block}\n");
	const struct policy *policy = &config->policies[1].policy;

	(void)state;
	assert_int_equal(config->language, LANGUAGE_EN);
	assert_int_equal(config->parallel, 3);
	assert_string_equal(config->node, "gate-1.example");
	assert_string_equal(config->in, "/srv/s/in");
	assert_string_equal(config->out, "/mnt/out");
	assert_string_equal(config->run, "/srv/s/run");
	assert_int_equal(config->folder_enabled, 0);
	assert_true(config_has_department(config, "zeimu"));
	assert_false(config_has_department(config, "kikaku"));
	assert_int_equal(config_direction_of(config, "zeimu"),
			 DIRECTION_OUTBOUND);
	assert_int_equal(config_direction_of(config, "soumu"),
			 DIRECTION_INBOUND);
	assert_int_equal(policy->links, LINKS_REMOVE);
	assert_int_equal(policy->limits.input_bytes, 3 * 1024 * 1024);
	assert_int_equal(policy->limits.seconds, 7);
	assert_int_equal(policy->limits.cpu_seconds, 60);
	assert_int_equal(policy->modes[FORMAT_TEXT], MODE_BLOCK);
	assert_int_equal(policy->modes[POLICY_FORMATS - 1], MODE_TEXT);
	config_free(config);
}

static void the_first_rule_that_matches_decides(void **state)
{
	struct config *config = load("policies:\n"
				     "  - {name: a, links: remove}\n"
				     "  - {name: b, comments: false}\n"
				     "rules:\n"
				     "  - {channel: command, policy: a}\n"
				     "  - {direction: outbound,"
				     " department: 'zei*', policy: b}\n");
	struct policy policy;

	(void)state;
	assert_string_equal(config_policy_for(config, CHANNEL_COMMAND,
					      DIRECTION_OUTBOUND, "zeimu",
					      &policy),
			    "a");
	assert_int_equal(policy.links, LINKS_REMOVE);
	assert_string_equal(config_policy_for(config, CHANNEL_FOLDER,
					      DIRECTION_OUTBOUND, "zeimu",
					      &policy),
			    "b");
	assert_int_equal(policy.comments, 0);
	assert_string_equal(config_policy_for(config, CHANNEL_FOLDER,
					      DIRECTION_INBOUND, "zeimu",
					      &policy),
			    "default");
	config_free(config);
}

static const char *policy_of(const struct config *config, const char *sender,
			     const char *recipient, uint64_t bytes,
			     struct mail_facts *ret_facts)
{
	static const char *recipients[2];
	struct policy policy;

	recipients[0] = "x@elsewhere.example";
	recipients[1] = recipient;
	*ret_facts = (struct mail_facts){.sender = sender,
					 .recipients = recipients,
					 .recipient_count = 2,
					 .bytes = bytes};
	config_mail_route(config, ret_facts);
	return config_policy_for_mail(config, ret_facts, &policy);
}

static void recipients_are_led_to_the_host_of_their_tenant(void **state)
{
	struct config *config =
	    load("web: {url: 'https://gw.example:8443'}\n"
		 "tenants:\n"
		 "  departments: ['north-* north', 'south-* south']\n"
		 "  hosts: ['north.example north', 'n2.example north']\n");
	char url[64];
	char small[8];

	(void)state;
	config_page_url(config, "tax", url, sizeof(url));
	assert_string_equal(url, "https://gw.example:8443");
	config_page_url(config, "north-tax", url, sizeof(url));
	assert_string_equal(url, "https://north.example:8443");
	/* Nowhere, rather than to another's console. */
	config_page_url(config, "south-tax", url, sizeof(url));
	assert_string_equal(url, "");
	config_page_url(config, "tax", small, sizeof(small));
	assert_string_equal(small, "");
	config_free(config);
	config = load("web: {url: 'https://[::1]'}\n"
		      "tenants: {departments: ['* a'], hosts: ['a.b a']}\n");
	config_page_url(config, "tax", url, sizeof(url));
	assert_string_equal(url, "https://a.b");
	config_free(config);
	config = load("");
	config_page_url(config, "tax", url, sizeof(url));
	assert_string_equal(url, "");
	config_free(config);
}

static void mail_is_routed_by_its_addresses_and_size(void **state)
{
	struct config *config =
	    load("mail:\n"
		 "  local: ['*@city.example.jp']\n"
		 "  departments: ['zei*@city.example.jp tax', '* other']\n"
		 "policies: [{name: a}, {name: b}, {name: c}, {name: d}]\n"
		 "rules:\n"
		 "  - {channel: mail, larger_than: 1MiB, policy: a}\n"
		 "  - {sender: '*@bad.example', policy: b}\n"
		 "  - {channel: mail, recipient: 'mayor@*', policy: c}\n"
		 "  - {direction: outbound, department: tax, policy: d}\n");
	struct mail_facts facts;
	struct policy policy;

	(void)state;
	assert_string_equal(
	    policy_of(config, "s@x", "zei1@City.example.JP", 1, &facts),
	    "default");
	assert_int_equal(facts.direction, DIRECTION_INBOUND);
	assert_string_equal(facts.department, "tax");
	assert_string_equal(policy_of(config, "s@x", "a@y", 1 << 20, &facts),
			    "default");
	assert_int_equal(facts.direction, DIRECTION_OUTBOUND);
	assert_string_equal(
	    policy_of(config, "s@x", "a@y", (1 << 20) + 1, &facts), "a");
	assert_string_equal(
	    policy_of(config, "S@BAD.example", "a@y", 1, &facts), "b");
	assert_string_equal(
	    policy_of(config, "s@x", "mayor@city.example.jp", 1, &facts), "c");
	assert_string_equal(
	    policy_of(config, "zei@city.example.jp", "a@y", 1, &facts), "d");
	/* Rules that name an address or a size are not for files. */
	assert_string_equal(config_policy_for(config, CHANNEL_FOLDER,
					      DIRECTION_INBOUND, "tax",
					      &policy),
			    "default");
	config_free(config);
}

static void the_default_policy_can_be_replaced(void **state)
{
	struct config *config = load("policies:\n"
				     "  - {name: x}\n"
				     "  - {name: default, dct: reencode}\n");
	struct policy policy;

	(void)state;
	(void)config_policy_for(config, CHANNEL_FOLDER, DIRECTION_INBOUND, "",
				&policy);
	assert_int_equal(policy.dct, DCT_REENCODE);
	config_free(config);
}

static void wrong_files_are_refused_with_line_and_allowed_values(void **state)
{
	(void)state;
	refused("langage: ja\n", 1, "langage", "language");
	refused("user: a\nfolders:\n  inn: x\n", 3, "folders.inn",
		"state, in, out");
	refused("\nlanguage: fr\n", 2, "language", "ja, en");
	refused("parallel: many\n", 1, "parallel", "0 - 1024");
	refused("parallel: 5000\n", 1, "parallel", "\"5000\" is not allowed");
	refused("parallel: -1\n", 1, "parallel", "0 - 1024");
	refused("parallel:\n", 1, "parallel", "0 - 1024");
	refused("parallel: [1]\n", 1, "parallel", "One value");
	refused("folders: x\n", 1, "folders", "key: value");
	refused("policies: {a: b}\n", 1, "policies", "list");
	refused("vault: {node: gate 1}\n", 1, "vault.node",
		"\"gate 1\" is not allowed");
	refused("- a\n", 1, "", "key: value");
	refused("just words\n", 1, "", "key: value");
	refused("policies:\n - name: a\n   limits: {seconds: 0}\n", 3,
		"policies[0].limits.seconds", "1 - 86400");
	refused("policies:\n - name: a\n   limits: {input_bytes: 3 MB}\n", 3,
		"policies[0].limits.input_bytes", "TiB");
	refused("policies:\n - modes: {exe: text}\n", 2,
		"policies[0].modes.exe", "text");
	refused("policies:\n - modes:\n     text: kill\n", 3,
		"policies[0].modes.text",
		"block, rebuild, text, pdf, picture, convert");
	refused("policies:\n - modes:\n     png: convert\n", 3,
		"policies[0].modes.png", "not there for this format");
	refused("policies:\n - modes: {docx: convert}\n", 2,
		"policies[0].modes.docx", "not there for this format");
	refused("policies:\n - name: a\n - name: a\n", 3, "policies[1].name",
		"two policies");
	refused("rules:\n - policy: a\n", 2, "rules[0].policy",
		"not the name of a policy");
	refused("user: a\nuser: b\n", 2, "user", "line 1");
	refused("folder:\n  departments: x\n", 2, "folder.departments", "list");
	refused("folder:\n  departments: [{a: b}]\n", 2,
		"folder.departments[0]", "One value");
	refused("folders:\n  in: ''\n", 2, "folders.in", "path");
}

static void pathological_yaml_is_refused(void **state)
{
	struct buffer deep = buffer_make(1 << 20);

	(void)state;
	refused("a: &a [x]\nb: [*a,*a]\n", 1, "", "Anchors");
	refused("user: *a\n", 1, "", "Anchors");
	refused("user: !!str x\n", 1, "", "Tags");
	refused("user: a\n---\nuser: b\n", 2, "", "one document");
	refused("user: [\n", 2, "", "YAML");
	refused("user: \xff\n", 0, "", "UTF-8");
	refused("? [a]\n: b\n", 1, "", "must be a text");
	buffer_text(&deep, "user: ");
	buffer_fill(&deep, '[', 200000);
	buffer_u8(&deep, '\0');
	refused((const char *)deep.data, 1, "", "too deep");
	buffer_free(&deep);
	buffer_text(&deep, "folder: {departments: [");
	for (int i = 0; i < 100000; i++)
		buffer_text(&deep, "a,");
	buffer_text(&deep, "]}");
	buffer_u8(&deep, '\0');
	refused((const char *)deep.data, 1, "", "too many");
	buffer_free(&deep);
	buffer_fill(&deep, '#', CONFIG_BYTES_MAX);
	buffer_free(&deep);
}

static void somebody_must_take_what_administrators_are_told(void **state)
{
	struct config *config = load("mail: {next_hop: \"inet:25@127.0.0.1\"}\n"
				     "alarms: {to: [a@city.example.jp]}\n");

	(void)state;
	assert_int_equal(config->alarms.to.count, 1);
	assert_string_equal(config_alarm_server(config), "inet:25@127.0.0.1");
	config_free(config);
	config = load("mail: {next_hop: \"inet:25@127.0.0.1\","
		      " seal_key: /k}\n"
		      "alarms: {to: [a@city.example.jp],"
		      " server: \"unix:/run/smtp\"}\n");
	assert_string_equal(config_alarm_server(config), "unix:/run/smtp");
	config_free(config);
	refused("alarms:\n  to: [a@city.example.jp]\n", 2, "alarms.server",
		"Name the SMTP server");
	refused("mail: {next_hop: \"inet:25@127.0.0.1\", seal_key: /k}\n"
		"alarms:\n  to: [a@city.example.jp]\n",
		3, "alarms.server", "wants seals");
	refused("alarms:\n  server: \"127.0.0.1:25\"\n", 2, "alarms.server",
		"is not allowed");
	refused("alarms:\n  server: inet:25@127.0.0.1\n"
		"  to: [\"a@city.example.jp\\nBcc: b@example.com\"]\n",
		3, "alarms.to[0]", "is not allowed");
	refused("alarms:\n  server: inet:25@127.0.0.1\n  to: [a]\n", 3,
		"alarms.to[0]", "is not allowed");
}

static void what_needs_an_office_that_is_not_there_is_told(void **state)
{
	static const char text[] = "policies:\n"
				   " - mode: rebuild\n"
				   "   modes:\n"
				   "     vsd: convert\n"
				   "     png: pdf\n"
				   "     docx: pdf\n"
				   "     xlsx: text\n"
				   " - name: all\n"
				   "   mode: convert\n";
	static struct config_problems notes;
	char path[] = "/tmp/sekisho-config-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	(void)close(fd);
	assert_int_equal(config_office_notes(path, "/nonexistent", &notes), 0);
	assert_int_equal(notes.count, 3);
	assert_int_equal(notes.list[0].line, 4);
	assert_string_equal(notes.list[0].key, "policies[0].modes.vsd");
	assert_non_null(
	    strstr(notes.list[0].sentence[LANGUAGE_EN], "not installed"));
	assert_int_equal(notes.list[1].line, 6);
	assert_int_equal(notes.list[2].line, 9);
	assert_string_equal(notes.list[2].key, "policies[1].mode");
	assert_int_equal(config_office_notes(path, "/bin/sh", &notes), 0);
	assert_int_equal(notes.count, 0);
	(void)unlink(path);
}

static void all_problems_are_told_at_once(void **state)
{
	struct config *config = NULL;

	(void)state;
	assert_int_equal(
	    config_load_text(view_of_string("user: a\nlang: ja\nparallel: x\n"
					    "log: {level: all, fil: b}\n"),
			     "t.yaml", &problems, &config),
	    -ERR_CONFIG);
	assert_int_equal(problems.count, 4);
	assert_string_equal(problems.list[3].key, "log.fil");
	assert_int_equal(problems.list[3].line, 4);
}

static void a_message_names_file_line_key_and_choices(void **state)
{
	struct buffer text = buffer_make(4096);

	(void)state;
	refused("\nlanguage: \"\\e[31mfr\"\n", 2, "language", "ja, en");
	config_problem_write(&text, &problems, 0, LANGUAGE_EN);
	buffer_u8(&text, '\0');
	assert_string_equal((const char *)text.data,
			    "t.yaml:2: language: \"<U+001B>[31mfr\" is not "
			    "allowed. Allowed: ja, en");
	buffer_free(&text);
}

static void the_state_folder_can_be_replaced(void **state)
{
	struct config *config = load("folders: {in: drop, held: /h}\n");

	(void)state;
	assert_int_equal(config_set_state(config, "/tmp/x"), 0);
	assert_string_equal(config->in, "/tmp/x/drop");
	assert_string_equal(config->held, "/h");
	assert_int_equal(config_set_state(config, "rel"), 0);
	assert_int_equal(config->state[0], '/');
	config_free(config);
}

static void a_policy_file_holds_the_keys_of_one_policy(void **state)
{
	const char *path = "config_test_policy.yaml";
	struct policy policy;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	assert_true(fputs("mode: text\nlimits: {depth: 3}\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_load_policy(path, &problems, &policy), 0);
	assert_int_equal(policy.limits.depth, 3);
	assert_int_equal(policy.modes[FORMAT_TEXT], MODE_TEXT);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("mode: text\nlimits: {depth: 99}\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_load_policy(path, &problems, &policy),
			 -ERR_CONFIG);
	assert_string_equal(problems.list[0].key, "limits.depth");
	assert_int_equal(problems.list[0].line, 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_load_policy(path, &problems, &policy),
			 -ERR_NOT_FOUND);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_policy_can_start_from_a_file_beside_it(void **state)
{
	const char *text = "policies:\n"
			   "  - name: strict\n"
			   "    file: config_test_base.yaml\n"
			   "    comments: true\n";
	struct config *config;
	const struct policy *policy;

	(void)state;
	write_file("config_test_base.yaml",
		   "mode: text\nlinks: remove\ncomments: false\n"
		   "limits: {depth: 3}\nmodes: {text: block}\n");
	config = load(text);
	policy = &config->policies[1].policy;
	assert_string_equal(config->policies[1].name, "strict");
	assert_int_equal(policy->modes[FORMAT_TEXT], MODE_BLOCK);
	assert_int_equal(policy->modes[POLICY_FORMATS - 1], MODE_TEXT);
	assert_int_equal(policy->links, LINKS_REMOVE);
	assert_int_equal(policy->limits.depth, 3);
	assert_int_equal(policy->comments, 1);
	config_free(config);
	write_file("config_test_base.yaml", "\nlinks: never\n");
	refused(text, 2, "links", "keep, remove");
	assert_string_equal(problems.file, "config_test_base.yaml");
	write_file("config_test_base.yaml", "file: config_test_base.yaml\n");
	refused(text, 1, "file", "not allowed");
	assert_int_equal(unlink("config_test_base.yaml"), 0);
	refused(text, 0, "", "cannot be opened");
}

static void the_policy_digest_tells_policies_apart(void **state)
{
	struct policy policy;
	uint8_t first[32];
	uint8_t second[32];

	(void)state;
	policy_default(&policy);
	config_policy_sha256(&policy, first);
	config_policy_sha256(&policy, second);
	assert_memory_equal(first, second, 32);
	policy.limits.depth++;
	config_policy_sha256(&policy, second);
	assert_memory_not_equal(first, second, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_file_gives_the_defaults),
	    cmocka_unit_test(the_sample_file_says_the_defaults),
	    cmocka_unit_test(values_of_every_kind_arrive),
	    cmocka_unit_test(the_first_rule_that_matches_decides),
	    cmocka_unit_test(mail_is_routed_by_its_addresses_and_size),
	    cmocka_unit_test(recipients_are_led_to_the_host_of_their_tenant),
	    cmocka_unit_test(the_default_policy_can_be_replaced),
	    cmocka_unit_test(
		wrong_files_are_refused_with_line_and_allowed_values),
	    cmocka_unit_test(pathological_yaml_is_refused),
	    cmocka_unit_test(somebody_must_take_what_administrators_are_told),
	    cmocka_unit_test(what_needs_an_office_that_is_not_there_is_told),
	    cmocka_unit_test(all_problems_are_told_at_once),
	    cmocka_unit_test(a_message_names_file_line_key_and_choices),
	    cmocka_unit_test(the_state_folder_can_be_replaced),
	    cmocka_unit_test(a_policy_file_holds_the_keys_of_one_policy),
	    cmocka_unit_test(a_policy_can_start_from_a_file_beside_it),
	    cmocka_unit_test(the_policy_digest_tells_policies_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

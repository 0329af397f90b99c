/* `sekisho verify`: is this file what a gateway let out? Needs the file, its
 * certificate and the public key, and nothing of the gateway. */
#define _GNU_SOURCE
#include "gateway/cli/verify.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/utf8.h"
#include "gateway/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

static const struct {
	const char *name;
	const char *ja;
	const char *en;
} validities[VALIDITY_COUNT] = {
    [VALIDITY_VALID] = {"valid", "証明書のとおりです。",
			"what its certificate says"},
    [VALIDITY_NO_CERTIFICATE] = {"no_certificate", "証明書がありません。",
				 "there is no certificate"},
    [VALIDITY_NOT_ONE] = {"malformed", "証明書の形式が正しくありません。",
			  "this is no certificate"},
    [VALIDITY_OTHER_KEY] = {"other_key", "別の鍵の証明書です。",
			    "the certificate is of another key"},
    [VALIDITY_SIGNATURE] = {"signature", "証明書が改ざんされています。",
			    "the certificate was altered"},
    [VALIDITY_CONTENT] = {"content", "ファイルの内容が証明書と異なります。",
			  "the file is not the one that was certified"},
    [VALIDITY_POLICY] = {"policy", "認められていないポリシーで処理されました。",
			 "it was made under a policy that is not accepted"},
    [VALIDITY_AGE] = {"age", "証明書が古すぎます。",
		      "the certificate is too old"},
    [VALIDITY_UNREADABLE] = {"unreadable", "読めません。", "it cannot be read"},
};

const char *validity_name(enum validity validity)
{
	return validities[validity].name;
}

const char *validity_sentence(enum validity validity, enum language language)
{
	return SAY(language, validities[validity].ja, validities[validity].en);
}

int certificate_read(int folder, const char *path, struct buffer *text)
{
	HANDLE_CLEANUP int fd = openat(
	    folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t bytes[CERTIFICATE_MAX + 1];
	ssize_t size;

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND : -ERR_IO;
	size = pread(fd, bytes, sizeof(bytes), 0);
	if (size < 0)
		return -ERR_IO;
	buffer_bytes(text, bytes, (size_t)size);
	return buffer_error(text);
}

static void copy_field(const json_t *object, const char *key, char *text,
		       size_t size)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)text_copy(text, size, value == NULL ? "" : value);
}

static void read_certified(const json_t *object, struct certified *ret)
{
	const json_t *removed = json_object_get(object, "removed");
	void *iterator = json_object_iter((json_t *)(uintptr_t)removed);

	*ret = (struct certified){0};
	copy_field(object, "item", ret->item, sizeof(ret->item));
	copy_field(object, "time", ret->time, sizeof(ret->time));
	copy_field(object, "node", ret->node, sizeof(ret->node));
	copy_field(object, "policy", ret->policy, sizeof(ret->policy));
	copy_field(object, "engine", ret->engine, sizeof(ret->engine));
	copy_field(object, "definitions", ret->definitions,
		   sizeof(ret->definitions));
	for (; iterator != NULL; iterator = json_object_iter_next(
				     (json_t *)(uintptr_t)removed, iterator))
		ret->removals += (uint64_t)json_integer_value(
		    json_object_iter_value(iterator));
}

/* The output itself, or, of a message, one of its attachments. */
static bool is_output(const json_t *object, int content)
{
	const json_t *output = json_object_get(object, "output");
	const char *wanted =
	    json_string_value(json_object_get(output, "sha256"));
	const json_t *part;
	uint8_t digest[32];
	char text[65];
	size_t index;

	if (wanted == NULL || handle_sha256(content, digest) != 0)
		return false;
	(void)sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
	if (strcmp(text, wanted) == 0)
		return true;
	json_array_foreach(json_object_get(object, "parts"), index, part)
	{
		const char *hash = json_string_value(part);

		if (hash != NULL && strcmp(text, hash) == 0)
			return true;
	}
	return false;
}

static bool is_listed(const char *list, const char *hash)
{
	size_t length = strlen(hash);

	if (length != 64)
		return false;
	while (list != NULL) {
		if (strncmp(list, hash, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list != NULL)
			list++;
	}
	return false;
}

static bool is_recent(const struct acceptance *acceptance, const char *text)
{
	struct tm parts = {0};

	if (acceptance->age_ms == 0)
		return true;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &parts.tm_year,
		   &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
		   &parts.tm_sec) != 6)
		return false;
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	return (int64_t)timegm(&parts) * 1000 + acceptance->age_ms >=
	       acceptance->now_ms;
}

static enum validity check_object(const struct acceptance *acceptance,
				  const json_t *object, int content,
				  struct certified *ret)
{
	read_certified(object, ret);
	if (json_integer_value(json_object_get(object, "certificate")) != 1)
		return VALIDITY_NOT_ONE;
	if (!is_output(object, content))
		return VALIDITY_CONTENT;
	if (acceptance->policies != NULL &&
	    !is_listed(acceptance->policies, ret->policy))
		return VALIDITY_POLICY;
	return is_recent(acceptance, ret->time) ? VALIDITY_VALID : VALIDITY_AGE;
}

enum validity verify_content(const struct acceptance *acceptance, int content,
			     struct view certificate,
			     struct certified *ret_certified)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX + 2);
	struct view body;
	enum validity validity;
	json_t *object;
	int error = certificate_check(certificate, &acceptance->signer, &body);

	*ret_certified = (struct certified){0};
	if (error == -ERR_NOT_FOUND)
		return VALIDITY_OTHER_KEY;
	if (error == -ERR_STALE)
		return VALIDITY_SIGNATURE;
	if (error != 0)
		return VALIDITY_NOT_ONE;
	buffer_view(&text, body);
	buffer_text(&text, "}");
	if (buffer_error(&text) != 0)
		return VALIDITY_NOT_ONE;
	object = json_loadb((const char *)text.data, text.size,
			    JSON_REJECT_DUPLICATES, NULL);
	if (object == NULL)
		return VALIDITY_NOT_ONE;
	validity = check_object(acceptance, object, content, ret_certified);
	json_decref(object);
	return validity;
}

static json_t *visible(const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(64 * 1024);

	utf8_write_visible(&buffer, view_of_string(text));
	if (buffer_error(&buffer) != 0 || buffer.size == 0)
		return json_string("");
	return json_stringn((const char *)buffer.data, buffer.size);
}

static void print_json(const char *name, enum validity validity,
		       const struct certified *certified)
{
	json_t *line = json_object();

	(void)json_object_set_new(line, "file", visible(name));
	(void)json_object_set_new(line, "valid",
				  json_boolean(validity == VALIDITY_VALID));
	(void)json_object_set_new(line, "reason",
				  json_string(validity_name(validity)));
	if (validity == VALIDITY_VALID) {
		(void)json_object_set_new(line, "item",
					  json_string(certified->item));
		(void)json_object_set_new(line, "time",
					  json_string(certified->time));
		(void)json_object_set_new(line, "node",
					  json_string(certified->node));
		(void)json_object_set_new(line, "policy",
					  json_string(certified->policy));
		(void)json_object_set_new(line, "engine",
					  json_string(certified->engine));
		(void)json_object_set_new(line, "definitions",
					  visible(certified->definitions));
		(void)json_object_set_new(
		    line, "removals",
		    json_integer((json_int_t)certified->removals));
	}
	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	json_decref(line);
}

void verify_print(const struct options *options, const char *name,
		  enum validity validity, const struct certified *certified)
{
	BUFFER_CLEANUP struct buffer shown = buffer_make(64 * 1024);

	if (options->json) {
		print_json(name, validity, certified);
		return;
	}
	utf8_write_visible(&shown, view_of_string(name));
	buffer_u8(&shown, 0);
	if (buffer_error(&shown) != 0)
		return;
	(void)printf("%s: %s", (const char *)shown.data,
		     validity_sentence(validity, options->language));
	if (validity == VALIDITY_VALID)
		(void)printf(
		    SAY(options->language, " (%s, %s, 除去 %" PRIu64 " 件)",
			" (%s, %s, %" PRIu64 " removals)"),
		    certified->node, certified->time, certified->removals);
	(void)fputc('\n', stdout);
}

static enum validity verify_file(const struct options *options,
				 const struct acceptance *acceptance,
				 const char *path, struct certified *certified)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX + 1);
	HANDLE_CLEANUP int content = open(path, O_RDONLY | O_CLOEXEC);
	char beside[PATH_MAX];
	int error;

	*certified = (struct certified){0};
	if (content < 0 ||
	    (size_t)snprintf(beside, sizeof(beside), "%s.cert.json", path) >=
		sizeof(beside))
		return VALIDITY_UNREADABLE;
	error = certificate_read(
	    AT_FDCWD,
	    options->certificate != NULL ? options->certificate : beside,
	    &text);
	if (error == -ERR_NOT_FOUND)
		return VALIDITY_NO_CERTIFICATE;
	if (error != 0)
		return VALIDITY_UNREADABLE;
	return verify_content(acceptance, content, buffer_contents(&text),
			      certified);
}

static int read_acceptance(const struct options *options,
			   struct acceptance *acceptance)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX + 1);
	struct timespec now = {0};
	int error = certificate_read(AT_FDCWD, options->key, &text);

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*acceptance = (struct acceptance){
	    .policies = options->policy,
	    .now_ms = (int64_t)now.tv_sec * 1000,
	    .age_ms = (int64_t)options->max_age_hours * 3600 * 1000,
	};
	if (error == 0)
		error = signer_key_read(buffer_contents(&text),
					&acceptance->signer);
	if (error != 0)
		(void)fprintf(stderr, "sekisho: %s: %s\n", options->key,
			      SAY(options->language, "公開鍵として読めません。",
				  "is no public key"));
	return error;
}

int command_verify(const struct options *options)
{
	struct acceptance acceptance;
	int status = EXIT_ALL_OUT;

	if (read_acceptance(options, &acceptance) != 0)
		return EXIT_COULD_NOT;
	if (options->move != NULL)
		return verify_move(options, &acceptance);
	for (int i = 0; i < options->file_count; i++) {
		struct certified certified;
		enum validity validity = verify_file(
		    options, &acceptance, options->files[i], &certified);

		verify_print(options, options->files[i], validity, &certified);
		if (validity == VALIDITY_UNREADABLE)
			status = EXIT_COULD_NOT;
		else if (validity != VALIDITY_VALID && status == EXIT_ALL_OUT)
			status = EXIT_HELD;
	}
	return status;
}

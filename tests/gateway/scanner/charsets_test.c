#define _GNU_SOURCE
#include "gateway/scanner/charsets.h"

#include "gateway/sandbox/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

/* In a sandbox that kills whoever opens a file. */
static void conversions_need_no_file_in_the_sandbox(void **state)
{
	const struct job_limits limits = {1ULL << 30, 1 << 20, 10};
	static const char *const names[] = {
	    "WINDOWS-1252", "SHIFT_JIS", "UTF-16LE", "EUC-JP",  "ISO-2022-JP",
	    "GB18030",      "UTF-7",     "johab",    "UTF-32BE"};
	static struct sandbox *sandbox;
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(sandbox_prepare(SANDBOX_PURE, NULL, &sandbox), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (sandbox_enter(sandbox, &limits) != 0)
			_exit(1);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (iconv_open("UTF-8", names[i]) == (iconv_t)-1)
				_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

typedef size_t convert_function(iconv_t, char **, size_t *, char **, size_t *);

struct converted {
	size_t result;
	int error;
	size_t left;
	size_t size;
	char bytes[8];
};

static void convert(convert_function *by, iconv_t conversion, const char *bytes,
		    size_t size, struct converted *ret)
{
	char input[2] = {bytes[0], bytes[1]};
	char *from = input;
	char *to = ret->bytes;
	size_t room = sizeof(ret->bytes);

	memset(ret, 0, sizeof(*ret));
	ret->left = size;
	errno = 0;
	(void)by(conversion, NULL, NULL, NULL, NULL);
	ret->result = by(conversion, &from, &ret->left, &to, &room);
	ret->error = ret->result == 0 ? 0 : errno;
	ret->size = sizeof(ret->bytes) - room;
}

/* All that are one character of the basic plane to glibc are the same here,
 * and nothing else is one. */
static void tables_say_what_glibc_says(void **state)
{
	static const char *const names[] = {
	    "SHIFT_JIS",    "GB2312",      "BIG5",     "CP949",
	    "EUC-KR",       "JOHAB",       "KOI8-U",   "IBM437",
	    "WINDOWS-1252", "WINDOWS-874", "MACINTOSH"};
	convert_function *real;
	iconv_t (*open)(const char *, const char *);
	size_t characters = 0;

	(void)state;
	*(void **)&real = dlsym(RTLD_NEXT, "iconv");
	*(void **)&open = dlsym(RTLD_NEXT, "iconv_open");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		iconv_t ours = iconv_open("UTF-8", names[i]);
		iconv_t theirs = open("UTF-8", names[i]);

		assert_true(ours != (iconv_t)-1 && theirs != (iconv_t)-1);
		assert_true(ours != theirs);
		for (unsigned pair = 0; pair < 0x10000; pair++) {
			char bytes[2] = {(char)(pair >> 8), (char)pair};
			struct converted mine;
			struct converted other;

			convert(iconv, ours, bytes, 2, &mine);
			convert(real, theirs, bytes, 2, &other);
			if (other.result != 0) {
				assert_true(mine.result == (size_t)-1);
				continue;
			}
			characters++;
			assert_int_equal(mine.result, 0);
			assert_int_equal(mine.size, other.size);
			assert_memory_equal(mine.bytes, other.bytes, mine.size);
		}
		assert_int_equal(iconv_close(ours), 0);
		assert_int_equal(iconv_close(theirs), 0);
	}
	assert_true(characters > 100000);
}

static void ends_and_small_rooms_are_told_apart(void **state)
{
	char bytes[] = "a\x82\xA0\x82";
	char output[8];
	char *from = bytes;
	char *to = output;
	size_t left = 4;
	size_t room = 3;
	iconv_t conversion;

	(void)state;
	conversion = iconv_open("UTF-8", "shift_jis");
	assert_true(iconv(conversion, &from, &left, &to, &room) == (size_t)-1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(left, 3);
	room = 7;
	assert_true(iconv(conversion, &from, &left, &to, &room) == (size_t)-1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(left, 1);
	assert_memory_equal(output, "a\xE3\x81\x82", 4);
	*from = '\xFF';
	assert_true(iconv(conversion, &from, &left, &to, &room) == (size_t)-1);
	assert_int_equal(errno, EINVAL);
}

static int load_once(void **state)
{
	(void)state;
	charsets_load();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conversions_need_no_file_in_the_sandbox),
	    cmocka_unit_test(tables_say_what_glibc_says),
	    cmocka_unit_test(ends_and_small_rooms_are_told_apart),
	};

	return cmocka_run_group_tests(tests, load_once, NULL);
}

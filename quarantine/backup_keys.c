#include "quarantine/backup.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* "SKKEYS1\n", salt, nonce, the keys sealed with what Argon2id makes of the
 * passphrase (3 passes over 256 MiB). */
static const char magic[] = "SKKEYS1\n";

enum {
	MAGIC_SIZE = 8,
	SALT_SIZE = crypto_pwhash_SALTBYTES,
	NONCE_SIZE = crypto_secretbox_NONCEBYTES,
	SEALED_SIZE = sizeof(struct backup_keys) + crypto_secretbox_MACBYTES,
	WRAPPED_SIZE = MAGIC_SIZE + SALT_SIZE + NONCE_SIZE + SEALED_SIZE,
};

static int check_mode(int fd, const char *path, struct problem *problem)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_from_errno(errno);
	if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
		return problem_set(problem, -ERR_CONFIG,
				   "%s can be read by others; chmod 600", path);
	return 0;
}

static int read_passphrase(const char *path, char text[PASSPHRASE_MAX + 1],
			   struct problem *problem)
{
	HANDLE_CLEANUP int fd = strcmp(path, "-") == 0
				    ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				    : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;
	int error;

	if (fd < 0)
		return problem_set(problem, error_from_errno(errno),
				   "%s cannot be opened", path);
	error = check_mode(fd, path, problem);
	if (error != 0)
		return error;
	size = read(fd, text, PASSPHRASE_MAX + 1);
	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
		size--;
	if (size < PASSPHRASE_MIN || size > PASSPHRASE_MAX ||
	    memchr(text, '\n', (size_t)size) != NULL)
		return problem_set(problem, -ERR_CONFIG,
				   "%s must hold one line of %d to %d bytes",
				   path, PASSPHRASE_MIN, PASSPHRASE_MAX);
	text[size] = '\0';
	return 0;
}

static int derive(const char *path, const uint8_t salt[SALT_SIZE],
		  uint8_t key[crypto_secretbox_KEYBYTES],
		  struct problem *problem)
{
	char passphrase[PASSPHRASE_MAX + 1] = "";
	int error = read_passphrase(path, passphrase, problem);

	if (error == 0 && crypto_pwhash(key, crypto_secretbox_KEYBYTES,
					passphrase, strlen(passphrase), salt,
					crypto_pwhash_OPSLIMIT_MODERATE,
					crypto_pwhash_MEMLIMIT_MODERATE,
					crypto_pwhash_ALG_ARGON2ID13) != 0)
		error = -ERR_MEMORY;
	sodium_memzero(passphrase, sizeof(passphrase));
	return error;
}

int backup_wrap(const struct backup_keys *keys, const char *passphrase_file,
		struct buffer *text, struct problem *problem)
{
	uint8_t salt[SALT_SIZE];
	uint8_t nonce[NONCE_SIZE];
	uint8_t key[crypto_secretbox_KEYBYTES];
	uint8_t sealed[SEALED_SIZE];
	int error;

	randombytes_buf(salt, sizeof(salt));
	randombytes_buf(nonce, sizeof(nonce));
	error = derive(passphrase_file, salt, key, problem);
	if (error != 0)
		return error;
	(void)crypto_secretbox_easy(sealed, (const uint8_t *)keys,
				    sizeof(*keys), nonce, key);
	sodium_memzero(key, sizeof(key));
	buffer_bytes(text, magic, MAGIC_SIZE);
	buffer_bytes(text, salt, sizeof(salt));
	buffer_bytes(text, nonce, sizeof(nonce));
	buffer_bytes(text, sealed, sizeof(sealed));
	return buffer_error(text);
}

int backup_unwrap(struct view text, const char *passphrase_file,
		  struct backup_keys *ret_keys, struct problem *problem)
{
	struct cursor cursor = cursor_at(text, 0);
	struct view head = cursor_take(&cursor, MAGIC_SIZE);
	struct view salt = cursor_take(&cursor, SALT_SIZE);
	struct view nonce = cursor_take(&cursor, NONCE_SIZE);
	struct view sealed = cursor_take(&cursor, SEALED_SIZE);
	uint8_t key[crypto_secretbox_KEYBYTES];
	int error;

	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !view_equal(head, view_of(magic, MAGIC_SIZE)))
		return problem_set(problem, -ERR_MALFORMED,
				   "keys.wrapped was altered");
	error = derive(passphrase_file, salt.data, key, problem);
	if (error == 0 &&
	    crypto_secretbox_open_easy((uint8_t *)ret_keys, sealed.data,
				       sealed.size, nonce.data, key) != 0)
		error = problem_set(problem, -ERR_PASSWORD_WRONG,
				    "the passphrase is wrong, or keys.wrapped "
				    "was altered");
	sodium_memzero(key, sizeof(key));
	return error;
}

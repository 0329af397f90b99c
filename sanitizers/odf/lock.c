#include "sanitizers/odf/lock.h"

#include "sanitizers/mail/transfer.h"
#include "sanitizers/ole/cipher.h"

#include <libdeflate.h>
#include <nettle/pbkdf2.h>

#include "base/bytes.h"

#include "base/banned.h"

enum {
	KEY_SIZE = 32,
	SALT_MAX = 64,
	CHECKED_SIZE = 1024,
	ITERATIONS_MAX = 1000000, /* of files that anybody can write */
	LIST_MAX = 64,            /* encrypted files */
};

struct odf_lock {
	bool aes;           /* AES-256 in CBC */
	bool derived;       /* by PBKDF2, 32 bytes */
	bool started;       /* start key by a digest that is known */
	bool checked;       /* by a digest that is known */
	enum digest start;  /* of the password */
	enum digest digest; /* of the first kilobyte */
	uint8_t checksum[DIGEST_MAX];
	size_t checksum_size;
	uint8_t vector[CIPHER_BLOCK];
	uint8_t salt[SALT_MAX];
	size_t salt_size;
	uint32_t iterations;
};

/* "SHA1/1K", "urn:...#sha256-1k", "http://...#sha256". */
static bool find_digest(const char *name, enum digest *ret_digest)
{
	const char *tail = name == NULL ? NULL : strrchr(name, '#');

	if (tail != NULL)
		name = tail + 1;
	if (name == NULL)
		return false;
	if (strncasecmp(name, "sha256", 6) == 0)
		*ret_digest = DIGEST_SHA256;
	else if (strncasecmp(name, "sha1", 4) == 0)
		*ret_digest = DIGEST_SHA1;
	else
		return false;
	return true;
}

/* How many bytes; 0 where it is none, or too long. */
static size_t read_bytes(const char *base64, uint8_t *to, size_t room)
{
	uint8_t bytes[256];
	bool damaged = false;
	size_t size;

	if (base64 == NULL || strlen(base64) > 256)
		return 0;
	size = transfer_base64(view_of_string(base64), bytes, &damaged);
	return !damaged && bytes_copy(to, room, view_of(bytes, size)) ? size
								      : 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = text == NULL ? 0 : strlen(text);

	return size >= strlen(end) &&
	       strcasecmp(text + size - strlen(end), end) == 0;
}

static uint32_t number_of(const char *text)
{
	unsigned long number = text == NULL ? 0 : strtoul(text, NULL, 10);

	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

int odf_lock_read(struct odf_package *package, struct odf_part *part,
		  const char *element,
		  const char *(*value)(void *context, const char *name),
		  void *context)
{
	struct odf_lock *lock = part->lock;

	if (lock == NULL) {
		lock = arena_alloc(package->job->arena, sizeof(*lock));
		if (lock == NULL)
			return -ERR_MEMORY;
		part->lock = lock;
		/* What ODF 1.1 did without saying. */
		lock->start = DIGEST_SHA1;
		lock->started = true;
	}
	if (strcmp(element, "encryption-data") == 0) {
		lock->checked =
		    find_digest(value(context, "checksum-type"), &lock->digest);
		lock->checksum_size =
		    read_bytes(value(context, "checksum"), lock->checksum,
			       sizeof(lock->checksum));
	} else if (strcmp(element, "algorithm") == 0) {
		lock->aes = ends_with(value(context, "algorithm-name"),
				      "#aes256-cbc") &&
			    read_bytes(value(context, "initialisation-vector"),
				       lock->vector,
				       sizeof(lock->vector)) == CIPHER_BLOCK;
	} else if (strcmp(element, "key-derivation") == 0) {
		lock->derived =
		    ends_with(value(context, "key-derivation-name"),
			      "pbkdf2") &&
		    number_of(value(context, "key-size")) == KEY_SIZE;
		lock->iterations = number_of(value(context, "iteration-count"));
		lock->salt_size = read_bytes(value(context, "salt"), lock->salt,
					     sizeof(lock->salt));
	} else if (strcmp(element, "start-key-generation") == 0) {
		lock->started = find_digest(
		    value(context, "start-key-generation-name"), &lock->start);
	}
	return 0;
}

static bool is_known(const struct odf_lock *lock)
{
	return lock != NULL && lock->aes && lock->derived && lock->started &&
	       lock->checked && lock->salt_size > 0 &&
	       lock->checksum_size == digest_size(lock->digest) &&
	       lock->iterations > 0 && lock->iterations <= ITERATIONS_MAX;
}

/* Decrypts the file with this password into *ret_packed, in the arena:
 * deflated. -ERR_PASSWORD_WRONG where it is not the one. */
static int decrypt(struct odf_package *package, const struct odf_part *part,
		   const char *password, struct view *ret_packed)
{
	const struct odf_lock *lock = part->lock;
	struct view from;
	uint8_t start[DIGEST_MAX];
	uint8_t key[KEY_SIZE];
	uint8_t sum[DIGEST_MAX];
	uint8_t *to;
	bool whole;
	int error = zip_reader_read(package->zip, part->entry,
				    (struct view){NULL, 0}, &from);

	if (error != 0)
		return error;
	to = arena_alloc(package->job->arena, from.size + 1);
	if (to == NULL)
		return -ERR_MEMORY;
	digest_of(lock->start, view_of_string(password), (struct view){NULL, 0},
		  start);
	nettle_pbkdf2_hmac_sha1(digest_size(lock->start), start,
				lock->iterations, lock->salt_size, lock->salt,
				sizeof(key), key);
	whole = from.size > 0 && cipher_cbc_decrypt(view_of(key, sizeof(key)),
						    lock->vector, from, to);
	explicit_bzero(start, sizeof(start));
	explicit_bzero(key, sizeof(key));
	if (!whole)
		return -ERR_MALFORMED;
	/* The last byte says how many were added (XML Encryption 5.2). */
	if (to[from.size - 1] == 0 || to[from.size - 1] > CIPHER_BLOCK)
		return -ERR_PASSWORD_WRONG;
	*ret_packed = view_of(to, from.size - to[from.size - 1]);
	digest_of(lock->digest, view_slice(*ret_packed, 0, CHECKED_SIZE),
		  (struct view){NULL, 0}, sum);
	return memcmp(sum, lock->checksum, lock->checksum_size) == 0
		   ? 0
		   : -ERR_PASSWORD_WRONG;
}

int odf_lock_open(struct odf_package *package)
{
	struct job *job = package->job;
	struct odf_part *content = odf_package_find(package, "content.xml");
	struct view packed;
	size_t locked = 0;
	int error = -ERR_ENCRYPTED;

	if (!package->encrypted)
		return 0;
	for (size_t i = 0; i < package->count; i++) {
		const struct odf_part *part = &package->parts[i];

		locked += part->lock != NULL;
		if (part->lock != NULL && !is_known(part->lock))
			return -ERR_ENCRYPTION_UNSUPPORTED;
	}
	/* Each costs as much as its iterations. */
	if (content == NULL || content->lock == NULL || locked > LIST_MAX)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	for (size_t i = 0; i < job->password_count; i++) {
		error = decrypt(package, content, job->passwords[i], &packed);
		if (error == 0)
			package->password = job->passwords[i];
		if (error != -ERR_PASSWORD_WRONG)
			break;
	}
	if (error != 0)
		return error;
	job->opened_with_password = true;
	job_remove(job, REMOVAL_ODF_ENCRYPTION, "META-INF/manifest.xml",
		   (struct view){NULL, 0}, "AES-256");
	return 0;
}

static int inflate(struct odf_package *package, struct odf_part *part,
		   struct view packed)
{
	struct job *job = package->job;
	struct libdeflate_decompressor *decompressor;
	enum libdeflate_result result;
	uint8_t *to;
	size_t got = 0;
	int error = job_charge(job, part->size);

	if (error == 0)
		error = job_check_ratio(job, packed.size, part->size);
	if (error != 0)
		return error;
	part->opened = buffer_make(part->size + 1);
	to = buffer_room(&part->opened, part->size + 1);
	decompressor = libdeflate_alloc_decompressor();
	if (to == NULL || decompressor == NULL) {
		libdeflate_free_decompressor(decompressor);
		return -ERR_MEMORY;
	}
	result = libdeflate_deflate_decompress(
	    decompressor, packed.data, packed.size, to, part->size, &got);
	libdeflate_free_decompressor(decompressor);
	buffer_took(&part->opened, got);
	return result == LIBDEFLATE_SUCCESS && got == part->size
		   ? 0
		   : -ERR_MALFORMED;
}

int odf_part_read(struct odf_package *package, struct odf_part *part,
		  struct buffer *unpacked, struct view *ret_content)
{
	struct view packed;
	int error;

	if (part->lock == NULL || package->password == NULL)
		return zip_reader_unpack(package->zip, part->entry,
					 (struct view){NULL, 0}, unpacked,
					 ret_content);
	/* Keys take long: once for each file. */
	if (part->opened.size > 0) {
		*ret_content = buffer_contents(&part->opened);
		return 0;
	}
	error = decrypt(package, part, package->password, &packed);
	/* Of the same document, and another password. */
	if (error == -ERR_PASSWORD_WRONG)
		error = -ERR_MALFORMED;
	if (error == 0)
		error = inflate(package, part, packed);
	if (error == 0)
		*ret_content = buffer_contents(&part->opened);
	return error;
}

/*
 * May carry: an OOXML package under a password, and around it streams that
 *            nothing asks for (\6DataSpaces, summary information).
 * Keep:      the package, as far as its own format keeps it.
 * Drop:      the compound file and the encryption; by policy both are made
 *            anew around the rebuilt package.
 * Specification: [MS-CFB]; [MS-OFFCRYPTO] 2.3.4 (ECMA-376 encryption).
 */
#include "sanitizers/detect/claims.h"
#include "sanitizers/job.h"
#include "sanitizers/ole/compound.h"
#include "sanitizers/ole/lock.h"

#include "base/banned.h"

/* Excel locks with it where the user only protects against changes, and opens
 * such files without asking ([MS-OFFCRYPTO] 2.1.5.2). */
static const char default_password[] = "VelvetSweatshop";

static const struct view nothing;

static enum claim encrypted_claims(struct view input)
{
	return claim_compound(input, "encrypted");
}

/* ---- the key ---- */

struct attempt {
	const struct lock *lock;
	uint64_t spent; /* hashes */
	struct lock_key key;
	const char *password; /* the one that opened it, of those given */
};

static int try_password(struct attempt *attempt, const char *text)
{
	struct lock_password password;
	int error = -ERR_PASSWORD_WRONG;

	attempt->spent += lock_cost(attempt->lock);
	if (attempt->spent > LOCK_SPIN_BUDGET)
		return -ERR_LIMIT_CPU;
	if (lock_password_from(text, &password))
		error = lock_open(attempt->lock, &password, &attempt->key);
	explicit_bzero(&password, sizeof(password));
	return error;
}

static int find_key(struct job *job, struct attempt *attempt)
{
	int error = -ERR_PASSWORD_WRONG;
	size_t tried = 0;

	for (size_t i = 0;
	     i < job->password_count && error == -ERR_PASSWORD_WRONG; i++) {
		if (job->passwords[i][0] == '\0')
			continue;
		tried++;
		error = try_password(attempt, job->passwords[i]);
		attempt->password = job->passwords[i];
	}
	if (error == 0)
		job->opened_with_password = true;
	else
		attempt->password = NULL;
	if (error == -ERR_PASSWORD_WRONG)
		error = try_password(attempt, default_password);
	if (error == -ERR_PASSWORD_WRONG && tried == 0)
		return -ERR_ENCRYPTED;
	return error;
}

/* ---- the package ---- */

/* Rights management: the key is with a server, whoever asks for it. */
static bool is_rights_managed(const struct compound_entry *root)
{
	static const char *const marks[] = {
	    "\6DataSpaces/DataSpaceInfo/DRMEncryptedDataSpace",
	    "\6DataSpaces/DataSpaceInfo/\tDRMDataSpace",
	    "\6DataSpaces/TransformInfo/DRMEncryptedTransform",
	    "\6DataSpaces/TransformInfo/\tDRMTransform",
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (compound_find(root, marks[i]) != NULL)
			return true;
	return false;
}

static int read_stream(struct compound *compound, const char *name,
		       struct view *ret_content)
{
	const struct compound_entry *entry =
	    compound_find_stream(compound_root(compound), name);

	if (entry == NULL)
		return -ERR_MALFORMED;
	return compound_read(compound, entry, ret_content);
}

static int open_package(struct job *job, const struct lock *lock,
			struct view content, struct view *ret_package,
			const char **ret_password)
{
	struct attempt attempt = {.lock = lock};
	int error = find_key(job, &attempt);

	if (error == 0)
		error = job_charge(job, lock_package_size(content));
	if (error == 0)
		error = lock_decrypt(job->arena, lock, &attempt.key, content,
				     ret_package);
	*ret_password = attempt.password;
	explicit_bzero(&attempt, sizeof(attempt));
	return error;
}

/* `ret_password` is NULL where nobody had to give one. */
static int decrypt(struct job *job, struct view *ret_package,
		   const char **ret_password)
{
	struct compound *compound;
	struct view info;
	struct view content;
	struct lock *lock = arena_alloc(job->arena, sizeof(*lock));
	int error;

	if (lock == NULL)
		return -ERR_MEMORY;
	error = compound_open(job->arena, job->input, &compound);
	if (error != 0)
		return error;
	if (is_rights_managed(compound_root(compound)))
		return -ERR_RIGHTS_MANAGED;
	error = read_stream(compound, "EncryptionInfo", &info);
	if (error == 0)
		error = read_stream(compound, "EncryptedPackage", &content);
	if (error == 0)
		error = lock_read(job->arena, info, lock);
	if (error == 0)
		error =
		    open_package(job, lock, content, ret_package, ret_password);
	return error;
}

/* ---- what comes out ---- */

/* A lock goes around an OOXML package and around nothing else. */
static bool is_package(struct view package)
{
	static const enum format formats[] = {FORMAT_DOCX, FORMAT_XLSX,
					      FORMAT_PPTX, FORMAT_XLSB};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (sanitizer_for(formats[i])->claims(package) == CLAIM_EXACT)
			return true;
	return false;
}

static int hand_over(struct job *job, struct view package,
		     struct nested_result *ret_result)
{
	const struct nested_request request = {
	    .path = "EncryptedPackage",
	    .name = job->name,
	    .content = package,
	};
	int error = job_nested_whole(job, &request, ret_result);

	if (error != 0)
		return error;
	return is_package(package) ? 0 : -ERR_TYPE_UNSUPPORTED;
}

/* Around what was rebuilt; a text is no package. */
static bool is_locked_again(const struct job *job, const char *password,
			    const struct nested_result *result)
{
	return password != NULL && job->policy->reencrypt == REENCRYPT_SAME &&
	       is_package(result->output);
}

static int write_locked(struct job *job, const char *password,
			struct view package)
{
	BUFFER_CLEANUP struct buffer file =
	    buffer_make(job->policy->limits.output_bytes);
	struct lock_password secret;
	int error = -ERR_INTERNAL;

	if (lock_password_from(password, &secret))
		error = lock_write(job->arena, &secret, package, &file);
	explicit_bzero(&secret, sizeof(secret));
	return error != 0 ? error : job_emit(job, buffer_contents(&file));
}

static int encrypted_open(struct job *job)
{
	const char *password = NULL;
	struct nested_result result;
	struct view package;
	int error = decrypt(job, &package, &password);

	if (error == 0)
		error = hand_over(job, package, &result);
	if (error != 0)
		return error;
	job_set_output(job, result.extension, result.mime);
	if (is_locked_again(job, password, &result))
		return write_locked(job, password, result.output);
	job_remove(job, REMOVAL_OOXML_DECRYPTED, "EncryptedPackage", nothing,
		   "%s", job->opened_with_password ? "password" : "");
	job->output_format = result.format;
	job->converted = result.format == FORMAT_TEXT;
	return job_emit(job, result.output);
}

const struct sanitizer sanitizer_encrypted = {
    .name = "encrypted",
    .mime = "application/encrypted",
    .extension = "docx",
    .extensions = "docx docm dotx dotm xlsx xlsm xltx xltm xlsb pptx pptm potx "
		  "potm ppsx ppsm",
    .claims = encrypted_claims,
    .rebuild = encrypted_open,
    .text = encrypted_open,
};

/*
 * S/MIME by OpenSSL.
 */
#include "sanitizers/decoder/trust.h"
#include "sanitizers/mail/signature.h"

#include <dirent.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "base/banned.h"

enum { PATH_SIZE = 4096, AUTH_LEVEL = 2, DIGEST_BITS_MIN = 224 };

static X509_STORE *store; /* NULL: nothing is checked */

static void free_bio(BIO **bio)
{
	(void)BIO_free(*bio);
}

static void free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

#define BIO_CLEANUP __attribute__((cleanup(free_bio)))
#define CMS_CLEANUP __attribute__((cleanup(free_cms)))

/* ---- what is trusted ---- */

/* Every certificate of one file, in PEM or one in DER. */
static int add_file(const char *path)
{
	BIO_CLEANUP BIO *file = BIO_new_file(path, "r");
	size_t count = 0;
	X509 *certificate;

	if (file == NULL)
		return -ERR_CONFIG;
	while ((certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)) !=
	       NULL) {
		count += X509_STORE_add_cert(store, certificate) == 1;
		X509_free(certificate);
	}
	if (count == 0 && BIO_reset(file) == 0) {
		certificate = d2i_X509_bio(file, NULL);
		count += certificate != NULL &&
			 X509_STORE_add_cert(store, certificate) == 1;
		X509_free(certificate);
	}
	ERR_clear_error();
	return count > 0 ? 0 : -ERR_CONFIG;
}

static bool is_certificate(const char *name)
{
	static const char *const endings[] = {".pem", ".crt", ".cer", ".der"};
	size_t size = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (name[0] != '.' && size > 4 &&
		    strcasecmp(name + size - 4, endings[i]) == 0)
			return true;
	return false;
}

static int add_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	size_t count = 0;
	int error = folder == NULL ? -ERR_CONFIG : 0;

	while (error == 0 && (entry = readdir(folder)) != NULL) {
		char file[PATH_SIZE];

		if (!is_certificate(entry->d_name))
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", path,
			       entry->d_name);
		error = add_file(file);
		count++;
	}
	if (folder != NULL)
		(void)closedir(folder);
	return error == 0 && count == 0 ? -ERR_CONFIG : error;
}

int cms_prepare(const char *certificates)
{
	struct stat status;

	/* No file of settings, no modules: nothing is opened later. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_ADD_ALL_CIPHERS |
				    OPENSSL_INIT_ADD_ALL_DIGESTS |
				    OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
				NULL) != 1)
		return -ERR_UNAVAILABLE;
	X509_STORE_free(store);
	store = NULL;
	if (certificates[0] == '\0')
		return 0;
	store = X509_STORE_new();
	if (store == NULL)
		return -ERR_MEMORY;
	/* A site may trust an intermediate authority and not its root. */
	(void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(store),
					 AUTH_LEVEL);
	if (stat(certificates, &status) != 0)
		return -ERR_CONFIG;
	return S_ISDIR(status.st_mode) ? add_folder(certificates)
				       : add_file(certificates);
}

/* ---- one signature ---- */

static CMS_ContentInfo *read_cms(struct view bytes)
{
	const uint8_t *at = bytes.data;
	CMS_ContentInfo *cms;

	if (bytes.size > INT32_MAX)
		return NULL;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.size);
	if (cms != NULL &&
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	return cms;
}

static const char *keep_string(struct arena *arena, const ASN1_STRING *string)
{
	unsigned char *text = NULL;
	int size = string == NULL ? -1 : ASN1_STRING_to_UTF8(&text, string);
	const char *kept = "";

	/* A NUL within would end it early for us and not for others. */
	if (size > 0 && size < SIGNER_SIZE_MAX &&
	    memchr(text, 0, (size_t)size) == NULL)
		kept = arena_string(arena, view_of(text, (size_t)size));
	OPENSSL_free(text);
	return kept;
}

static const char *common_name(struct arena *arena, const X509 *certificate)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	return at < 0
		   ? ""
		   : keep_string(arena, X509_NAME_ENTRY_get_data(
					    X509_NAME_get_entry(subject, at)));
}

static int take_addresses(struct arena *arena, X509 *certificate,
			  struct signature *signature)
{
	STACK_OF(OPENSSL_STRING) *list = X509_get1_email(certificate);

	for (int i = 0; i < sk_OPENSSL_STRING_num(list) &&
			signature->address_count < SIGNER_ADDRESSES_MAX;
	     i++) {
		const char *address =
		    arena_format(arena, "%.*s", SIGNER_SIZE_MAX,
				 sk_OPENSSL_STRING_value(list, i));

		if (address == NULL)
			break;
		signature->addresses[signature->address_count++] = address;
	}
	X509_email_free(list);
	return 0;
}

/* Who signed first; the others have to be as good. */
static int take_signer(struct arena *arena, CMS_ContentInfo *cms,
		       struct signature *signature)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	const char *name = "";
	int error = 0;

	if (sk_X509_num(signers) > 0) {
		X509 *certificate = sk_X509_value(signers, 0);

		name = common_name(arena, certificate);
		error = take_addresses(arena, certificate, signature);
	}
	sk_X509_free(signers);
	if (name == NULL || error != 0)
		return -ERR_MEMORY;
	signature->signer = name;
	if (signature->address_count > 0)
		signature->signer = arena_format(arena, "%s%s<%s>", name,
						 name[0] == '\0' ? "" : " ",
						 signature->addresses[0]);
	return signature->signer == NULL ? -ERR_MEMORY : 0;
}

/* Digests for which anybody can make a second content. */
static bool is_weak(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo) *list = CMS_get0_SignerInfos(cms);

	for (int i = 0; i < sk_CMS_SignerInfo_num(list); i++) {
		X509_ALGOR *digest = NULL;
		const EVP_MD *method;

		CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(list, i), NULL,
					 NULL, &digest, NULL);
		method = digest == NULL
			     ? NULL
			     : EVP_get_digestbyobj(digest->algorithm);
		if (method == NULL ||
		    EVP_MD_get_size(method) * 8 < DIGEST_BITS_MIN)
			return true;
	}
	return false;
}

static int verify(CMS_ContentInfo *cms, struct view content, unsigned flags)
{
	BIO_CLEANUP BIO *detached =
	    content.data == NULL
		? NULL
		: BIO_new_mem_buf(content.data, (int)content.size);

	ERR_clear_error();
	return CMS_verify(cms, NULL, store, detached, NULL, CMS_BINARY | flags);
}

static void judge(struct arena *arena, CMS_ContentInfo *cms,
		  struct view content, struct signature *signature)
{
	const char *data = NULL;
	int flags = 0;

	signature->state = SIGNATURE_INVALID;
	if (verify(cms, content, CMS_NO_SIGNER_CERT_VERIFY) != 1) {
		unsigned long error = ERR_peek_error();

		if (ERR_GET_LIB(error) == ERR_LIB_CMS &&
		    ERR_GET_REASON(error) == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND)
			signature->state = SIGNATURE_UNKNOWN;
	} else if (verify(cms, content, 0) != 1) {
		signature->state = SIGNATURE_UNKNOWN;
	} else if (is_weak(cms)) {
		signature->state = SIGNATURE_UNKNOWN;
		signature->detail = "weak digest";
	} else {
		signature->state = SIGNATURE_VALID;
	}
	if (signature->state != SIGNATURE_VALID &&
	    signature->detail[0] == '\0' &&
	    ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags) != 0) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());

		if ((flags & ERR_TXT_STRING) == 0 || data[0] == '\0')
			data = reason == NULL ? "" : reason;
		signature->detail = arena_format(arena, "%.100s", data);
		if (signature->detail == NULL)
			signature->detail = "";
	}
}

int signature_check_cms(struct arena *arena, struct view cms,
			struct view content, struct signature *ret_signature)
{
	CMS_CLEANUP CMS_ContentInfo *read = NULL;
	int error;

	*ret_signature = (struct signature){.signer = "", .detail = ""};
	if (store == NULL)
		return 0;
	read = content.size > INT32_MAX ? NULL : read_cms(cms);
	if (read == NULL) {
		ERR_clear_error();
		ret_signature->state = SIGNATURE_INVALID;
		ret_signature->detail = "not CMS";
		return 0;
	}
	judge(arena, read, content, ret_signature);
	error = take_signer(arena, read, ret_signature);
	ERR_clear_error();
	return error;
}

int signature_open_cms(struct arena *arena, struct view cms,
		       struct view *ret_content)
{
	CMS_CLEANUP CMS_ContentInfo *read = read_cms(cms);
	ASN1_OCTET_STRING **content = NULL;
	int error = -ERR_MALFORMED;

	if (read != NULL &&
	    OBJ_obj2nid(CMS_get0_eContentType(read)) == NID_pkcs7_data)
		content = CMS_get0_content(read);
	if (content != NULL && *content != NULL) {
		*ret_content = arena_copy(
		    arena, view_of(ASN1_STRING_get0_data(*content),
				   (size_t)ASN1_STRING_length(*content)));
		error = ret_content->data == NULL ? -ERR_MALFORMED : 0;
	}
	ERR_clear_error();
	return error;
}

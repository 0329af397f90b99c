/*
 * Rebuilt archives: every byte is where our writer puts it (zip_walk.c), and
 * libarchive, which knows nothing of that, finds the same members with the
 * same contents; none begins like a program, and only documents that are one
 * like a compound file.
 */
#include "gateway/verifier/check.h"

#include "gateway/verifier/zip_walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

enum { CHUNK = 64 * 1024, HEAD = 512 };

static iconv_t to_cp932 = (iconv_t)-1;

/* libarchive gives names in the locale's encoding, and turns DOS times into
 * local ones: with TZ unset, libc looks at a file each time it is asked. */
static int prepare_archive(void)
{
	if (setenv("TZ", "UTC0", 1) != 0)
		return -ERR_MEMORY;
	tzset();
	if (to_cp932 == (iconv_t)-1)
		to_cp932 = iconv_open("CP932", "UTF-8");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL || to_cp932 == (iconv_t)-1)
		return -ERR_UNAVAILABLE;
	return 0;
}

/* Members that are written as compound files, each verified on its own: the
 * old forms of Office, and by policy what is locked again. */
static bool may_be_compound(const struct check *check, const char *name)
{
	static const char *const old[] = {"doc", "xls", "ppt"};
	static const char *const locked[] = {"docx", "dotx", "xlsx", "xltx",
					     "xlsb", "pptx", "potx", "ppsx"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(old) / sizeof(old[0]); i++)
		if (strcasecmp(dot + 1, old[i]) == 0)
			return true;
	if (dot == NULL || check->policy->reencrypt == REENCRYPT_NO)
		return false;
	for (size_t i = 0; i < sizeof(locked) / sizeof(locked[0]); i++)
		if (strcasecmp(dot + 1, locked[i]) == 0)
			return true;
	return false;
}

/* By its first bytes. Documents and pictures were verified each on its own;
 * this is about what no sanitizer of a member may ever write. */
static const char *forbidden_head(const struct check *check, const char *name,
				  struct view head)
{
	static const char compound[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	static const struct {
		const char *bytes;
		size_t size;
		const char *what;
	} signatures[] = {
	    {"\177ELF", 4, "ELF program"},
	    {"L\0\0\0\1\x14\2\0", 8, "shortcut"},
	    {"\xCF\xFA\xED\xFE", 4, "Mach-O program"},
	    {"\xCA\xFE\xBA\xBE", 4, "Java class"},
	    {"\0asm", 4, "WebAssembly"},
	    {"ITSF", 4, "help file"},
	    {"#!", 2, "script"},
	};

	if (head.size >= 2 && memcmp(head.data, "MZ", 2) == 0 &&
	    memchr(head.data, '\0', head.size) != NULL)
		return "program";
	if (head.size >= 8 && memcmp(head.data, compound, 8) == 0 &&
	    !may_be_compound(check, name))
		return "compound file";
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (head.size >= signatures[i].size &&
		    memcmp(head.data, signatures[i].bytes,
			   signatures[i].size) == 0)
			return signatures[i].what;
	return NULL;
}

/* Reads a member to its end, which makes libarchive check CRC or MAC. */
static int read_content(struct check *check, struct archive *archive,
			const struct zip_walk_entry *expected)
{
	uint8_t chunk[CHUNK];
	uint64_t size = 0;

	for (;;) {
		la_ssize_t got = archive_read_data(archive, chunk, CHUNK);
		const char *what;

		if (got < 0)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "%s: %s", expected->name,
					  archive_error_string(archive));
		if (got == 0)
			break;
		what = size > 0
			   ? NULL
			   : forbidden_head(check, expected->name,
					    view_of(chunk, (size_t)got < HEAD
							       ? (size_t)got
							       : HEAD));
		if (what != NULL)
			return check_fail(check, -ERR_VERIFY_RESIDUE, "%s: %s",
					  expected->name, what);
		size += (uint64_t)got;
	}
	if (size != expected->unpacked)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "%s: size",
				  expected->name);
	return 0;
}

static int read_entry(struct check *check, struct archive *archive,
		      struct archive_entry *entry,
		      const struct zip_walk_entry *expected)
{
	const char *name = archive_entry_pathname(entry);
	unsigned type = archive_entry_filetype(entry);

	if (name == NULL || strcmp(name, expected->name) != 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "%s: another name", expected->name);
	if (type !=
		(expected->folder ? (unsigned)AE_IFDIR : (unsigned)AE_IFREG) ||
	    archive_entry_symlink(entry) != NULL ||
	    archive_entry_hardlink(entry) != NULL)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "%s: not a file",
				  expected->name);
	if (!expected->folder &&
	    (uint64_t)archive_entry_size(entry) != expected->unpacked)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "%s: size",
				  expected->name);
	return read_content(check, archive, expected);
}

static int read_all(struct check *check, struct archive *archive,
		    const struct zip_walk *walk)
{
	struct archive_entry *entry;
	size_t count = 0;
	int status;

	/* libarchive finds no archive in one without members. */
	if (walk->count == 0)
		return 0;
	if (archive_read_open_memory(archive, check->output.data,
				     check->output.size) != ARCHIVE_OK)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "%s",
				  archive_error_string(archive));
	while ((status = archive_read_next_header(archive, &entry)) ==
	       ARCHIVE_OK) {
		int error;

		if (count == walk->count)
			break;
		error =
		    read_entry(check, archive, entry, &walk->entries[count++]);
		if (error != 0)
			return error;
	}
	if (status != ARCHIVE_EOF || count != walk->count)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "after %zu entries: %s", count,
				  status == ARCHIVE_EOF
				      ? "the end"
				      : archive_error_string(archive));
	return 0;
}

/* Passwords as they were tried: in UTF-8 and in CP932. */
static void add_passwords(const struct check *check, struct archive *archive)
{
	for (size_t i = 0; i < check->password_count; i++) {
		char *in = (char *)(uintptr_t)check->passwords[i];
		size_t left = strlen(in);
		size_t room = left * 2 + 1;
		char *bytes = arena_alloc(check->arena, room);
		char *out = bytes;

		/* An empty one is refused, and fits nothing. */
		(void)archive_read_add_passphrase(archive, in);
		if (bytes == NULL || to_cp932 == (iconv_t)-1)
			continue;
		(void)iconv(to_cp932, NULL, NULL, NULL, NULL);
		if (iconv(to_cp932, &in, &left, &out, &room) == 0)
			(void)archive_read_add_passphrase(archive, bytes);
	}
}

static int verify_archive(struct check *check)
{
	struct archive *archive;
	struct zip_walk walk = {0};
	int error = zip_walk(check, &walk);

	if (error == 0)
		error = zip_walk_check_names(check, &walk);
	for (size_t i = 0; i < walk.count && error == 0; i++)
		if (walk.entries[i].encrypted &&
		    check->policy->reencrypt == REENCRYPT_NO)
			error =
			    check_fail(check, -ERR_VERIFY_RESIDUE,
				       "%s: encrypted", walk.entries[i].name);
	if (error != 0)
		return error;
	archive = archive_read_new();
	if (archive == NULL)
		return -ERR_MEMORY;
	if (archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK)
		error = -ERR_UNAVAILABLE;
	add_passwords(check, archive);
	if (error == 0)
		error = read_all(check, archive, &walk);
	(void)archive_read_free(archive);
	return error;
}

const struct verifier verifier_archive = {
    .family = "archive",
    .verify = verify_archive,
    .prepare = prepare_archive,
};

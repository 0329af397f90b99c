/*
 * Documents that were locked again with the password that opened them: the
 * container is read by libgsf, the lock opened by OpenSSL, and what is in it
 * checked as the document that it is. Nothing else comes out as a compound
 * file of this family.
 *
 * Checks: [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15, for the one way in which the
 * sanitizer locks (AES-256 in CBC, SHA-512, 100,000 rounds).
 */
#include "gateway/verifier/ole.h"

#include "base/bytes.h"

#include <glib.h>
#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-utils.h>

#include "base/banned.h"

enum { STREAMS = 6 };

/* Every stream that may be there, by its path; all of them must. */
static const char *const allowed[STREAMS] = {
    "\6DataSpaces/DataSpaceInfo/StrongEncryptionDataSpace",
    "\6DataSpaces/DataSpaceMap",
    "\6DataSpaces/TransformInfo/StrongEncryptionTransform/\6Primary",
    "\6DataSpaces/Version",
    "EncryptedPackage",
    "EncryptionInfo",
};

struct container {
	struct check *check;
	struct view streams[STREAMS];
	size_t count;
};

static int take_stream(struct container *container, GsfInput *input,
		       const char *path)
{
	struct check *check = container->check;
	size_t size = (size_t)gsf_input_size(input);
	uint8_t *bytes;

	for (size_t i = 0; i < STREAMS; i++) {
		if (strcmp(path, allowed[i]) != 0)
			continue;
		if (container->streams[i].data != NULL)
			break;
		bytes = arena_alloc(check->arena, size + 1);
		if (bytes == NULL)
			return -ERR_MEMORY;
		if (size > 0 && gsf_input_read(input, size, bytes) == NULL)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "%s: cannot be read", path);
		container->streams[i] = view_of(bytes, size);
		container->count++;
		return 0;
	}
	return check_fail(check, -ERR_VERIFY_RESIDUE, "%s", path);
}

/* Storages are four deep at most in what is allowed. */
static int walk(struct container *container, GsfInfile *storage,
		const char *path, unsigned depth)
{
	struct check *check = container->check;
	int children = gsf_infile_num_children(storage);
	int error = 0;

	if (depth > 4 || children <= 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "%s", path);
	for (int i = 0; i < children && error == 0; i++) {
		GsfInput *child = gsf_infile_child_by_index(storage, i);
		const char *name = child == NULL ? NULL : gsf_input_name(child);
		const char *below =
		    name == NULL
			? NULL
			: arena_format(check->arena, "%s%s%s", path,
				       path[0] == '\0' ? "" : "/", name);

		if (below == NULL)
			error = check_fail(check, -ERR_VERIFY_MALFORMED, "%s",
					   path);
		else if (GSF_IS_INFILE(child) &&
			 gsf_infile_num_children(GSF_INFILE(child)) >= 0)
			error = walk(container, GSF_INFILE(child), below,
				     depth + 1);
		else
			error = take_stream(container, child, below);
		if (child != NULL)
			g_object_unref(child);
	}
	return error;
}

static int read_container(struct check *check, struct container *container)
{
	GsfInput *memory = gsf_input_memory_new(
	    check->output.data, (gsf_off_t)check->output.size, FALSE);
	GsfInfile *file =
	    memory == NULL ? NULL : gsf_infile_msole_new(memory, NULL);
	int error;

	if (memory != NULL)
		g_object_unref(memory);
	if (file == NULL)
		return check_fail(check, -ERR_VERIFY_TYPE, "no compound file");
	error = walk(container, file, "", 0);
	g_object_unref(file);
	if (error == 0 && container->count != STREAMS)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "%zu streams of %d", container->count,
				  STREAMS);
	return error;
}

/* A document that was locked is one that this program knows. */
static const char *format_within(const char *extension)
{
	switch (extension[0]) {
	case 'd':
		return "docx";
	case 'x':
		return strcmp(extension, "xlsb") == 0 ? "xlsb" : "xlsx";
	case 'p':
		return "pptx";
	default:
		return "";
	}
}

static int verify_ole(struct check *check)
{
	struct container container = {.check = check};
	const struct verifier *verifier =
	    verifier_for(format_within(check->extension));
	struct check inner = *check;
	int error;

	if (check->policy->reencrypt == REENCRYPT_NO || verifier == NULL)
		return check_fail(check, -ERR_VERIFY_TYPE, "a compound file");
	error = read_container(check, &container);
	if (error == 0)
		error = ole_unlock(check, container.streams[5],
				   container.streams[4], &inner.output);
	if (error != 0)
		return error;
	inner.format = format_within(check->extension);
	error = verifier->verify(&inner);
	(void)text_copy(check->detail, sizeof(check->detail), inner.detail);
	return error;
}

static int prepare_ole(void)
{
	gsf_init();
	return ole_unlock_prepare();
}

const struct verifier verifier_ole = {
    .family = "ole",
    .verify = verify_ole,
    .prepare = prepare_ole,
};

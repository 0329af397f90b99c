#define _GNU_SOURCE
#include "gateway/cli/output.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/report/name.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

struct identity {
	dev_t device;
	ino_t number;
};

struct outputs {
	int folder;
	const char *folder_name;
	const char *single; /* name in the folder, of -o; NULL */
	json_t *used;       /* names of this run, ASCII letters folded */
	bool certificates;
	struct identity *inputs;
	size_t input_count;
	char path[PATH_MAX + NAME_FILE_SIZE];
	char parent[PATH_MAX];
};

static int compare(const void *left, const void *right)
{
	const struct identity *a = left;
	const struct identity *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int note_inputs(const struct options *options, struct outputs *outputs)
{
	outputs->inputs =
	    calloc((size_t)options->file_count, sizeof(struct identity));
	if (outputs->inputs == NULL)
		return -ERR_MEMORY;
	for (int i = 0; i < options->file_count; i++) {
		struct stat status;

		if (stat(options->files[i], &status) != 0)
			continue;
		outputs->inputs[outputs->input_count++] =
		    (struct identity){status.st_dev, status.st_ino};
	}
	qsort(outputs->inputs, outputs->input_count, sizeof(struct identity),
	      compare);
	return 0;
}

/* What stands under this name now must be left alone: an input, a folder. */
static bool is_taken(const struct outputs *outputs, const char *name)
{
	struct stat status;
	struct identity identity;

	if (fstatat(outputs->folder, name, &status, 0) != 0)
		return false;
	identity = (struct identity){status.st_dev, status.st_ino};
	return S_ISDIR(status.st_mode) ||
	       bsearch(&identity, outputs->inputs, outputs->input_count,
		       sizeof(identity), compare) != NULL;
}

static void certificate_name(const char *name,
			     char ret_name[NAME_FILE_SIZE + 16])
{
	(void)snprintf(ret_name, NAME_FILE_SIZE + 16, "%s.cert.json", name);
}

static bool has_certificate_taken(const struct outputs *outputs,
				  const char *name)
{
	char beside[NAME_FILE_SIZE + 16];

	certificate_name(name, beside);
	return is_taken(outputs, beside);
}

static int refuse(const char *path, const char *sentence)
{
	(void)fprintf(stderr, "sekisho: %s: %s\n", path, sentence);
	return -ERR_CONFIG;
}

/* -o OUT: the folder is what stands in front of the name. */
static int split_single(const struct options *options, struct outputs *outputs)
{
	const char *slash = strrchr(options->output, '/');
	size_t length;

	outputs->single = slash == NULL ? options->output : slash + 1;
	length = (size_t)(outputs->single - options->output);
	if (outputs->single[0] == '\0' || length >= PATH_MAX)
		return refuse(options->output, SAY(options->language,
						   "ファイル名ではありません。",
						   "not the name of a file"));
	(void)snprintf(outputs->parent, sizeof(outputs->parent), "%.*s",
		       (int)length, options->output);
	outputs->folder_name = length == 0 ? "." : outputs->parent;
	return 0;
}

static int open_folder(const struct options *options, struct outputs *outputs)
{
	int error = 0;

	if (options->output != NULL) {
		error = split_single(options, outputs);
	} else {
		outputs->folder_name = options->out_dir;
		if (mkdir(options->out_dir, 0777) != 0 && errno != EEXIST)
			return refuse(options->out_dir, strerror(errno));
	}
	if (error != 0)
		return error;
	outputs->folder =
	    open(outputs->folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (outputs->folder < 0)
		return refuse(outputs->folder_name, strerror(errno));
	if (outputs->single != NULL &&
	    (is_taken(outputs, outputs->single) ||
	     (outputs->certificates &&
	      has_certificate_taken(outputs, outputs->single))))
		return refuse(options->output,
			      SAY(options->language,
				  "入力またはフォルダーです。",
				  "this is an input or a folder"));
	return 0;
}

static void release(struct outputs *outputs)
{
	handle_close(&outputs->folder);
	json_decref(outputs->used);
	free(outputs->inputs);
	free(outputs);
}

int outputs_open(const struct options *options, struct outputs **ret)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));
	int error;

	if (outputs == NULL)
		return -ERR_MEMORY;
	outputs->folder = -1;
	outputs->certificates = options->certificates;
	outputs->used = json_object();
	error =
	    outputs->used == NULL ? -ERR_MEMORY : note_inputs(options, outputs);
	if (error == 0)
		error = open_folder(options, outputs);
	if (error != 0) {
		release(outputs);
		return error;
	}
	*ret = outputs;
	return 0;
}

int outputs_close(struct outputs *outputs)
{
	int error = 0;

	if (outputs == NULL)
		return 0;
	/* EINVAL: a file system that has no such thing. */
	if (fsync(outputs->folder) != 0 && errno != EINVAL)
		error = error_from_errno(errno);
	release(outputs);
	return error;
}

/* Takes the name unless it was given in this run; file servers fold case. */
static bool reserve(struct outputs *outputs, const char *name)
{
	char folded[NAME_FILE_SIZE];
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < sizeof(folded); i++)
		folded[i] = name[i] >= 'A' && name[i] <= 'Z'
				? (char)(name[i] + 32)
				: name[i];
	folded[i] = '\0';
	if (json_object_get(outputs->used, folded) != NULL ||
	    is_taken(outputs, name) ||
	    (outputs->certificates && has_certificate_taken(outputs, name)))
		return false;
	return json_object_set_new(outputs->used, folded, json_true()) == 0;
}

static int choose_name(struct outputs *outputs, const char *input,
		       const char *extension, char name[NAME_FILE_SIZE])
{
	char plain[NAME_FILE_SIZE];

	output_name(input, extension, plain);
	(void)text_copy(name, NAME_FILE_SIZE, plain);
	for (unsigned number = 2; number < 1000000; number++) {
		if (reserve(outputs, name))
			return 0;
		output_name_numbered(plain, number, name);
	}
	return -ERR_NAME_COLLISION;
}

/* The bytes that were verified are the bytes that are written. */
static int copy_checked(int from, int to, const struct result *result)
{
	crypto_hash_sha256_state state;
	uint8_t chunk[65536];
	uint8_t digest[32];
	off_t offset = 0;

	crypto_hash_sha256_init(&state);
	for (;;) {
		ssize_t got = pread(from, chunk, sizeof(chunk), offset);
		int error;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			break;
		crypto_hash_sha256_update(&state, chunk,
					  (unsigned long long)got);
		error = handle_write_all(to, view_of(chunk, (size_t)got));
		if (error != 0)
			return error;
		offset += got;
	}
	crypto_hash_sha256_final(&state, digest);
	return (uint64_t)offset == result->output_bytes &&
		       sodium_memcmp(digest, result->output_sha256, 32) == 0
		   ? 0
		   : -ERR_INTERNAL;
}

static int temporary(int folder, char name[40], int *ret_fd)
{
	uint8_t random[8];
	char text[2 * sizeof(random) + 1];
	int fd;

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(text, sizeof(text), random, sizeof(random));
	(void)snprintf(name, 40, ".sekisho-%s.tmp", text);
	fd = openat(folder, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

static int put_in_place(int folder, int fd, const char *from, const char *to)
{
	if (fsync(fd) != 0 || renameat(folder, from, folder, to) != 0)
		return error_from_errno(errno);
	return 0;
}

static void tell_path(struct outputs *outputs, const char *name)
{
	const char *folder =
	    outputs->single == NULL ? outputs->folder_name : outputs->parent;
	size_t length = strlen(folder);
	bool slash = length > 0 && folder[length - 1] != '/';

	(void)snprintf(outputs->path, sizeof(outputs->path), "%s%s%s", folder,
		       slash ? "/" : "", name);
}

/* It is there before the output is: what shows has what belongs to it. */
static int write_certificate(struct outputs *outputs, const char *target,
			     const struct result *result)
{
	HANDLE_CLEANUP int to = -1;
	char name[NAME_FILE_SIZE + 16];
	char part[40];
	int error;

	if (!outputs->certificates)
		return 0;
	if (result->certificate[0] == '\0')
		return -ERR_UNAVAILABLE;
	certificate_name(target, name);
	error = temporary(outputs->folder, part, &to);
	if (error != 0)
		return error;
	error = handle_write_all(to, view_of_string(result->certificate));
	if (error == 0)
		error = put_in_place(outputs->folder, to, part, name);
	if (error != 0)
		(void)unlinkat(outputs->folder, part, 0);
	return error;
}

int outputs_write(struct outputs *outputs, const char *input,
		  const struct result *result, int fd, const char **ret_path)
{
	HANDLE_CLEANUP int to = -1;
	char part[40];
	char name[NAME_FILE_SIZE];
	const char *target = outputs->single;
	int error = 0;

	if (target == NULL) {
		error = choose_name(outputs, input, result->extension, name);
		target = name;
	}
	if (error == 0)
		error = temporary(outputs->folder, part, &to);
	if (error != 0)
		return error;
	error = copy_checked(fd, to, result);
	if (error == 0)
		error = write_certificate(outputs, target, result);
	if (error == 0)
		error = put_in_place(outputs->folder, to, part, target);
	if (error != 0) {
		(void)unlinkat(outputs->folder, part, 0);
		return error;
	}
	tell_path(outputs, target);
	*ret_path = outputs->path;
	return 0;
}

int file_copy(const char *path, int content)
{
	char part[4096];
	HANDLE_CLEANUP int file = -1;
	uint64_t size = 0;
	int error = handle_size(content, &size);

	if (error != 0 || (size_t)snprintf(part, sizeof(part), "%s.sekisho-%d",
					   path, (int)getpid()) >= sizeof(part))
		return error != 0 ? error : -ERR_CONFIG;
	file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return error_from_errno(errno);
	error = handle_copy(content, file, size);
	if (error == 0 && (fsync(file) != 0 || rename(part, path) != 0))
		error = error_from_errno(errno);
	if (error != 0)
		(void)unlink(part);
	return error;
}

int file_write(const char *path, struct view content)
{
	HANDLE_CLEANUP int folder = -1;
	HANDLE_CLEANUP int fd = -1;
	char parent[PATH_MAX];
	char part[40];
	const char *slash = strrchr(path, '/');
	int error;

	if (strcmp(path, "-") == 0)
		return fwrite(content.data, 1, content.size, stdout) ==
			       content.size
			   ? 0
			   : -ERR_IO;
	(void)snprintf(parent, sizeof(parent), "%.*s",
		       slash == NULL ? 0 : (int)(slash + 1 - path), path);
	folder = open(slash == NULL ? "." : parent,
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_from_errno(errno);
	error = temporary(folder, part, &fd);
	if (error != 0)
		return error;
	error = handle_write_all(fd, content);
	if (error == 0)
		error = put_in_place(folder, fd, part,
				     slash == NULL ? path : slash + 1);
	if (error != 0)
		(void)unlinkat(folder, part, 0);
	return error;
}

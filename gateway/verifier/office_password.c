#include "gateway/verifier/office_password.h"

#include "base/utf8.h"

#include "base/banned.h"

size_t office_password_units(const char *password,
			     uint8_t ret_units[OFFICE_PASSWORD_SIZE])
{
	struct cursor cursor = cursor_at(view_of_string(password), 0);
	size_t size = 0;

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);
		uint32_t units[2] = {character, 0};
		size_t count = 1;

		if (character > 0xFFFF) {
			units[0] = 0xD800 + ((character - 0x10000) >> 10);
			units[1] = 0xDC00 + ((character - 0x10000) & 0x3FF);
			count = 2;
		}
		for (size_t i = 0; i < count; i++) {
			if (size + 2 > OFFICE_PASSWORD_SIZE)
				return 0;
			ret_units[size++] = (uint8_t)units[i];
			ret_units[size++] = (uint8_t)(units[i] >> 8);
		}
	}
	return size;
}

bool office_hash(const EVP_MD *algorithm, struct view a, struct view b,
		 uint8_t *ret_hash)
{
	EVP_MD_CTX *state = EVP_MD_CTX_new();
	bool done = state != NULL &&
		    EVP_DigestInit_ex(state, algorithm, NULL) == 1 &&
		    EVP_DigestUpdate(state, a.data, a.size) == 1 &&
		    EVP_DigestUpdate(state, b.data, b.size) == 1 &&
		    EVP_DigestFinal_ex(state, ret_hash, NULL) == 1;

	EVP_MD_CTX_free(state);
	return done;
}

#include "sanitizers/html/address.h"

#include "sanitizers/link.h"

#include "base/banned.h"

struct view address_normal(struct arena *arena, struct view address)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t *bytes;
	size_t size = 0;

	while (address.size > 0 && address.data[0] <= ' ')
		address = view_slice(address, 1, SIZE_MAX);
	while (address.size > 0 && address.data[address.size - 1] <= ' ')
		address.size--;
	bytes = arena_array(arena, address.size + 1, 3);
	if (bytes == NULL)
		return (struct view){NULL, 0};
	for (size_t i = 0; i < address.size; i++) {
		uint8_t byte = address.data[i];

		if (byte == '\t' || byte == '\n' || byte == '\r')
			continue;
		if (byte <= ' ' || byte == 0x7f || byte == '<' || byte == '>' ||
		    byte == '"' || byte == '`') {
			bytes[size++] = '%';
			bytes[size++] = (uint8_t)digits[byte >> 4];
			bytes[size++] = (uint8_t)digits[byte & 15];
		} else {
			bytes[size++] = byte;
		}
	}
	return view_of(bytes, size);
}

static bool is_slash(struct view address, size_t at)
{
	return at < address.size &&
	       (address.data[at] == '/' || address.data[at] == '\\');
}

/* Up to the colon; data is NULL where there is none before a path. */
static struct view scheme_of(struct view address)
{
	for (size_t i = 0; i < address.size; i++) {
		if (address.data[i] == ':')
			return view_slice(address, 0, i);
		if (strchr("/?#\\", address.data[i]) != NULL)
			break;
	}
	return (struct view){NULL, 0};
}

enum address_sort address_sort(const struct policy *policy, struct view address)
{
	if (address.size == 0 || address.data[0] == '#')
		return ADDRESS_NONE;
	/* Without a scheme it is a place beside a document that stands alone;
	 * but two slashes of either sort name another host. */
	if (scheme_of(address).data == NULL)
		return is_slash(address, 0) && is_slash(address, 1)
			   ? ADDRESS_ACTIVE
			   : ADDRESS_NONE;
	return link_allowed(policy, address) ? ADDRESS_ALLOWED : ADDRESS_ACTIVE;
}

#include "sanitizers/formula_text.h"

#include "base/banned.h"

bool formula_take_quoted(struct view text, size_t *at, struct view *ret_piece)
{
	size_t start = *at + 1;
	uint8_t quote;

	if (*at >= text.size)
		return false;
	quote = text.data[(*at)++];
	while (*at < text.size) {
		if (text.data[(*at)++] != quote)
			continue;
		if (*at < text.size && text.data[*at] == quote) {
			(*at)++;
			continue;
		}
		*ret_piece = view_slice(text, start, *at - 1 - start);
		return true;
	}
	return false;
}

bool formula_has_any(struct view text, const char *characters)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] != 0 &&
		    strchr(characters, text.data[i]) != NULL)
			return true;
	return false;
}

#include "sanitizers/ooxml/xml_names.h"

#include "base/utf8.h"

#include "base/banned.h"

/* No document has one local name in more namespaces: the list of them is
 * walked. */
enum { SLOTS_AT_FIRST = 512, MEANINGS_MAX = 256 };

int xml_names_begin(struct xml_names *names, struct arena *arena)
{
	*names = (struct xml_names){
	    .arena = arena,
	    .atoms =
		arena_array(arena, SLOTS_AT_FIRST, sizeof(struct xml_atom *)),
	    .atom_slots = SLOTS_AT_FIRST,
	    .qnames =
		arena_array(arena, SLOTS_AT_FIRST, sizeof(struct xml_qname *)),
	    .qname_slots = SLOTS_AT_FIRST,
	};
	return names->atoms == NULL || names->qnames == NULL ? -ERR_MEMORY : 0;
}

/* The upper bits of the product are the good ones. */
static size_t slot_of(uint64_t hash, size_t slots)
{
	return (size_t)(hash >> 32) & (slots - 1);
}

static bool is_text(const char *text, size_t size, struct view view)
{
	return size == view.size && memcmp(text, view.data, size) == 0;
}

/* ---- strings ---- */

static int grow_atoms(struct xml_names *names)
{
	size_t slots = names->atom_slots * 2;
	struct xml_atom **atoms =
	    /* Pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	    arena_array(names->arena, slots, sizeof(*atoms));

	if (names->atom_count >= 2 * XML_NAMES_MAX)
		return -ERR_LIMIT_MEMBERS;
	if (atoms == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < names->atom_slots; i++) {
		struct xml_atom *atom = names->atoms[i];
		size_t slot;

		if (atom == NULL)
			continue;
		slot = slot_of(atom->hash, slots);
		while (atoms[slot] != NULL)
			slot = (slot + 1) & (slots - 1);
		atoms[slot] = atom;
	}
	names->atoms = atoms;
	names->atom_slots = slots;
	return 0;
}

int xml_atom_get(struct xml_names *names, struct view text,
		 struct xml_atom **ret_atom)
{
	uint64_t hash = 0;
	struct xml_atom *atom;
	size_t slot;

	if (names->atom_count * 2 >= names->atom_slots) {
		int error = grow_atoms(names);

		if (error != 0)
			return error;
	}
	for (size_t i = 0; i < text.size; i++)
		hash = xml_hash(hash, text.data[i]);
	slot = slot_of(hash, names->atom_slots);
	for (; names->atoms[slot] != NULL;
	     slot = (slot + 1) & (names->atom_slots - 1)) {
		atom = names->atoms[slot];
		if (atom->hash == hash &&
		    is_text(atom->text, atom->size, text)) {
			*ret_atom = atom;
			return 0;
		}
	}
	atom = arena_alloc(names->arena, sizeof(*atom));
	if (atom == NULL)
		return -ERR_MEMORY;
	atom->text = arena_string(names->arena, text);
	atom->size = text.size;
	atom->hash = hash;
	if (atom->text == NULL)
		return -ERR_MEMORY;
	names->atoms[slot] = atom;
	names->atom_count++;
	*ret_atom = atom;
	return 0;
}

/* ---- names as they are written ---- */

/* XML 1.0, production 4; the colon is looked at apart. */
static bool may_begin(uint32_t c)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
	    {'A', 'Z'},       {'_', '_'},       {'a', 'z'},
	    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},
	    {0x370, 0x37D},   {0x37F, 0x1FFF},  {0x200C, 0x200D},
	    {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF},
	    {0xF900, 0xFDCF}, {0xFDF0, 0xFFFC}, {0x10000, 0xEFFFF},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Production 4a. */
static bool may_follow(uint32_t c)
{
	return may_begin(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F ||
	       c == 0x2040;
}

static bool is_ncname(struct view text)
{
	struct cursor cursor = cursor_at(text, 0);

	if (text.size == 0 || !may_begin(utf8_next(&cursor)))
		return false;
	while (cursor_left(&cursor) > 0)
		if (!may_follow(utf8_next(&cursor)))
			return false;
	return true;
}

static int grow_qnames(struct xml_names *names)
{
	size_t slots = names->qname_slots * 2;
	struct xml_qname **qnames =
	    /* Pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	    arena_array(names->arena, slots, sizeof(*qnames));

	if (names->qname_count >= XML_NAMES_MAX)
		return -ERR_LIMIT_MEMBERS;
	if (qnames == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < names->qname_slots; i++) {
		struct xml_qname *qname = names->qnames[i];
		size_t slot;

		if (qname == NULL)
			continue;
		slot = slot_of(qname->hash, slots);
		while (qnames[slot] != NULL)
			slot = (slot + 1) & (slots - 1);
		qnames[slot] = qname;
	}
	names->qnames = qnames;
	names->qname_slots = slots;
	return 0;
}

static int make_qname(struct xml_names *names, struct view text, uint64_t hash,
		      struct xml_qname **ret_qname)
{
	const uint8_t *colon = memchr(text.data, ':', text.size);
	size_t size = colon == NULL ? 0 : (size_t)(colon - text.data);
	struct view prefix = view_slice(text, 0, size);
	struct view local =
	    colon == NULL ? text : view_slice(text, size + 1, SIZE_MAX);
	struct xml_qname *qname;
	int error;

	if (text.size > XML_NAME_SIZE_MAX ||
	    (colon != NULL && !is_ncname(prefix)) || !is_ncname(local))
		return -ERR_MALFORMED;
	qname = arena_alloc(names->arena, sizeof(*qname));
	if (qname == NULL)
		return -ERR_MEMORY;
	qname->hash = hash;
	qname->text = arena_copy(names->arena, text);
	if (qname->text.data == NULL)
		return -ERR_MEMORY;
	if (colon == NULL && view_equal(text, view_of_string("xmlns")))
		qname->declares = XML_DEFAULT_NAMESPACE;
	else if (view_equal(prefix, view_of_string("xmlns")))
		qname->declares = XML_PREFIX;
	error = xml_atom_get(names, prefix, &qname->prefix);
	if (error == 0)
		error = xml_atom_get(names, local, &qname->local);
	if (error == 0)
		*ret_qname = qname;
	return error;
}

int xml_qname_get(struct xml_names *names, struct view text, uint64_t hash,
		  struct xml_qname **ret_qname)
{
	size_t slot = slot_of(hash, names->qname_slots);
	int error;

	while (names->qnames[slot] != NULL) {
		struct xml_qname *qname = names->qnames[slot];

		if (qname->hash == hash && xml_same_name(qname->text, text)) {
			*ret_qname = qname;
			return 0;
		}
		slot = (slot + 1) & (names->qname_slots - 1);
	}
	error = make_qname(names, text, hash, ret_qname);
	if (error != 0)
		return error;
	names->qnames[slot] = *ret_qname;
	if (++names->qname_count * 2 >= names->qname_slots)
		return grow_qnames(names);
	return 0;
}

/* ---- what they mean ---- */

static int find_name(struct xml_names *names, const struct xml_qname *qname,
		     const struct xml_atom *uri, struct xml_name **ret_name)
{
	struct xml_name *same = NULL;
	struct xml_name *name;
	size_t count = 0;

	for (name = qname->local->names; name != NULL; name = name->next) {
		if (++count == MEANINGS_MAX)
			return -ERR_LIMIT_MEMBERS;
		if (name->uri_atom != uri)
			continue;
		if (view_equal(name->qualified, qname->text)) {
			*ret_name = name;
			return 0;
		}
		same = name->same;
	}
	name = arena_alloc(names->arena, sizeof(*name));
	if (name == NULL)
		return -ERR_MEMORY;
	*name = (struct xml_name){
	    .local = qname->local->text,
	    .prefix = qname->prefix->size == 0 ? NULL : qname->prefix->text,
	    .uri = uri == NULL ? NULL : uri->text,
	    .qualified = qname->text,
	    .uri_atom = uri,
	    .next = qname->local->names,
	    .same = same == NULL ? name : same,
	};
	qname->local->names = name;
	*ret_name = name;
	return 0;
}

int xml_qname_resolve(struct xml_names *names, struct xml_qname *qname,
		      bool attribute, struct xml_name **ret_name)
{
	const struct xml_atom *uri = qname->prefix->uri;
	struct xml_name **known = &qname->known;
	int error = 0;

	if (qname->prefix->size == 0 && attribute) {
		uri = NULL;
		known = &qname->bare;
	} else if (qname->prefix->size > 0 && uri == NULL) {
		return -ERR_MALFORMED;
	}
	if (*known == NULL || (*known)->uri_atom != uri)
		error = find_name(names, qname, uri, known);
	*ret_name = *known;
	return error;
}

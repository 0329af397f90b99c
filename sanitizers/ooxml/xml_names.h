/*
 * The names of XML documents, each kept once: whoever asks for the same bytes
 * gets the same pointer, so that names are compared and remembered by pointer.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_XML_NAMES_H
#define SEKISHO_SANITIZERS_OOXML_XML_NAMES_H

#include "base/arena.h"

enum {
	XML_NAMES_MAX = 65536, /* different ones in one document */
	XML_NAME_SIZE_MAX = 50000,
};

/* A string that is kept once. */
struct xml_atom {
	const char *text;
	size_t size;
	uint64_t hash;
	const struct xml_atom
	    *uri;               /* as a prefix: what it means now, or NULL */
	struct xml_name *names; /* whose local name it is */
};

/* A name with what its prefix means. */
struct xml_name {
	const char *local;
	const char *prefix;    /* NULL for none */
	const char *uri;       /* NULL for none */
	struct view qualified; /* "prefix:local" */
	void *note;            /* the user's; NULL at first */
	/* the reader's */
	const struct xml_atom *uri_atom;
	struct xml_name *next;
	struct xml_name *same; /* the first with this URI and local name */
	uint64_t stamp;
};

enum xml_declares { XML_NOTHING, XML_DEFAULT_NAMESPACE, XML_PREFIX };

/* A name as it is written, whatever its prefix means. */
struct xml_qname {
	struct view text;
	uint64_t hash;
	struct xml_atom *prefix; /* of the empty string for none */
	struct xml_atom *local;
	enum xml_declares declares; /* as an attribute */
	struct xml_name *known;     /* what it meant last */
	struct xml_name *bare;      /* without a namespace */
	uint64_t stamp;
};

struct xml_names {
	struct arena *arena;
	struct xml_atom **atoms;
	size_t atom_count;
	size_t atom_slots;
	struct xml_qname **qnames;
	size_t qname_count;
	size_t qname_slots;
};

/* Made to be updated byte by byte while a name is looked for. */
static inline uint64_t xml_hash(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x9e3779b97f4a7c15u;
}

/* Names are short: calling memcmp() takes longer than comparing them. */
static inline bool xml_same_name(struct view a, struct view b)
{
	if (a.size != b.size)
		return false;
	if (a.size > 8)
		return memcmp(a.data, b.data, a.size) == 0;
	for (size_t i = 0; i < a.size; i++)
		if (a.data[i] != b.data[i])
			return false;
	return true;
}

int xml_names_begin(struct xml_names *names, struct arena *arena) MUST_CHECK;

/* -ERR_MEMORY; -ERR_LIMIT_MEMBERS beyond XML_NAMES_MAX. */
int xml_atom_get(struct xml_names *names, struct view text,
		 struct xml_atom **ret_atom) MUST_CHECK;

/* `hash` is xml_hash() over the bytes, begun with 0. -ERR_MALFORMED for what
 * is no QName. */
int xml_qname_get(struct xml_names *names, struct view text, uint64_t hash,
		  struct xml_qname **ret_qname) MUST_CHECK;

/* What this name means as an element's or, `attribute`, an attribute's;
 * -ERR_MALFORMED when its prefix is not declared. */
int xml_qname_resolve(struct xml_names *names, struct xml_qname *qname,
		      bool attribute, struct xml_name **ret_name) MUST_CHECK;

#endif

#include "sanitizers/odf/manifest.h"

#include "sanitizers/odf/lock.h"

#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

enum { FOLDERS_MAX = 4096 };

static const char manifest_uri[] =
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

/* The media type of a folder. */
struct odf_folder {
	const char *name; /* "Object 1/" */
	const char *type;
};

struct reading {
	struct odf_package *package;
	const char *type; /* of the whole */
	struct odf_part *part;
	const struct xml_element *element; /* that is being read */
};

static const char *value_of(struct reading *reading,
			    const struct xml_element *element, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *one = &element->attributes[i];

		if (one->name->uri != NULL &&
		    strcmp(one->name->uri, manifest_uri) == 0 &&
		    strcmp(one->name->local, name) == 0)
			return arena_string(reading->package->job->arena,
					    one->value);
	}
	return NULL;
}

/* "1.2": digits and points. */
static const char *clean_version(const char *version)
{
	if (version == NULL || strlen(version) > 8 ||
	    strspn(version, "0123456789.") != strlen(version))
		return "";
	return version;
}

static int add_folder(struct odf_package *package, const char *name,
		      const char *type)
{
	if (package->folders == NULL) {
		package->folders = arena_array(package->job->arena, FOLDERS_MAX,
					       sizeof(*package->folders));
		if (package->folders == NULL)
			return -ERR_MEMORY;
	}
	if (package->folder_count == FOLDERS_MAX)
		return -ERR_LIMIT_MEMBERS;
	package->folders[package->folder_count++] =
	    (struct odf_folder){name, type};
	return 0;
}

static int read_entry(struct reading *reading,
		      const struct xml_element *element)
{
	struct odf_package *package = reading->package;
	const char *path = value_of(reading, element, "full-path");
	const char *type = value_of(reading, element, "media-type");
	const char *version = value_of(reading, element, "version");
	const char *name;
	size_t size;

	reading->part = NULL;
	if (path == NULL || type == NULL)
		return 0;
	if (strcmp(path, "/") == 0) {
		reading->type = type;
		if (package->version[0] == '\0')
			package->version = clean_version(version);
		return 0;
	}
	name = part_name_resolve(package->job->arena, "", path);
	if (name == NULL)
		return 0;
	size = strlen(path);
	if (size > 0 && path[size - 1] == '/')
		return add_folder(
		    package, arena_format(package->job->arena, "%s/", name),
		    type);
	reading->part = odf_package_find(package, name);
	if (reading->part == NULL)
		return 0;
	reading->part->type = type;
	path = value_of(reading, element, "size");
	if (path != NULL)
		reading->part->size = strtoull(path, NULL, 10);
	return 0;
}

static const char *lock_value(void *context, const char *name)
{
	struct reading *reading = context;

	return value_of(reading, reading->element, name);
}

static int on_start(void *context, const struct xml_element *element)
{
	struct reading *reading = context;
	const struct xml_name *name = element->name;

	if (name->uri == NULL || strcmp(name->uri, manifest_uri) != 0)
		return 0;
	if (strcmp(name->local, "manifest") == 0)
		reading->package->version =
		    clean_version(value_of(reading, element, "version"));
	if (strcmp(name->local, "file-entry") == 0)
		return read_entry(reading, element);
	if (strcmp(name->local, "encryption-data") == 0)
		reading->package->encrypted = true;
	if (reading->part != NULL && reading->package->encrypted) {
		reading->element = element;
		return odf_lock_read(reading->package, reading->part,
				     name->local, lock_value, reading);
	}
	return 0;
}

int odf_manifest_read(struct odf_package *package, const char **ret_type)
{
	static const struct xml_events events = {.start = on_start};
	struct reading reading = {.package = package, .type = ""};
	struct odf_part *part =
	    odf_package_find(package, "META-INF/manifest.xml");
	struct view content;
	int error;

	*ret_type = "";
	if (part == NULL)
		return 0;
	part->reported = true;
	error = zip_reader_read(package->zip, part->entry,
				(struct view){NULL, 0}, &content);
	if (error == 0)
		error = xml_read(package->reader, content, &events, &reading);
	/* OpenOffice 2 wrote a DOCTYPE: what is behind it is not read. */
	if (error == -ERR_DTD)
		error = 0;
	if (error == 0)
		*ret_type = reading.type;
	return error;
}

const char *odf_manifest_folder(const struct odf_package *package,
				const char *folder)
{
	for (size_t i = 0; i < package->folder_count; i++)
		if (package->folders[i].name != NULL &&
		    strcmp(package->folders[i].name, folder) == 0)
			return package->folders[i].type;
	return "";
}

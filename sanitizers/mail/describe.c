/*
 * What the fields of a part say about it: type, encoding, disposition.
 */
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/tokenizer_internal.h"

#include "base/banned.h"

/* The one field of this name; a second one is a finding. NULL: none. */
static const struct mail_field *only_field(struct mail_reader *reader,
					   const struct mail_part *part,
					   const char *name)
{
	const struct mail_field *field = mail_field_find(part->fields, name);
	const struct mail_field *again =
	    field == NULL ? NULL : mail_field_again(field, name);

	if (again != NULL)
		mail_tree_note(reader->tree, ERR_MAIL_DUPLICATE_FIELD,
			       again->offset);
	return field;
}

static void note_faults(struct mail_reader *reader,
			const struct mail_field *field,
			const struct mail_parameters *parameters)
{
	struct mail_tree *tree = reader->tree;

	if ((parameters->faults & VALUE_COMMENT) != 0)
		mail_tree_note(tree, ERR_MAIL_COMMENT, field->offset);
	if ((parameters->faults & (VALUE_UNCLOSED | VALUE_TOO_MANY)) != 0)
		mail_tree_note(tree, ERR_MAIL_PARAMETER, field->offset);
}

/* Within a digest parts are messages (RFC 2046 section 5.1.5). */
static void set_default_type(struct mail_part *part)
{
	bool digest = part->parent != NULL &&
		      mail_part_is(part->parent, "multipart", "digest");

	part->type = digest ? "message" : "text";
	part->subtype = digest ? "rfc822" : "plain";
}

static int describe_type(struct mail_reader *reader, struct mail_part *part)
{
	const struct mail_field *field =
	    only_field(reader, part, "content-type");
	const struct mail_parameters *parameters;
	const char *main;
	char *slash;
	int error;

	set_default_type(part);
	if (field == NULL)
		return 0;
	error =
	    mail_value_read(reader->arena, field->value, &main, &parameters);
	if (error != 0)
		return error;
	note_faults(reader, field, parameters);
	part->type_parameters = parameters;
	if (main[0] == '\0') {
		mail_tree_note(reader->tree, ERR_MAIL_HEADER_EMPTY,
			       field->offset);
		return 0;
	}
	slash = strchr(main, '/');
	if (slash == NULL || slash == main || slash[1] == '\0' ||
	    strchr(slash + 1, '/') != NULL ||
	    (parameters->faults & VALUE_MAIN) != 0) {
		mail_tree_note(reader->tree, ERR_MAIL_CONTENT_TYPE,
			       field->offset);
		return 0;
	}
	*slash = '\0';
	part->type = main;
	part->subtype = slash + 1;
	part->type_given = true;
	return 0;
}

static enum mail_encoding encoding_named(const char *name)
{
	static const struct {
		const char *name;
		enum mail_encoding encoding;
	} names[] = {
	    {"7bit", MAIL_ENCODING_7BIT},
	    {"8bit", MAIL_ENCODING_8BIT},
	    {"binary", MAIL_ENCODING_BINARY},
	    {"quoted-printable", MAIL_ENCODING_QUOTED},
	    {"base64", MAIL_ENCODING_BASE64},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].encoding;
	return MAIL_ENCODING_UNKNOWN;
}

static int describe_encoding(struct mail_reader *reader, struct mail_part *part)
{
	const struct mail_field *field =
	    only_field(reader, part, "content-transfer-encoding");
	const struct mail_parameters *parameters;
	const char *name;
	int error;

	if (field == NULL)
		return 0;
	error =
	    mail_value_read(reader->arena, field->value, &name, &parameters);
	if (error != 0)
		return error;
	note_faults(reader, field, parameters);
	part->encoding = encoding_named(name);
	if (part->encoding == MAIL_ENCODING_UNKNOWN ||
	    (parameters->faults & VALUE_MAIN) != 0 || parameters->count > 0 ||
	    (strcmp(part->type, "multipart") == 0 &&
	     part->encoding > MAIL_ENCODING_BINARY))
		mail_tree_note(reader->tree, ERR_MAIL_TRANSFER_ENCODING,
			       field->offset);
	return 0;
}

static int describe_disposition(struct mail_reader *reader,
				struct mail_part *part)
{
	const struct mail_field *field =
	    only_field(reader, part, "content-disposition");
	int error;

	part->disposition = "";
	if (field == NULL)
		return 0;
	error = mail_value_read(reader->arena, field->value, &part->disposition,
				&part->disposition_parameters);
	if (error == 0)
		note_faults(reader, field, part->disposition_parameters);
	return error;
}

int mail_part_describe(struct mail_reader *reader, struct mail_part *part)
{
	int error = describe_type(reader, part);

	if (error == 0)
		error = describe_encoding(reader, part);
	if (error == 0)
		error = describe_disposition(reader, part);
	return error;
}

static bool is_boundary(struct view text)
{
	if (text.size == 0 || text.size > MAIL_BOUNDARY_MAX ||
	    text.data[text.size - 1] == ' ')
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		/* More than RFC 2046 allows, all of it seen in real mail, and
		 * none of it read in two ways between quotation marks. */
		if (byte < ' ' || byte >= 0x7F || byte == '"' || byte == '\\')
			return false;
	}
	return true;
}

struct view mail_part_boundary(struct mail_reader *reader,
			       const struct mail_part *part)
{
	const struct mail_parameters *parameters = part->type_parameters;
	const struct mail_parameter *found =
	    mail_parameter_find(parameters, "boundary");
	const struct mail_field *field =
	    mail_field_find(part->fields, "content-type");
	size_t offset = field == NULL ? part->offset : field->offset;
	enum error error = ERR_NONE;

	if (found == NULL && mail_parameter_is_split(parameters, "boundary"))
		error = ERR_MAIL_BOUNDARY_SPLIT;
	else if (mail_parameter_count(parameters, "boundary") > 1)
		error = ERR_MAIL_BOUNDARY_DUPLICATE;
	else if (found == NULL || !is_boundary(found->value) ||
		 (parameters->faults & VALUE_ESCAPED) != 0)
		error = ERR_MAIL_BOUNDARY;
	else if ((parameters->faults & VALUE_SYNTAX) != 0)
		error = ERR_MAIL_PARAMETER;
	if (error != ERR_NONE)
		mail_tree_note(reader->tree, error, offset);
	return found == NULL || !is_boundary(found->value)
		   ? (struct view){NULL, 0}
		   : found->value;
}

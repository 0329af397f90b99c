#include "sanitizers/odf/rules.h"

#include "base/banned.h"

/* The root of a file, and of a document inside flat XML. */
ODF_ELEMENT_RULE(odf_rule_root)
{
	struct view type = odf_value_of(element, SPACE_OFFICE, "mimetype");
	const struct odf_type *known;

	if (filter->depth == 0)
		return ODF_KEEP;
	known = odf_type_of(type);
	if (!odf_is_in(filter, SPACE_DRAW, "object") ||
	    strcmp(element->name, "document") != 0 || known == NULL ||
	    (known->kind != ODF_CHART && known->kind != ODF_FORMULA &&
	     filter->job->policy->embedded != EMBEDDED_SANITIZE)) {
		odf_report(filter, REMOVAL_ODF_EMBEDDED_DOCUMENT, "%.*s",
			   (int)(type.size > 100 ? 100 : type.size),
			   (const char *)type.data);
		return ODF_DROP;
	}
	return ODF_KEEP;
}

ODF_ELEMENT_RULE(odf_rule_formula_root)
{
	if (filter->depth == 0 && filter->kind != ODF_FORMULA)
		odf_filter_fail(filter, -ERR_MALFORMED);
	return ODF_KEEP;
}

ODF_ELEMENT_RULE(odf_rule_comment)
{
	return filter->job->policy->comments ? ODF_KEEP : ODF_DROP;
}

/* ---- fields of Word that LibreOffice carries through ---- */

/* Form fields; every other one is replaced by its result. */
static bool is_form_field(struct view type)
{
	static const char *const types[] = {
	    "vnd.oasis.opendocument.field.FORMTEXT",
	    "vnd.oasis.opendocument.field.FORMCHECKBOX",
	    "vnd.oasis.opendocument.field.FORMDROPDOWN",
	    "vnd.oasis.opendocument.field.FORMDATE",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_equal_nocase(type, types[i]))
			return true;
	return false;
}

ODF_ELEMENT_RULE(odf_rule_field_start)
{
	struct view type = odf_value_of(element, SPACE_FIELD, "type");
	struct odf_field *field;

	if (filter->field_count == ODF_FIELDS_MAX) {
		odf_filter_fail(filter, -ERR_LIMIT_DEPTH);
		return ODF_DROP;
	}
	field = &filter->fields[filter->field_count++];
	*field = (struct odf_field){.kept = is_form_field(type),
				    .owner = odf_filter_owner(filter)};
	return field->kept ? ODF_KEEP : ODF_DROP;
}

ODF_ELEMENT_RULE(odf_rule_field_separator)
{
	struct odf_field *field;

	if (filter->field_count == 0)
		return ODF_DROP;
	field = &filter->fields[filter->field_count - 1];
	field->in_result = true;
	if (filter->error == 0)
		filter->dropped[field->owner] = true;
	return field->kept ? ODF_KEEP : ODF_DROP;
}

ODF_ELEMENT_RULE(odf_rule_field_end)
{
	if (filter->field_count == 0)
		return ODF_DROP;
	return filter->fields[--filter->field_count].kept ? ODF_KEEP : ODF_DROP;
}

ODF_ELEMENT_RULE(odf_rule_field_mark)
{
	return is_form_field(odf_value_of(element, SPACE_FIELD, "type"))
		   ? ODF_KEEP
		   : ODF_DROP;
}

ODF_ELEMENT_RULE(odf_rule_field_parameter)
{
	static const char *const names[] = {
	    "Checkbox_Checked",
	    "Dropdown_ListEntry",
	    "Dropdown_Selected",
	    "Description",
	    "Hint",
	    "MaxLength",
	    "Name",
	};
	struct view name = odf_value_of(element, SPACE_FIELD, "name");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return ODF_KEEP;
	return ODF_DROP;
}

/* ---- settings ---- */

/* Settings that are text, and harmless. */
static bool is_text_setting(struct view name)
{
	static const char *const names[] = {
	    "ActiveTable",   "ViewId",         "PrinterIndependentLayout",
	    "SelectedViews", "CursorPosition", "BeginLine",
	    "EndLine",       "Language",       "Country",
	    "Variant",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* Numbers and switches that make readers fetch or run something, or trust. */
static bool is_refused_setting(struct view name)
{
	static const char *const names[] = {
	    "LinkUpdateMode",     "LoadReadonly", "ModifyPasswordInfo",
	    "UpdateFromTemplate", "AutoLoad",     "EmbedFonts",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return true;
	return false;
}

static bool is_plain_type(struct view type)
{
	static const char *const types[] = {"boolean", "short", "int", "long",
					    "double"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_equal_nocase(type, types[i]))
			return true;
	return false;
}

ODF_ELEMENT_RULE(odf_rule_setting)
{
	struct view name = odf_value_of(element, SPACE_CONFIG, "name");
	struct view type = odf_value_of(element, SPACE_CONFIG, "type");
	bool keep;

	if (view_equal_nocase(type, "string"))
		keep = is_text_setting(name);
	else
		keep = is_plain_type(type) && !is_refused_setting(name);
	element->captures = true;
	if (!keep)
		odf_report(filter, REMOVAL_ODF_SETTING, "%.*s",
			   (int)(name.size > 100 ? 100 : name.size),
			   (const char *)name.data);
	return keep ? ODF_KEEP : ODF_DROP;
}

/* What a number, a switch or one of the short texts consists of. */
ODF_ELEMENT_END(odf_end_setting)
{
	struct view value = buffer_contents(&filter->capture);

	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (byte == '/' || byte == ':' || byte == '\\' || byte < ' ' ||
		    value.size > 255) {
			odf_report(filter, REMOVAL_ODF_SETTING, "value");
			xml_writer_cut(&filter->writer, frame->start);
			return;
		}
	}
	xml_writer_text(&filter->writer, value);
}

#include "gateway/folder/folder.h"

#include "base/log.h"

#include "base/banned.h"

static void write_one(const struct claimed *claimed, struct buffer *buffer,
		      enum language language)
{
	const struct result *result = &claimed->result;
	char name[NAME_MAX_BYTES + 1];
	struct log_text quoted;
	bool english = language == LANGUAGE_EN;

	claim_name(claimed, name, sizeof(name));
	buffer_format(buffer, "%s: %s\n", english ? "File" : "ファイル",
		      log_quoted(&quoted, name));
	buffer_format(buffer, "%s: %s (%s)\n", english ? "Reason" : "理由",
		      error_sentence((int)result->reason, language),
		      error_name((int)result->reason));
	buffer_format(buffer, "%s: %s\n", english ? "Item" : "受付番号",
		      claimed->item_id);
	if (claimed->refused == ERR_INTAKE_NOT_REGULAR)
		buffer_text(buffer,
			    english ? "It held no content; it was removed.\n"
				    : "内容を持たないため、削除しました。\n");
	else if (claimed->in_place)
		buffer_text(buffer,
			    english ? "The file was left where it is.\n"
				    : "ファイルは元の場所に残しています。\n");
	else
		buffer_text(
		    buffer,
		    english
			? "The original is kept encrypted in the vault. Ask "
			  "the administrator, giving the item number.\n"
			: "原本は暗号化して保管しています。受付番号を添えて"
			  "管理者にお問い合わせください。\n");
}

void notice_write(const struct claimed *claimed, struct buffer *buffer)
{
	enum language first = (enum language)claimed->folder->config->language;
	enum language second = first == LANGUAGE_JA ? LANGUAGE_EN : LANGUAGE_JA;

	write_one(claimed, buffer, first);
	buffer_text(buffer, "\n");
	write_one(claimed, buffer, second);
}

/* The sample file: every key with its default and a comment. */
#include "gateway/config/keys.h"

#include "base/banned.h"

static const char *const headings[SECTION_COUNT][2] = {
    [SECTION_FOLDERS] = {"フォルダー", "Folders"},
    [SECTION_DEFINITIONS] = {"マルウェア定義", "Malware definitions"},
    [SECTION_LOG] = {"記録", "Logging"},
    [SECTION_FOLDER] = {"フォルダー連携", "Drop folders"},
    [SECTION_VAULT] = {"保管庫", "Vault"},
    [SECTION_BROKER] = {"処理の待ち行列", "Queue"},
    [SECTION_MAIL] = {"メール", "Mail"},
    [SECTION_SYSLOG] = {"監査記録の転送(syslog over TLS)",
			"The audit log to a collector (syslog over TLS)"},
    [SECTION_ALARMS] = {"管理者への通知",
			"What administrators are told of by themselves"},
    [SECTION_WEB] = {"Web コンソールと API", "Web console and API"},
    [SECTION_ACCOUNTS] = {"アカウント", "Accounts"},
    [SECTION_DIRECTORY] = {"LDAP・Active Directory", "LDAP, Active Directory"},
    [SECTION_TENANTS] = {"団体(一つのゲートウェイを複数の市区町村で使うとき)",
			 "Tenants: several municipalities on one gateway"},
    [SECTION_POLICY] = {"ポリシー。名前のあるものをいくつでも。",
			"Policies, as many as needed."},
    [SECTION_LIMITS] = {"一件(入れ子を含む)の上限",
			"Limits of an item with all that is in it"},
    [SECTION_MODES] = {"形式ごとの処理方式。書かない形式は mode に従う。",
		       "Modes of single formats; others follow `mode`."},
    [SECTION_RULE] = {"規則。上から見て最初に合うもののポリシーを使う。",
		      "Rules; the policy of the first that matches is used."},
};

static void write_comment(struct buffer *buffer, const struct key *key,
			  const char *indent, enum language language)
{
	buffer_format(buffer, "%s# %s", indent,
		      key->comments[language == LANGUAGE_EN]);
	if (key->type == KEY_CHOICE || key->type == KEY_NUMBER ||
	    key->type == KEY_SIZE) {
		buffer_text(buffer, " [");
		key_write_allowed(buffer, key, language);
		buffer_text(buffer, "]");
	}
	buffer_text(buffer, "\n");
}

/* The first key of a list's element carries the dash. */
static void write_section(struct buffer *buffer, enum key_section section,
			  const char *indent, const char *first,
			  enum language language)
{
	const char *lead = first;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &config_keys[i];
		const char *value = key->value;

		if (key->section != section)
			continue;
		if (section != SECTION_MODES)
			write_comment(buffer, key, indent, language);
		if (section == SECTION_MODES)
			value = "rebuild";
		buffer_format(buffer, "%s%s: %s\n", lead, key->name,
			      value[0] == '\0' ? "\"\"" : value);
		lead = indent;
	}
}

static void write_heading(struct buffer *buffer, enum key_section section,
			  const char *indent, const char *name,
			  enum language language)
{
	buffer_format(buffer, "%s%s# %s\n%s%s:\n",
		      indent[0] == '\0' ? "\n" : "", indent,
		      headings[section][language == LANGUAGE_EN], indent, name);
}

void config_write_defaults(struct buffer *buffer, enum language language)
{
	static const struct {
		enum key_section section;
		const char *name;
	} plain[] = {
	    {SECTION_FOLDERS, "folders"},
	    {SECTION_DEFINITIONS, "definitions"},
	    {SECTION_LOG, "log"},
	    {SECTION_FOLDER, "folder"},
	    {SECTION_VAULT, "vault"},
	    {SECTION_BROKER, "broker"},
	    {SECTION_MAIL, "mail"},
	    {SECTION_WEB, "web"},
	    {SECTION_ACCOUNTS, "accounts"},
	    {SECTION_DIRECTORY, "directory"},
	    {SECTION_TENANTS, "tenants"},
	    {SECTION_SYSLOG, "syslog"},
	    {SECTION_ALARMS, "alarms"},
	};

	write_section(buffer, SECTION_GENERAL, "", "", language);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		write_heading(buffer, plain[i].section, "", plain[i].name,
			      language);
		write_section(buffer, plain[i].section, "  ", "  ", language);
	}
	write_heading(buffer, SECTION_POLICY, "", "policies", language);
	write_section(buffer, SECTION_POLICY, "    ", "  - ", language);
	write_heading(buffer, SECTION_LIMITS, "    ", "limits", language);
	write_section(buffer, SECTION_LIMITS, "      ", "      ", language);
	write_heading(buffer, SECTION_MODES, "    ", "modes", language);
	write_section(buffer, SECTION_MODES, "      ", "      ", language);
	write_heading(buffer, SECTION_RULE, "", "rules", language);
	write_section(buffer, SECTION_RULE, "    ", "  - ", language);
}

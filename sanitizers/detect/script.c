#include "sanitizers/detect/script.h"

#include "base/banned.h"

enum { LINES_MAX = 80, SHARE_PERCENT = 60 };

/* `starts`: how a line of code begins. `strong`: words that only code has;
 * one at least must be there. `decisive`: those of them that no configuration
 * and no prose has; with one of them every line that is a statement by its form
 * counts as code, and so a script of two lines is found. Comments count neither
 * way, so that a wall of them in front hides nothing. Lists end with NULL. */
struct dialect {
	const char *kind;
	const char *const *starts;
	const char *const *strong;
	const char *const *decisive;
	const char *const *comments;
};

static const char *const batch_starts[] = {
    "@",        "echo",      "set ",     "setlocal",   "endlocal", "if ",
    "goto ",    "call ",     "start ",   "pause",      "del ",     "copy ",
    "xcopy ",   "robocopy ", "cd ",      "cd\\",       "cd/",      "chdir ",
    "pushd ",   "popd",      "for %",    "for /",      "exit",     "cls",
    "title ",   "reg ",      "net ",     "powershell", "cmd",      "rundll32",
    "regsvr32", "mshta",     "certutil", "bitsadmin",  "wscript",  "cscript",
    "schtasks", "taskkill",  "move ",    "md ",        "mkdir ",   "rd ",
    "rmdir ",   "type ",     "attrib ",  "curl ",      "wmic ",    "sc ",
    "%",        ")",         "(",        "ping ",      "timeout ", "msiexec",
    "ren ",     "color ",    "chcp ",    "shutdown ",  "start\t",  ":",
    NULL};
static const char *const batch_strong[] = {
    "%~dp0",         "%~",          "goto ",     "cmd /c",
    "cmd.exe",       "powershell ", "reg add",   "rundll32",
    "regsvr32",      "mshta ",      "certutil ", "bitsadmin ",
    "schtasks ",     "errorlevel",  ">nul",      "> nul",
    "%temp%",        "%appdata%",   "%comspec%", "exit /b",
    "net user ",     "net use ",    "setlocal",  "wscript ",
    "cscript ",      "taskkill ",   "xcopy ",    "@echo",
    "%userprofile%", "del /",       "msiexec ",  "shutdown /",
    "start \"\"",    NULL};
static const char *const batch_decisive[] = {
    "cmd /c",     "cmd.exe /c",  "powershell -",   "powershell.exe -",
    "%comspec%",  "mshta http",  "mshta vbscript", "mshta javascript",
    "certutil -", "bitsadmin /", "regsvr32 /",     "rundll32 ",
    "wscript //", "cscript //",  "schtasks /",     NULL};
static const char *const batch_comments[] = {"rem ", "::", "rem\t", NULL};

static const char *const powershell_starts[] = {
    "$",     "param(",  "param (", "function ", "write-",     "get-",
    "set-",  "new-",    "invoke-", "start-",    "stop-",      "import-",
    "add-",  "remove-", "out-",    "if (",      "if(",        "foreach",
    "for (", "while (", "try",     "catch",     "finally",    "}",
    "{",     "[",       "iex",     "iwr",       "powershell", "return",
    "else",  "begin",   "process", "end {",     "&",          ".",
    "(",     ")",       "|",       NULL};
static const char *const powershell_strong[] = {"new-object ",
						"invoke-expression",
						"invoke-webrequest",
						"invoke-restmethod",
						"downloadstring",
						"downloadfile",
						"write-host",
						"write-output",
						"$env:",
						"$psscriptroot",
						"set-executionpolicy",
						"[system.",
						"-encodedcommand",
						"iex(",
						"iex (",
						"iex $",
						"| iex",
						"|iex",
						"start-process",
						"get-childitem",
						"frombase64string",
						"add-type",
						"-executionpolicy",
						"get-content ",
						"set-content ",
						"[convert]::",
						"[reflection.",
						"invoke-command",
						"start-sleep",
						"get-wmiobject",
						"-windowstyle",
						"powershell -",
						"powershell.exe",
						"get-process",
						"get-service",
						"copy-item",
						"remove-item",
						"new-item",
						NULL};
static const char *const powershell_decisive[] = {"new-object ",
						  "invoke-expression",
						  "invoke-webrequest",
						  "invoke-restmethod",
						  "downloadstring",
						  "downloadfile",
						  "frombase64string",
						  "start-process ",
						  "iex(",
						  "iex (",
						  "iex $",
						  "| iex",
						  "|iex",
						  "-encodedcommand",
						  "[reflection.",
						  "set-executionpolicy",
						  NULL};
static const char *const powershell_comments[] = {"#", "<#", NULL};

static const char *const vbs_starts[] = {
    "dim ",          "set ",        "sub ",     "end ",     "function ",
    "if ",           "else",        "elseif ",  "for ",     "next",
    "do ",           "loop",        "on error", "wscript.", "const ",
    "call ",         "msgbox",      "private ", "public ",  "while ",
    "wend",          "select case", "case ",    "with ",    "execute",
    "createobject(", "obj",         "exit ",    NULL};
static const char *const vbs_strong[] = {
    "createobject(",    "createobject (", "wscript.",   "on error resume next",
    "msgbox ",          "msgbox(",        "getobject(", "end sub",
    "end function",     "execute(",       "execute ",   "executeglobal",
    "filesystemobject", "wscript.shell",  NULL};
static const char *const vbs_decisive[] = {
    "createobject(", "createobject (",       "wscript.", "getobject(",
    "executeglobal", "on error resume next", NULL};
static const char *const vbs_comments[] = {"'", "rem ", NULL};

static const char *const script_starts[] = {"var ",
					    "let ",
					    "const ",
					    "function",
					    "if (",
					    "if(",
					    "for (",
					    "for(",
					    "while (",
					    "while(",
					    "}",
					    "{",
					    ")",
					    "return",
					    "try",
					    "catch",
					    "new ",
					    "eval(",
					    "document.",
					    "window.",
					    "wscript.",
					    "(function",
					    "!function",
					    "this.",
					    "switch",
					    "case ",
					    "else",
					    "alert(",
					    "settimeout(",
					    "import ",
					    "export ",
					    "$(",
					    "\"use strict\"",
					    "'use strict'",
					    ";",
					    NULL};
static const char *const script_strong[] = {
    "activexobject", "wscript.",  "eval(",      "document.",
    "window.",       "function(", "function (", "fromcharcode",
    "settimeout(",   "alert(",    "require(",   "module.exports",
    "()=>",          "() =>",     "unescape(",  NULL};
static const char *const script_decisive[] = {
    "activexobject", "wscript.",  "fromcharcode", "eval(",
    "unescape(",     "require('", "require(\"",   NULL};
static const char *const script_comments[] = {"//", "/*", "*", NULL};

static const struct dialect dialects[] = {
    {"batch", batch_starts, batch_strong, batch_decisive, batch_comments},
    {"powershell", powershell_starts, powershell_strong, powershell_decisive,
     powershell_comments},
    {"vbs", vbs_starts, vbs_strong, vbs_decisive, vbs_comments},
    {"js", script_starts, script_strong, script_decisive, script_comments},
};

static bool starts_with_any(const char *line, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strncmp(line, *list, strlen(*list)) == 0)
			return true;
	return false;
}

static bool has_any(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strstr(text, *list) != NULL)
			return true;
	return false;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* An assignment, a call or the use of a member: "a = ", "a.b", "a(b", "a[1]".
 * The rest of a statement over several lines is none. */
static bool is_statement(const char *line)
{
	size_t size = 0;

	while (is_name(line[size]))
		size++;
	if (size == 0 || isdigit((unsigned char)line[0]))
		return false;
	if (line[size] == '.')
		return isalpha((unsigned char)line[size + 1]);
	while (line[size] == ' ' || line[size] == '\t')
		size++;
	return line[size] == '=' || line[size] == '(' || line[size] == '[';
}

static bool speaks(const struct head *head, const struct dialect *dialect)
{
	const char *line = head->text;
	unsigned code = 0;
	unsigned other = 0;
	bool decisive;

	if (!has_any(head->text, dialect->strong))
		return false;
	decisive = has_any(head->text, dialect->decisive);
	for (int i = 0; i < LINES_MAX && line != NULL; i++) {
		line += strspn(line, " \t\r\n");
		if (*line == '\0')
			break;
		if (starts_with_any(line, dialect->starts) ||
		    (decisive && is_statement(line)))
			code++;
		else if (!starts_with_any(line, dialect->comments))
			other++;
		line = strpbrk(line, "\r\n");
	}
	return code > 0 && code * 100 >= (code + other) * SHARE_PERCENT;
}

struct kind kind_by_code(const struct head *head)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (speaks(head, &dialects[i]))
			return (struct kind){.name = dialects[i].kind,
					     .refusal = ERR_TYPE_EXECUTABLE};
	return (struct kind){0};
}

#define _GNU_SOURCE
#include "base/handle.h"
#include "gateway/office/engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/banned.h"

#define OFFICE "/org.openoffice.Office."
#define SETUP "/org.openoffice.Setup/"

/* What LibreOffice does of its own accord and what a document can ask it to
 * do: none of it. Nothing depends on it, the sandbox denies what it leads to.
 */
static const struct {
	const char *path;
	const char *name;
	const char *value;
} settings[] = {
    /* macros and scripts */
    {OFFICE "Common/Security/Scripting", "MacroSecurityLevel", "3"},
    {OFFICE "Common/Security/Scripting", "DisableMacrosExecution", "true"},
    {OFFICE "Common/Security/Scripting", "CheckDocumentEvents", "true"},
    /* links */
    {OFFICE "Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"},
    {OFFICE "Common/Load", "UpdateDocMode", "0"},
    {OFFICE "Writer/Content/Update", "Link", "0"},
    {OFFICE "Calc/Content/Update", "Link", "1"},
    /* formulas keep the results they came with */
    {OFFICE "Calc/Formula/Load", "OOXMLRecalcMode", "1"},
    {OFFICE "Calc/Formula/Load", "ODFRecalcMode", "1"},
    /* Java, news, reports, what was opened last */
    {OFFICE "Java/VirtualMachine", "Enable", "false"},
    {OFFICE "Common/Misc", "FirstRun", "false"},
    {OFFICE "Common/Misc", "CrashReport", "false"},
    {OFFICE "Common/Misc", "CollectUsageInformation", "false"},
    {OFFICE "Common/Misc", "UseOpenCL", "false"},
    {OFFICE "Common/History", "PickListSize", "0"},
    {OFFICE "Recovery/RecoveryInfo", "Enabled", "false"},
    {OFFICE "Recovery/AutoSave", "Enabled", "false"},
    {SETUP "Office", "ooSetupInstCompleted", "true"},
    /* what is in no other language, or character set, is in Japanese */
    {SETUP "L10N", "ooSetupSystemLocale", "ja-JP"},
};

static void write_settings(struct buffer *text)
{
	buffer_text(
	    text,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\""
	    " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
	    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n");
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		buffer_format(text,
			      "<item oor:path=\"%s\"><prop oor:name=\"%s\""
			      " oor:op=\"fuse\"><value>%s</value></prop>"
			      "</item>\n",
			      settings[i].path, settings[i].name,
			      settings[i].value);
	buffer_text(text, "</oor:items>\n");
}

int profile_write(void)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(16 * 1024);
	HANDLE_CLEANUP int fd = -1;

	write_settings(&text);
	if (buffer_error(&text) != 0)
		return buffer_error(&text);
	if (mkdir("/tmp/profile", 0700) != 0 ||
	    mkdir("/tmp/profile/user", 0700) != 0)
		return -ERR_SANDBOX_SETUP;
	fd = open("/tmp/profile/user/registrymodifications.xcu",
		  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -ERR_SANDBOX_SETUP;
	return handle_write_all(fd, buffer_contents(&text));
}

#include "gateway/daemon/programs.h"

#include <stddef.h>

#include "base/banned.h"

/* In the order in which they are started. */
const struct program_description program_table[PROGRAMS] = {
    [PROGRAM_VAULT] = {"vault", "sekisho-vault", true, false, "vault.sock"},
    [PROGRAM_BROKER] = {"broker", "sekisho-broker", true, true, "intake.sock"},
    [PROGRAM_WORKER] = {"worker", "sekisho-worker", false, true, NULL},
    [PROGRAM_DECODER] = {"decoder", "sekisho-decoder", false, true, NULL},
    [PROGRAM_OPENER] = {"opener", "sekisho-opener", false, true, NULL},
    [PROGRAM_SCANNER] = {"scanner", "sekisho-scanner", false, true, NULL},
    [PROGRAM_VERIFIER] = {"verifier", "sekisho-verifier", false, true, NULL},
    [PROGRAM_READER] = {"reader", "sekisho-reader", false, true, NULL},
    [PROGRAM_PREVIEW] = {"preview", "sekisho-preview", false, false, NULL},
    [PROGRAM_OFFICE] = {"office", "sekisho-office", false, true, NULL},
    [PROGRAM_FOLDER] = {"folder", "sekisho-folder", true, false, NULL},
    [PROGRAM_MILTER] = {"milter", "sekisho-milter", true, false, NULL},
    [PROGRAM_LMTP] = {"lmtp", "sekisho-lmtp", true, false, NULL},
    [PROGRAM_SEAL] = {"seal", "sekisho-seal", true, false, NULL},
    [PROGRAM_WEB] = {"web", "sekisho-web", true, false, NULL},
    [PROGRAM_COURIER] = {"courier", "sekisho-courier", true, false, NULL},
    [PROGRAM_DIRECTORY] = {"directory", "sekisho-directory", true, false, NULL},
    [PROGRAM_POLICY] = {"policy", "sekisho-policy", true, false, NULL},
    [PROGRAM_NOTIFIER] = {"notifier", "sekisho-notifier", true, false, NULL},
};

static const enum program_index edges[][2] = {
    {PROGRAM_BROKER, PROGRAM_WORKER},  {PROGRAM_BROKER, PROGRAM_DECODER},
    {PROGRAM_BROKER, PROGRAM_SCANNER}, {PROGRAM_BROKER, PROGRAM_VERIFIER},
    {PROGRAM_BROKER, PROGRAM_VAULT},   {PROGRAM_BROKER, PROGRAM_FOLDER},
    {PROGRAM_FOLDER, PROGRAM_VAULT},   {PROGRAM_BROKER, PROGRAM_MILTER},
    {PROGRAM_MILTER, PROGRAM_VAULT},   {PROGRAM_BROKER, PROGRAM_LMTP},
    {PROGRAM_LMTP, PROGRAM_VAULT},     {PROGRAM_BROKER, PROGRAM_READER},
    {PROGRAM_WEB, PROGRAM_VAULT},      {PROGRAM_WEB, PROGRAM_BROKER},
    {PROGRAM_BROKER, PROGRAM_OPENER},  {PROGRAM_DIRECTORY, PROGRAM_VAULT},
    {PROGRAM_POLICY, PROGRAM_VAULT},   {PROGRAM_BROKER, PROGRAM_PREVIEW},
    {PROGRAM_NOTIFIER, PROGRAM_VAULT}, {PROGRAM_BROKER, PROGRAM_OFFICE},
};

bool program_has_edge(enum program_index one, enum program_index other)
{
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if ((edges[i][0] == one && edges[i][1] == other) ||
		    (edges[i][1] == one && edges[i][0] == other))
			return true;
	return false;
}

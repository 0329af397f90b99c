/*
 * The sandbox of the processes that touch hostile content.
 *
 * Prepared once in a zygote, entered by each child after fork, in this order:
 * namespaces, resource limits, capabilities, no_new_privs, Landlock, seccomp.
 * Any step that fails is fatal for the object. Nothing is left inside but
 * memory, the descriptors that were handed over, and time.
 */
#ifndef SEKISHO_GATEWAY_SANDBOX_H
#define SEKISHO_GATEWAY_SANDBOX_H

#include "base/message.h"

struct sandbox;

enum sandbox_kind {
	SANDBOX_PURE,    /* worker, verifier: no file can be opened */
	SANDBOX_SCRATCH, /* scanner: a small temporary folder of its own */
	SANDBOX_FONTS,   /* preview: fonts and character maps can be read */
	SANDBOX_OFFICE,  /* office: a program of the machine is started, in a
			    root, and with processes, of its own */
};

/*
 * Finds out what the kernel has and builds the seccomp filter, before the first
 * library is initialised: from then on all threads share one heap. For
 * SANDBOX_SCRATCH `scratch` is an existing empty folder that becomes the
 * mount point of the child's tmpfs. SANDBOX_OFFICE is nothing without user
 * namespaces: its children cannot enter then. -ERR_SANDBOX_SETUP when
 * no_new_privs, Landlock or seccomp cannot be had: then nothing may be
 * processed.
 */
int sandbox_prepare(enum sandbox_kind kind, const char *scratch,
		    struct sandbox **ret_sandbox) MUST_CHECK;

/*
 * Puts a zygote itself into its user, network and IPC namespaces, once, so that
 * its children need not make their own: the kernel takes longer over those than
 * over everything else (docs/decisions/0003). Nothing happens where user
 * namespaces are not to be had. After all libraries, before the first child:
 * the address space as it is now is not counted against the children.
 */
int sandbox_isolate(struct sandbox *sandbox) MUST_CHECK;

/*
 * Puts the calling process in. After a failure the process must exit without
 * touching content. In builds with compiler sanitizers, which need system
 * calls of their own, only the limits on output are set.
 */
int sandbox_enter(const struct sandbox *sandbox,
		  const struct job_limits *limits) MUST_CHECK;

/* What is in force, for `sekisho status`. */
struct sandbox_features {
	bool seccomp;
	bool user_namespace;
	bool network_namespace;
	int landlock_abi; /* 0: none */
};

void sandbox_features(const struct sandbox *sandbox,
		      struct sandbox_features *ret_features);

/* The one program that can be executed inside SANDBOX_OFFICE. */
#define SANDBOX_OFFICE_PROGRAM "/usr/lib/libreoffice/program/soffice.bin"

/* Exit status of a child that could not enter. */
enum { SANDBOX_EXIT_SETUP = 125 };

#endif

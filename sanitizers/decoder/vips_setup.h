/*
 * libvips as every program here wants it: nothing but a few loaders, no cache,
 * no threads, no generated code.
 */
#ifndef SEKISHO_SANITIZERS_DECODER_VIPS_SETUP_H
#define SEKISHO_SANITIZERS_DECODER_VIPS_SETUP_H

#include "base/error.h"

#include <stddef.h>

/* Starts it, before the sandbox; of its loaders only these, by the names of
 * their classes, can be used afterwards. -ERR_MEMORY, -ERR_UNAVAILABLE. */
int vips_setup(const char *const *loaders, size_t count) MUST_CHECK;

#endif

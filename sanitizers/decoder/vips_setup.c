#include "sanitizers/decoder/vips_setup.h"

#include <stdlib.h>
#include <time.h>
#include <vips/vips.h>
#include <vips/vector.h>

#include "base/banned.h"

static void discard_log(const gchar *domain, GLogLevelFlags level,
			const gchar *message, gpointer data)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)data;
}

int vips_setup(const char *const *loaders, size_t count)
{
	/* Run-time code generation maps files and writable code. */
	if (setenv("VIPS_NOVECTOR", "1", 1) != 0)
		return -ERR_MEMORY;
	/* lcms asks for the local time, and that for its file. */
	tzset();
	if (vips_init("sekisho") != 0)
		return -ERR_UNAVAILABLE;
	(void)g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, discard_log, NULL);
	vips_vector_set_enabled(FALSE);
	vips_block_untrusted_set(TRUE);
	vips_operation_block_set("VipsForeignLoad", TRUE);
	for (size_t i = 0; i < count; i++)
		vips_operation_block_set(loaders[i], FALSE);
	vips_cache_set_max(0);
	vips_concurrency_set(1);
	return 0;
}

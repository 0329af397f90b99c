/*
 * EXIF (JEITA CP-3451, a TIFF structure): the orientation, and what else is
 * in it for the report. The block itself never comes out.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_EXIF_H
#define SEKISHO_SANITIZERS_PICTURE_EXIF_H

#include "sanitizers/job.h"

struct exif {
	unsigned orientation; /* 1-8; 0 when absent or broken */
	bool gps;             /* there is a position */
	bool thumbnail;       /* there is a small copy of the picture */
	bool maker_note;      /* there is a block of the maker's */
};

/* Reads a block that starts with its TIFF header ("Exif\0\0" cut off). A
 * broken block gives what could be read of it. */
struct exif exif_read(struct view block);

/* Reports the block at `path`, and its position and thumbnail by name. */
void exif_remove(struct job *job, struct view block, const struct exif *exif,
		 const char *path);

#endif

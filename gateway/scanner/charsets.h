/*
 * Conversions that libclamav asks of iconv while it scans: names and code of
 * VBA projects in their code page. Their tables are loaded before the
 * sandbox, which opens no files; without them the scan fails.
 *
 * iconv_open(), iconv() and iconv_close() are defined here, in front of glibc's:
 * sets of one and two bytes are converted by tables, all else by glibc. Its
 * modules are five mappings each, which the kernel copies for every scan.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_CHARSETS_H
#define SEKISHO_GATEWAY_SCANNER_CHARSETS_H

/* Loads the tables for the life of the process. One that the system lacks
 * only makes the scans fail that need it. */
void charsets_load(void);

#endif

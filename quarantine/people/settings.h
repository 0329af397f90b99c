/*
 * What the section `accounts` of the configuration says (docs/accounts.md);
 * the vault gets it as --accounts KEY=VALUE.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_SETTINGS_H
#define SEKISHO_QUARANTINE_PEOPLE_SETTINGS_H

#include "base/error.h"

#include <stdint.h>

enum second_factor {
	SECOND_FACTOR_REQUIRED,
	SECOND_FACTOR_ADMINISTRATORS, /* and auditors */
	SECOND_FACTOR_OPTIONAL,
};

enum { BANNER_MAX = 2000, ORIGIN_MAX = 255 };

struct people_settings {
	int64_t idle_seconds;    /* a session unused for so long is over */
	int64_t session_seconds; /* and one as old as this */
	int64_t lock_failures;   /* so many failures lock an account */
	int64_t lock_seconds;
	int64_t password_length;  /* characters at least */
	int64_t password_classes; /* of lower, upper, digits, symbols */
	int64_t administrator_length;
	int64_t password_history; /* former ones that are refused */
	int64_t temporary_hours;  /* a temporary password is good for */
	int64_t dormant_days;     /* not logged in for so long */
	int64_t dormant_disable;  /* 1: and then disabled */
	int64_t second_factor;    /* enum second_factor */
	int64_t directory_create; /* 1: staff of the directory get accounts */
	char banner[BANNER_MAX + 1];
	char origin[ORIGIN_MAX + 1]; /* https://HOST[:PORT] of the console;
					"": FIDO2 is not offered */
};

void people_settings_default(struct people_settings *ret_settings);

/* Takes "key=value,key=value" of numbers, or "banner=" or "origin=" and a text.
 * -ERR_CONFIG: unknown, or out of its range. */
int people_settings_take(struct people_settings *settings,
			 const char *assignment) MUST_CHECK;

#endif

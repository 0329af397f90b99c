/*
 * Pictures in the drawings of doc, xls and ppt ([MS-ODRAW] 2.2.23).
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_COMPOUND_BLIP_H
#define SEKISHO_GATEWAY_VERIFIER_COMPOUND_BLIP_H

#include "gateway/verifier/check.h"

/* The record of a picture with its header: what its type says and nothing but
 * what shows it; the result of check_fail() else. */
int compound_verify_blip(struct check *check, struct view record) MUST_CHECK;

#endif

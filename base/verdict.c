#include "base/verdict.h"

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASSWORD:
		return "password";
	case VERDICT_SANITIZED:
		return "sanitized";
	case VERDICT_UNCHANGED:
		return "unchanged";
	case VERDICT_CONVERTED:
		return "converted";
	case VERDICT_BLOCKED:
	case VERDICT_COUNT:
		break;
	}
	return "blocked";
}

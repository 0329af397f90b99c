#include "quarantine/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

int problem_set(struct problem *problem, int error, const char *format, ...)
{
	va_list list;

	if (problem == NULL || problem->text[0] != '\0')
		return error;
	va_start(list, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, list);
	va_end(list);
	return error;
}

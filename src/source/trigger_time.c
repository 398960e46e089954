/* SPDX-License-Identifier: Apache-2.0 */
/* Times as Go prints them: RFC 3339 with up to nine digits behind the second. */
#include "api.h"

#include <string.h>

enum { DAY_S = 24 * 60 * 60, DAYS_TO_1970 = 719468 /* from 0000-03-01 */ };

/* `count` digits, then `behind`; NUL: whatever comes. */
static bool read_digits(const char **at, unsigned count, char behind, unsigned most,
			unsigned *ret_number)
{
	unsigned number = 0;

	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		number = number * 10 + (unsigned)(**at - '0');
	}
	if (number > most || (behind != '\0' && *(*at)++ != behind))
		return false;
	*ret_number = number;
	return true;
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Since 1970-01-01. Years begin in March here, so that the leap day is the last. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
	unsigned months = (month + 9) % 12, years = year - (month < 3);
	uint64_t days = years * 365ull + years / 4 - years / 100 + years / 400;

	return days + (months * 153 + 2) / 5 + day - 1 - DAYS_TO_1970;
}

static bool read_date(const char **at, uint64_t *ret_days)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year, month, day;

	if (!read_digits(at, 4, '-', 9999, &year) || !read_digits(at, 2, '-', 12, &month) ||
	    !read_digits(at, 2, 'T', 31, &day) || year < 1970 || month < 1 || day < 1 ||
	    day > days[month - 1] + (unsigned)(month == 2 && is_leap(year)))
		return false;
	*ret_days = days_of(year, month, day);
	return true;
}

static bool read_fraction(const char **at, uint64_t *ret_ns)
{
	uint64_t ns = 0, worth = 100 * 1000 * 1000;

	if (**at == '.' || **at == ',') {
		const char *start = ++*at;
		for (; **at >= '0' && **at <= '9'; (*at)++, worth /= 10)
			ns += worth * (uint64_t)(**at - '0');
		if (*at == start)
			return false;
	}
	*ret_ns = ns;
	return true;
}

/* "Z", or how far the clock is ahead: "+02:00". */
static bool read_zone(const char *at, int *ret_s)
{
	unsigned hours, minutes;
	int sign = *at == '-' ? -1 : 1;

	if (strcmp(at, "Z") == 0) {
		*ret_s = 0;
		return true;
	}
	if (*at != '+' && *at != '-')
		return false;
	at++;
	if (!read_digits(&at, 2, ':', 23, &hours) || !read_digits(&at, 2, '\0', 59, &minutes) ||
	    *at != '\0')
		return false;
	*ret_s = sign * (int)(hours * 3600 + minutes * 60);
	return true;
}

uint64_t trigger_time_ns(const char *text)
{
	unsigned hours, minutes, seconds;
	uint64_t days, ns;
	int ahead_s;

	if (!read_date(&text, &days) || !read_digits(&text, 2, ':', 23, &hours) ||
	    !read_digits(&text, 2, ':', 59, &minutes) || !read_digits(&text, 2, '\0', 59, &seconds) ||
	    !read_fraction(&text, &ns) || !read_zone(text, &ahead_s))
		return 0;

	int64_t unix_s = (int64_t)(days * DAY_S + hours * 3600 + minutes * 60 + seconds) - ahead_s;
	if (unix_s < 0 || (uint64_t)unix_s > UINT64_MAX / 1000000000 - 1)
		return 0;
	return (uint64_t)unix_s * 1000000000 + ns;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines in CoreDNS' two forms: "[INFO] plugin/file: text" without a time (the container runtime
 * adds it), or one JSON object per line. */
#include "knamed/observe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

static _Atomic enum log_form form_set;
static atomic_bool is_quiet, is_debug;

static const char *const text_words[] = {
	[LOG_DEBUG] = "DEBUG", [LOG_INFO] = "INFO",   [LOG_WARNING] = "WARNING",
	[LOG_ERROR] = "ERROR", [LOG_FATAL] = "FATAL",
};
static const char *const json_words[] = {
	[LOG_DEBUG] = "DEBUG", [LOG_INFO] = "INFO",   [LOG_WARNING] = "WARN",
	[LOG_ERROR] = "ERROR", [LOG_FATAL] = "FATAL",
};

void log_set_form(enum log_form form)
{
	atomic_store(&form_set, form);
}

enum log_form log_form_in_force(void)
{
	return atomic_load_explicit(&form_set, memory_order_relaxed);
}

void log_set_quiet(bool quiet)
{
	atomic_store(&is_quiet, quiet);
}

bool log_is_quiet(void)
{
	return atomic_load(&is_quiet);
}

void log_set_debug(bool debug)
{
	atomic_store(&is_debug, debug);
}

bool log_is_debug(void)
{
	return atomic_load_explicit(&is_debug, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
	return log_form_in_force() == LOG_FORM_JSON ? json_words[level] : text_words[level];
}

static void add_json_string(struct text *line, const char *text)
{
	size_t size = strlen(text), room = 6 * size + 2; /* the longest escape is six bytes */
	char *escaped = mem_alloc(room);
	text_add_n(line, escaped, log_json_string(escaped, room, text, size));
	mem_free(escaped);
}

static void add_json_record(struct text *line, enum log_level level, const char *plugin,
			    const char *message)
{
	char time[64];
	text_add(line, "{\"time\":");
	text_add_n(line, time, log_json_time(time, sizeof(time)));
	text_printf(line, ",\"level\":\"%s\",\"msg\":", json_words[level]);
	add_json_string(line, message);
	if (plugin != NULL) {
		text_add(line, ",\"plugin\":");
		add_json_string(line, plugin);
	}
	text_add(line, "}\n");
}

/* One event is one line, whatever was put into the message. */
static char *message_of(const char *format, va_list arguments)
{
	char short_message[512];
	va_list again;
	va_copy(again, arguments);
	int size = vsnprintf(short_message, sizeof(short_message), format, arguments);
	char *message = mem_alloc((size_t)size + 1);
	vsnprintf(message, (size_t)size + 1, format, again);
	va_end(again);
	for (char *at = message; *at != '\0'; at++)
		if (*at == '\n' || *at == '\r')
			*at = ' ';
	return message;
}

void log_line(enum log_level level, const char *plugin, const char *format, ...)
{
	va_list arguments;
	if (level == LOG_DEBUG && !log_is_debug())
		return;
	va_start(arguments, format);
	char *message = message_of(format, arguments);
	va_end(arguments);
	struct text line = { 0 };
	if (atomic_load(&form_set) == LOG_FORM_JSON)
		add_json_record(&line, level, plugin, message);
	else if (plugin != NULL)
		text_printf(&line, "[%s] plugin/%s: %s\n", text_words[level], plugin, message);
	else
		text_printf(&line, "[%s] %s\n", text_words[level], message);
	output_write(line.data, line.size);
	text_done(&line);
	mem_free(message);
}

void log_plain(const char *format, ...)
{
	if (log_is_quiet())
		return;
	va_list arguments;
	va_start(arguments, format);
	char *message = message_of(format, arguments);
	va_end(arguments);
	struct text line = { 0 };
	if (atomic_load(&form_set) == LOG_FORM_JSON)
		add_json_record(&line, LOG_INFO, NULL, message);
	else
		text_printf(&line, "%s\n", message);
	output_write(line.data, line.size);
	text_done(&line);
	mem_free(message);
}

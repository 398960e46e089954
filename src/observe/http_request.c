/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the head of an HTTP/1 request. What could be taken for something else by another reader is refused:
 * folded lines, blanks in front of a colon, control characters. Bodies are refused too: no path here takes one. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "http.h"

/* A line without its end; NULL data: there is none. */
struct line {
	const char *data;
	size_t size;
};

/* Takes the next line from `rest`; a bare LF ends one too, as people type it. */
static struct line next_line(struct line *rest)
{
	const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
	if (end == NULL)
		return (struct line){ NULL, 0 };
	struct line line = { rest->data, (size_t)(end - rest->data) };
	rest->size -= line.size + 1;
	rest->data = end + 1;
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* The size of the head with its empty line, 0 if that has not come. Empty lines in front are part of it. */
static size_t head_size(const char *text, size_t size)
{
	struct line rest = { text, size };
	bool has_line = false;
	for (struct line line; (line = next_line(&rest)).data != NULL;) {
		if (line.size == 0 && has_line)
			return (size_t)(rest.data - text);
		has_line |= line.size > 0;
	}
	return 0;
}

static bool has_control_characters(struct line line)
{
	for (size_t i = 0; i < line.size; i++)
		if (line.data[i] != '\t' && iscntrl((unsigned char)line.data[i]))
			return true;
	return false;
}

static bool equals(struct line line, const char *word)
{
	return line.size == strlen(word) && strncasecmp(line.data, word, line.size) == 0;
}

static bool has_prefix(struct line line, const char *prefix)
{
	size_t size = strlen(prefix);
	return line.size >= size && strncasecmp(line.data, prefix, size) == 0;
}

static struct line skip(struct line line, size_t size)
{
	return (struct line){ line.data + size, line.size - size };
}

static struct line trim(struct line line)
{
	while (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
		line = skip(line, 1);
	while (line.size > 0 && (line.data[line.size - 1] == ' ' || line.data[line.size - 1] == '\t'))
		line.size--;
	return line;
}

/* Takes what is in front of the next `separator`. */
static struct line next_part(struct line *rest, char separator)
{
	const char *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
	struct line part = *rest;
	if (end == NULL) {
		*rest = skip(*rest, rest->size);
		return part;
	}
	part.size = (size_t)(end - rest->data);
	*rest = skip(*rest, part.size + 1);
	return part;
}

/* ---- the first line ---- */

/* The target without a scheme and host in front (RFC 9112 3.2.2). */
static struct line origin_of(struct line target)
{
	if (has_prefix(target, "http://")) {
		target = skip(target, strlen("http://"));
		const char *slash = target.size > 0 ? memchr(target.data, '/', target.size) : NULL;
		target = skip(target, slash != NULL ? (size_t)(slash - target.data) : target.size);
	}
	return target;
}

static int read_first_line(struct line line, const char *text, struct http_request *request)
{
	struct line method = next_part(&line, ' '), target = next_part(&line, ' ');
	if (method.size == 0 || target.size == 0 || !has_prefix(line, "HTTP/"))
		return 400;
	if (!equals(line, "HTTP/1.1") && !equals(line, "HTTP/1.0"))
		return 505;
	struct line query = origin_of(target), path = next_part(&query, '?');
	request->path_start = (size_t)(path.data - text);
	request->path_size = path.size;
	request->query_start = (size_t)(query.data - text);
	request->query_size = query.size;
	request->is_last = equals(line, "HTTP/1.0");
	request->is_head = method.size == 4 && memcmp(method.data, "HEAD", 4) == 0;
	bool is_get = method.size == 3 && memcmp(method.data, "GET", 3) == 0;
	return is_get || request->is_head ? 0 : 405;
}

/* ---- headers ---- */

static bool has_option(struct line value, const char *word)
{
	while (value.size > 0)
		if (equals(trim(next_part(&value, ',')), word))
			return true;
	return false;
}

/* The status to refuse it with, or 0. */
static int read_header(struct line line, const char *text, struct http_request *request)
{
	struct line name = next_part(&line, ':'), value = trim(line);
	bool has_colon = line.data > name.data + name.size;
	if (!has_colon || name.size == 0 || memchr(name.data, ' ', name.size) != NULL ||
	    memchr(name.data, '\t', name.size) != NULL)
		return 400;
	if (equals(name, "Host")) {
		if (request->host_start != 0)
			return 400; /* two of them are read differently by different readers */
		request->host_start = (size_t)(value.data - text);
		request->host_size = value.size;
	}
	if (equals(name, "Connection") && has_option(value, "close"))
		request->is_last = true;
	if (equals(name, "Transfer-Encoding") ||
	    (equals(name, "Content-Length") && !equals(value, "0")))
		return 413;
	return 0;
}

bool http_request_read(const char *text, size_t size, struct http_request *ret_request)
{
	struct http_request request = { .size = head_size(text, size) };
	if (request.size == 0)
		return false;
	struct line rest = { text, request.size }, line;
	do
		line = next_line(&rest);
	while (line.size == 0);
	request.refusal = has_control_characters(line) ? 400 : read_first_line(line, text, &request);
	while ((line = next_line(&rest)).size > 0) {
		int refusal = has_control_characters(line) ? 400 : read_header(line, text, &request);
		if (request.refusal == 0)
			request.refusal = refusal;
	}
	/* It may have a body, and where that ends is not asked. */
	request.is_last |= request.refusal != 0;
	*ret_request = request;
	return true;
}

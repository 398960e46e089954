/* SPDX-License-Identifier: Apache-2.0 */
/* One request as libcurl sees it: its options, and what it is called when it went wrong. */
#include "client_transfer.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"

/* libcurl waits for no PING's answer, so that the kernel has to notice a peer that is gone: silent for IDLE_S it is
 * asked every INTERVAL_S, and given up when nothing was acknowledged for GONE_MS. */
enum { IDLE_S = 10, INTERVAL_S = 5, GONE_MS = 20 * 1000, BUFFER_SIZE = 16 * 1024 };

static int set_up_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	(void)context;
	(void)purpose;
	const int on = 1, idle_s = IDLE_S, interval_s = INTERVAL_S;
	const unsigned gone_ms = GONE_MS;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	return CURL_SOCKOPT_OK;
}

static struct curl_slist *add_line(struct curl_slist *list, const char *format, const char *value)
{
	struct text line = { 0 };
	text_printf(&line, format, value);
	struct curl_slist *longer = curl_slist_append(list, line.data);
	text_done(&line);
	if (longer == NULL)
		abort(); /* out of memory */
	return longer;
}

static struct curl_slist *headers_of(const struct easy_request *request)
{
	const struct credentials *credentials = request->credentials;
	struct curl_slist *headers = add_line(NULL, "Accept: %s", request->accept);
	if (credentials->bearer != NULL)
		headers = add_line(headers, "Authorization: Bearer %s", credentials->bearer);
	for (size_t i = 0; credentials->headers != NULL && credentials->headers[i] != NULL; i++)
		headers = add_line(headers, "%s", credentials->headers[i]);
	return headers;
}

/* With tls-server-name the URL has that name, which certificate and SNI are then about, and the
 * connection goes where the server is. The request still names the server. */
static char *url_of(const struct easy_request *request, struct curl_slist **headers,
		    struct curl_slist **ret_hosts)
{
	const char *name = request->credentials->server_name;
	struct text url = { 0 };
	size_t host_size;
	const char *host = access_host(request->server, &host_size), *rest = host + host_size;
	if (name == NULL) {
		text_printf(&url, "%s%s", request->server, request->path);
		return url.data;
	}
	text_printf(&url, "%.*s%s%s%s", (int)(host - request->server), request->server, name, rest,
		    request->path);
	struct text route = { 0 }, whole = { 0 };
	text_printf(&route, "::%.*s:", (int)host_size, host);
	*ret_hosts = add_line(NULL, "%s", route.data);
	text_printf(&whole, "%.*s", (int)strcspn(host, "/"), host);
	*headers = add_line(*headers, "Host: %s", whole.data);
	text_done(&route);
	text_done(&whole);
	return url.data;
}

static void set_blob(CURL *easy, CURLoption option, const void *bytes, size_t size)
{
	struct curl_blob blob = { (void *)bytes, size, CURL_BLOB_COPY };
	if (bytes != NULL)
		curl_easy_setopt(easy, option, &blob);
}

static void set_credentials(CURL *easy, const struct credentials *credentials)
{
	set_blob(easy, CURLOPT_CAINFO_BLOB, credentials->ca, credentials->ca_size);
	if (credentials->ca != NULL) /* else those of the machine would be trusted beside it */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, credentials->certificate, credentials->certificate_size);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, credentials->key, credentials->key_size);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L); /* else an old CA would live for a day */
	/* A resumed session checks no certificate. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (credentials->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (credentials->user != NULL || credentials->password != NULL) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME,
				 credentials->user == NULL ? "" : credentials->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 credentials->password == NULL ? "" : credentials->password);
	}
}

/* libcurl does not look at the environment itself. A proxy that speaks TLS has a certificate of the same authorities. */
static void set_proxy(CURL *easy, const char *proxy, const struct credentials *credentials)
{
	curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, credentials->ca, credentials->ca_size);
	curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (credentials->ca != NULL)
		curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
	if (credentials->insecure) {
		curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
	}
}

/* Over TLS the server says whether it speaks HTTP/2; until it did, further requests wait for the
 * first one's connection. HTTP/1.1 takes a connection for each. */
static void set_protocol(CURL *easy, const char *server)
{
	bool is_tls = strncasecmp(server, "https:", 6) == 0;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)(is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)is_tls);
}

CURL *easy_new(const struct easy_request *request, struct curl_slist **ret_headers,
	       struct curl_slist **ret_hosts)
{
	CURL *easy = curl_easy_init();
	if (easy == NULL)
		abort(); /* out of memory */
	struct curl_slist *headers = headers_of(request), *hosts = NULL;
	char *url = url_of(request, &headers, &hosts);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	mem_free(url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	/* A proxy sees no token. */
	curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, hosts);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, request->agent);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else removing it would wait for the resolver. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, set_up_socket);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, request->head_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request->context);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, request->body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request->context);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request->context);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->complaint);
	set_protocol(easy, request->server);
	set_credentials(easy, request->credentials);
	set_proxy(easy, request->proxy, request->credentials);
	*ret_headers = headers;
	*ret_hosts = hosts;
	return easy;
}

/* A handshake that was cut off says nothing about certificates; an alert behind it (TLS 1.3) does. */
static enum client_trouble trouble_of(CURLcode code, const char *complaint)
{
	switch ((int)code) {
	case CURLE_OK:
		return CLIENT_DONE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return CLIENT_NO_HOST;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return CLIENT_NO_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
		return strstr(complaint, "SYSCALL") != NULL || strstr(complaint, "reset") != NULL
			       ? CLIENT_NO_CONNECT
			       : CLIENT_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return CLIENT_TLS;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return strstr(complaint, "alert") != NULL ? CLIENT_TLS : CLIENT_BROKEN;
	case CURLE_OPERATION_TIMEDOUT:
		return CLIENT_TIMEOUT;
	default:
		return CLIENT_BROKEN;
	}
}

enum client_trouble easy_trouble(CURL *easy, CURLcode code, const char *route,
				 const char *complaint, struct error *ret_text)
{
	enum client_trouble trouble = trouble_of(code, complaint);
	const char *what = complaint[0] != '\0' ? complaint : curl_easy_strerror(code), *reason = NULL;
	long number = 0;
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
	if (trouble == CLIENT_NO_CONNECT && number != 0)
		reason = strerrordesc_np((int)number);
	if (trouble != CLIENT_DONE)
		error_set(ret_text, "%.300s: %s%s%s%s", route, what, reason != NULL ? " (" : "",
			  reason != NULL ? reason : "", reason != NULL ? ")" : "");
	return trouble;
}

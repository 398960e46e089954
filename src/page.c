/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

/* page.html as it is, and a NUL behind it. */
__asm__(".section .rodata\n"
	".global page_html\n"
	"page_html:\n"
	".incbin \"src/page.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char page_html[];

struct page {
	struct text headers;
};

/* 'sha256-...' of what stands between two tags, which are there once each. */
static void add_digest(struct text *text, const char *open, const char *close)
{
	enum { DIGEST = 32, BASE64 = 45 };
	unsigned char digest[DIGEST], base64[BASE64];
	const char *from = strstr(page_html, open);
	assert(from != NULL);
	from += strlen(open);
	const char *end = strstr(from, close);
	assert(end != NULL);
	EVP_Digest(from, (size_t)(end - from), digest, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock(base64, digest, DIGEST);
	text_printf(text, " 'sha256-%s'", (const char *)base64);
}

struct page *page_new(void)
{
	struct page *page = mem_zalloc(sizeof(*page));
	struct text *headers = &page->headers;
	text_add(headers,
		 "Content-Security-Policy: default-src 'none'; connect-src 'self'; img-src data:;"
		 " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src");
	add_digest(headers, "<script>", "</script>");
	text_add(headers, "; style-src");
	add_digest(headers, "<style>", "</style>");
	text_add(headers,
		 "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
		 "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n");
	return page;
}

void page_free(struct page *page)
{
	text_done(&page->headers);
	mem_free(page);
}

const char *page_headers(const struct page *page)
{
	return page->headers.data;
}

void page_print(struct text *text)
{
	text_add(text, page_html);
}

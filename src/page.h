/* SPDX-License-Identifier: Apache-2.0 */
/* page -- the live page: one document, built into the program. Its style and its script stand in
 * it, and a browser is told to run nothing else: the headers name their digests. */
#ifndef KNAMED_PAGE_H
#define KNAMED_PAGE_H

#include "knamed/base.h"

struct page;
struct page *page_new(void);
void page_free(struct page *page);
const char *page_headers(const struct page *page);
void page_print(struct text *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this stage share: manifests from text into a model, and short ways to look at it. */
#ifndef TESTS_SOURCE_READING_H
#define TESTS_SOURCE_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "knamed/source.h"

/* Keeps everything. */
static const struct decode_options keep_all = {
	.keep_pod_names = true,
	.keep_zones = true,
	.keep_pods = true,
	.keep_imports = true,
	.keep_slices = true,
	.keep_externals = true,
};

static inline struct model *read_good(const char *name, const char *text,
				      const struct decode_options *options)
{
	struct model *model = model_new();
	struct error error = { 0 };

	if (!manifests_read_text(options, name, text, strlen(text), model, &error))
		fail_msg("%s", error.text);
	return model;
}

static inline struct model *read_yaml(const char *text)
{
	return read_good("test.yaml", text, &keep_all);
}

/* Reads text that is wrong and compares the sentence. */
static inline void assert_wrong(const char *name, const char *text, const char *sentence)
{
	struct model *model = model_new();
	struct error error = { 0 };

	assert_false(manifests_read_text(&keep_all, name, text, strlen(text), model, &error));
	assert_string_equal(error.text, sentence);
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		assert_int_equal(model_count(model, kind), 0);
	model_free(model);
}

static inline const struct service *service_of(const struct model *model, const char *namespace_,
					       const char *name)
{
	const struct object *object = model_get(model, OBJECT_SERVICE, namespace_, name);

	if (object == NULL)
		fail_msg("no service %s/%s", namespace_, name);
	return (const struct service *)object;
}

static inline const struct slice *slice_of(const struct model *model, const char *namespace_,
					   const char *name)
{
	const struct object *object = model_get(model, OBJECT_SLICE, namespace_, name);

	if (object == NULL)
		fail_msg("no slice %s/%s", namespace_, name);
	return (const struct slice *)object;
}

static inline void assert_ip(const struct ip *ip, const char *text)
{
	char printed[IP_TEXT_SIZE];

	ip_print(ip, printed);
	assert_string_equal(printed, text);
}

#endif

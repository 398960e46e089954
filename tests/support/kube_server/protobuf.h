/* SPDX-License-Identifier: Apache-2.0 */
/* JSON objects into the protobuf messages of the Kubernetes API, by tables of their fields. */
#ifndef TESTS_KUBE_SERVER_PROTOBUF_H
#define TESTS_KUBE_SERVER_PROTOBUF_H

#include <jansson.h>

#include "knamed/base.h"

enum field_form {
	FORM_TEXT,  /* string */
	FORM_TEXTS, /* repeated string */
	FORM_NUMBER,
	FORM_BOOL,
	FORM_MESSAGE,
	FORM_MESSAGES,
	FORM_MAP,      /* map<string, string> */
	FORM_TIME,     /* meta.v1.Time */
	FORM_PORT,     /* IntOrString */
	FORM_FIELDS_V1 /* the JSON text in a message of its own */
};
struct message;
struct message_field {
	unsigned number;
	const char *name; /* NULL: ends the list */
	enum field_form form;
	bool is_always; /* written also when absent in JSON: what is no pointer in Go */
	const struct message *message;
};
struct message {
	const char *name;
	struct message_field fields[24];
};
extern const struct message message_namespace, message_service, message_pod, message_slice,
	message_partial, message_status, message_list_meta;

/* Unknown fields are mixed in where has_junk. */
void protobuf_write(struct text *text, const struct message *message, const json_t *object,
		    bool has_junk);
void protobuf_add_bytes(struct text *text, unsigned number, const void *bytes, size_t size);
void protobuf_add_text(struct text *text, unsigned number, const char *value);
/* What stands around a message: "k8s\0" and runtime.Unknown. */
void protobuf_wrap(struct text *text, const char *api_version, const char *kind,
		   const struct text *message);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* source -- turns the outside into model objects and zone records. Control thread.
 *
 *   manifests DIR (YAML, JSON) --decode--> model            zone files --ldns--> records, one at a time
 *
 * A file that does not parse keeps what it gave before; the error names file, line and field. */
#ifndef KNAMED_SOURCE_H
#define KNAMED_SOURCE_H

#include "knamed/base.h"
#include "knamed/config.h"
#include "knamed/model.h"

/* What of the API objects is kept; the rest is checked and left out. */
struct decode_options {
	const struct selector *labels, *namespace_labels; /* NULL or empty: all */
	bool keep_pod_names, keep_zones, keep_pods, keep_imports, keep_slices, keep_externals;
};
struct decode_options decode_options_of(const struct config_kubernetes *kubernetes);

/* The manifests of one `kubernetes` block: read at once, then again when something under DIR
 * changes. Opening fails only where DIR cannot be read; a broken file is logged. Kubernetes'
 * objects of the model are all this source's. */
struct manifests;
typedef void (*source_changed)(void *context); /* a later step was applied to the model completely and changed it */
struct manifests *manifests_open(struct event_base *events, const struct config_kubernetes *kubernetes,
				 struct model *model, source_changed changed, void *context, struct error *error);
void manifests_close(struct manifests *manifests);
/* Reads DIR once into the model without watching (knamectl). False if any file was bad; error has
 * the first. */
bool manifests_read(const struct config_kubernetes *kubernetes, struct model *model, struct error *error);
/* Reads manifest text (one file's) into the model; for tests and fuzzing. */
bool manifests_read_text(const struct decode_options *options, const char *name, const char *text, size_t size,
			 struct model *model, struct error *error);

/* The one document of a YAML or JSON text (a kubeconfig), to be given back by json_decref(). NULL: error says
 * "name:line: what". */
struct json_t;
struct json_t *yaml_read_document(const char *name, const char *text, size_t size, struct error *error);

/* One API object as the API server sends it. Texts are good until the decoder's next call. */
struct api_object {
	enum object_kind kind;
	const char *namespace_, *name, *uid;
	char version[32];          /* resourceVersion; "" if absent or longer than any real one */
	uint64_t triggered_ns;     /* endpoints.kubernetes.io/last-change-trigger-time, ns of Unix time; 0: none */
	uint64_t created_ns;       /* creationTimestamp, to the second; 0: none */
	bool is_initial_end;       /* annotated k8s.io/initial-events-end: the bookmark behind the initial events */
	struct object *object;     /* the decoder's reference; NULL: the options do not want it */
};
struct api_decoder;
struct api_decoder *api_decoder_new(const struct decode_options *options, enum object_kind kind);
void api_decoder_free(struct api_decoder *decoder);
/* The message or the JSON text of one object; of metadata alone where is_metadata_only, which may then be without a
 * name (bookmarks). False: error says which field is wrong; ret_object then has the metadata as far as it could be
 * read (name "" if not even that). Both encodings of an object give equal results. ServiceImports have no message. */
bool api_decode_protobuf(struct api_decoder *decoder, const uint8_t *bytes, size_t size, bool is_metadata_only,
			 struct api_object *ret_object, struct error *error);
bool api_decode_json(struct api_decoder *decoder, const char *text, size_t size, bool is_metadata_only,
		     struct api_object *ret_object, struct error *error);

/* Protobuf's wire form, field by field; every length is checked, groups are refused. */
struct wire { const uint8_t *at, *end; bool is_broken; };
enum wire_type { WIRE_NUMBER, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };
struct wire_field {
	uint32_t number;
	enum wire_type type;
	uint64_t value;       /* the number */
	const uint8_t *bytes; /* of WIRE_BYTES: text, a message; of the others none */
	size_t size;
};
/* False at the end, and where it is broken. Fields that are not known are for the caller to pass over. */
bool wire_next(struct wire *wire, struct wire_field *ret_field);

/* Zone files. Records are handed over one at a time in wire form (names uncompressed, owner as
 * spelled). */
struct zone_record {
	const uint8_t *owner;
	uint16_t type, class_;
	uint32_t ttl;
	const uint8_t *rdata;
	uint16_t rdata_size;
};
typedef bool (*zone_record_call)(void *context, const struct zone_record *record, struct error *error);
/* Reads a zone file; false with "file:line: ..." on the first bad record, on a missing or second
 * SOA, an owner outside `origin`, or when the callback says no. */
bool zone_file_read(const char *path, const uint8_t *origin, zone_record_call take, void *context,
		    struct error *error);
/* The same of a text; files that it includes are looked for beside `name`. */
bool zone_text_read(const char *name, const char *text, size_t size, const uint8_t *origin, zone_record_call take,
		    void *context, struct error *error);

/* Files of `file` and `auto` directives, watched (events NULL: read once). Opening loads what there
 * is; of `file`, a file that is there must be good. Later, unless by_mtime is set, a zone is loaded
 * only when its SOA has another serial. What fails is logged and keeps what was loaded. */
struct zone_files;
struct zone_files_calls {
	/* Reads the zone anew, by zone_file_read() with the same path and origin, and replaces it
	 * as a whole or fails. */
	bool (*load)(void *context, const char *origin, const char *path, struct error *error);
	void (*gone)(void *context, const char *origin); /* the file of an `auto` zone that was loaded went */
	void (*changed)(void *context);                  /* after loads and gones, but for those of opening */
	void *context;
};
struct zone_files *zone_files_open_file(struct event_base *events, const struct config_file *file,
					const struct zone_files_calls *calls, struct error *error);
struct zone_files *zone_files_open_auto(struct event_base *events, const struct config_auto *auto_,
					const struct zone_files_calls *calls, struct error *error);
void zone_files_close(struct zone_files *files);
/* Names the files that an `auto` directive would read now, with the origins that their names give
 * (knamectl). False if the pattern or the template is bad. */
typedef void (*zone_file_found)(void *context, const char *origin, const char *path);
bool zone_files_list(const struct config_auto *auto_, zone_file_found found, void *context,
		     struct error *error);

/* The zones of a `secondary` directive: taken whole from a primary over TCP (AXFR), looked after as their SOAs ask for,
 * and when a primary notifies. A transfer that fails changes nothing. events NULL: nothing is taken. */
struct secondary;
struct secondary_calls {
	void *(*begin)(void *context, const char *origin);               /* a load, to be given to end or abandon */
	bool (*take)(void *load, const struct zone_record *record, struct error *error);
	bool (*end)(void *load, struct error *error);                    /* replaces the zone as a whole, or fails */
	void (*abandon)(void *load);
	void (*gone)(void *context, const char *origin);                 /* the zone has expired */
	void (*changed)(void *context);                                  /* after an end that was good, and gone */
	void *context;
};
struct secondary *secondary_open(struct event_base *events, const struct config_secondary *config,
				 const struct secondary_calls *calls, struct error *error);
void secondary_close(struct secondary *secondary);
/* Its zones are there, or have been tried for. */
bool secondary_is_settled(const struct secondary *secondary);
/* Somebody says that the zone has changed. True: it is a primary, and will be asked. Any thread; it does not block. */
bool secondary_notify(struct secondary *secondary, const uint8_t *zone, const struct ip *from);

#endif

// A C face of simdjson's On-Demand API, for payloads: one call flattens a document into items (the root object, or the
// elements of the root array or of an envelope's array) and their fields, each with its own bytes. It checks every token
// of the document, also of what the caller then ignores. No meaning here: what a reading is, the Swift side knows.
#ifndef SLUICE_CSIMDJSON_H
#define SLUICE_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sluice_json_parser sluice_json_parser;

typedef enum : uint8_t {
    SLUICE_JSON_NULL,
    SLUICE_JSON_BOOLEAN,
    SLUICE_JSON_INTEGER,              // `integer` and `number` are set
    SLUICE_JSON_NUMBER,               // `number` is set
    SLUICE_JSON_NUMBER_OUT_OF_RANGE,  // a number by its grammar, too large for a double
    SLUICE_JSON_NOT_A_NUMBER,         // NaN, Infinity and the like: not JSON, but what some writers emit
    SLUICE_JSON_STRING,               // `text` is set
    SLUICE_JSON_OBJECT,
    SLUICE_JSON_ARRAY,
} sluice_json_kind;

enum {
    SLUICE_JSON_HOLDS_NUL = 1,        // a string or key in the value, at any depth, holds U+0000
    SLUICE_JSON_HOLDS_BAD_NUMBER = 2, // NaN, infinity or a number too large, at any depth
    SLUICE_JSON_ONLY_NUMBERS = 4,     // an object whose members are all numbers that fit
    SLUICE_JSON_KEY_HOLDS_NUL = 8,
};

// Offsets count bytes of the payload. `key` and `text` are unescaped, live until the next parse, and are not terminated.
typedef struct {
    const char *key;
    const char *text;
    double number;
    int64_t integer;
    uint32_t key_length;
    uint32_t text_length;
    uint32_t offset;
    uint32_t length;
    sluice_json_kind kind;
    uint8_t flags;
} sluice_json_field;

// `value` is the item itself; an object has fields.
typedef struct {
    sluice_json_field value;
    uint32_t first_field;
    uint32_t field_count;
} sluice_json_item;

typedef enum : uint8_t {
    SLUICE_JSON_OK,
    SLUICE_JSON_EMPTY,
    SLUICE_JSON_INVALID_UTF8,
    SLUICE_JSON_TOO_DEEP,
    SLUICE_JSON_MALFORMED,
    SLUICE_JSON_NO_MEMORY,
} sluice_json_outcome;

typedef struct {
    const sluice_json_item *items;
    const sluice_json_field *fields;
    uint32_t item_count;
    sluice_json_outcome outcome;
    // Where a malformed document stopped making sense, or the payload's length.
    uint32_t offset;
    // simdjson's words for a malformed document; static.
    const char *message;
} sluice_json_document;

// NULL when there is no memory.
sluice_json_parser *sluice_json_parser_create(void);
void sluice_json_parser_destroy(sluice_json_parser *parser);

// `envelope` is the key whose array holds the items when the root is an object with it, or NULL. The result lives until the next
// call. Payloads above 4 GiB are not taken. One thread at a time.
sluice_json_document sluice_json_parse(
    sluice_json_parser *parser, const char *payload, size_t length, const char *envelope, unsigned depth_limit);

#ifdef __cplusplus
}
#endif

#endif

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "CSimdjson.h"
#include "Token.hpp"

using namespace simdjson;

namespace {

struct Failure {
    sluice_json_outcome outcome = SLUICE_JSON_OK;
    const char *message = nullptr;

    explicit operator bool() const { return outcome != SLUICE_JSON_OK; }
};

Failure malformed(error_code error) {
    return error == MEMALLOC ? Failure{SLUICE_JSON_NO_MEMORY, error_message(error)}
                             : Failure{SLUICE_JSON_MALFORMED, error_message(error)};
}

}  // namespace

struct sluice_json_parser {
    ondemand::parser parser;
    // The payload with the padding behind it that simdjson may read.
    std::unique_ptr<char[]> buffer;
    size_t capacity = 0;
    size_t length = 0;
    std::vector<sluice_json_item> items;
    std::vector<sluice_json_field> fields;
    ondemand::document document;
    std::string_view envelope;
    unsigned depth_limit = 0;
    bool holds_envelope = false;

    Failure load(const char *payload, size_t size);
    Failure parse();

private:
    Failure parse_root_object();
    Failure parse_root_array();
    Failure parse_root_scalar();
    Failure parse_items(ondemand::array array, unsigned depth);
    Failure parse_item(ondemand::value value, unsigned depth);
    Failure parse_fields(ondemand::object object, unsigned depth);
    Failure parse_root_field(ondemand::field &field);
    Failure parse_field(ondemand::field &field, unsigned depth, sluice_json_field &result);
    Failure parse_value(ondemand::value value, unsigned depth, sluice_json_field &result);
    Failure parse_scalar(ondemand::value &value, std::string_view token, sluice_json_field &result);
    Failure walk_object(ondemand::object object, unsigned depth, sluice_json_field &result);
    Failure walk_array(ondemand::array array, unsigned depth, sluice_json_field &result);

    uint32_t offset_of(const char *place) const { return uint32_t(place - buffer.get()); }
    bool is_at_end() { return document.current_location().error() == OUT_OF_BOUNDS; }
    uint32_t end_of_container();
};

Failure sluice_json_parser::load(const char *payload, size_t size) {
    items.clear();
    fields.clear();
    holds_envelope = false;
    length = size;
    if (size > capacity || !buffer) {
        const size_t wanted = size < 4096 ? 4096 : size + size / 2;
        buffer.reset(new (std::nothrow) char[wanted + SIMDJSON_PADDING]);
        capacity = buffer ? wanted : 0;
        if (!buffer) return malformed(MEMALLOC);
        if (auto error = parser.allocate(wanted)) return malformed(error);
    }
    std::memcpy(buffer.get(), payload, size);
    std::memset(buffer.get() + size, ' ', SIMDJSON_PADDING);
    return {};
}

Failure sluice_json_parser::parse() {
    if (auto error = parser.iterate(buffer.get(), length, capacity + SIMDJSON_PADDING).get(document)) {
        // simdjson names the first thing that it minds; bytes that are not UTF-8 are the cause to report.
        if (!validate_utf8(buffer.get(), length)) return {SLUICE_JSON_INVALID_UTF8, error_message(UTF8_ERROR)};
        return error == EMPTY ? Failure{SLUICE_JSON_EMPTY, error_message(error)} : malformed(error);
    }
    const char first = sluice::trimmed(buffer.get(), length).front();
    if (first != '{' && first != '[') return parse_root_scalar();
    if (auto failure = first == '{' ? parse_root_object() : parse_root_array()) return failure;
    return is_at_end() ? Failure{} : malformed(TRAILING_CONTENT);
}

Failure sluice_json_parser::parse_root_array() {
    ondemand::array array;
    if (auto error = document.get_array().get(array)) return malformed(error);
    return parse_items(array, 2);
}

Failure sluice_json_parser::parse_root_object() {
    ondemand::object object;
    if (auto error = document.get_object().get(object)) return malformed(error);
    for (auto each : object) {
        ondemand::field field;
        if (auto error = std::move(each).get(field)) return malformed(error);
        if (auto failure = parse_root_field(field)) return failure;
    }
    if (holds_envelope) return {};
    const auto text = sluice::trimmed(buffer.get(), length);
    sluice_json_item item{};
    item.value.kind = SLUICE_JSON_OBJECT;
    item.value.offset = offset_of(text.data());
    item.value.length = uint32_t(text.size());
    item.field_count = uint32_t(fields.size());
    items.push_back(item);
    return {};
}

// Before the envelope is seen the fields may be the reading's; after it they are its wrapping, checked and left out.
Failure sluice_json_parser::parse_root_field(ondemand::field &field) {
    if (!envelope.empty() && field.key().unsafe_is_equal(envelope) && field.value().raw_json_token()[0] == '[') {
        ondemand::array array;
        if (auto error = field.value().get_array().get(array)) return malformed(error);
        // A second array under the same key replaces the first, as with every repeated key.
        items.clear();
        fields.clear();
        holds_envelope = true;
        return parse_items(array, 3);
    }
    sluice_json_field result{};
    if (auto failure = parse_field(field, 2, result)) return failure;
    if (!holds_envelope) fields.push_back(result);
    return {};
}

Failure sluice_json_parser::parse_root_scalar() {
    const auto token = sluice::trimmed(buffer.get(), length);
    sluice_json_item item{};
    item.value.offset = offset_of(token.data());
    item.value.length = uint32_t(token.size());
    if (token.front() == '"') {
        std::string_view text;
        if (auto error = document.get_string().get(text)) return malformed(error);
        if (!is_at_end()) return malformed(TRAILING_CONTENT);
        item.value.kind = SLUICE_JSON_STRING;
        item.value.text = text.data();
        item.value.text_length = uint32_t(text.size());
        if (text.find('\0') != text.npos) item.value.flags |= SLUICE_JSON_HOLDS_NUL;
    } else if (!sluice::read_literal(token, item.value)) {
        return malformed(TAPE_ERROR);
    } else if (item.value.kind == SLUICE_JSON_NUMBER) {
        if (document.get_double().get(item.value.number)) item.value.kind = SLUICE_JSON_NUMBER_OUT_OF_RANGE;
    }
    items.push_back(item);
    return {};
}

Failure sluice_json_parser::parse_items(ondemand::array array, unsigned depth) {
    for (auto each : array) {
        ondemand::value value;
        if (auto error = each.get(value)) return malformed(error);
        if (auto failure = parse_item(value, depth)) return failure;
    }
    return {};
}

Failure sluice_json_parser::parse_item(ondemand::value value, unsigned depth) {
    sluice_json_item item{};
    item.first_field = uint32_t(fields.size());
    const auto token = value.raw_json_token();
    if (token[0] != '{') {
        if (auto failure = parse_value(value, depth, item.value)) return failure;
        items.push_back(item);
        return {};
    }
    if (depth > depth_limit) return {SLUICE_JSON_TOO_DEEP, error_message(DEPTH_ERROR)};
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return malformed(error);
    if (auto failure = parse_fields(object, depth + 1)) return failure;
    item.value.kind = SLUICE_JSON_OBJECT;
    item.value.offset = offset_of(token.data());
    item.value.length = end_of_container() - item.value.offset;
    item.field_count = uint32_t(fields.size()) - item.first_field;
    items.push_back(item);
    return {};
}

Failure sluice_json_parser::parse_fields(ondemand::object object, unsigned depth) {
    for (auto each : object) {
        ondemand::field field;
        if (auto error = std::move(each).get(field)) return malformed(error);
        sluice_json_field result{};
        if (auto failure = parse_field(field, depth, result)) return failure;
        fields.push_back(result);
    }
    return {};
}

Failure sluice_json_parser::parse_field(ondemand::field &field, unsigned depth, sluice_json_field &result) {
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return malformed(error);
    result.key = key.data();
    result.key_length = uint32_t(key.size());
    if (key.find('\0') != key.npos) result.flags |= SLUICE_JSON_KEY_HOLDS_NUL;
    return parse_value(field.value(), depth, result);
}

Failure sluice_json_parser::parse_value(ondemand::value value, unsigned depth, sluice_json_field &result) {
    const auto token = sluice::trimmed_end(value.raw_json_token());
    result.offset = offset_of(token.data());
    if (token[0] != '{' && token[0] != '[') {
        result.length = uint32_t(token.size());
        return parse_scalar(value, token, result);
    }
    if (depth > depth_limit) return {SLUICE_JSON_TOO_DEEP, error_message(DEPTH_ERROR)};
    Failure failure;
    if (token[0] == '{') {
        ondemand::object object;
        if (auto error = value.get_object().get(object)) return malformed(error);
        failure = walk_object(object, depth + 1, result);
    } else {
        ondemand::array array;
        if (auto error = value.get_array().get(array)) return malformed(error);
        failure = walk_array(array, depth + 1, result);
    }
    if (failure) return failure;
    result.length = end_of_container() - result.offset;
    return {};
}

Failure sluice_json_parser::parse_scalar(ondemand::value &value, std::string_view token, sluice_json_field &result) {
    if (token[0] == '"') {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return malformed(error);
        result.kind = SLUICE_JSON_STRING;
        result.text = text.data();
        result.text_length = uint32_t(text.size());
        if (text.find('\0') != text.npos) result.flags |= SLUICE_JSON_HOLDS_NUL;
        return {};
    }
    // What is not read is skipped by the iterator, which knows the token's end.
    if (!sluice::read_literal(token, result)) return malformed(TAPE_ERROR);
    if (result.kind == SLUICE_JSON_NUMBER && value.get_double().get(result.number))
        result.kind = SLUICE_JSON_NUMBER_OUT_OF_RANGE;
    if (result.kind == SLUICE_JSON_NUMBER_OUT_OF_RANGE || result.kind == SLUICE_JSON_NOT_A_NUMBER)
        result.flags |= SLUICE_JSON_HOLDS_BAD_NUMBER;
    return {};
}

Failure sluice_json_parser::walk_object(ondemand::object object, unsigned depth, sluice_json_field &result) {
    result.kind = SLUICE_JSON_OBJECT;
    bool only_numbers = true;
    for (auto each : object) {
        ondemand::field field;
        if (auto error = std::move(each).get(field)) return malformed(error);
        sluice_json_field member{};
        if (auto failure = parse_field(field, depth, member)) return failure;
        result.flags |= member.flags & (SLUICE_JSON_HOLDS_NUL | SLUICE_JSON_HOLDS_BAD_NUMBER);
        if (member.flags & SLUICE_JSON_KEY_HOLDS_NUL) result.flags |= SLUICE_JSON_HOLDS_NUL;
        only_numbers &= member.kind == SLUICE_JSON_INTEGER || member.kind == SLUICE_JSON_NUMBER;
    }
    if (only_numbers) result.flags |= SLUICE_JSON_ONLY_NUMBERS;
    return {};
}

Failure sluice_json_parser::walk_array(ondemand::array array, unsigned depth, sluice_json_field &result) {
    result.kind = SLUICE_JSON_ARRAY;
    for (auto each : array) {
        ondemand::value value;
        if (auto error = each.get(value)) return malformed(error);
        sluice_json_field element{};
        if (auto failure = parse_value(value, depth, element)) return failure;
        result.flags |= element.flags & (SLUICE_JSON_HOLDS_NUL | SLUICE_JSON_HOLDS_BAD_NUMBER);
    }
    return {};
}

// A container that was just read ends before the next token, or with the payload.
uint32_t sluice_json_parser::end_of_container() {
    const char *next = nullptr;
    if (document.current_location().get(next)) next = buffer.get() + length;
    const auto before = sluice::trimmed(buffer.get(), size_t(next - buffer.get()));
    return offset_of(before.data() + before.size());
}

extern "C" {

sluice_json_parser *sluice_json_parser_create(void) { return new (std::nothrow) sluice_json_parser(); }

void sluice_json_parser_destroy(sluice_json_parser *parser) { delete parser; }

sluice_json_document sluice_json_parse(
    sluice_json_parser *parser, const char *payload, size_t length, const char *envelope, unsigned depth_limit) {
    parser->envelope = envelope ? std::string_view(envelope) : std::string_view();
    parser->depth_limit = depth_limit;
    Failure failure = length == 0 ? Failure{SLUICE_JSON_EMPTY, error_message(EMPTY)} : parser->load(payload, length);
    if (!failure) failure = parser->parse();
    // A deep document that is also cut off is too deep: what was cut off would not have saved it.
    if (failure.outcome == SLUICE_JSON_MALFORMED && sluice::is_nested_deeper({payload, length}, depth_limit))
        failure = {SLUICE_JSON_TOO_DEEP, error_message(DEPTH_ERROR)};
    sluice_json_document result{};
    result.outcome = failure.outcome;
    result.message = failure.message;
    result.offset = uint32_t(length);
    if (!failure) {
        result.items = parser->items.data();
        result.fields = parser->fields.data();
        result.item_count = uint32_t(parser->items.size());
    }
    return result;
}
}

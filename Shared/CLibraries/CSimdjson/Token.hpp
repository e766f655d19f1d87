// Single tokens of JSON: what On-Demand would leave unchecked until it is asked for.
#ifndef SLUICE_TOKEN_HPP
#define SLUICE_TOKEN_HPP

#include <cstdint>
#include <string_view>

#include "CSimdjson.h"

namespace sluice {

inline bool is_white(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline std::string_view trimmed_end(std::string_view text) {
    while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
    return text;
}

inline std::string_view trimmed(const char *bytes, size_t length) {
    auto text = trimmed_end({bytes, length});
    while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
    return text;
}

inline size_t digits(std::string_view token, size_t place) {
    size_t end = place;
    while (end < token.size() && is_digit(token[end])) end++;
    return end - place;
}

// The number grammar of RFC 8259. Sets the kind, and the value of an integer of 64 bits.
inline bool read_number(std::string_view token, sluice_json_field &result) {
    const bool negative = token[0] == '-';
    size_t place = negative ? 1 : 0;
    const size_t whole = digits(token, place);
    if (whole == 0 || (whole > 1 && token[place] == '0')) return false;
    // 19 digits do not overflow 64 bits without a sign.
    uint64_t magnitude = 0;
    for (size_t i = 0; i < whole && whole <= 19; i++) magnitude = magnitude * 10 + uint64_t(token[place + i] - '0');
    place += whole;
    const bool is_integer = place == token.size();
    if (place < token.size() && token[place] == '.') {
        const size_t fraction = digits(token, place + 1);
        if (fraction == 0) return false;
        place += 1 + fraction;
    }
    if (place < token.size() && (token[place] == 'e' || token[place] == 'E')) {
        place++;
        if (place < token.size() && (token[place] == '+' || token[place] == '-')) place++;
        const size_t exponent = digits(token, place);
        if (exponent == 0) return false;
        place += exponent;
    }
    if (place != token.size()) return false;
    // Minus zero keeps its sign only as a double.
    const bool is_exact = is_integer && whole <= 19 && magnitude <= INT64_MAX && !(negative && magnitude == 0);
    result.kind = is_exact ? SLUICE_JSON_INTEGER : SLUICE_JSON_NUMBER;
    result.integer = !is_exact ? 0 : negative ? -int64_t(magnitude) : int64_t(magnitude);
    result.number = double(result.integer);
    return true;
}

inline bool is_not_a_number(std::string_view token) {
    if (token[0] == '-' || token[0] == '+') token.remove_prefix(1);
    for (auto word : {"NaN", "nan", "NAN", "Infinity", "infinity", "inf", "Inf", "INF"})
        if (token == word) return true;
    return false;
}

// Whether containers are nested deeper than `limit`, in a document that may be broken elsewhere.
inline bool is_nested_deeper(std::string_view text, unsigned limit) {
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string) {
            if (c == '\\') i++;
        } else if (c == '[' || c == '{') {
            if (++depth > limit) return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

// Anything that is neither a string nor a container. False: not JSON.
inline bool read_literal(std::string_view token, sluice_json_field &result) {
    if (is_digit(token[0])) return read_number(token, result);
    if (token == "true" || token == "false") {
        result.kind = SLUICE_JSON_BOOLEAN;
        return true;
    }
    if (token == "null") {
        result.kind = SLUICE_JSON_NULL;
        return true;
    }
    if (is_not_a_number(token)) {
        result.kind = SLUICE_JSON_NOT_A_NUMBER;
        return true;
    }
    return read_number(token, result);
}

}  // namespace sluice

#endif

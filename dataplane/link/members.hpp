// SPDX-License-Identifier: BSD-3-Clause
// Reading a request's JSON without ever throwing. For requests.cpp alone: nlohmann's header is dear.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kmsgate::link {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxDepth = 16;  ///< of a request

[[nodiscard]] inline std::string text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Nested deeper than any request: looked at before the parser builds anything.
[[nodiscard]] inline bool too_deep(std::string_view json) noexcept {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) return true;
        } else if ((c == '}' || c == ']') && depth != 0) {
            --depth;
        }
    }
    return false;
}

/// Members of a request by type; the first one that does not fit is kept as a fault. Absent is null.
class Members {
  public:
    explicit Members(const Json& object) : object_(object) {}

    [[nodiscard]] const Json* find(const char* key) const {
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }
    [[nodiscard]] std::string text(const char* key, bool needed = false) {
        const Json* value = find(key);
        if (value == nullptr) return needed ? (wrong(key, "a text is needed"), std::string()) : std::string();
        if (const auto* t = value->get_ptr<const std::string*>()) return *t;
        wrong(key, "is a text");
        return {};
    }
    [[nodiscard]] std::uint64_t number(const char* key, std::uint64_t otherwise, std::uint64_t least,
                                       std::uint64_t most) {
        const Json* value = find(key);
        if (value == nullptr) return otherwise;
        const auto* n = value->get_ptr<const std::uint64_t*>();
        if (n != nullptr && *n >= least && *n <= most) return *n;
        wrong(key, fmt::format("is a number from {} to {}", least, most));
        return otherwise;
    }
    [[nodiscard]] bool flag(const char* key) {
        const Json* value = find(key);
        if (value == nullptr) return false;
        if (value->is_boolean()) return value->get<bool>();
        wrong(key, "is true or false");
        return false;
    }
    /// One of the words: its place in them.
    [[nodiscard]] std::size_t word(const char* key, std::initializer_list<std::string_view> words,
                                   std::size_t otherwise) {
        if (find(key) == nullptr) return otherwise;
        const std::string value = text(key);
        const auto at = std::ranges::find(words, value);
        if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
        wrong(key, fmt::format("is one of {}", fmt::join(words, ", ")));
        return otherwise;
    }
    void wrong(std::string_view key, std::string_view what) {
        if (fault_.empty()) fault_ = fmt::format("{} {}", key, what);
    }
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  private:
    const Json& object_;
    std::string fault_;
};

}  // namespace kmsgate::link

// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/params.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "policy/language/problem.hpp"

namespace kmsgate::control {
namespace {

using policy::language::quote;

const Json kNull;

}  // namespace

Params::Params(const Json& params, std::initializer_list<std::string_view> known) : params_(params) {
    for (const auto& [key, value] : params.items())
        if (std::ranges::find(known, key) == known.end())
            refuse(fmt::format("unknown parameter {}; the method takes: {}", quote(key),
                               known.size() == 0 ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

const Json* Params::find(std::string_view name) const {
    const auto at = params_.find(name);
    return at == params_.end() || at->is_null() ? nullptr : &*at;
}

void Params::refuse(std::string message, const std::vector<std::string_view>& known) {
    if (fault_) return;
    fault_ = Fault{Code::params, "bad-params", std::move(message), nullptr};
    if (!known.empty()) fault_->data = std::make_shared<const Json>(Json{{"known", known}});
}

std::optional<std::string> Params::maybe_text(std::string_view name, std::size_t most) {
    const Json* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string() || value->get_ref<const std::string&>().size() > most) {
        refuse(fmt::format("parameter `{}` must be a text of at most {} bytes", name, most));
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::string Params::text(std::string_view name, std::size_t most) {
    if (find(name) == nullptr) refuse(fmt::format("parameter `{}` is missing; give a text", name));
    return maybe_text(name, most).value_or("");
}

std::optional<std::uint64_t> Params::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const Json* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
        value->get<std::uint64_t>() > most) {
        refuse(fmt::format("parameter `{}` must be a number from {} to {}", name, least, most));
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

bool Params::truth(std::string_view name, bool otherwise) {
    const Json* const value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) {
        refuse(fmt::format("parameter `{}` must be true or false", name));
        return otherwise;
    }
    return value->get<bool>();
}

std::vector<std::string> Params::texts(std::string_view name, std::size_t most) {
    std::vector<std::string> out;
    const Json* const value = find(name);
    if (value == nullptr) return out;
    const bool good = value->is_array() && value->size() <= most &&
                      std::ranges::all_of(*value, [](const Json& one) { return one.is_string(); });
    if (!good) {
        refuse(fmt::format("parameter `{}` must be a list of at most {} texts", name, most));
        return out;
    }
    for (const Json& one : *value) out.push_back(one.get<std::string>());
    return out;
}

std::string Params::word(std::string_view name, std::initializer_list<std::string_view> words) {
    const std::string out = text(name);
    if (!fault_ && std::ranges::find(words, out) == words.end())
        refuse(fmt::format("parameter `{}` cannot be {}; write one of: {}", name, quote(out),
                           fmt::join(words, ", ")));
    return out;
}

std::optional<std::string> Params::maybe_word(std::string_view name,
                                              const std::vector<std::string_view>& words) {
    auto out = maybe_text(name);
    if (out && std::ranges::find(words, *out) == words.end())
        refuse(fmt::format("parameter `{}` cannot be {}; {}", name, quote(*out),
                           policy::language::one_of(*out, words)),
               words);
    return out;
}

const Json& Params::any(std::string_view name) const {
    const Json* const value = find(name);
    return value == nullptr ? kNull : *value;
}

}  // namespace kmsgate::control

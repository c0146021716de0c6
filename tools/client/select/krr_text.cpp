// SPDX-License-Identifier: BSD-3-Clause
// The store as JSON. A body that is UTF-8 stands as it is, so that people can read it, any other in hex.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "dataplane/sip/ascii.hpp"
#include "tools/client/select/krr_store.hpp"

namespace kmsgate::client::select {
namespace {

using nlohmann::json;

constexpr std::uint64_t kVersion = 1;

[[nodiscard]] bool is_utf8(const std::string& text) {
    try {
        (void)json(text).dump();
        return true;
    } catch (const json::type_error&) {
        return false;
    }
}

[[nodiscard]] std::string to_hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = sip::hex_value(hex[i]);
        const int low = sip::hex_value(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

[[nodiscard]] json to_json(const KeptKrr& krr) {
    json out = {{"number", krr.number},   {"received", krr.received}, {"user", krr.user},
                {"call_id", krr.call_id}, {"peer", krr.peer},         {"outcome", krr.outcome},
                {"due", krr.due}};
    if (is_utf8(krr.body))
        out["body"] = krr.body;
    else
        out["body_hex"] = to_hex(krr.body);
    return out;
}

/// One KRR; `fault` says what is wrong with it.
class Reading {
  public:
    explicit Reading(const json& from) : from_(from) {}

    [[nodiscard]] KeptKrr run() {
        if (!from_.is_object()) {
            fail("is no object");
            return {};
        }
        KeptKrr out;
        out.number = number("number");
        out.received = number("received");
        out.user = text("user");
        out.call_id = text("call_id");
        out.peer = text("peer");
        out.outcome = text("outcome");
        out.due = names();
        out.body = body();
        return out;
    }
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  private:
    void fail(std::string what) {
        if (fault_.empty()) fault_ = std::move(what);
    }
    [[nodiscard]] const json* get(const char* key) {
        const auto found = from_.find(key);
        if (found != from_.end()) return &*found;
        fail(fmt::format("has no `{}`", key));
        return nullptr;
    }
    [[nodiscard]] std::uint64_t number(const char* key) {
        const json* const value = get(key);
        if (value == nullptr) return 0;
        if (value->is_number_unsigned()) return value->get<std::uint64_t>();
        fail(fmt::format("`{}` is no whole number", key));
        return 0;
    }
    [[nodiscard]] std::string text(const char* key) {
        const json* const value = get(key);
        if (value == nullptr) return {};
        if (value->is_string()) return value->get<std::string>();
        fail(fmt::format("`{}` is no text", key));
        return {};
    }
    [[nodiscard]] std::vector<std::string> names() {
        std::vector<std::string> out;
        const json* const value = get("due");
        if (value == nullptr) return out;
        if (!value->is_array()) fail("`due` is no list");
        for (const json& name : *value) {
            if (name.is_string())
                out.push_back(name.get<std::string>());
            else
                fail("`due` holds something that is no text");
        }
        return out;
    }
    [[nodiscard]] std::string body() {
        if (from_.contains("body")) return text("body");
        if (!from_.contains("body_hex")) {
            fail("has neither `body` nor `body_hex`");
            return {};
        }
        const auto bytes = from_hex(text("body_hex"));
        if (!bytes) fail("`body_hex` is not hexadecimal");
        return bytes.value_or(std::string{});
    }

    const json& from_;
    std::string fault_;
};

}  // namespace

std::string KrrStore::to_text() const {
    json krrs = json::array();
    for (const KeptKrr& krr : kept_) krrs.push_back(to_json(krr));
    const json out = {{"version", kVersion}, {"next", next_}, {"krrs", std::move(krrs)}};
    // Names that came from the network may hold any bytes; U+FFFD is told instead of what is not UTF-8.
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::expected<KrrStore, std::string> KrrStore::from_text(std::string_view text) {
    const json all = json::parse(text, nullptr, false);
    if (!all.is_object()) return std::unexpected("is no JSON object");
    const auto has_number = [&](const char* key) {
        const auto found = all.find(key);
        return found != all.end() && found->is_number_unsigned();
    };
    if (!has_number("version") || all["version"] != kVersion)
        return std::unexpected(fmt::format("`version` is not {}", kVersion));
    if (!has_number("next")) return std::unexpected("`next` is no whole number");
    const auto krrs = all.find("krrs");
    if (krrs == all.end() || !krrs->is_array()) return std::unexpected("`krrs` is no list");
    if (krrs->size() > kMost) return std::unexpected(fmt::format("`krrs` has more than {} entries", kMost));
    KrrStore out;
    out.next_ = all["next"].get<std::uint64_t>();
    std::uint64_t last = 0;
    for (const json& krr : *krrs) {
        Reading reading(krr);
        KeptKrr kept = reading.run();
        const std::string where = fmt::format("KRR {} of the list ", out.kept_.size() + 1);
        if (!reading.fault().empty()) return std::unexpected(where + reading.fault());
        if (kept.number <= last || kept.number >= out.next_)
            return std::unexpected(where + "has a number out of order");
        last = kept.number;
        out.kept_.push_back(std::move(kept));
    }
    return out;
}

}  // namespace kmsgate::client::select

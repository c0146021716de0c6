// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/rpc.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/policy.hpp"
#include "control/link/log.hpp"
#include "control/server/params.hpp"
#include "control/server/version.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 2'000'000;
constexpr std::size_t kMaxRequestId = 64;

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Fault plain(Code code, std::string name, std::string message) {
    return {code, std::move(name), std::move(message), nullptr};
}

Json error_json(const Fault& fault) {
    Json data = fault.data ? *fault.data : Json::object();
    data["name"] = fault.name;
    return {{"code", static_cast<int>(fault.code)}, {"message", fault.message}, {"data", std::move(data)}};
}

/// An id that a caller may use: a number or a short text.
bool is_id(const Json& id) {
    return id.is_number_integer() || (id.is_string() && id.get_ref<const std::string&>().size() <= 256);
}

}  // namespace

bool too_large_to_parse(std::string_view json) noexcept {
    std::size_t depth = 0;
    std::size_t values = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
            continue;
        }
        if (c == '"') quoted = true;
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (c == '[' || c == '{' || c == ',') ++values;
        if (depth > kMaxDepth || values > kMaxValues) return true;
    }
    return false;
}

Rpc::Rpc(Store& store, const Audit& audit, startup::Control roles,
         std::function<void(ClientId, std::string_view)> send)
    : store_(store), audit_(audit), roles_(std::move(roles)), send_(std::move(send)) {}

std::vector<std::string> Rpc::names() const {
    std::vector<std::string> out = {"hello"};
    for (const auto& [name, method] : methods_) out.push_back(name);
    return out;
}

std::string Rpc::notification(const char* method, const Json& params) {
    return dump({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

void Rpc::answer(const Caller& caller, const Result& result, bool repeated) {
    Json out = {{"jsonrpc", "2.0"}, {"id", *caller.id}};
    if (result) {
        out["result"] = **result;
        if (repeated) out["result"]["repeated"] = true;
    } else {
        out["error"] = error_json(result.error());
        ++counts_.refused;
    }
    std::string bytes = dump(out);
    if (bytes.size() > kMaxFrame) {
        out.erase("result");
        out["error"] = error_json(
            plain(Code::refused, "too-large", "the answer has more than 16 MiB; ask for less at once"));
        bytes = dump(out);
    }
    send_(caller.client, bytes);
}

void Rpc::done(const Caller& caller, const Result& result, bool repeated) {
    if (const auto at = clients_.find(caller.client); at != clients_.end()) --at->second.calls;
    answer(caller, result, repeated);
}

void Rpc::frame(ClientId client, const Credentials& peer, std::string_view bytes) {
    ++counts_.requests;
    Caller caller{client, std::make_shared<const Json>(nullptr)};
    const auto refuse = [&](Fault fault) { answer(caller, std::unexpected(std::move(fault))); };
    if (too_large_to_parse(bytes))
        return refuse(plain(Code::parse, "parse",
                            "JSON with more than 32 levels or two million values; send less at once"));
    Json call = Json::parse(bytes, nullptr, false);
    if (call.is_discarded())
        return refuse(plain(Code::parse, "parse", "the frame holds no JSON; send one JSON-RPC 2.0 object"));
    if (!call.is_object())
        return refuse(plain(Code::request, "request",
                            "the frame holds no object; send one JSON-RPC 2.0 object (no batch)"));
    if (const auto id = call.find("id"); id != call.end() && is_id(*id))
        caller.id = std::make_shared<const Json>(*id);
    const auto method = call.find("method");
    if (caller.id->is_null() || call.value("jsonrpc", Json()) != "2.0" || method == call.end() ||
        !method->is_string())
        return refuse(
            plain(Code::request, "request",
                  R"(no call; send {"jsonrpc":"2.0","id":number or text,"method":text,"params":object})"));
    Json params =
        call.contains("params") && !call["params"].is_null() ? std::move(call["params"]) : Json::object();
    if (!params.is_object()) return refuse(plain(Code::params, "bad-params", "`params` must be an object"));
    const Role role = role_of(peer, roles_);
    const auto& name = method->get_ref<const std::string&>();
    if (name == "hello") return hello(caller, peer, role, params);
    if (!clients_[client].greeted)
        return refuse(
            plain(Code::refused, "hello-needed", "the first call must be hello, which agrees on a version"));
    const auto at = methods_.find(name);
    if (at == methods_.end())
        return refuse({Code::method, "method", "no such method; `known` names those there are",
                       std::make_shared<const Json>(Json{{"known", names()}})});
    begin(caller, peer, role, name, at->second, std::move(params));
}

void Rpc::hello(const Caller& caller, const Credentials& peer, Role role, const Json& params) {
    Params p(params, {"min", "max", "client", "request_id"});
    const auto least = p.number("min", 0, UINT32_MAX);
    const auto most = p.number("max", 0, UINT32_MAX);
    static_cast<void>(p.maybe_text("client"));
    if (!least || !most) p.refuse("hello needs the versions that you speak: min and max");
    if (const auto& fault = p.fault()) return answer(caller, std::unexpected(*fault));
    if (*least > kProtocol || *most < kProtocol)
        return answer(caller,
                      std::unexpected(Fault{
                          Code::refused, "version",
                          fmt::format("no common version: this server speaks {}; use programs of one release",
                                      kProtocol),
                          std::make_shared<const Json>(Json{{"min", kProtocol}, {"max", kProtocol}})}));
    clients_[caller.client].greeted = true;
    answer(caller, std::make_shared<const Json>(Json{{"version", kProtocol},
                                                     {"server", fmt::format("kmsgate-control {}", kVersion)},
                                                     {"role", to_string(role)},
                                                     {"uid", peer.who.uid},
                                                     {"user", peer.who.user}}));
}

bool Rpc::repeats(const Caller& caller, const std::string& key, const std::string& name,
                  const std::string& digest) {
    const auto reused = [&] {
        answer(caller,
               std::unexpected(plain(Code::refused, "request-id-reused",
                                     "this request id was used for another call; give each change its own")));
        return true;
    };
    if (const auto at = running_.find(key); at != running_.end()) {
        if (at->second.method != name || at->second.digest != digest) return reused();
        at->second.callers.push_back(caller);
        ++clients_[caller.client].calls;
        return true;
    }
    const std::optional<KeptAnswer> kept = store_.answer(key);
    if (!kept) return false;
    if (kept->method != name || kept->digest != digest) return reused();
    answer(caller, std::make_shared<const Json>(Json::parse(kept->answer, nullptr, false)), true);
    return true;
}

void Rpc::begin(const Caller& caller, const Credentials& peer, Role role, const std::string& name,
                const Method& method, Json params) {
    const auto refuse = [&](Fault fault) { answer(caller, std::unexpected(std::move(fault))); };
    const bool audited = method.kind != Method::Kind::plain;
    if (role < method.role) {
        const Fault fault{
            Code::refused, "role",
            fmt::format("{} needs the role {}, and {} has {}; see control: roles: in kmsgate.yaml", name,
                        to_string(method.role), peer.who.user, to_string(role)),
            std::make_shared<const Json>(Json{{"needed", to_string(method.role)}, {"had", to_string(role)}})};
        if (audited)
            if (const auto place = audit_.place())
                place->write(audit_line(peer.who, name, params, std::unexpected(fault)));
        return refuse(fault);
    }
    if (clients_[caller.client].calls >= kMostCalls)
        return refuse(
            plain(Code::refused, "too-many-calls",
                  fmt::format("{} calls of this client are at work; wait for their answers", kMostCalls)));
    std::string key;
    if (const auto id = params.find("request_id"); id != params.end()) {
        if (!id->is_string() || id->get_ref<const std::string&>().empty() ||
            id->get_ref<const std::string&>().size() > kMaxRequestId)
            return refuse(plain(Code::params, "bad-params", "`request_id` must be a text of 1 to 64 bytes"));
        if (method.kind == Method::Kind::kept)
            key = fmt::format("{} {}", peer.who.uid, id->get_ref<const std::string&>());
        params.erase(id);
    }
    const std::string digest = key.empty() ? std::string() : sha256(dump(params));
    if (!key.empty() && repeats(caller, key, name, digest)) return;
    std::shared_ptr<Audit::Place> place;
    if (audited) {
        auto reserved = audit_.place();
        if (!reserved) {
            log_error(reserved.error());
            return refuse(plain(Code::refused, "audit-unwritable", reserved.error()));
        }
        place = std::make_shared<Audit::Place>(*std::move(reserved));
    }
    if (!key.empty()) running_[key] = {name, digest, {}};
    ++clients_[caller.client].calls;
    const auto kept = std::make_shared<const Json>(std::move(params));
    const auto once = std::make_shared<bool>(false);
    const Reply reply = [this, caller, who = peer.who, name, kept, key, digest, place,
                         once](const Result& result) {
        if (std::exchange(*once, true)) return;
        if (place) place->write(audit_line(who, name, *kept, result));
        std::vector<Caller> others;
        if (!key.empty()) {
            others = std::move(running_.extract(key).mapped().callers);
            if (result)
                if (const Done stored = store_.keep_answer(key, {name, digest, dump(**result)}); !stored)
                    log_error("an answer could not be kept for a retry: " + stored.error());
        }
        done(caller, result, false);
        for (const Caller& other : others) done(other, result, true);
    };
    try {
        method.run({caller.client, peer.who, role, kept, reply});
    } catch (const std::exception& e) {
        log_error(fmt::format("{}: {}", name, e.what()));
        reply(std::unexpected(
            plain(Code::internal, "internal", "a fault of kmsgate-control; see its log and report it")));
    }
}

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
// JSON-RPC 2.0: from a frame to a method and back; roles, bounds, request ids, audit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/commit/store.hpp"
#include "control/server/audit.hpp"
#include "control/server/peer.hpp"
#include "control/server/server.hpp"

namespace kmsgate::control {

/// A call that may be made.
struct Call {
    ClientId client = 0;
    Who who;
    Role role = Role::none;
    std::shared_ptr<const Json> params;  ///< an object, without request_id
    Reply reply;
};

struct Method {
    /// What becomes of a call's trace: nothing, an audit line, and an answer kept for a retry.
    enum class Kind : std::uint8_t { plain, audited, kept };
    Role role = Role::read;
    Kind kind = Kind::plain;
    std::function<void(Call)> run;
};

class Rpc {
  public:
    struct Counts {
        std::uint64_t requests = 0;
        std::uint64_t refused = 0;
    };
    static constexpr std::size_t kMostCalls = 32;  ///< of one client at work at once

    Rpc(Store& store, const Audit& audit, startup::Control roles,
        std::function<void(ClientId, std::string_view)> send);

    void add(std::string name, Method method) { methods_.emplace(std::move(name), std::move(method)); }
    [[nodiscard]] std::vector<std::string> names() const;
    /// One frame. Answers by `send`, now or later; never throws.
    void frame(ClientId client, const Credentials& peer, std::string_view bytes);
    void gone(ClientId client) { clients_.erase(client); }
    /// A notification.
    [[nodiscard]] static std::string notification(const char* method, const Json& params);
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

  private:
    struct Client {
        bool greeted = false;
        std::size_t calls = 0;
    };
    struct Caller {
        ClientId client = 0;
        std::shared_ptr<const Json> id;
    };
    struct Running {
        std::string method;
        std::string digest;
        std::vector<Caller> callers;  ///< behind the first
    };

    void answer(const Caller& caller, const Result& result, bool repeated = false);
    void done(const Caller& caller, const Result& result, bool repeated);
    void hello(const Caller& caller, const Credentials& peer, Role role, const Json& params);
    void begin(const Caller& caller, const Credentials& peer, Role role, const std::string& name,
               const Method& method, Json params);
    /// True: the request id was used before, and the answer is on its way.
    [[nodiscard]] bool repeats(const Caller& caller, const std::string& key, const std::string& name,
                               const std::string& digest);

    Store& store_;
    const Audit& audit_;
    startup::Control roles_;
    std::function<void(ClientId, std::string_view)> send_;
    std::map<std::string, Method, std::less<>> methods_;
    std::map<ClientId, Client> clients_;
    std::map<std::string, Running> running_;  ///< by user and request id
    Counts counts_;
};

/// Nested deeper than 32, or more than two million values: not to be parsed.
[[nodiscard]] bool too_large_to_parse(std::string_view json) noexcept;

}  // namespace kmsgate::control

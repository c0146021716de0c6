// SPDX-License-Identifier: BSD-3-Clause
// Two users and what they say to each other: names, addresses, keys, and the messages of a call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/traffic/encode/i_message.hpp"
#include "tools/traffic/encode/sip.hpp"
#include "tools/traffic/encode/wire.hpp"
#include "tools/traffic/population.hpp"
#include "tools/traffic/truth.hpp"

namespace kmsgate::traffic {

/// Nanoseconds since 1970.
using Time = std::uint64_t;
inline constexpr Time kMillisecond = 1'000'000, kSecond = 1'000'000'000;

/// What everything is made with.
struct World {
    const Profile& profile;
    const Population& population;
    const Guide* guide;  ///< may be null
    Random random;
    Time one_way = 200'000;  ///< of TCP: from one end to the other

    /// True for so many of a hundred.
    [[nodiscard]] bool share(Share s) noexcept { return random.below(100) < profile.of(s); }
};

/// Where a request with a key carries it.
enum class Carriage : std::uint8_t { sdp_session, sdp_media, mikey_binary, mikey_base64 };

class Conversation {
  public:
    /// Draws users, addresses, names. `over_tcp`: the transport that Via names.
    Conversation(World& world, Time now, bool over_tcp);

    User caller, callee;
    bool inward = false;  ///< begins outside
    Host near, far;       ///< the caller's and the callee's
    std::vector<std::uint16_t> vlans;
    Names names;
    std::string kmsi, kmsr;
    bool hashed = false;
    Purpose purpose = Purpose::pck;
    Time now = 0;
    std::vector<std::string> visited;

    /// A new transaction: branch and CSeq.
    void next_transaction(Random& random);
    [[nodiscard]] Link link(bool from_caller, std::uint32_t id, std::size_t mtu) const noexcept;

    /// The bytes of an I_MESSAGE of these names; as a draft, too.
    [[nodiscard]] Draft key_draft(World& world) const;
    [[nodiscard]] std::string key(World& world) const { return join(key_draft(world)); }
    /// The headers of a request of an MC client or of the proxy in front of it.
    [[nodiscard]] std::string headers(World& world) const;
    /// A session description with these lines at session or media level.
    [[nodiscard]] std::string offer(World& world, bool of_caller, std::string_view lines, bool media) const;
    /// An INVITE of a size as the profile has it, with this session description.
    [[nodiscard]] std::string invite(World& world, const std::string& session) const;
    [[nodiscard]] std::string invite(World& world) const;
    /// A request with a key in a body of its own and, where there is one, an access token.
    [[nodiscard]] std::string keyed(World& world, std::string_view method, Carriage carriage,
                                    bool token) const;

    /// What a reader should find in a request without and with a key. `server`: the receiver is kServer.
    [[nodiscard]] Truth truth() const;
    [[nodiscard]] Truth keyed_truth(bool server = false) const;
    /// The same of a response.
    [[nodiscard]] Truth response_truth() const;

  private:
    /// UIDs need the names of both KMSs.
    [[nodiscard]] bool by_uid() const noexcept { return hashed && !kmsi.empty() && !kmsr.empty(); }
    [[nodiscard]] std::string uid(World& world, const std::string& user, const std::string& kms) const;
};

/// Lower-case hexadecimal digits, of one number (at most 16).
[[nodiscard]] std::string hex(Random& random, std::size_t digits);
/// Base64url text that looks like a JSON web token.
[[nodiscard]] std::string access_token(Random& random);

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/walk.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/mikey/payload.hpp"

namespace kmsgate::mikey {
namespace {

constexpr std::size_t kHeader = 10;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kSakkeMessage = 26;
constexpr std::uint8_t kEmptyMap = 1;
constexpr std::uint8_t kUri = 1;
constexpr unsigned kPayloads = 32;
constexpr unsigned kPayloadsRelaxed = 128;
constexpr std::size_t kMinRand = 16;

/// Every step returns false once a rule is broken that is not relaxed.
class Walk {
  public:
    Walk(Input& in, RuleSet relax, Message& out) noexcept : in_(in), relax_(relax), out_(out) {}

    void run(bool too_long) noexcept {
        if (header(too_long) && id_map() && chain()) (void)end();
    }

  private:
    bool refuse(Rule rule) noexcept {
        out_.fault = rule;
        return false;
    }
    /// The rule of the name is kept, or broken by a peer that may.
    bool keep(bool kept, Rule rule) noexcept {
        if (kept) return true;
        if (!relax_.has(rule)) return refuse(rule);
        out_.relaxed.add(rule);
        return true;
    }

    bool header(bool too_long) noexcept {
        if (!in_.has(kHeader)) return refuse(too_long ? Rule::payload_length : Rule::header_length);
        out_.header_read = true;
        out_.data_type = in_.u8(1);
        out_.csb_id = in_.u32(4);
        next_ = static_cast<Payload>(in_.u8(2));
        return keep(in_.u8(0) == kVersion, Rule::version) &&
               keep(out_.data_type == kSakkeMessage, Rule::data_type) &&
               (!too_long || refuse(Rule::payload_length));
    }

    bool id_map() noexcept {
        const std::uint8_t blocks = in_.u8(8);
        const std::uint8_t type = in_.u8(9);
        if (!keep(type != kEmptyMap || blocks == 0, Rule::cs_id_map_empty)) return false;
        const auto bytes = map_bytes(in_, kHeader, type, blocks);
        if (!bytes) return refuse(bytes.error());
        at_ = kHeader + *bytes;
        return true;
    }

    /// Payloads up to SIGN or to the end of the chain. What a payload names next is the type of the one
    /// behind it.
    bool chain() noexcept {
        for (unsigned count = 1; next_ != Payload::last; ++count) {
            if (count > kPayloadsRelaxed) return refuse(Rule::payload_count);
            if (!keep(count <= kPayloads, Rule::payload_count)) return false;
            const Payload type = next_;
            if (!listed(type) && !relax_.has(Rule::payload_type)) return refuse(Rule::payload_type);
            const auto bytes = payload_bytes(in_, at_, type);
            if (!bytes) return refuse(bytes.error());
            if (!listed(type)) out_.relaxed.add(Rule::payload_type);
            if (!keep(count > 1 || type == Payload::t, Rule::t_first) || !payload(type, *bytes)) return false;
            if (type == Payload::sign) {
                signed_ = true;
                at_ += *bytes;
                return true;
            }
            next_ = static_cast<Payload>(in_.u8(at_));
            at_ += *bytes;
        }
        return true;
    }

    bool payload(Payload type, std::size_t bytes) noexcept {
        switch (type) {
            case Payload::t:
                return keep(!std::exchange(t_, true), Rule::t_once);
            case Payload::rand:
                return keep(!std::exchange(rand_, true), Rule::rand_once) &&
                       keep(bytes - 2 >= kMinRand, Rule::rand_length);
            case Payload::sakke:
                return keep(!std::exchange(sakke_, true), Rule::sakke_once);
            case Payload::idr:
                return idr(in_.u8(at_ + 1), in_.u8(at_ + 2), in_.view(at_ + 5, bytes - 5));
            default:
                return true;
        }
    }

    bool idr(std::uint8_t role, std::uint8_t type, Bytes data) noexcept {
        const bool known = role >= 1 && role < kRoles;
        if (!keep(known, Rule::idr_role)) return false;
        const bool kmsi = role == static_cast<std::uint8_t>(Role::idrkmsi);
        const bool kmsr = role == static_cast<std::uint8_t>(Role::idrkmsr);
        const bool repeated = known && seen(role);
        if (repeated && (kmsi || kmsr)) return refuse(Rule::duplicate_idr);
        if (!keep(!repeated, Rule::idr_repeated) || !keep(!sakke_, Rule::idr_after_sakke)) return false;
        if (kmsi && !keep(!seen(static_cast<std::uint8_t>(Role::idrkmsr)), Rule::idr_order)) return false;
        if ((kmsi || kmsr) && !kms_name(type, data)) return false;
        if (known) store(role, type, data, repeated);
        return true;
    }

    bool kms_name(std::uint8_t type, Bytes name) noexcept {
        const auto visible = [](std::uint8_t b) { return b >= 0x21 && b <= 0x7E; };
        return keep(type == kUri, Rule::kms_name_type) && keep(!name.empty(), Rule::kms_name_empty) &&
               keep(std::all_of(name.begin(), name.end(), visible), Rule::kms_name_bytes);
    }

    [[nodiscard]] bool seen(std::uint8_t role) const noexcept { return (seen_ >> role & 1U) != 0; }

    /// Endpoints differ in which of two values they take, so that a role with different values has none.
    void store(std::uint8_t role, std::uint8_t type, Bytes data, bool repeated) noexcept {
        const auto bit = static_cast<std::uint16_t>(1U << role);
        seen_ = static_cast<std::uint16_t>(seen_ | bit);
        if (!repeated) {
            out_.idr[role] = data;
            out_.idr_type[role] = type;
            out_.present = static_cast<std::uint16_t>(out_.present | bit);
        } else if (out_.idr_type[role] != type || !std::ranges::equal(out_.idr[role], data)) {
            out_.idr[role] = {};
            out_.idr_type[role] = 0;
            out_.present = static_cast<std::uint16_t>(out_.present & ~bit);
        }
    }

    bool end() noexcept {
        return keep(t_, Rule::t_once) && keep(rand_, Rule::rand_once) && keep(sakke_, Rule::sakke_once) &&
               keep(signed_, Rule::sign_once) && keep(!in_.has(at_ + 1), Rule::trailing_bytes);
    }

    Input& in_;
    RuleSet relax_;
    Message& out_;
    std::size_t at_ = 0;
    Payload next_ = Payload::last;
    std::uint16_t seen_ = 0;
    bool t_ = false;
    bool rand_ = false;
    bool sakke_ = false;
    bool signed_ = false;
};

}  // namespace

Message walk(Input& in, bool too_long, RuleSet relax) noexcept {
    Message out;
    Walk(in, relax, out).run(too_long);
    return out;
}

}  // namespace kmsgate::mikey

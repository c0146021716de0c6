// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/payload.hpp"

#include <array>
#include <optional>

namespace kmsgate::mikey {
namespace {

using Kinds = std::array<std::uint8_t, 4>;
constexpr std::uint8_t kUnknown = 0xFF;

constexpr Kinds kTimestamps{8, 8, 4, 4};            // NTP-UTC, NTP, COUNTER, NTP-UTC-32
constexpr Kinds kMacs{0, 20, 32, kUnknown};         // none, HMAC-SHA-1-160, HMAC-SHA-256-256
constexpr Kinds kHashes{20, 16, 32, kUnknown};      // SHA-1, MD5, SHA-256
constexpr Kinds kDhValues{192, 96, 128, kUnknown};  // OAKLEY 5, 1, 2

/// Steps over the fields of one payload. A field outside the data, or of unknown length, is the fault, and
/// all later steps do nothing.
class Fields {
  public:
    Fields(Input& in, std::size_t start) noexcept : in_(in), start_(start), at_(start) {}

    Fields& skip(std::size_t bytes) noexcept {
        if (!fault_ && !in_.has(at_ + bytes)) fault_ = Rule::payload_length;
        if (!fault_) at_ += bytes;
        return *this;
    }
    /// A length of one byte and as many bytes.
    Fields& counted8() noexcept {
        const std::size_t field = at_;
        skip(1);
        return fault_ ? *this : skip(in_.u8(field));
    }
    /// A length of two bytes, of which `mask` counts, and as many bytes.
    Fields& counted16(unsigned mask = 0xFFFF) noexcept {
        const std::size_t field = at_;
        skip(2);
        return fault_ ? *this : skip(in_.u16(field) & mask);
    }
    /// A byte that names a kind, and as many bytes as that kind has.
    Fields& kind(const Kinds& lengths, Rule unknown = Rule::payload_type) noexcept {
        const std::size_t field = at_;
        skip(1);
        if (fault_) return *this;
        const std::uint8_t value = in_.u8(field);
        if (value < lengths.size() && lengths[value] != kUnknown) return skip(lengths[value]);
        fault_ = unknown;
        return *this;
    }
    /// KV in the low four bits of a byte, and its data (RFC 3830 6.14): none, an SPI, an interval.
    Fields& key_validity() noexcept {
        const std::size_t field = at_;
        skip(1);
        if (fault_) return *this;
        switch (in_.u8(field) & 0x0FU) {
            case 0:
                return *this;
            case 1:
                return counted8();
            case 2:
                return counted8().counted8();
            default:
                fault_ = Rule::payload_type;
                return *this;
        }
    }
    /// CS ID, protocol, S and #P, policies, session data, SPI.
    Fields& generic_block() noexcept {
        const std::size_t field = at_;
        skip(3);
        return fault_ ? *this : skip(in_.u8(field + 2) & 0x7FU).counted16().counted8();
    }
    [[nodiscard]] std::expected<std::size_t, Rule> bytes() const noexcept {
        if (fault_) return std::unexpected(*fault_);
        return at_ - start_;
    }

  private:
    Input& in_;
    std::size_t start_;
    std::size_t at_;
    std::optional<Rule> fault_;
};

}  // namespace

bool listed(Payload type) noexcept {
    switch (type) {
        case Payload::t:
        case Payload::rand:
        case Payload::idr:
        case Payload::id:
        case Payload::sp:
        case Payload::sakke:
        case Payload::cert:
        case Payload::genext:
        case Payload::sign:
            return true;
        default:
            return false;
    }
}

std::expected<std::size_t, Rule> payload_bytes(Input& in, std::size_t at, Payload type) noexcept {
    Fields f(in, at);
    switch (type) {
        case Payload::t:
            return f.skip(1).kind(kTimestamps, Rule::t_type).bytes();
        case Payload::rand:
            return f.skip(1).counted8().bytes();
        case Payload::idr:
            return f.skip(3).counted16().bytes();  // role, ID type
        case Payload::sp:
            return f.skip(3).counted16().bytes();  // policy number, protocol type
        case Payload::sakke:
            return f.skip(3).counted16().bytes();  // parameters, ID scheme
        case Payload::id:
            return f.skip(2).counted16().bytes();  // ID type
        case Payload::cert:
            return f.skip(2).counted16().bytes();  // certificate type
        case Payload::genext:
            return f.skip(2).counted16().bytes();  // extension type
        case Payload::sign:
            return f.counted16(0x0FFF).bytes();  // S type in the upper four bits
        // Not in the closed list; walked over when payload_type is relaxed.
        case Payload::kemac:
            return f.skip(2).counted16().kind(kMacs).bytes();
        case Payload::pke:
            return f.skip(1).counted16(0x3FFF).bytes();  // C in the upper two bits
        case Payload::dh:
            return f.skip(1).kind(kDhValues).key_validity().bytes();
        case Payload::chash:
            return f.skip(1).kind(kHashes).bytes();
        case Payload::v:
            return f.skip(1).kind(kMacs).bytes();
        case Payload::err:
            return f.skip(4).bytes();
        case Payload::tr:
            return f.skip(2).kind(kTimestamps).bytes();
        case Payload::randr:
            return f.skip(2).counted8().bytes();
        case Payload::tp:
            return f.skip(8).counted16().bytes();
        case Payload::ticket:
            return f.skip(8).counted16().counted16().counted16().bytes();
        case Payload::last:
        case Payload::key_data:
            break;
    }
    return std::unexpected(Rule::payload_type);
}

std::expected<std::size_t, Rule> map_bytes(Input& in, std::size_t at, std::uint8_t type,
                                           std::uint8_t blocks) noexcept {
    Fields f(in, at);
    switch (type) {
        case 0:
            f.skip(std::size_t{9} * blocks);
            break;  // SRTP-ID: policy, SSRC, ROC
        case 1:
            break;  // Empty map
        case 2:     // GENERIC-ID
            for (unsigned i = 0; i < blocks; ++i) f.generic_block();
            break;
        default:
            return std::unexpected(Rule::cs_id_map_type);
    }
    const auto bytes = f.bytes();
    if (!bytes) return std::unexpected(Rule::cs_id_map_length);
    return bytes;
}

}  // namespace kmsgate::mikey

// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataplane/mikey/message.hpp"
#include "dataplane/sip/user.hpp"
#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/imessage/identity.hpp"
#include "tools/client/imessage/imessage.hpp"
#include "tools/client/imessage/parts.hpp"

namespace kmsgate::client::imessage {
namespace {

using mikey::Role;

constexpr std::uint64_t kNtpToUnix = 2208988800;

[[nodiscard]] std::unexpected<Refusal> refuse(Fault fault, std::string detail) {
    return std::unexpected(Refusal{fault, std::move(detail)});
}

/// Without fault, nothing relaxed, both KMSs named.
[[nodiscard]] std::expected<mikey::Message, Refusal> read_whole(View message) {
    const mikey::Message read = mikey::read(message);
    if (read.fault) return refuse(Fault::malformed, std::string(mikey::to_string(*read.fault)));
    if (!read.has(Role::idrkmsi)) return refuse(Fault::missing_kms, "no IDRkmsi");
    if (!read.has(Role::idrkmsr)) return refuse(Fault::missing_kms, "no IDRkmsr");
    return read;
}

/// One message under judgement. Every step says what it found wrong, or leaves its result here.
class Opening {
  public:
    Opening(const mikey::Message& message, const Parts& parts, const keys::Ring& ring, Time now)
        : message_(message), parts_(parts), ring_(ring), now_(now) {}

    [[nodiscard]] std::expected<void, Refusal> fresh(Time tolerance) const;
    [[nodiscard]] std::expected<void, Refusal> addressed_to(std::string_view user);
    [[nodiscard]] std::expected<void, Refusal> signer(std::span<const std::string> candidates);
    [[nodiscard]] std::expected<void, Refusal> verify() const;
    [[nodiscard]] std::expected<Bytes, Refusal> decapsulate(std::string_view user) const;

    [[nodiscard]] const std::string& initiator() const { return initiator_; }
    [[nodiscard]] std::string name(Role role) const { return std::string(message_.text(role)); }

  private:
    /// The period in which `user` has the UID that stands under `role`.
    [[nodiscard]] std::optional<std::uint64_t> period_of(Role role, const keys::Certificate& kms,
                                                         std::string_view user) const {
        for (const auto period : periods_near(kms, now_))
            if (period &&
                std::ranges::equal(message_.idr[std::to_underlying(role)], uid_under(kms, user, *period)))
                return period;
        return std::nullopt;
    }

    const mikey::Message& message_;
    const Parts& parts_;
    const keys::Ring& ring_;
    Time now_;
    const keys::Certificate* kmsi_ = nullptr;
    const keys::Certificate* kmsr_ = nullptr;
    std::string initiator_;
    std::optional<std::uint64_t> signing_period_;  ///< known from IDRuidi
    std::optional<std::uint64_t> sealing_period_;  ///< known from IDRuidr
};

/// RFC 6509 takes NTP-UTC and NTP stamps; they count seconds modulo 2^32, so that the nearest moment is
/// meant.
std::expected<void, Refusal> Opening::fresh(Time tolerance) const {
    if (parts_.t_type != kNtpUtc && parts_.t_type != kNtp)
        return refuse(Fault::stale, fmt::format("T of type {} tells no time", parts_.t_type));
    std::uint32_t sent = 0;
    for (const std::uint8_t byte : parts_.t.first(4)) sent = sent << 8 | byte;
    const auto ours = static_cast<std::uint32_t>(now_ / kSecond + kNtpToUnix);
    const std::uint32_t ahead = sent - ours;
    const std::uint32_t away = std::min(ahead, 0U - ahead);
    if (away > tolerance / kSecond)
        return refuse(Fault::stale, fmt::format("sent {} s {} our time, {} s are tolerated", away,
                                                ahead == away ? "after" : "before", tolerance / kSecond));
    return {};
}

std::expected<void, Refusal> Opening::addressed_to(std::string_view user) {
    kmsr_ = ring_.certificate(message_.text(Role::idrkmsr));
    if (message_.has(Role::idrr) && sip::UserUri::normalise(message_.text(Role::idrr)).text() != user)
        return refuse(Fault::not_for_us, "IDRr names another user");
    if (kmsr_ == nullptr || kmsr_->revoked)
        return refuse(Fault::no_keys,
                      fmt::format("{} certificate of {}", kmsr_ == nullptr ? "no" : "a revoked",
                                  message_.text(Role::idrkmsr)));
    if (message_.has(Role::idruidr)) {
        sealing_period_ = period_of(Role::idruidr, *kmsr_, user);
        if (!sealing_period_)
            return refuse(Fault::not_for_us, "IDRuidr is not our UID under " + kmsr_->kms_uri +
                                                 " in this or an adjacent period");
    }
    const auto ours = [&](std::optional<std::uint64_t> period) {
        return period && (!sealing_period_ || sealing_period_ == period) &&
               ring_.key_set(kmsr_->kms_uri, user, *period) != nullptr;
    };
    if (std::ranges::none_of(periods_near(*kmsr_, now_), ours))
        return refuse(Fault::no_keys, fmt::format("no keys of {} from {} for {}", user, kmsr_->kms_uri,
                                                  sealing_period_ ? fmt::format("period {}", *sealing_period_)
                                                                  : "this or an adjacent period"));
    return {};
}

std::expected<void, Refusal> Opening::signer(std::span<const std::string> candidates) {
    const std::string_view kms = message_.text(Role::idrkmsi);
    kmsi_ = ring_.certificate(kms);
    if (kmsi_ == nullptr || kmsi_->revoked)
        return refuse(Fault::no_certificate,
                      fmt::format("{} certificate of {}", kmsi_ == nullptr ? "no" : "a revoked", kms));
    std::string clear;
    if (message_.has(Role::idri)) {
        clear = sip::UserUri::normalise(message_.text(Role::idri)).text();
        if (clear.empty()) return refuse(Fault::unknown_initiator, "IDRi is no user URI");
        candidates = {&clear, 1};
    }
    if (message_.has(Role::idruidi)) {
        for (const std::string& candidate : candidates) {
            signing_period_ = period_of(Role::idruidi, *kmsi_, candidate);
            if (signing_period_) {
                initiator_ = candidate;
                return {};
            }
        }
        return refuse(Fault::unknown_initiator,
                      fmt::format("IDRuidi fits none of {} users under {}", candidates.size(), kms));
    }
    if (clear.empty()) return refuse(Fault::unknown_initiator, "neither IDRi nor IDRuidi");
    initiator_ = std::move(clear);
    return {};
}

std::expected<void, Refusal> Opening::verify() const {
    if (parts_.sign_type != kEccsi || parts_.signature.size() != crypto::kEccsiSignature)
        return refuse(Fault::signature,
                      fmt::format("type {} of {} bytes, ECCSI has type {} and {}", parts_.sign_type,
                                  parts_.signature.size(), kEccsi, crypto::kEccsiSignature));
    std::string why;
    for (const auto period : periods_near(*kmsi_, now_)) {
        if (!period || (signing_period_ && signing_period_ != period)) continue;
        const auto good = crypto::eccsi_verify(parts_.covered, parts_.signature, kmsi_->pub_auth_key,
                                               uid_under(*kmsi_, initiator_, *period));
        if (good) return {};
        if (why.empty()) why = good.error();
    }
    return refuse(Fault::signature,
                  fmt::format("not that of {} under {}: {}", initiator_, kmsi_->kms_uri, why));
}

std::expected<Bytes, Refusal> Opening::decapsulate(std::string_view user) const {
    if (parts_.sakke_parameters != kSakkeParameters || parts_.id_scheme != kHashedUid)
        return refuse(Fault::decapsulation,
                      fmt::format("SAKKE parameters {} with ID scheme {}, known are {} with {}",
                                  parts_.sakke_parameters, parts_.id_scheme, kSakkeParameters, kHashedUid));
    std::string why;
    for (const auto period : periods_near(*kmsr_, now_)) {
        if (!period || (sealing_period_ && sealing_period_ != period)) continue;
        const keys::KeySet* const ours = ring_.key_set(kmsr_->kms_uri, user, *period);
        if (ours == nullptr) continue;
        auto key = crypto::sakke_decapsulate(parts_.sakke, ours->decrypt_key, kmsr_->pub_enc_key,
                                             uid_under(*kmsr_, user, *period));
        if (key) return *std::move(key);
        if (why.empty()) why = key.error();
    }
    return refuse(Fault::decapsulation, fmt::format("under {}: {}", kmsr_->kms_uri, why));
}

}  // namespace

std::expected<Names, Refusal> read_names(View message) {
    const auto read = read_whole(message);
    if (!read) return std::unexpected(read.error());
    return Names{std::string(read->text(Role::idrkmsi)), std::string(read->text(Role::idrkmsr))};
}

std::expected<Opened, Refusal> open(View message, const keys::Ring& ring, std::string_view user,
                                    std::span<const std::string> candidates, Time now, Time tolerance) {
    const auto read = read_whole(message);
    if (!read) return std::unexpected(read.error());
    const auto parts = find_parts(message);
    if (!parts) return refuse(Fault::malformed, "T, SAKKE and SIGN cannot be found");
    const std::uint32_t purpose = read->csb_id >> 28;
    if (purpose > std::to_underlying(Purpose::csk))
        return refuse(Fault::malformed, fmt::format("purpose tag {} of the CSB ID is not known", purpose));

    Opening opening(*read, *parts, ring, now);
    // From cheap to dear; the key is touched last, and only for who has signed.
    if (auto step = opening.fresh(tolerance); !step) return std::unexpected(std::move(step.error()));
    if (auto step = opening.addressed_to(user); !step) return std::unexpected(std::move(step.error()));
    if (auto step = opening.signer(candidates); !step) return std::unexpected(std::move(step.error()));
    if (auto step = opening.verify(); !step) return std::unexpected(std::move(step.error()));
    auto key = opening.decapsulate(user);
    if (!key) return std::unexpected(std::move(key.error()));
    return Opened{static_cast<Purpose>(purpose), read->csb_id & 0x0FFF'FFFFU, opening.name(Role::idrkmsi),
                  opening.name(Role::idrkmsr),   opening.initiator(),         *std::move(key)};
}

}  // namespace kmsgate::client::imessage

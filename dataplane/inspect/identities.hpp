// SPDX-License-Identifier: BSD-3-Clause
// The identities that a message offers for one side, each once, and whose users they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "dataplane/inspect/inspect.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::inspect {

/// Different identities told apart on one side; past them nobody can say whose message it is.
inline constexpr std::size_t kMaxIdentities = 128;

inline constexpr std::size_t kSides = 2;

/// Whose sides: of what the message itself offers, or of the request that it answers.
enum class Way : std::uint8_t { offered, back };

/// One identity of one side.
struct Identity {
    std::string_view raw;  ///< as the message has it
    std::string_view uri;  ///< normal form without port and without a dot behind the host
    std::string_view tel;  ///< its telephone spelling, else empty
    bool mc;               ///< an MC service identity (MIKEY, UID, MC XML), not an IMS one of the SIP headers
    bool ours;             ///< a user of the edge's domain
    bool other_domain;     ///< a user of another domain of the policy

    /// The text is one of its spellings.
    [[nodiscard]] bool is(std::string_view text) const noexcept {
        using policy::table::same_text;
        return same_text(uri, text) || same_text(raw, text) || (!tel.empty() && same_text(tel, text));
    }
};
static_assert(std::is_trivially_copyable_v<Identity>);

/// Looks up whose users a message names.
class Domains {
  public:
    Domains(const Context& context, Hosts& hosts) noexcept
        : table_(*context.table),
          odd_(context.odd),
          own_(table_.edges()[context.edge].domain),
          hosts_(hosts) {
        hosts_.use(table_);
    }

    using Found = policy::table::Table::Found;
    /// Of a URI that is plainly in normal form, of which the host starts there.
    [[nodiscard]] Found find_plain(std::string_view uri, std::size_t host) noexcept {
        constexpr std::size_t kScheme = 4;  // "sip:"
        const policy::table::UserText user{uri, kScheme, host};
        return table_.host_decides(user) ? hosts_.find(table_, user) : table_.find_pattern(user, odd_);
    }
    /// Of two spellings of one user the one with the more specific pattern places it.
    [[nodiscard]] Found find_odd(std::string_view uri, std::string_view tel) const noexcept;
    [[nodiscard]] policy::table::DomainId own() const noexcept { return own_; }

  private:
    const policy::table::Table& table_;
    const policy::table::OddFinder* odd_;
    policy::table::DomainId own_;
    Hosts& hosts_;
};

class Identities {
  public:
    /// At most `most` of them.
    Identities(policy::table::Side side, std::size_t most, Domains& domains, sip::Arena& arena) noexcept
        : side_(side), domains_(domains), arena_(arena), most_(most), room_(std::min(most, kUsual)) {}
    Identities(const Identities&) = delete;
    Identities& operator=(const Identities&) = delete;

    /// Notes an identity; empty ones are none. all() has it after take().
    void add(std::string_view raw, bool mc) noexcept {
        if (noted_ == kNotes) [[unlikely]]
            take();
        if (!raw.empty()) notes_[noted_++] = {raw.data(), raw.size(), mc};
    }
    /// Takes what was noted: each identity once, in the order of their naming, with whose user it is.
    void take() noexcept;

    /// Some identity found no room: what is known is not the whole.
    [[nodiscard]] bool overflow() const noexcept { return overflow_; }
    [[nodiscard]] std::span<Identity> all() noexcept { return {first(), count_}; }
    [[nodiscard]] policy::table::Side side() const noexcept { return side_; }
    /// Every way in which they are written, in their order: what a UID may be the hash of.
    [[nodiscard]] std::span<const std::string_view> spellings() noexcept;

  private:
    static constexpr std::size_t kUsual = 8, kNotes = 16;
    struct Note {
        const char* text;
        std::size_t size;
        bool mc;
    };

    [[nodiscard]] Identity* first() noexcept {
        return wider_ != nullptr ? wider_ : reinterpret_cast<Identity*>(usual_.data());
    }
    /// Is there one whose `spelling` this is? Then it is noted no more.
    [[nodiscard]] bool merge(std::string_view Identity::* spelling, std::string_view text, bool mc) noexcept;
    void take_odd(std::string_view raw, bool mc) noexcept;
    void put(const Identity& identity, const Domains::Found& found) noexcept;
    [[nodiscard]] bool grow() noexcept;

    policy::table::Side side_;
    bool overflow_ = false;
    bool odd_ = false;  ///< some identity is not written in its normal form
    Domains& domains_;
    sip::Arena& arena_;
    std::size_t most_;
    std::size_t room_;
    std::size_t count_ = 0;
    std::size_t noted_ = 0;
    Identity* wider_ = nullptr;
    std::span<std::string_view> spellings_;
    std::size_t spellings_count_ = 0;
    std::size_t spelled_ = 0;  ///< identities whose spellings are there
    // Not initialised: the counts say what stands in them.
    std::array<Note, kNotes> notes_;                                            // NOLINT
    alignas(Identity) std::array<std::byte, kUsual * sizeof(Identity)> usual_;  // NOLINT
};

/// Whom I_MESSAGEs name by UID, on all sides at once: the more there is to hash, the less each hash costs.
void gather_hashed(std::span<Identities* const> sides, const Arrived& arrived, const Context& context,
                   const Inspection& in);

}  // namespace kmsgate::inspect

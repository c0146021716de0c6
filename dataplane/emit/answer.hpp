// SPDX-License-Identifier: BSD-3-Clause
// From a decision to the KRR that says it: the lists as events show them and as the document carries them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/core/record.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/krr/emit.hpp"
#include "dataplane/sip/arena.hpp"
#include "policy/decide/decide.hpp"

namespace kmsgate::emit {

/// Both lists of a KRR that goes out.
struct KrrLists {
    core::KrrRecord record;               ///< for events, where they were asked for
    std::array<std::string_view, 2> xml;  ///< the prepared XML inside the list element
    /// What of the table says the list alone: kSaidAny, a rule or a KMS of its own number; else kSaidHere.
    std::array<std::uint32_t, 2> said{};
    bool ok = true;  ///< false: the arena was used up
};
inline constexpr std::uint32_t kSaidAny = 0, kSaidHere = 0xFFFFFFFF;

/// Are names wanted, too, for an event?
enum class Names : bool { no, yes };

/// The lists that `decision.krr` names; `inspection` gives the names to copy. Result in the arena and the
/// table: lists and names that the table has prepared are not written anew.
[[nodiscard]] KrrLists krr_lists(const policy::decide::Decision& decision,
                                 const inspect::Inspection& inspection, const policy::table::Table& table,
                                 sip::Arena& arena, Names names = Names::yes);

/// The incoming KRR's lists, for events.
[[nodiscard]] core::KrrRecord incoming_lists(const policy::decide::Facts& facts, sip::Arena& arena);

/// What the KRR of a decision says, its texts as they came: what of them may not be repeated is not left out
/// yet.
[[nodiscard]] krr::Pieces krr_pieces(const policy::decide::Decision& decision,
                                     const inspect::Inspection& inspection, const policy::table::Table& table,
                                     const KrrLists& lists, std::uint64_t id, std::uint64_t seconds,
                                     std::string_view embedded) noexcept;
/// Bytes of a text that may be repeated.
inline constexpr std::size_t kMaxRepeated = krr::kMaxUri;

/// The KRR document of a decision: `embedded` is the root element of the KRR that it replaces, or empty.
/// Empty when the arena is used up.
[[nodiscard]] std::string_view krr_body(const policy::decide::Decision& decision,
                                        const inspect::Inspection& inspection,
                                        const policy::table::Table& table, const KrrLists& lists,
                                        std::uint64_t id, std::uint64_t seconds, std::string_view embedded,
                                        sip::Arena& arena);

}  // namespace kmsgate::emit

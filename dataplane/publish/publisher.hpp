// SPDX-License-Identifier: BSD-3-Clause
// From bytes that somebody sent to the generation that all workers judge by: proven first, then one pointer.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/memory/uid.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/publish/current.hpp"
#include "dataplane/publish/generation.hpp"
#include "dataplane/publish/modes.hpp"
#include "dataplane/publish/rule_counts.hpp"
#include "dataplane/publish/tag_words.hpp"

namespace kmsgate::publish {

/// Why a table is not taken; the one in force stays.
struct Refusal {
    std::string name;     ///< table-invalid, edge-missing, tag-words-full, odd-globs, generation-taken
    std::string message;  ///< what is wrong, what would be right
};
struct Published {
    std::uint64_t generation = 0;
    std::string digest;
    std::uint64_t microseconds = 0;
    std::string remark;  ///< last.table could not be written: why; empty: it was, or none is kept
    bool fresh = true;   ///< false: it was in force already
};

/// One thread (the link thread, or main before the workers run) uses it at a time.
class Publisher {
  public:
    struct Settings {
        std::vector<std::string> edges;  ///< by slot
        unsigned workers = 1;
        std::string state;  ///< folder of last.table and last.modes; empty: not kept
    };
    Publisher(Settings settings, Current& current, memory::UserTags& tags, memory::UidFinder& roster);
    ~Publisher();

    /// Verifies, compiles odd globs, publishes, waits until the old one is out of use, keeps last.table:
    /// prove(), adopt() and keep() in one. `modes` change in the same moment; others that were set stay. The
    /// table in force under its own number once more is no error. A number stands for one table: with another
    /// one it is refused for ten minutes (what was judged under it is remembered by number).
    [[nodiscard]] std::expected<Published, Refusal> publish(std::vector<std::byte> blob,
                                                            std::uint64_t generation,
                                                            std::span<const ModeWish> modes = {});
    /// The part of publish() that takes time: any thread may do it meanwhile.
    [[nodiscard]] std::expected<std::shared_ptr<Proven>, Refusal> prove(std::vector<std::byte> blob,
                                                                        std::uint64_t generation) const;
    /// The part that changes something.
    [[nodiscard]] std::expected<Published, Refusal> adopt(std::shared_ptr<Proven> proven,
                                                          std::span<const ModeWish> modes = {});
    /// The part that writes last.table: any thread may do it meanwhile. Its end goes to note_kept().
    [[nodiscard]] std::expected<void, std::string> keep(const Proven& proven) const;
    void note_kept(std::expected<void, std::string> end);
    /// Returns once no worker can hold anything that was taken from it before.
    void settle() noexcept;
    /// Mode of an edge over the policy's; nullopt: the policy's own. False: no such edge.
    bool set_mode(std::string_view edge, std::optional<policy::table::Mode> mode);
    /// Several at once, seen at once by each worker. The error names an edge that is not served; nothing has
    /// changed then. Modes that are set are kept in last.modes, whichever way they came.
    [[nodiscard]] std::expected<void, std::string> set_modes(std::span<const ModeWish> wishes);
    /// The generation in force, or null.
    [[nodiscard]] const Generation* current() const noexcept;
    /// Per rule of the table in force. Counts of a rule that stands in the next table, too (same edge, side,
    /// name), go on.
    [[nodiscard]] std::vector<RuleCount> rules() const;
    [[nodiscard]] TagWords& tag_words() noexcept;
    /// Bit of a word that a user is to have: a new word takes a free bit, or that of a word which neither the
    /// table in force names nor any user has; nullopt: 32 are in use, or the word is empty.
    [[nodiscard]] std::optional<std::uint8_t> tag_bit(std::string_view word);
    [[nodiscard]] std::span<const std::string> edges() const noexcept;  ///< by slot
    /// Why last.table is not the table in force, or last.modes not its modes; empty: they are, or none is
    /// kept.
    [[nodiscard]] const std::string& remark() const noexcept;
    /// What last.table holds, if it is whole: generation and blob.
    [[nodiscard]] static std::expected<std::pair<std::uint64_t, std::vector<std::byte>>, std::string>
    last_table(const std::string& state);

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::publish

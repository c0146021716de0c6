// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/publisher.hpp"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "dataplane/publish/last_table.hpp"
#include "dataplane/publish/numbers.hpp"
#include "dataplane/publish/rule_counts.hpp"

namespace kmsgate::publish {
namespace {

using policy::table::Mode;
using policy::table::Table;
using Steady = std::chrono::steady_clock;

}  // namespace

struct Publisher::Inside {
    Inside(Settings s, Current& c, memory::UserTags& t, memory::UidFinder& r)
        : settings(std::move(s)), current(c), tags(t), roster(r), modes(settings.edges.size()) {}

    [[nodiscard]] auto modes_with(std::span<const ModeWish> wishes) const {
        return modes.with(wishes, settings.edges);
    }
    void change_modes(Modes::BySlot next);
    /// Once they are in force: whoever set one in an emergency does not wait for a disk.
    void keep_modes() { modes.keep(settings.state, settings.edges); }
    [[nodiscard]] std::expected<void, Refusal> check_edges(const Table& table) const;
    [[nodiscard]] std::expected<std::vector<std::uint8_t>, Refusal> map_tags(const Table& table,
                                                                             TagWords& next);
    [[nodiscard]] std::uint32_t in_force_bits() const noexcept;
    [[nodiscard]] std::optional<std::uint8_t> bit_of(TagWords& in, std::string_view word,
                                                     std::uint32_t needed);
    [[nodiscard]] std::unique_ptr<Generation> make(std::shared_ptr<const Proven> proven) const;
    void put(std::unique_ptr<Generation> next);

    /// What is in force, for prove(), which may run beside all the rest.
    [[nodiscard]] std::shared_ptr<const Proven> last() const {
        const std::scoped_lock lock(last_mutex);
        return last_proven;
    }
    void set_last(std::shared_ptr<const Proven> proven) {
        const std::scoped_lock lock(last_mutex);
        last_proven = std::move(proven);
    }

    Settings settings;
    mutable std::mutex last_mutex;
    std::shared_ptr<const Proven> last_proven;
    Current& current;
    memory::UserTags& tags;
    memory::UidFinder& roster;
    TagWords words;
    Modes modes;
    RuleCounts counts;
    Numbers numbers;
    std::string remark;
};

Publisher::Publisher(Settings settings, Current& current, memory::UserTags& tags, memory::UidFinder& roster)
    : inside_(std::make_unique<Inside>(std::move(settings), current, tags, roster)) {}
Publisher::~Publisher() = default;

const Generation* Publisher::current() const noexcept {
    return inside_->current.get();
}
TagWords& Publisher::tag_words() noexcept {
    return inside_->words;
}
std::span<const std::string> Publisher::edges() const noexcept {
    return inside_->settings.edges;
}
const std::string& Publisher::remark() const noexcept {
    return inside_->remark.empty() ? inside_->modes.remark() : inside_->remark;
}

std::expected<Published, Refusal> Publisher::publish(std::vector<std::byte> blob, std::uint64_t generation,
                                                     std::span<const ModeWish> modes) {
    const auto start = Steady::now();
    auto proven = prove(std::move(blob), generation);
    if (!proven) return std::unexpected(std::move(proven.error()));
    auto published = adopt(*proven, modes);
    if (!published) return published;
    if (published->fresh) note_kept(keep(**proven));
    published->remark = remark();
    published->microseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start).count());
    return published;
}

std::expected<std::shared_ptr<Proven>, Refusal> Publisher::prove(std::vector<std::byte> blob,
                                                                 std::uint64_t generation) const {
    auto proven = std::make_shared<Proven>();
    proven->blob = std::move(blob);  // what operator new gives is aligned for any record; open() checks it
    // Patterns that are those of the table in force, byte for byte, were proven with it.
    const auto last = inside_->last();
    const auto table = Table::open(proven->blob, last ? &*last->table : nullptr);
    if (!table) return std::unexpected(Refusal{"table-invalid", table.error().what});
    proven->table = *table;
    proven->digest = table->digest();
    proven->number = generation;
    if (auto fine = inside_->check_edges(*table); !fine) return std::unexpected(std::move(fine.error()));
    if (table->odd_count() != 0) {
        auto odd = OddGlobs::compile(*proven->table, inside_->settings.workers + 1);
        if (!odd) return std::unexpected(Refusal{"odd-globs", odd.error()});
        proven->odd = std::move(*odd);
    }
    return proven;
}

std::expected<Published, Refusal> Publisher::adopt(std::shared_ptr<Proven> proven,
                                                   std::span<const ModeWish> wishes) {
    auto modes = inside_->modes_with(wishes);
    if (!modes) return std::unexpected(Refusal{"unknown-edge", modes.error() + " is not served"});
    const Generation* now = current();
    const std::uint64_t number = proven->number;
    const auto in_force = now != nullptr ? std::optional(now->proven().number) : std::nullopt;
    if (in_force == number && now->proven().digest == proven->digest) {
        inside_->change_modes(std::move(*modes));
        return Published{number, proven->digest, 0, {}, false};
    }
    if (inside_->numbers.taken(number, proven->digest, in_force))
        return std::unexpected(
            Refusal{"generation-taken",
                    fmt::format("generation {} was another table; take a number that was not used", number)});
    TagWords words = inside_->words;
    auto bits = inside_->map_tags(*proven->table, words);
    if (!bits) return std::unexpected(std::move(bits.error()));
    proven->tag_bits = std::move(*bits);
    inside_->numbers.take(number, proven->digest);
    inside_->words = words;
    inside_->modes.set(std::move(*modes));
    const std::string digest = proven->digest;
    inside_->set_last(proven);
    inside_->put(inside_->make(std::move(proven)));
    inside_->keep_modes();
    return Published{number, digest, 0, {}, true};
}

std::expected<void, std::string> Publisher::keep(const Proven& proven) const {
    if (inside_->settings.state.empty()) return {};
    return keep_table(inside_->settings.state, proven.number, proven.blob);
}

void Publisher::note_kept(std::expected<void, std::string> end) {
    inside_->remark = end ? std::string() : std::move(end.error());
}

std::expected<void, Refusal> Publisher::Inside::check_edges(const Table& table) const {
    std::string missing;
    for (const std::string& edge : settings.edges)
        if (!table.find_edge(edge)) missing += (missing.empty() ? "" : ", ") + edge;
    if (missing.empty()) return {};
    return std::unexpected(Refusal{
        "edge-missing", fmt::format("kmsgate.yaml serves {}, which the policy does not have; a policy names "
                                    "every edge that is served",
                                    missing)});
}

std::uint32_t Publisher::Inside::in_force_bits() const noexcept {
    std::uint32_t bits = 0;
    if (const Generation* now = current.get(); now != nullptr)
        for (const std::uint8_t bit : now->proven().tag_bits) bits |= std::uint32_t{1} << bit;
    return bits;
}

/// The word's bit. When all are taken, words that are not among `needed` and that no user has give theirs up.
std::optional<std::uint8_t> Publisher::Inside::bit_of(TagWords& in, std::string_view word,
                                                      std::uint32_t needed) {
    if (const auto bit = in.add(word)) return bit;
    const std::uint32_t idle = in.used() & ~needed & ~in.worn();
    if (idle == 0 || word.empty()) return std::nullopt;
    // Workers may still read such a bit by the table in force only, which does not name it. That no user has
    // it is counted; a count that was wrong would give a stranger the new word's rules.
    tags.clear_bits(idle);
    for (std::uint8_t i = 0; i < 32; ++i)
        if ((idle >> i & 1U) != 0) in.remove(i);
    return in.add(word);
}

/// Own bit of each tag of the table; words of the table in force keep theirs.
std::expected<std::vector<std::uint8_t>, Refusal> Publisher::Inside::map_tags(const Table& table,
                                                                              TagWords& next) {
    std::uint32_t needed = in_force_bits();
    for (const auto tag : table.tags())
        if (const auto bit = next.find(table.text(tag))) needed |= std::uint32_t{1} << *bit;
    std::vector<std::uint8_t> bits;
    for (const auto tag : table.tags()) {
        const auto bit = bit_of(next, table.text(tag), needed);
        if (!bit)
            return std::unexpected(Refusal{
                "tag-words-full",
                fmt::format(
                    "no room for the tag {}: 32 words are in use by the policy in force and by users; untag "
                    "the users of a word that no policy has any more, or commit in two steps",
                    table.text(tag))});
        needed |= std::uint32_t{1} << *bit;
        bits.push_back(*bit);
    }
    return bits;
}

std::optional<std::uint8_t> Publisher::tag_bit(std::string_view word) {
    return inside_->bit_of(inside_->words, word, inside_->in_force_bits());
}

std::unique_ptr<Generation> Publisher::Inside::make(std::shared_ptr<const Proven> proven) const {
    auto out = std::make_unique<Generation>();
    const Table& table = *proven->table;
    out->slots_ = settings.edges.size();
    out->rule_hits_.resize(settings.workers);
    for (unsigned worker = 0; worker < settings.workers; ++worker) {
        out->rule_hits_[worker].resize(table.rules().size());
        for (std::size_t slot = 0; slot < settings.edges.size(); ++slot) {
            core::Judge judge;
            judge.table = &table;
            judge.edge = *table.find_edge(settings.edges[slot]);
            judge.mode = modes.by_slot()[slot].value_or(table.edges()[judge.edge].mode);
            judge.digest = proven->digest;
            judge.generation = proven->number;
            judge.tags = &tags;
            judge.roster = &roster;
            judge.odd = proven->odd ? &proven->odd->finder(worker) : nullptr;
            judge.tag_bits = proven->tag_bits;
            judge.rule_hits = out->rule_hits_[worker];
            out->judges_.push_back(judge);
        }
    }
    out->proven_ = std::move(proven);
    return out;
}

void Publisher::Inside::put(std::unique_ptr<Generation> next) {
    const Table& table = *next->proven().table;
    const auto old = current.swap(std::move(next));
    // No worker writes into the old rows any more: they are final.
    if (old != nullptr) counts.carry(old->rule_hits_);
    counts.begin(table);
}

bool Publisher::set_mode(std::string_view edge, std::optional<Mode> mode) {
    const ModeWish wish{std::string(edge), mode};
    return set_modes({&wish, 1}).has_value();
}

std::expected<void, std::string> Publisher::set_modes(std::span<const ModeWish> wishes) {
    auto modes = inside_->modes_with(wishes);
    if (!modes) return std::unexpected(std::move(modes.error()));
    inside_->change_modes(std::move(*modes));
    return {};
}

void Publisher::Inside::change_modes(Modes::BySlot next) {
    if (next != modes.by_slot()) {
        modes.set(std::move(next));
        if (const Generation* now = current.get()) put(make(now->proven_));
    }
    keep_modes();
}

void Publisher::settle() noexcept {
    inside_->current.settle();
}

std::vector<RuleCount> Publisher::rules() const {
    const Generation* now = current();
    return now != nullptr ? inside_->counts.with(now->rule_hits_) : std::vector<RuleCount>();
}

std::expected<std::pair<std::uint64_t, std::vector<std::byte>>, std::string> Publisher::last_table(
    const std::string& state) {
    return kept_table(state);
}

}  // namespace kmsgate::publish

// SPDX-License-Identifier: BSD-3-Clause
// The part of the table that only the users of domains make, in order of domains, whatever their names.
#include <algorithm>
#include <unordered_set>

#include "policy/compile/image.hpp"
#include "policy/compile/index.hpp"
#include "policy/table/pattern.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {
namespace {

using table::PatternRecord;
using table::PatternsHead;

/// Shape and text make a pattern.
struct Key {
    table::Shape shape;
    std::string_view text;
    friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        return table::key_hash(table::text_hash(key.text, 0), 0, std::to_underlying(key.shape));
    }
};

class Maker {
  public:
    explicit Maker(const language::Policy& policy) : policy_(policy) {
        std::size_t bytes = 0, count = 0;
        for (const language::Domain& domain : policy.domains) {
            count += domain.users.size();
            for (const language::Word& user : domain.users) bytes += user.text.size();
        }
        // No normal form is longer than what it is the form of, but for `%` as %25; then room is made.
        strings_.reserve(bytes);
        records_.reserve(count);
        taken_.reserve(count);
    }

    [[nodiscard]] PatternPart make() {
        for (std::size_t id = 0; id < policy_.domains.size(); ++id)
            for (const language::Word& user : policy_.domains[id].users)
                if (const auto pattern = table::make_pattern(user.text))
                    add(*pattern, static_cast<std::uint32_t>(id));
        // A lookup stops at the first odd pattern that cannot do better than what it has.
        std::stable_sort(odd_.begin(), odd_.end(),
                         [](const auto& a, const auto& b) { return a.rank > b.rank; });
        out_.head.odd_first = static_cast<std::uint32_t>(records_.size());
        out_.head.odd_count = static_cast<std::uint32_t>(odd_.size());
        const Index index = make_index([this](std::uint64_t seed) { return slots(seed); });
        out_.head.seed = index.seed;
        out_.head.probe = index.probe;
        records_.insert(records_.end(), odd_.begin(), odd_.end());
        Layout layout(out_.made);
        layout.put(strings_);
        layout.put(records_);
        layout.put(index.slots);
        out_.counts = {strings_.size(), records_.size(), index.slots.size()};
        out_.bytes = out_.made;
        return std::move(out_);
    }

  private:
    void add(const table::Pattern& pattern, std::uint32_t domain) {
        // One domain may write a pattern twice, or in two spellings.
        if (strings_.capacity() - strings_.size() < pattern.text.size()) grow(pattern.text.size());
        const std::size_t at = strings_.size();
        strings_ += pattern.text;
        if (!taken_.insert({pattern.shape, std::string_view(strings_).substr(at)}).second) {
            strings_.resize(at);
            return;
        }
        PatternRecord record;
        record.text = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(pattern.text.size())};
        record.domain = domain;
        record.shape = pattern.shape;
        record.rank = pattern.rank;
        out_.head.domains = std::max(out_.head.domains, domain + 1);
        if (pattern.shape == table::Shape::odd) {
            odd_.push_back(record);
            return;
        }
        records_.push_back(record);
        table::add_length(out_.head.lengths[static_cast<std::size_t>(pattern.shape)], pattern.text.size());
    }

    /// The keys look at the strings, which move.
    void grow(std::size_t more) {
        strings_.reserve(2 * (strings_.size() + more));
        taken_.clear();
        for (const auto* list : {&records_, &odd_})
            for (const PatternRecord& record : *list) taken_.insert({record.shape, text(record)});
    }

    [[nodiscard]] std::string_view text(const PatternRecord& record) const {
        return std::string_view(strings_).substr(record.text.offset, record.text.size);
    }

    [[nodiscard]] std::vector<table::IndexSlot> slots(std::uint64_t seed) const {
        std::vector<table::IndexSlot> out;
        out.reserve(records_.size());
        for (const PatternRecord& record : records_)
            out.push_back(slot_of(out.size(), record.text,
                                  table::pattern_hash(record.shape, text(record), seed),
                                  table::pattern_value(record.domain, record.shape)));
        return out;
    }

    const language::Policy& policy_;
    std::string strings_;
    std::vector<PatternRecord> records_, odd_;
    std::unordered_set<Key, KeyHash> taken_;
    PatternPart out_;
};

}  // namespace

PatternPart make_patterns(const language::Policy& policy) {
    return Maker(policy).make();
}

PatternPart patterns_of(const table::Table& table) {
    const auto blob = table.blob();
    const table::Header& header = table::header_of(blob);
    PatternPart out;
    out.head = header.patterns;
    for (std::size_t i = 0; i < out.counts.size(); ++i)
        out.counts[i] = header.sections[table::kSections - out.counts.size() + i].count;
    out.bytes = blob.subspan(table::patterns_start(blob));
    return out;
}

}  // namespace kmsgate::policy::compile

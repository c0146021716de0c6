// SPDX-License-Identifier: BSD-3-Clause
// Damages of user patterns and of the indexes.
#include "tests/unit/policy/damage.hpp"

namespace kmsgate::policy::table::test {
namespace {

/// Changes the first slot in use.
std::function<void(Blob&)> on_slot(Section index, std::function<void(IndexSlot&)> change) {
    return [index, change = std::move(change)](Blob& b) {
        std::size_t i = 0;
        while (b.at<IndexSlot>(index, i).name == kNone) ++i;
        change(b.at<IndexSlot>(index, i));
    };
}

const Damage kPatterns[] = {
    {"index entry", on_slot(Section::kms_index, [](IndexSlot& slot) { slot.name = 1000 << 8; }),
     "no entry 1000"},
    {"index entry of another",
     on_slot(Section::pattern_index,
             [](IndexSlot& slot) { slot.name = (slot.name >> 8 == 0 ? 1U : 0U) << 8 | (slot.name & 0xFF); }),
     "wrong hash"},
    {"index entry lost", on_slot(Section::pattern_index, [](IndexSlot& slot) { slot = {}; }), "slots in use"},
    {"index free slot with a hash",
     [](Blob& b) {
         std::size_t i = 0;
         while (b.at<IndexSlot>(Section::kms_index, i).name != kNone) ++i;
         b.at<IndexSlot>(Section::kms_index, i).hash = 7;
     },
     "a free slot"},
    {"index hash", on_slot(Section::kms_index, [](IndexSlot& slot) { slot.hash ^= 1; }), "wrong hash"},
    {"index text", on_slot(Section::pattern_index, [](IndexSlot& slot) { slot.text += 1; }), "wrong text"},
    {"index text outside", on_slot(Section::kms_index, [](IndexSlot& slot) { slot.text = ~0U; }),
     "wrong text"},
    {"index size", on_slot(Section::kms_index, [](IndexSlot& slot) { slot.name ^= 1; }), "wrong text"},
    {"index domain", on_slot(Section::pattern_index, [](IndexSlot& slot) { slot.value ^= 8; }),
     "wrong value"},
    {"index KMS", on_slot(Section::kms_index, [](IndexSlot& slot) { slot.value = 1U << 30; }), "wrong value"},
    {"index slot elsewhere",
     [](Blob& b) {
         // The entry moves as far from its hash as it gets.
         const std::size_t slots = static_cast<std::size_t>(b.entry(Section::pattern_index).count);
         for (std::size_t i = 0;; ++i) {
             auto& slot = b.at<IndexSlot>(Section::pattern_index, i);
             auto& far = b.at<IndexSlot>(Section::pattern_index, (slot.hash + slots - 1) % slots);
             if (slot.name == kNone || far.name != kNone) continue;
             std::swap(slot, far);
             return;
         }
     },
     "cannot be found"},
    {"pattern text", set(Section::patterns, 0, &PatternRecord::text, kOutside),
     "section patterns: record 0: text"},
    {"pattern empty", set(Section::patterns, 0, &PatternRecord::text, kEmpty), "text is empty"},
    {"pattern domain", set(Section::patterns, 0, &PatternRecord::domain, 2U),
     "domain 2, but the header knows of 2"},
    {"pattern shape enumerator", set(Section::patterns, 0, &PatternRecord::shape, Shape{5}), "unknown shape"},
    {"pattern shape", set(Section::patterns, 0, &PatternRecord::shape, Shape::odd), "not of shape odd"},
    {"pattern rank", [](Blob& b) { b.at<PatternRecord>(Section::patterns, 0).rank += 1; }, "wrong rank"},
    {"pattern reserved", [](Blob& b) { b.at<PatternRecord>(Section::patterns, 0).reserved[2] = 1; },
     "reserved"},
    {"pattern with a star",
     [](Blob& b) { b.pattern_byte(b.at<PatternRecord>(Section::patterns, 0).text, 6) = '*'; },
     "not of shape"},
    {"odd patterns in rising rank",
     [](Blob& b) {
         const std::size_t first = b.header().patterns.odd_first;
         std::swap(b.at<PatternRecord>(Section::patterns, first),
                   b.at<PatternRecord>(Section::patterns, first + 1));
     },
     "falling rank"},
};

INSTANTIATE_TEST_SUITE_P(Patterns, VerifyTest, ::testing::ValuesIn(kPatterns), name_of);

}  // namespace
}  // namespace kmsgate::policy::table::test

// SPDX-License-Identifier: BSD-3-Clause
// Damages of a sealed table, each with what the refusal says: TEST_P(VerifyTest, Refused) tries them all.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "policy/table/view.hpp"
#include "tests/unit/policy/sample.hpp"

namespace kmsgate::policy::table::test {

using policy::test::Blob;

[[nodiscard]] inline Blob sample() {
    return Blob(compile::compile(policy::test::sample_policy()));
}

struct Damage {
    std::string_view name;
    std::function<void(Blob&)> apply;
    std::string_view says;  ///< stands in the refusal
};
inline std::ostream& operator<<(std::ostream& out, const Damage& damage) {
    return out << damage.name;
}

class VerifyTest : public ::testing::TestWithParam<Damage> {};

[[nodiscard]] inline std::string name_of(const ::testing::TestParamInfo<Damage>& info) {
    std::string name(info.param.name);
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return name;
}

/// Sets one field of one record.
template <class T, class Field>
[[nodiscard]] std::function<void(Blob&)> set(Section section, std::size_t i, Field T::* field, Field value) {
    return [=](Blob& b) { b.at<T>(section, i).*field = value; };
}

inline constexpr Text kOutside{0xFFFFFFF0, 0x20};
inline constexpr Text kEmpty{0, 0};

}  // namespace kmsgate::policy::table::test

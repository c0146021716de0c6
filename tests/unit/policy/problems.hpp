// SPDX-License-Identifier: BSD-3-Clause
// Policies with marked faults: "^" before a fault says where the problem must stand, the n-th text what it
// must say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/check/check.hpp"

namespace kmsgate::policy {

/// The policy without its "^" and where they stood.
struct Marked {
    std::string text;
    std::vector<language::Mark> marks;
};

inline Marked unmark(std::string_view marked) {
    Marked out;
    language::Mark at{1, 1};
    for (const char c : marked) {
        if (c == '^') {
            out.marks.push_back(at);
            continue;
        }
        out.text += c;
        if (c == '\n')
            at = {at.line + 1, 1};
        else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80)
            ++at.column;
    }
    return out;
}

inline language::Problems problems_of(std::string_view yaml) {
    language::Problems problems;
    const language::Policy policy = language::read(yaml, problems);
    check::check(policy, problems);
    return problems;
}

inline std::string listing(const language::Problems& problems) {
    std::string out;
    for (const language::Problem& p : problems) out += to_string(p, "policy.yaml") + "\n";
    return out;
}

/// Compares problems with the marks; each must say its text and have a remedy.
inline void expect(const language::Problems& problems, bool warnings, const Marked& marked,
                   const std::vector<std::string_view>& texts) {
    ASSERT_EQ(marked.marks.size(), texts.size()) << "marks and texts of the test differ";
    ASSERT_EQ(problems.size(), texts.size()) << marked.text << "\n" << listing(problems);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const language::Problem& p = problems[i];
        EXPECT_EQ(p.warning, warnings) << listing({p});
        EXPECT_EQ(p.mark.line, marked.marks[i].line) << listing({p});
        EXPECT_EQ(p.mark.column, marked.marks[i].column) << listing({p});
        EXPECT_NE(p.what.find(texts[i]), std::string::npos) << listing({p}) << "should say: " << texts[i];
        EXPECT_FALSE(p.remedy.empty()) << listing({p});
    }
}

/// All errors of reading and checking (no warnings are given beside errors).
inline void expect_errors(std::string_view yaml, const std::vector<std::string_view>& texts) {
    SCOPED_TRACE(yaml);
    const Marked marked = unmark(yaml);
    language::Problems problems = problems_of(marked.text);
    std::erase_if(problems, [](const language::Problem& p) { return p.warning; });
    expect(problems, false, marked, texts);
}

/// All warnings; there must be no errors.
inline void expect_warnings(std::string_view yaml, const std::vector<std::string_view>& texts) {
    SCOPED_TRACE(yaml);
    const Marked marked = unmark(yaml);
    expect(problems_of(marked.text), true, marked, texts);
}

/// The remedy of the n-th error, or of the n-th warning where there are no errors.
inline std::string remedy_of(std::string_view yaml, std::size_t n = 0) {
    language::Problems problems = problems_of(yaml);
    if (language::has_errors(problems))
        std::erase_if(problems, [](const language::Problem& p) { return p.warning; });
    return n < problems.size() ? problems[n].remedy : "";
}

}  // namespace kmsgate::policy

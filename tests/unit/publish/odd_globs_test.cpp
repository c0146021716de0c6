// SPDX-License-Identifier: BSD-3-Clause
// Hyperscan and the table's own walk say the same of every URI.
#include "dataplane/publish/odd_globs.hpp"

#include <algorithm>

#include <random>

#include "policy/table/pattern.hpp"
#include "tests/unit/publish/kit.hpp"

namespace kmsgate::publish::test {
namespace {

using policy::table::kNone;
using policy::table::Table;

/// A table of which domain mc1 has these user patterns, too.
Blob with_users(const std::vector<std::string>& globs) {
    std::string list;
    for (const std::string& g : globs) list += ", \"" + g + "\"";
    return sealed(policy("roaming", "", list));
}

/// Place of the first odd glob that matches, by the letter of its definition: `*` is any run without '@'.
bool matches(std::string_view glob, std::string_view text) {
    if (glob.empty()) return text.empty();
    if (glob[0] != '*') return !text.empty() && text[0] == glob[0] && matches(glob.substr(1), text.substr(1));
    for (std::size_t n = 0;; ++n) {
        if (matches(glob.substr(1), text.substr(n))) return true;
        if (n >= text.size() || text[n] == '@') return false;
    }
}
std::uint32_t walk(const Table& table, std::string_view uri) {
    for (std::size_t i = 0; i < table.odd_count(); ++i)
        if (matches(table.odd_glob(i), uri)) return static_cast<std::uint32_t>(i);
    return kNone;
}

void compare(const Table& table, const OddGlobs& odd, std::string_view uri) {
    const auto found = odd.finder(0).find(uri);
    ASSERT_EQ(found, walk(table, uri)) << testing::PrintToString(std::string(uri));
    ASSERT_EQ(odd.finder(1).find(uri), found);
    const auto plain = table.match_user(uri), fast = table.match_user(uri, &odd.finder(1));
    ASSERT_EQ(plain.has_value(), fast.has_value()) << uri;
    if (plain) {
        ASSERT_EQ(plain->domain, fast->domain);
        ASSERT_EQ(plain->rank, fast->rank);
    }
}

TEST(OddGlobs, WholeTextCaseAndBytes) {
    const Blob blob = with_users({"sip:ops-*@mc3.example", "sip:*-x@mc3.example", "sip:a*b*c@mc3.example",
                                  "sip:(.[$^|+?@mc3.*", "sip:*@*.mc4.*"});
    const Table table = *Table::open(blob);
    ASSERT_EQ(table.odd_count(), 5U);
    const auto odd = OddGlobs::compile(table, 2);
    ASSERT_TRUE(odd.has_value()) << odd.error();
    using namespace std::string_view_literals;
    for (const std::string_view uri : {"sip:ops-1@mc3.example"sv,
                                       "sip:ops-@mc3.example"sv,
                                       "sip:OPS-1@mc3.example"sv,
                                       "sip:ops-1@mc3.example "sv,
                                       "xsip:ops-1@mc3.example"sv,
                                       "sip:ops-1@mc3.exampleX"sv,
                                       "sip:ops-1@mc3-example"sv,
                                       "sip:ops-a-x@mc3.example"sv,
                                       "sip:abc@mc3.example"sv,
                                       "sip:axxbyyc@mc3.example"sv,
                                       "sip:a@b@c@mc3.example"sv,
                                       "sip:(.[$^|+?@mc3.org"sv,
                                       "sip:(.[$^|+?@mc3."sv,
                                       "sip:a@x.mc4.org"sv,
                                       "sip:a@x.mc4.o@g"sv,
                                       ""sv,
                                       "@"sv,
                                       "sip:ops-\0@mc3.example"sv,
                                       "sip:ops-\n@mc3.example"sv,
                                       "sip:ops-1@mc3.example\n"sv,
                                       "sip:ops-\xFF\x80@mc3.example"sv,
                                       "\0"sv,
                                       "sip:*@mc1.example"sv})
        compare(table, **odd, uri);
    compare(table, **odd, std::string_view());
    compare(table, **odd, "sip:ops-" + std::string(60'000, 'a') + "@mc3.example");
    EXPECT_EQ((*odd)->finder(0).find("sip:OPS-1@mc3.example"), kNone);
    EXPECT_NE((*odd)->finder(0).find("sip:ops-\n@mc3.example"), kNone);
}

/// Texts over few letters, so that they meet: globs with stars in odd places, and URIs.
class Random {
  public:
    explicit Random(unsigned seed) : random_(seed) {}
    std::string word(std::size_t most, std::string_view letters) {
        std::string out;
        for (std::size_t n = random_() % (most + 1); n > 0; --n) out += letters[random_() % letters.size()];
        return out;
    }
    std::string glob() {
        for (;;) {
            const std::string user = word(6, "ab*-"),
                              host = word(5, "ab*") + ".d" + std::to_string(random_() % 10);
            const std::string g = "sip:" + (user.empty() ? "a" : user) + "@a" + host;
            if (g.find('*') != std::string::npos) return g;
        }
    }
    std::string uri() {
        std::string u =
            "sip:" + word(8, "aabb-") + "@a" + word(6, "ab") + ".d" + std::to_string(random_() % 11);
        if (random_() % 8 == 0) u.insert(random_() % u.size(), word(1, "@AB\n*."));
        return u;
    }

    /// A URI that a glob was made for, mostly.
    std::string uri_of(std::string_view glob) {
        std::string u;
        for (const char c : glob) u += c == '*' ? word(3, "ab-") : std::string(1, c);
        if (random_() % 4 == 0) u[random_() % u.size()] = 'b';
        return u;
    }

  private:
    std::mt19937 random_;
};

void property(unsigned seed, std::size_t patterns, int uris) {
    Random random(seed);
    std::vector<std::string> globs;
    while (globs.size() < patterns) {
        std::string g = random.glob();
        if (policy::table::make_pattern(g)->shape == policy::table::Shape::odd) globs.push_back(std::move(g));
    }
    std::ranges::sort(globs);
    globs.erase(std::ranges::unique(globs).begin(), globs.end());
    const Blob blob = with_users(globs);
    ASSERT_FALSE(blob.empty());
    const Table table = *Table::open(blob);
    const auto odd = OddGlobs::compile(table, 2);
    ASSERT_TRUE(odd.has_value()) << odd.error();
    int found = 0;
    for (int i = 0; i < uris; ++i) {
        const std::string uri =
            i % 2 == 0 ? random.uri() : random.uri_of(globs[static_cast<std::size_t>(i) % globs.size()]);
        ASSERT_NO_FATAL_FAILURE(compare(table, **odd, uri));
        if (walk(table, uri) != kNone) ++found;
    }
    EXPECT_GT(found, uris / 20);
    EXPECT_LT(found, uris);
}

TEST(OddGlobs, LikeTheWalkOnRandomGlobs) {
    for (unsigned seed = 1; seed <= 25; ++seed)
        ASSERT_NO_FATAL_FAILURE(property(seed, 1 + seed * seed % 60, 400));
}
TEST(OddGlobs, LikeTheWalkOnAThousand) {
    property(99, 1000, 3000);
}

TEST(OddGlobs, PublishedWithAFinderForEachWorkerAndForExplain) {
    Kit kit;
    ASSERT_EQ(kit.publish(with_users({"sip:ops-*@mc3.example"}), 1), "");
    const Generation& g = *kit.publisher.current();
    const auto* first = g.judge(0, 0).odd;
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(g.judge(0, 1).odd, first);
    EXPECT_NE(g.judge(1, 0).odd, first);
    EXPECT_NE(g.trial(0).odd, first);
    EXPECT_NE(g.trial(0).odd, g.judge(1, 0).odd);
    EXPECT_EQ(g.trial(0).odd->find("sip:ops-7@mc3.example"), 0U);
}

}  // namespace
}  // namespace kmsgate::publish::test

// SPDX-License-Identifier: BSD-3-Clause
// The scenario reader: what it takes, and each fault with its place and its remedy.
#include "tests/unit/lab/lab_kit.hpp"
#include "tests/unit/policy/problems.hpp"

namespace kmsgate::lab::testing {
namespace {

const std::string kHead =
    "version: 1\n"
    "name: T\n"
    "title: Test\n"
    "kms: {A: kms.a.example, B: kms.b.example, C: kms.c.example}\n"
    "initiator: {user: \"sip:alice@mc1.example\", home: A, external: [B]}\n"
    "receiver: {user: \"sip:bob@mc2.example\", home: B}\n";
const std::string kPath =
    "policy: p.yaml\n"
    "path:\n"
    "  - {edge: one, inside: initiator}\n";
const std::string kEnd = "expect: [{mikey: [A, A]}, {accept: [A, A]}]\n";

std::vector<std::string> faults_of(std::string_view yaml) {
    const auto read = read_scenario(yaml, "dir/s.yaml");
    return read ? std::vector<std::string>() : read.error();
}

/// "^" before each fault; a text that it must say, then "; ", then one of its remedy.
void expect_faults(std::string_view marked, const std::vector<std::string_view>& says) {
    SCOPED_TRACE(marked);
    const policy::Marked m = policy::unmark(marked);
    ASSERT_EQ(m.marks.size(), says.size()) << "marks and texts of the test differ";
    const std::vector<std::string> faults = faults_of(m.text);
    std::string all;
    for (const std::string& fault : faults) all += fault + "\n";
    ASSERT_EQ(faults.size(), says.size()) << all;
    for (std::size_t i = 0; i < says.size(); ++i) {
        const std::string place =
            "dir/s.yaml:" + std::to_string(m.marks[i].line) + ":" + std::to_string(m.marks[i].column) + ": ";
        EXPECT_TRUE(faults[i].starts_with(place)) << faults[i] << "\nshould stand at " << place;
        const std::size_t cut = says[i].find("; ");
        ASSERT_NE(cut, std::string_view::npos) << "the test names no remedy";
        const std::size_t what = faults[i].find(says[i].substr(0, cut), place.size());
        const std::size_t remedy = faults[i].find(says[i].substr(cut), place.size());
        EXPECT_TRUE(what < remedy && remedy != std::string::npos) << faults[i] << "\nshould say: " << says[i];
    }
}

TEST(ReadScenario, EveryKey) {
    const Scenario s = read_good(
        "version: 1\n"
        "name: X.99\n"
        "title: \"All, at once: #1\"\n"
        "kms: {A: kms.a.example, B: KMS.B.example, C: kms.c.example}\n"
        "kind: gmk\n"
        "initiator: {label: Alice, user: \"sips:%61lice@MC1.example;x=y\", home: A, secondary: [C], "
        "external: [B],\n"
        "            refuse: [C], attempts: 3}\n"
        "receiver: {user: \"tel:+44-20\", home: B, secondary: [A, C], external: [], prefer: [C, B], refuse: "
        "[A],\n"
        "           always: {initiator: ANY, receiver: []}}\n"
        "policy: shared.yaml\n"
        "path:\n"
        "  - {edge: one, label: The first, inside: initiator, policy: sub/../own.yaml}\n"
        "  - {edge: two, inside: receiver}\n"
        "  - {edge: one, inside: receiver, policy: /abs/p.yaml}\n"
        "tags:\n"
        "  - {domain: mc1, user: initiator, tags: [roaming, migrated]}\n"
        "  - {domain: mc2, user: receiver, tags: []}\n"
        "  - {domain: mc2, user: \"sip:Carol@MC2.example\", tags: [roaming]}\n"
        "headers: [\"P-Visited-Network-ID: visited.example\", \"X-Empty:\"]\n"
        "expect:\n"
        "  - mikey: [A, A]\n"
        "  - krr: {by: receiver, initiator: ANY, receiver: [B, C]}\n"
        "  - rewrite: {by: two, initiator: [], receiver: ANY}\n"
        "  - krr: {by: one, initiator: [A], receiver: [B]}\n"
        "  - fail: no-initiator-kms\n",
        "dir/s.yaml");
    EXPECT_EQ(s.file, "dir/s.yaml");
    EXPECT_EQ(s.name, "X.99");
    EXPECT_EQ(s.title, "All, at once: #1");
    ASSERT_EQ(s.kms.size(), 3U);
    EXPECT_EQ(s.kms[1].name, "B");
    EXPECT_EQ(s.kms[1].uri, "KMS.B.example");
    EXPECT_TRUE(s.gmk);
    EXPECT_TRUE(s.initiator.profile.gms);
    EXPECT_FALSE(s.receiver.profile.gms);
    using Uris = std::vector<std::string>;
    EXPECT_EQ(s.initiator.label, "Alice");
    EXPECT_EQ(s.initiator.profile.user, "sip:alice@mc1.example");
    EXPECT_EQ(s.initiator.profile.home, "kms.a.example");
    EXPECT_EQ(s.initiator.profile.secondary, Uris{"kms.c.example"});
    EXPECT_EQ(s.initiator.profile.external, Uris{"KMS.B.example"});
    EXPECT_EQ(s.initiator.profile.refuse, Uris{"kms.c.example"});
    EXPECT_EQ(s.initiator.profile.attempts, 3U);
    EXPECT_FALSE(s.initiator.always);
    EXPECT_EQ(s.receiver.label, "Receiver");
    EXPECT_EQ(s.receiver.profile.user, "tel:+4420");
    EXPECT_EQ(s.receiver.profile.prefer, (Uris{"kms.c.example", "KMS.B.example"}));
    ASSERT_TRUE(s.receiver.always);
    EXPECT_EQ(s.receiver.always->initiator, std::nullopt);
    EXPECT_EQ(s.receiver.always->receiver, List(Uris{}));
    ASSERT_EQ(s.path.size(), 3U);
    EXPECT_EQ(s.path[0].label, "The first");
    EXPECT_EQ(s.path[0].policy, "dir/own.yaml");
    EXPECT_TRUE(s.path[0].faces_initiator);
    EXPECT_EQ(s.path[1].label, "two");
    EXPECT_EQ(s.path[1].policy, "dir/shared.yaml");
    EXPECT_FALSE(s.path[1].faces_initiator);
    EXPECT_EQ(s.path[2].edge, "one");
    EXPECT_EQ(s.path[2].policy, "/abs/p.yaml");
    ASSERT_EQ(s.tags.size(), 3U);
    EXPECT_EQ(s.tags[0].user, "sip:alice@mc1.example");
    EXPECT_EQ(s.tags[0].tags, (Uris{"roaming", "migrated"}));
    EXPECT_EQ(s.tags[1].user, "tel:+4420");
    EXPECT_EQ(s.tags[2].user, "sip:Carol@mc2.example");
    EXPECT_EQ(s.extra_headers, (Uris{"P-Visited-Network-ID: visited.example", "X-Empty:"}));
    ASSERT_EQ(s.expect.size(), 5U);
    EXPECT_EQ(s.expect[0].pair, (Pair{"kms.a.example", "kms.a.example"}));
    EXPECT_EQ(s.expect[1].by, "receiver");
    EXPECT_EQ(s.expect[1].lists, (Lists{std::nullopt, Uris{"KMS.B.example", "kms.c.example"}}));
    EXPECT_EQ(s.expect[2].kind, Expected::Kind::rewrite);
    EXPECT_EQ(s.expect[2].lists, (Lists{Uris{}, std::nullopt}));
    EXPECT_EQ(s.expect[4].detail, "no-initiator-kms");
    EXPECT_EQ(s.to_text(s.expect[1].lists.receiver), "[B, C]");
    EXPECT_EQ(s.to_text(List()), "ANY");
    EXPECT_EQ(s.to_text(List(Uris{})), "[]");
    EXPECT_EQ(s.to_text(Pair{"Kms.b.EXAMPLE", "kms.other"}), "(B, kms.other)");
}

TEST(ReadScenario, WordsThatYamlWouldTypeAreText) {
    const Scenario s = read_good(
        "version: 1\nname: 1.10\ntitle: yes\nkms: {on: null, no: ~}\n"
        "initiator: {user: \"sip:a@b\", home: on}\nreceiver: {user: \"sip:c@d\", home: no}\n"
        "expect: [{mikey: [on, no]}, {fail: 486}]\n");
    EXPECT_EQ(s.name, "1.10");
    EXPECT_EQ(s.title, "yes");
    EXPECT_EQ(s.initiator.profile.home, "null");
    EXPECT_EQ(s.receiver.profile.home, "~");
    EXPECT_EQ(s.expect[1].detail, "486");
}

TEST(ReadScenario, AllFaultsAtOnceInFileOrder) {
    expect_faults(
        "^^^^^version: ^2\nname: T\n^titel: Test\n",
        {"has no `title`; add `title:`", "has no `kms`; add `kms:`", "has no `initiator`; add `initiator:`",
         "has no `receiver`; add `receiver:`", "has no `expect`; add `expect:`",
         "`2` is not known; write `version: 1`", "unknown key `titel`; write `title`"});
}

TEST(ReadScenario, UnreadableFiles) {
    expect_faults("^", {"holds nothing; a scenario begins with `version: 1`"});
    expect_faults("^# nothing\n\n  \t\n# here", {"holds nothing; a scenario begins with `version: 1`"});
    expect_faults("^[]\n", {"the scenario is a list; write a map with the keys version"});
    expect_faults("version: 1\nname: ^!!str x\ntitle: Test\n" + kHead.substr(kHead.find("kms:")) + kEnd,
                  {"a YAML tag; remove it"});
    EXPECT_EQ(
        faults_of("version: 1\nname: \xFF\n"),
        std::vector<std::string>{"dir/s.yaml:2:7: byte 0xFF is not UTF-8; save the file as UTF-8 text"});
    EXPECT_EQ(faults_of("version: 1\n\tname: x\n").size(), 1U);
    EXPECT_EQ(faults_of(std::string_view("version: 1\nname: a\0b\n", 21)).size(), 1U);
    EXPECT_FALSE(faults_of(kHead + kEnd + "---\nversion: 1\n").empty());
}

TEST(ReadScenario, AliasesAndDepthAreBounded) {
    std::string bomb = "version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int j = 0; j < 9; ++j) bomb += ", " + before;
        bomb += "]\n";
    }
    const auto faults = faults_of(bomb);
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_TRUE(contains(faults[0], "those that aliases stand for")) << faults[0];
    EXPECT_TRUE(contains(faults[0], "smaller scenario")) << faults[0];
    const auto deep = faults_of("version: " + std::string(100, '[') + std::string(100, ']'));
    ASSERT_EQ(deep.size(), 1U);
    EXPECT_TRUE(contains(deep[0], "nested deeper")) << deep[0];
    // Aliases as such are welcome.
    EXPECT_EQ(
        read_good("version: 1\nname: &n T\ntitle: *n\n" + kHead.substr(kHead.find("kms:")) + kEnd).title,
        "T");
}

TEST(ReadScenario, TopLevel) {
    expect_faults(kHead + "^name: U\n" + kEnd, {"key `name` stands twice; remove it here or at line 2"});
    expect_faults("version: 1\nname: ^''\ntitle: ^[x]\n" + kHead.substr(kHead.find("kms:")) + kEnd,
                  {"`name` is an empty text; write a text", "`title` is a list; write one text"});
    expect_faults(
        "version: 1\nname: ^\"a\\tb\"\ntitle: ^" + std::string(256, 'x') + "\n" +
            kHead.substr(kHead.find("kms:")) + kEnd,
        {"holds a character that is no text; write it in one line", "has 256 bytes; write at most 255"});
    expect_faults(kHead + "kind: ^csk\n" + kEnd, {"`kind` cannot be `csk`; write `pck` (known: pck, gmk)"});
}

TEST(ReadScenario, Kms) {
    const std::string head = "version: 1\nname: T\ntitle: Test\n";
    const std::string tail =
        "initiator: {user: \"sip:a@b.example\", home: A}\nreceiver: {user: \"sip:c@d.example\", home: A}\n" +
        kEnd;
    expect_faults(head + "kms: {A: kms.a.example, ^A: kms.b.example}\n" + tail,
                  {"key `A` stands twice; remove it here"});
    expect_faults(head + "kms: {A: kms.a.example, B: ^KMS.a.example}\n" + tail,
                  {"KMS `B` has the URI of KMS `A`; give every KMS one short name"});
    expect_faults(
        head + "kms: {A: kms.a.example, ^ANY: kms.b.example, ^\"x y\": kms.c.example}\n" + tail,
        {"`ANY` is a reserved word; use 1 to 64 characters", "`x y` holds other characters; use 1 to 64"});
    expect_faults(head + "kms: {A: ^\"kms a\", B: ^any, C: ^[x], D: ^''}\n" + tail,
                  {"`kms a` holds a blank; write the name as", "`any` is a reserved word; write the name as",
                   "the URI of KMS `C` is a list; write one text",
                   "the URI of KMS `D` is an empty text; write a text"});
    // Names that stand on a faulty declaration are no faults of their own.
    expect_faults(head + "kms: ^[A]\n" + tail, {"`kms` is a list; write a map"});
    expect_faults(head + "kms: ^{}\n" + tail, {"`kms` is empty; declare the KMSs"});
}

TEST(ReadScenario, Clients) {
    const auto with = [](std::string_view initiator, std::string_view receiver) {
        return "version: 1\nname: T\ntitle: Test\nkms: {A: kms.a.example, B: kms.b.example}\ninitiator: " +
               std::string(initiator) + "\nreceiver: " + std::string(receiver) + "\n" + kEnd;
    };
    const std::string good = "{user: \"sip:a@b.example\", home: A}";
    expect_faults(with("^^{}", "^text"),
                  {"`initiator` has no `user`; add `user:`", "`initiator` has no `home`; add `home:`",
                   "`receiver` is a text; write a map with the keys label"});
    expect_faults(with("{user: ^\"alice\", home: A}", good), {"`alice` is no URI of a user; write it as in"});
    expect_faults(with("{user: ^\"sip:a b@c\", home: ^D}", good),
                  {"`sip:a b@c` is no URI of a user; write it as in",
                   "unknown KMS `D`; write one of: A, B, or declare"});
    expect_faults(with("{user: \"sip:a@b\", home: A, secondary: ^B, external: [^ANY, ^[A]]}", good),
                  {"`secondary` of `initiator` is `B`; write a list, in brackets",
                   "cannot be `ANY`; write the short name of a KMS; ANY stands alone",
                   "an entry of `external` of `initiator` is a list; write one text"});
    expect_faults(with("{user: \"sip:a@b\", home: A, secondary: [B, ^B, ^A], external: [^B]}", good),
                  {"KMS `B` stands twice in `secondary`; remove it here or at line 5",
                   "KMS `A` stands in `home` and in `secondary`; remove it here",
                   "KMS `B` stands in `secondary` and in `external`; remove it here"});
    expect_faults(
        with("{user: \"sip:a@b\", home: A, ^prefer: [A], ^always: {}}", good),
        {"unknown key `prefer` in `initiator`; write", "unknown key `always` in `initiator`; write"});
    expect_faults(with("{user: \"sip:a@b\", home: A, attempts: ^21}", good),
                  {"cannot be `21`; write a decimal number from 1 to 20"});
    expect_faults(with(good, "{user: \"sip:a@b\", home: A, prefer: ^[B]}"),
                  {"KMS `B` in `prefer` is neither home nor secondary; add it to `secondary`"});
    expect_faults(with(good, "{user: \"sip:a@b\", home: A, always: ^{initiator: ^any}}"),
                  {"`always` of `receiver` has no `receiver`; add `receiver:`",
                   "cannot be `any`; write a list of KMSs in brackets"});
}

TEST(ReadScenario, Path) {
    expect_faults(
        kHead + "path:\n  - ^^^{}\n  - ^^{edge: two}\n" + kEnd,
        {"edge 1 of `path` has no `edge`; add `edge:`", "has no `inside`; add `inside:`",
         "edge 1 of `path` has no policy; add `policy: FILE`", "edge `two` has no `inside`; add `inside:`",
         "edge `two` has no policy; add `policy: FILE`"});
}

TEST(ReadScenario, PathValues) {
    expect_faults(kHead + "path: ^one\n" + kEnd, {"`path` is `one`; write a list"});
    expect_faults(kHead + "policy: p\npath:\n  - {edge: ^a b, inside: ^left, ^side: x}\n  - ^one\n" + kEnd,
                  {"edge `a b` holds other characters; write the name as it stands in the policy",
                   "cannot be `left`; write one of: initiator, receiver", "unknown key `side`; write",
                   "edge 2 of `path` is a text; write a map with the keys edge"});
    expect_faults(kHead + "policy: ^p\n" + kEnd, {"`policy` is not used; add the path's edges"});
    expect_faults(kHead + "policy: ^p\npath: [{edge: a, inside: initiator, policy: q}]\n" + kEnd,
                  {"`policy` is not used; remove it"});
    std::string many = kHead + "policy: p\npath:\n";
    for (int i = 0; i < 17; ++i)
        many += i == 16 ? "  - ^{edge: a, inside: initiator}\n" : "  - {edge: a, inside: initiator}\n";
    expect_faults(many + kEnd, {"number 17 in `path`; list at most 16"});
}

TEST(ReadScenario, Tags) {
    expect_faults(kHead + "tags: [^^^{}, {domain: ^m c, user: ^bob, tags: ^roaming}]\n" + kEnd,
                  {"has no `domain`; add `domain:`", "has no `user`; add `user:`",
                   "has no `tags`; add `tags:`", "domain `m c` holds other characters; write the name",
                   "`bob` is no URI of a user; write it as in", "is `roaming`; write a list"});
    expect_faults(kHead + "tags: [{domain: m, user: initiator, tags: [^\"a b\", ^[]]}]\n" + kEnd,
                  {"tag `a b` holds other characters; write the tag as the policy declares it",
                   "is a list; write one text"});
}

TEST(ReadScenario, Headers) {
    // A line end in a header would be another header, or the end of them all.
    expect_faults(
        kHead +
            "headers: [^\"X-A: b\\r\\nVia: c\", ^\"no colon\", ^\": x\", ^\"A b: c\", ^\"VIA: x\", ^\"l: "
            "3\", ^" +
            std::string(999, 'x') + "]\n" + kEnd,
        {"holds a line end; write one line as", "has no colon; write one line as",
         "does not begin with the name of a header; write one line as",
         "does not begin with the name of a header; write one line as",
         "is a header that the client writes itself; remove it",
         "is a header that the client writes itself; remove it", "has 999 bytes; write at most 998"});
}

TEST(ReadScenario, ExpectedLines) {
    const std::string head = kHead + kPath;
    expect_faults(head + "expect: ^mikey\n", {"`expect` is `mikey`; write a list"});
    expect_faults(head + "expect: ^[]\n", {"`expect` is empty; write what must happen"});
    expect_faults(head + "expect: [{mikey: ^[A]}, {mikey: [^D, A]}, {mikey: ^A}, {accept: ^[A, B, C]}]\n",
                  {"names 1 KMSs; write two", "unknown KMS `D`; write one of: A, B, C, or declare",
                   "is `A`; write a list", "names 3 KMSs; write two"});
    expect_faults(head +
                      "expect:\n  - mikey: [A, A]\n  - ^{krr: {by: one, initiator: ANY, receiver: [B]}, "
                      "accept: [A, A]}\n"
                      "  - {^mikee: [A, A]}\n  - fail: ^[x]\n",
                  {"line 2 of `expect` holds 2 things; write one thing a line",
                   "unknown key `mikee`; write `mikey`", "is a list; write one text"});
    expect_faults(
        head +
            "expect:\n  - mikey: [A, A]\n  - krr: ^^^{}\n  - krr: {by: ^two, initiator: ^B, receiver: [^E]}\n"
            "  - rewrite: {by: ^receiver, initiator: ANY, receiver: ANY}\n  - fail: 486\n",
        {"has no `by`; add `by:`", "has no `initiator`; add `initiator:`",
         "has no `receiver`; add `receiver:`",
         "is no edge of the path, and not the receiver; write one of: one, receiver",
         "cannot be `B`; write a list of KMSs in brackets", "unknown KMS `E`; write one of",
         "is no edge of the path; write one of: one"});
}

TEST(ReadScenario, WhatIsExpectedOverTcp) {
    const std::string head = kHead + kPath;
    const Scenario s = read_good(
        head + kEnd + "expect-tcp: [{mikey: [A, A]}, {reset: {by: one}}, {fail: connection-reset}]\n");
    ASSERT_EQ(s.expect.size(), 2U);
    ASSERT_EQ(s.expect_tcp.size(), 3U);
    EXPECT_EQ(s.expect_tcp[1].kind, Expected::Kind::reset);
    EXPECT_EQ(s.expect_tcp[1].by, "one");
    EXPECT_EQ(s.expect_tcp[2].detail, "connection-reset");
    expect_faults(head + kEnd + "expect-tcp: ^[]\n", {"`expect-tcp` is empty; write what must happen"});
    expect_faults(
        head + kEnd +
            "expect-tcp: [{mikey: [A, A]}, {reset: ^{}}, {reset: {by: ^receiver}}, ^{mikey: [A, A]}]\n",
        {"has no `by`; add `by:`", "is no edge of the path; write one of: one",
         "`expect-tcp` does not say how it ends; end with"});
}

TEST(ReadScenario, OrderOfExpectedLines) {
    expect_faults(kHead + "expect:\n  - ^krr: {by: receiver, initiator: ANY, receiver: [B]}\n  - fail: 486\n",
                  {"does not begin with a message; begin with `- mikey: [A, A]`"});
    expect_faults(kHead + "expect:\n  - mikey: [A, A]\n  - ^accept: [A, A]\n  - ^mikey: [A, B]\n",
                  {"line 2 of `expect` ends the run; write `accept` and `fail` last",
                   "does not say how it ends; end with `- accept: [A, B]`"});
    expect_faults(kHead +
                      "expect:\n  - mikey: [A, A]\n  - rewrite: {by: ^d1, initiator: [A], receiver: [B]}\n  "
                      "- fail: 486\n",
                  {"is no edge of the path; add the edge to `path`"});
}

TEST(ReadScenario, CutAndChangedFilesAreReadOrRefused) {
    // what is expected over TCP may be cut off: it need not be there
    std::string whole = read_file(kShipped + "/x10.yaml");
    whole.resize(whole.find("# Over TCP"));
    std::size_t good = 0;
    const auto judge = [&](const std::string& text) {
        const auto read = read_scenario(text, "s.yaml");
        if (read) {
            ++good;
            EXPECT_FALSE(read->expect.empty());
            return;
        }
        EXPECT_FALSE(read.error().empty());
        for (const std::string& fault : read.error()) {
            EXPECT_TRUE(fault.starts_with("s.yaml:")) << fault;
            EXPECT_TRUE(contains(fault, "; ")) << fault;
        }
    };
    for (std::size_t size = 0; size < whole.size(); ++size) judge(whole.substr(0, size));
    EXPECT_EQ(good, 1U);  // all but the last line end
    for (const char c : {'\0', '[', ']', '{', ':', '-', '"', '\n', '\t', '\xFF', '*', '&', '0'})
        for (std::size_t i = 0; i < whole.size(); i += 13) {
            std::string changed = whole;
            changed[i] = c;
            judge(changed);
        }
}

}  // namespace
}  // namespace kmsgate::lab::testing

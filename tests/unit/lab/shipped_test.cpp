// SPDX-License-Identifier: BSD-3-Clause
// The shipped scenarios are the use cases of the TR's annex X, word for word.
#include <map>

#include "policy/compile/compile.hpp"
#include "tests/unit/lab/lab_kit.hpp"

namespace kmsgate::lab::testing {
namespace {

/// "A;S,T;E" as the use cases give a client: home, secondary, external.
std::string client(const Scenario& s, const Client& c) {
    const auto list = [&](const std::vector<std::string>& uris) {
        std::string out;
        for (const std::string& uri : uris) {
            if (!out.empty()) out += ',';
            out += s.short_name(uri);
        }
        return out.empty() ? std::string("-") : out;
    };
    return list({c.profile.home}) + ";" + list(c.profile.secondary) + ";" + list(c.profile.external);
}

/// One word a line: M(A,A) message, K new KRR, R rewritten KRR, X connection reset, ok accepted, fail.
std::string transcript(const Scenario& s, const std::vector<Expected>& expect) {
    std::string out;
    for (const Expected& line : expect) {
        if (!out.empty()) out += ' ';
        const auto lists = [&] {
            return "(" + s.to_text(line.lists.initiator) + "," + s.to_text(line.lists.receiver) + ")@" +
                   line.by;
        };
        switch (line.kind) {
            case Expected::Kind::mikey:
                out += "M" + s.to_text(line.pair);
                break;
            case Expected::Kind::krr:
                out += "K" + lists();
                break;
            case Expected::Kind::rewrite:
                out += "R" + lists();
                break;
            case Expected::Kind::accept:
                out += "ok" + s.to_text(line.pair);
                break;
            case Expected::Kind::reset:
                out += "X@" + line.by;
                break;
            case Expected::Kind::fail:
                out += "fail:" + line.detail;
                break;
        }
    }
    std::erase(out, ' ');
    return out;
}

struct Row {
    std::string file, name, initiator, receiver, transcript;
};

const std::vector<Row> kRows = {
    {"x01", "X.1", "A;-;B", "B;-;A", "M(A,A) K([A],[B])@receiver M(A,B) ok(A,B)"},
    {"x02", "X.2", "A;C;B", "B;-;C", "M(A,A) K([B,C],[B])@receiver M(C,B) ok(C,B)"},
    {"x03", "X.3", "A;-;-", "B;-;C", "M(A,A) K([B,C],[B])@receiver fail:no-initiator-kms"},
    {"x04", "X.4", "A;S;-", "A;S;-", "M(A,A) K([S,A],[S,A])@receiver M(S,S) ok(S,S)"},
    {"x04-note-no-s", "X.4-note-no-S", "A;-;-", "A;S;-", "M(A,A) K([S,A],[S,A])@receiver M(A,A) ok(A,A)"},
    {"x04-note-refused", "X.4-note-refused", "A;S;-", "A;S;-",
     "M(A,A) K([S,A],[S,A])@receiver M(A,A) ok(A,A)"},
    {"x05", "X.5", "A;-;B", "B;-;A", "M(A,A) K(ANY,[B])@d2-cs M(A,B) ok(A,B)"},
    {"x06", "X.6", "A;C;B", "B;-;A,C",
     "M(A,A) K([C],[A])@d1-cs M(C,A) K(ANY,[B])@d2-cs R([C],[B])@d1-cs M(C,B) ok(C,B)"},
    {"x06-note", "X.6-note", "C;A;B", "B;-;A,C",
     "M(C,C) K([A],[C])@d1-cs M(A,C) K(ANY,[B])@d2-cs R([A],[B])@d1-cs M(A,B) ok(A,B)"},
    {"x07", "X.7", "A;-;B,D", "B;D;A", "M(A,A) K(ANY,[D])@d2-cs M(A,D) ok(A,D)"},
    {"x08", "X.8", "A;D;B", "B;-;A,D",
     "M(A,A) K([C,D],ANY)@d1-cs M(D,A) K(ANY,[B])@d3-cs R([A,D],[B])@d2-is R([D],[B])@d1-cs M(D,B) ok(D,B)"},
    {"x09", "X.9", "A;-;B,D", "B;D;A",
     "M(A,A) K(ANY,[B,D])@d2-is M(A,B) K(ANY,[C,D])@d3-cs R(ANY,[D])@d2-is M(A,D) ok(A,D)"},
    {"x10", "X.10", "A;C;X,Z", "X;Z;A,C",
     "M(A,A) K([B,C],ANY)@d1-cs M(C,A) K(ANY,[X,Z])@d3-is R([A,C],[X,Z])@d2-is R([C],[X,Z])@d1-cs "
     "M(C,X) K(ANY,[Y,Z])@d4-cs R(ANY,[Z])@d3-is R([A,C],[Z])@d2-is R([C],[Z])@d1-cs M(C,Z) ok(C,Z)"},
    {"x11", "X.11", "A;-;-", "Z;-;-", "M(A,A) K([A],[Z])@receiver fail:no-receiver-kms"},
};

std::string packed(std::string text) {
    std::erase(text, ' ');
    return text;
}

TEST(Shipped, ClientsAndTranscriptsOfEveryUseCase) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.file);
        const Scenario s = shipped(row.file);
        EXPECT_EQ(s.name, row.name);
        EXPECT_EQ(client(s, s.initiator), row.initiator);
        EXPECT_EQ(client(s, s.receiver), row.receiver);
        EXPECT_EQ(transcript(s, s.expect), packed(row.transcript));
        EXPECT_FALSE(s.title.empty());
        EXPECT_FALSE(s.gmk);
    }
}

/// Over TCP all goes as over UDP until a KRR would have to be narrowed: its connection is reset by who would.
TEST(Shipped, OverTcpTheFirstKrrToBeNarrowedEndsTheCall) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.file);
        const Scenario s = shipped(row.file);
        std::string wanted = packed(row.transcript);
        const std::size_t rewrite = wanted.find("R(");
        if (rewrite == std::string::npos) {
            EXPECT_TRUE(s.expect_tcp.empty());
            continue;
        }
        const std::size_t by = wanted.find('@', rewrite);
        std::string edge;
        for (const Stop& stop : s.path)
            if (wanted.substr(by + 1).starts_with(stop.edge)) edge = "@" + stop.edge;
        wanted = wanted.substr(0, rewrite) + "X" + edge + "fail:connection-reset";
        EXPECT_EQ(transcript(s, s.expect_tcp), wanted);
    }
}

TEST(Shipped, NoneIsLeftOut) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    EXPECT_EQ(files->size(), kRows.size());
}

TEST(Shipped, CountsOfX10) {
    const Scenario s = shipped("x10");
    std::map<Expected::Kind, int> counts;
    for (const Expected& line : s.expect) ++counts[line.kind];
    EXPECT_EQ(counts[Expected::Kind::mikey], 4);
    EXPECT_EQ(counts[Expected::Kind::krr], 3);
    EXPECT_EQ(counts[Expected::Kind::rewrite], 5);
}

TEST(Shipped, PathsAsInTheFigures) {
    const auto path = [](const char* stem) {
        std::string out;
        const Scenario s = shipped(stem);
        for (const Stop& stop : s.path)
            out += (out.empty() ? "" : " ") + stop.edge + (stop.faces_initiator ? "<" : ">");
        return out;
    };
    for (const char* stem : {"x01", "x02", "x03", "x04", "x04-note-no-s", "x04-note-refused", "x11"})
        EXPECT_EQ(path(stem), "") << stem;
    EXPECT_EQ(path("x05"), "d2-cs>");
    EXPECT_EQ(path("x06"), "d1-cs< d2-cs>");
    EXPECT_EQ(path("x06-note"), "d1-cs< d2-cs>");
    EXPECT_EQ(path("x07"), "d2-cs>");
    EXPECT_EQ(path("x08"), "d1-cs< d2-is< d3-cs>");
    EXPECT_EQ(path("x09"), "d2-is> d3-cs>");
    EXPECT_EQ(path("x10"), "d1-cs< d2-is< d3-is> d4-cs>");
}

TEST(Shipped, OnlyWhoRoamsIsTagged) {
    for (const Row& row : kRows) {
        const Scenario s = shipped(row.file);
        if (row.file == "x06" || row.file == "x07") {
            ASSERT_EQ(s.tags.size(), 1U) << row.file;
            EXPECT_EQ(s.tags[0].tags, std::vector<std::string>{"roaming"});
            EXPECT_EQ(s.tags[0].user, (row.file == "x06" ? s.initiator : s.receiver).profile.user);
        } else {
            EXPECT_TRUE(s.tags.empty()) << row.file;
        }
    }
    EXPECT_EQ(shipped("x06-note").path[0].policy, shipped("x06").path[0].policy);
}

TEST(Shipped, PoliciesCompileWithoutWarnings) {
    for (const Row& row : kRows) {
        const Scenario s = shipped(row.file);
        for (const Stop& stop : s.path) {
            SCOPED_TRACE(stop.policy + " " + stop.edge);
            const auto compiled = policy::compile::compile_text(read_file(stop.policy));
            for (const auto& problem : compiled.problems) ADD_FAILURE() << to_string(problem, stop.policy);
            EXPECT_FALSE(compiled.blob.empty());
            const auto& edges = compiled.policy.edges;
            const auto edge =
                std::ranges::find_if(edges, [&](const auto& e) { return e.name.text == stop.edge; });
            ASSERT_NE(edge, edges.end());
            EXPECT_EQ(edge->proxy,
                      contains(stop.label, "IS Proxy") ? policy::table::Proxy::is : policy::table::Proxy::cs);
            // Scenario and policy speak of the same KMSs.
            for (const auto& kms : compiled.policy.kms) EXPECT_EQ(s.short_name(kms.uri.text), kms.name.text);
            // Every user belongs to a domain of the policy.
            std::string users;
            for (const auto& domain : compiled.policy.domains)
                for (const auto& user : domain.users) users += user.text + " ";
            for (const Client* c : {&s.initiator, &s.receiver})
                EXPECT_TRUE(contains(users, c->profile.user.substr(c->profile.user.find('@')))) << users;
        }
    }
}

}  // namespace
}  // namespace kmsgate::lab::testing

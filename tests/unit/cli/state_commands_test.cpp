// SPDX-License-Identifier: BSD-3-Clause
// How the box is and what it counted: `status`, `stats` and `rules`.
#include "tests/unit/cli/one.hpp"

namespace kmsgate::control::cli::test {
namespace {

json status() {
    return {{"control",
             {{"version", "0.1.0"},
              {"pid", 12},
              {"uptime", 3725.5},
              {"time", 1800000125.0},
              {"clients", 1},
              {"state", "/var/lib/kmsgate"}}},
            {"link", {{"state", "connected"}, {"since", 1800000000.0}, {"fault", nullptr}}},
            {"policy",
             {{"generation", 9},
              {"digest", "sha256:ab"},
              {"time", 1800000000.0},
              {"user", "ops"},
              {"how", "commit"}}},
            {"confirm", nullptr},
            {"writer", nullptr},
            {"modes", {{"mc1-edge", "shadow"}}},
            {"tags", {{"count", 1000}}},
            {"events", nullptr},
            {"dataplane",
             {{"version", "0.1.0"},
              {"pid", 13},
              {"uptime", 59.0},
              {"generation", 9},
              {"digest", "sha256:ab"},
              {"last_table", nullptr},
              {"clock", {{"time", 1800000125.25}, {"behind", 0.0000004}}},
              {"memory", {{"bytes", 268435456}, {"used", 64172851}, {"tags", 9800000}}},
              {"tags", {{"count", 1000}, {"capacity", 100000}}},
              {"edges",
               {{{"name", "mc1-edge"},
                 {"mode", "enforce"},
                 {"policy_mode", "enforce"},
                 {"domain", "mc1"},
                 {"proxy", "cs"},
                 {"pairs", {{{"inside", "a"}, {"outside", "b"}, {"vlan", nullptr}}}}}}},
              {"ports",
               {{{"name", "a"},
                 {"link", true},
                 {"driver", "net_af_xdp"},
                 {"queues", 1},
                 {"rx-frames", 1234},
                 {"rx-bytes", 99},
                 {"rx-errors", 0},
                 {"tx-errors", 2},
                 {"remarks", {"has 1 queue(s), 2 asked"}}}}},
              {"workers", {{{"worker", 0}, {"alive", true}}}}}}};
}

TEST(Status, for_people) {
    const One one({"status"}, status());
    EXPECT_EQ(one.method, "status");
    EXPECT_EQ(one.ran.out,
              "control      0.1.0, process 12, up 1 h 2 min, 1 connected\n"
              "link         connected since 2027-01-15T08:00:00Z (2 min 5 s ago)\n"
              "policy       generation 9, commit by ops at 2027-01-15T08:00:00Z (2 min 5 s ago)\n"
              "             sha256:ab\n"
              "by hand      mc1-edge shadow\n"
              "tags         count 1,000\n"
              "\n"
              "dataplane\n"
              "  0.1.0, process 13, up 59 s, generation 9\n"
              "  table        sha256:ab\n"
              "  clock        2027-01-15T08:02:05.250Z, in step with the system's\n"
              "  memory       all 256.0 MiB, tags 9.3 MiB, used 61.2 MiB\n"
              "  tags         1,000 of 100,000\n"
              "\n"
              "EDGE      MODE     POLICY SAYS  DOMAIN  PROXY  PORTS (INSIDE>OUTSIDE)\n"
              "mc1-edge  enforce  enforce      mc1     cs     a>b\n"
              "\n"
              "ports\n"
              "  name  driver      link  queues  rx-frames  tx-errors\n"
              "  a     net_af_xdp  up         1      1,234          2\n"
              "  a has 1 queue(s), 2 asked\n"
              "\n"
              "workers\n"
              "  worker  alive\n"
              "  0       alive\n");
}

TEST(Status, what_is_not_as_it_should_be) {
    json value = status();
    value["dataplane"]["clock"]["behind"] = -2.5;
    value["dataplane"]["last_table"] = "last.table: No space left on device";
    value["confirm"] = {{"generation", 9}, {"previous", 8}, {"deadline", 1800000180.0}};
    value["writer"] = {{"user", "ops"}, {"pid", 7}, {"since", 1800000120.0}};
    const std::string out = One({"status"}, value).ran.out;
    for (const char* const part :
         {"  clock        2027-01-15T08:02:05.250Z, 2.500 s ahead of the system's\n",
          "  the table is not kept for a start without control: last.table: No space left on device\n",
          "generation 8 comes back at 2027-01-15T08:03:00Z (in 55 s) unless you say",
          "writer       ops, process 7, since 2027-01-15T08:02:00Z (5 s ago)\n"})
        EXPECT_NE(out.find(part), std::string::npos) << part << "\nin\n" << out;
    value["dataplane"]["clock"]["behind"] = 0.25;
    EXPECT_NE(One({"status"}, value).ran.out.find(", 0.250 s behind the system's\n"), std::string::npos);
}

TEST(Status, without_dataplane_or_policy) {
    json value = status();
    value["dataplane"] = nullptr;
    value["policy"] = nullptr;
    value["link"] = {{"state", "disconnected"}, {"since", nullptr}, {"fault", "connection refused"}};
    const One one({"status"}, value);
    EXPECT_EQ(one.ran.code, 0);
    EXPECT_NE(one.ran.out.find("link         disconnected: connection refused\npolicy       none; use"),
              std::string::npos);
    EXPECT_NE(one.ran.out.find("does not answer"), std::string::npos);
}

json numbers() {
    return {{"since", {{"name", "noon"}, {"time", 1800000000.0}}},
            {"restarted", false},
            {"edges",
             {{"mc1-edge",
               {{"outcomes", {{"passed", 1234567}, {"drop", 0}}},
                {"verdicts", {{"redirect", 3}}},
                {"causes", {{"malformed-sip", 0}}},
                {"counters", {{"frames-in", 1234570}}}}},
              {"mc2-edge", {{"outcomes", {{"passed", 0}}}}}}},
            {"ports",
             {{{"name", "a"}, {"link", true}, {"rx-frames", 12}, {"tx-errors", 0}},
              {{"name", "b"}, {"link", false}, {"held-down", false}, {"rx-frames", 0}, {"tx-errors", 0}}}},
            {"workers", {{{"worker", 0}, {"polls", 99}}}}};
}

TEST(Stats, show) {
    const One one({"stats", "--since", "noon"}, numbers());
    EXPECT_EQ(one.method, "stats.show");
    EXPECT_EQ(one.params, (json{{"since", "noon"}}));
    EXPECT_EQ(one.ran.out,
              "since mark noon of 2027-01-15T08:00:00Z\n"
              "edge mc1-edge\n"
              "  frames by outcome\n"
              "    passed  1,234,567\n"
              "  messages by verdict\n"
              "    redirect  3\n"
              "  counted\n"
              "    frames-in  1,234,570\n"
              "edge mc2-edge\n"
              "  nothing yet\n"
              "\n"
              "port        a     b\n"
              "link       up  down\n"
              "rx-frames  12     0\n"
              "\n"
              "worker   0\n"
              "polls   99\n");
}

TEST(Stats, of_one_edge_with_zeros) {
    json value = numbers();
    value["edges"].erase("mc1-edge");
    const One one({"stats", "show", "--edge", "mc2-edge", "--all"}, value);
    EXPECT_EQ(one.params, (json{{"edge", "mc2-edge"}}));
    EXPECT_EQ(one.ran.out,
              "since mark noon of 2027-01-15T08:00:00Z\n"
              "edge mc2-edge\n"
              "  frames by outcome\n"
              "    passed  0\n");
}

TEST(Stats, mark) {
    const One one({"stats", "mark", "noon"}, json{{"name", "noon"}, {"time", 1800000000.0}});
    EXPECT_EQ(one.method, "stats.mark");
    EXPECT_TRUE(one.had_id);
    EXPECT_EQ(one.params, (json{{"name", "noon"}}));
    EXPECT_EQ(one.ran.out, "mark noon at 2027-01-15T08:00:00Z; see kmsgatectl stats show --since noon\n");
}

TEST(Rules, table) {
    const One one({"rules", "--edge", "mc1-edge"}, json{{"generation", 9},
                                                        {"rules",
                                                         {{{"edge", "mc1-edge"},
                                                           {"side", "initiator"},
                                                           {"rule", "roaming"},
                                                           {"hit", 1003},
                                                           {"would", 0}}}}});
    EXPECT_EQ(one.params, (json{{"edge", "mc1-edge"}}));
    EXPECT_EQ(one.ran.out,
              "EDGE      SIDE       RULE     MATCHED  WOULD REFUSE\n"
              "mc1-edge  initiator  roaming    1,003             0\n");
}

}  // namespace
}  // namespace kmsgate::control::cli::test

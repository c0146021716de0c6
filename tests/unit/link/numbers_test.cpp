// SPDX-License-Identifier: BSD-3-Clause
// stats, rules, status and telemetry: the same numbers, those of the workers.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "dataplane/watch/registry.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

void play(Kit& kit) {
    for (unsigned i = 1; i <= 12; ++i)
        kit.message(Kit::request(i, i % 3 == 0 ? kToB : Offer{}), i % 2, i % 4 < 2 ? 0 : 2);
    Bytes broken = frame4(bytes("x"));
    broken[17] = 0xFF;
    kit.frame(broken, 1);
}

TEST(Stats, AreTheSumOfTheWorkers) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    play(kit);
    const json stats = c.call({{"op", "stats"}});
    EXPECT_TRUE(stats["next"].is_null());
    EXPECT_EQ(stats["time"], 1'700'000'000.0);
    for (std::size_t slot = 0; slot < 2; ++slot) {
        const json& edge = stats["edges"][slot == 0 ? "e" : "f"];
        const core::Counters &a = kit.workers[0]->counters(slot), &b = kit.workers[1]->counters(slot);
        for (std::size_t i = 0; i < core::kOutcomes; ++i)
            EXPECT_EQ(edge["outcomes"][std::string(to_string(static_cast<core::Outcome>(i)))],
                      a.outcome[i] + b.outcome[i]);
        for (std::size_t i = 0; i < core::kCounters; ++i)
            EXPECT_EQ(edge["counters"][std::string(to_string(static_cast<core::Counter>(i)))],
                      a.value[i] + b.value[i]);
        for (std::size_t i = 0; i < a.verdict.size(); ++i)
            EXPECT_EQ(edge["verdicts"][std::string(to_string(static_cast<policy::decide::Verdict>(i)))],
                      a.verdict[i] + b.verdict[i]);
        for (std::size_t i = 0; i < policy::kCauses; ++i)
            EXPECT_EQ(edge["causes"][std::string(to_string(static_cast<policy::Cause>(i)))],
                      a.cause[i] + b.cause[i]);
        EXPECT_GT(edge["counters"]["messages"], 0);
        EXPECT_EQ(edge["held"], 0);
    }
    EXPECT_EQ(stats["edges"]["e"]["outcomes"]["ip-malformed"], 1);
    ASSERT_EQ(stats["workers"].size(), 2U);
    EXPECT_EQ(stats["workers"][1]["worker"], 1);
    EXPECT_EQ(stats["workers"][0]["frames-in"].get<int>() + stats["workers"][1]["frames-in"].get<int>(), 13);
    ASSERT_EQ(stats["ports"].size(), 1U);
    EXPECT_EQ(stats["ports"][0]["name"], "a");
    EXPECT_EQ(stats["ports"][0]["rx-frames"], 12);
    EXPECT_EQ(stats["ports"][0]["link"], true);
}

TEST(Stats, EveryMetricOfTheRegistryHasItsPlace) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    const json stats = c.call({{"op", "stats"}}), status = c.call({{"op", "status"}}),
               rules = c.call({{"op", "rules"}});
    for (const watch::Metric& m : watch::metrics()) {
        const json* at = nullptr;
        switch (m.place) {
            case watch::Place::edge_counter:
                at = &stats["edges"]["e"]["counters"];
                break;
            case watch::Place::worker:
                at = &stats["workers"][0];
                break;
            case watch::Place::port:
                at = &stats["ports"][0];
                break;
            case watch::Place::rule:
                at = &rules["rules"][0];
                break;
            case watch::Place::worker_status:
                at = &status["workers"][0];
                break;
            case watch::Place::edge_mode:
                at = &status["edges"][0];
                break;
            case watch::Place::status:
            case watch::Place::info:
                at = &status;
                break;
            default:
                continue;
        }
        std::string key = m.key;
        for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.')) {
            ASSERT_TRUE(at->contains(key.substr(0, dot))) << m.name;
            at = &(*at)[key.substr(0, dot)];
            key.erase(0, dot + 1);
        }
        EXPECT_TRUE(at->contains(key)) << m.name << " at " << m.key;
    }
    for (const watch::Word& w : watch::outcomes())
        EXPECT_TRUE(stats["edges"]["f"]["outcomes"].contains(w.text)) << w.text;
    for (const watch::Word& w : watch::verdicts())
        EXPECT_TRUE(stats["edges"]["f"]["verdicts"].contains(w.text)) << w.text;
    for (const watch::Word& w : watch::causes())
        EXPECT_TRUE(stats["edges"]["f"]["causes"].contains(w.text)) << w.text;
}

TEST(Rules, HitsAndWouldBe) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    EXPECT_EQ(c.call({{"op", "rules"}})["rules"], json::array());
    ASSERT_EQ(c.outcome({{"op", "table"}, {"generation", 9}}, table()), "");
    for (unsigned i = 1; i <= 3; ++i) kit.message(Kit::request(i, kToB), i % 2);  // refused by e
    for (unsigned i = 4; i <= 5; ++i) kit.message(Kit::request(i), i % 2, 2);     // f would refuse
    const json rules = c.call({{"op", "rules"}});
    EXPECT_EQ(rules["generation"], 9);
    EXPECT_TRUE(rules["next"].is_null());
    ASSERT_EQ(rules["rules"].size(), 3U);
    for (const json& r : rules["rules"]) {
        const bool attached = r["rule"] == "attached";
        EXPECT_EQ(r["side"], "initiator");
        EXPECT_EQ(r["hit"], !attached ? 0 : r["edge"] == "e" ? 3 : 2) << r;
        EXPECT_EQ(r["would"], attached && r["edge"] == "f" ? 2 : 0) << r;
    }
    const json second = c.call({{"op", "rules"}, {"after", 2}});
    ASSERT_EQ(second["rules"].size(), 1U);
    EXPECT_EQ(second["rules"][0], rules["rules"][2]);
    EXPECT_EQ(c.call({{"op", "rules"}, {"after", 3}})["rules"], json::array());
}

TEST(Rules, ManyComeInPages) {
    std::string yaml = policy();
    const std::size_t at = yaml.find("      - {name: attached");
    std::string more;
    for (int i = 0; i < 12'000; ++i)
        more += fmt::format(
            "      - {{name: rule-with-quite-a-long-name-{:06}, side: initiator, when: {{user: "
            "\"sip:u{}@mc1.example\"}}, "
            "allow: [A], other: copy}}\n",
            i, i);
    yaml.insert(at, more);
    Kit kit({.kept = false});
    kit.publish(sealed(yaml), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    std::set<std::string> names;
    int pages = 0;
    for (json next = 0; !next.is_null(); ++pages) {
        const json page = c.call({{"op", "rules"}, {"after", next}});
        ASSERT_EQ(page["ok"], true);
        for (const json& r : page["rules"])
            EXPECT_TRUE(
                names.insert(fmt::format("{}/{}", r["edge"].get<std::string>(), r["rule"].get<std::string>()))
                    .second);
        next = page["next"];
    }
    EXPECT_GT(pages, 1);
    EXPECT_EQ(names.size(), 12'003U);
}

TEST(Status, SaysWhatIsInForce) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    json s = c.call({{"op", "status"}});
    EXPECT_EQ(s["generation"], 0);
    EXPECT_TRUE(s["digest"].is_null());
    EXPECT_TRUE(s["edges"][0]["mode"].is_null());
    ASSERT_EQ(c.outcome({{"op", "table"}, {"generation", 4}}, table()), "");
    ASSERT_EQ(c.outcome({{"op", "modes"}, {"modes", {{"f", "bypass"}}}}), "");
    kit.message(Kit::request(1, kToB));
    s = c.call({{"op", "status"}});
    EXPECT_EQ(s["pid"], ::getpid());
    EXPECT_EQ(s["generation"], 4);
    EXPECT_EQ(s["digest"], kit.publisher->current()->proven().digest);
    EXPECT_EQ(s["edges"], (json{{{"name", "e"},
                                 {"mode", "enforce"},
                                 {"policy_mode", "enforce"},
                                 {"domain", "mc1"},
                                 {"proxy", "cs"},
                                 {"pairs", {{{"inside", "a"}, {"outside", "b"}, {"vlan", nullptr}}}}},
                                {{"name", "f"},
                                 {"mode", "bypass"},
                                 {"policy_mode", "shadow"},
                                 {"domain", "mc1"},
                                 {"proxy", "cs"},
                                 {"pairs", {{{"inside", "c"}, {"outside", "d"}, {"vlan", 7}}}}}}));
    EXPECT_EQ(s["transactions"]["count"], 1);
    EXPECT_GE(s["transactions"]["capacity"], 1000);
    EXPECT_EQ(s["streams"], (json{{"count", 0}, {"capacity", 2 * 4'096}})) << "of two workers";
    EXPECT_EQ(s["segments"], (json{{"count", 0}, {"capacity", 2 * 16'384}}));
    EXPECT_GT(s["memory"]["bytes"], s["memory"]["used"]);
    EXPECT_GT(s["memory"]["used"], 0);
    EXPECT_EQ(s["clock"]["time"], 1'700'000'000.0);
    EXPECT_EQ(s["events"]["lost"], 0);
    EXPECT_TRUE(s["last_table"].is_null());
    std::filesystem::remove_all(kit.folder.path + "/last.table");
    std::filesystem::create_directory(kit.folder.path + "/last.table");
    ASSERT_EQ(c.outcome({{"op", "table"}, {"generation", 5}}, table("B")), "");
    std::string other = policy();
    other.replace(other.find("proxy: cs"), 9, "proxy: is");
    ASSERT_EQ(c.outcome({{"op", "table"}, {"generation", 6}}, sealed(other)), "");
    EXPECT_EQ(c.call({{"op", "status"}})["edges"][0]["proxy"], "is");
    EXPECT_NE(c.call({{"op", "status"}})["last_table"].get<std::string>().find("last.table"),
              std::string::npos);
}

TEST(Status, AWorkerThatHangsIsSeen) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    const auto alive = [&](std::size_t worker) {
        return c.call({{"op", "status"}})["workers"][worker]["alive"] == true;
    };
    std::atomic<bool> stop = false;
    std::thread rounds([&] {
        kit.current.online(0);
        while (!stop) {
            kit.workers[0]->poll_once();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        kit.current.offline(0);
    });
    EXPECT_TRUE(soon([&] { return alive(0); }));
    EXPECT_FALSE(alive(1));
    stop = true;
    rounds.join();
    EXPECT_TRUE(soon([&] { return !alive(0); }));
}

/// One question to DPDK's telemetry socket.
json telemetry(const std::string& command) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/var/run/dpdk/" + eal_prefix() + "/dpdk_telemetry.v2";
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
    json out;
    std::string bytes(20'000, '\0');
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        ::recv(fd, bytes.data(), bytes.size(), 0) > 0 && ::send(fd, command.data(), command.size(), 0) > 0) {
        const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
        if (n > 0) out = json::parse(bytes.substr(0, static_cast<std::size_t>(n)), nullptr, false);
    }
    ::close(fd);
    return out.is_object() ? *out.begin() : json();
}

TEST(Telemetry, TheSameNumbers) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: DPDK's socket stands in /var/run then";
    Kit kit;
    kit.publish(table(), 3);
    kit.serve();
    play(kit);
    const json help = telemetry("/");
    for (const char* name : {"/kmsgate/stats", "/kmsgate/status", "/kmsgate/rules", "/kmsgate/workers"})
        EXPECT_NE(std::ranges::find(help, json(name)), help.end()) << name;
    Client c(kit.startup.table_socket);
    const json stats = c.call({{"op", "stats"}});
    const auto& e = stats["edges"]["e"]["outcomes"];
    const auto& f = stats["edges"]["f"]["outcomes"];
    const json all = telemetry("/kmsgate/stats"), one = telemetry("/kmsgate/stats,e");
    ASSERT_TRUE(all.is_object() && one.is_object());
    EXPECT_EQ(one["edge"], "e");
    EXPECT_EQ(one["kmsgate_frames_total/ip_malformed"], 1);
    EXPECT_EQ(one["kmsgate_frames_total/redirect"], e["redirect"]);
    EXPECT_EQ(all["kmsgate_frames_total/forward"].get<int>(),
              e["forward"].get<int>() + f["forward"].get<int>());
    EXPECT_EQ(one["kmsgate_judged_messages_total"], stats["edges"]["e"]["counters"]["messages"]);
    EXPECT_TRUE(telemetry("/kmsgate/stats,nowhere").is_null());
    const json status = telemetry("/kmsgate/status");
    ASSERT_TRUE(status.is_object());
    EXPECT_EQ(status["kmsgate_table_generation"], 3);
    EXPECT_EQ(status["digest"], kit.publisher->current()->proven().digest);
    EXPECT_EQ(status["kmsgate_user_tags_capacity"], 1000);
    const json rules = telemetry("/kmsgate/rules");
    EXPECT_EQ(rules.size(), 3U);
    EXPECT_EQ(rules["0"]["edge"], c.call({{"op", "rules"}})["rules"][0]["edge"]);
    EXPECT_EQ(rules["2"]["kmsgate_rule_hits_total"], c.call({{"op", "rules"}})["rules"][2]["hit"]);
    EXPECT_EQ(telemetry("/kmsgate/rules,1").size(), 2U);
    EXPECT_TRUE(telemetry("/kmsgate/rules,x").is_null());
    const json workers = telemetry("/kmsgate/workers");
    ASSERT_EQ(workers.size(), 2U);
    EXPECT_EQ(workers["0"]["kmsgate_worker_frames_in_total"].get<int>() +
                  workers["1"]["kmsgate_worker_frames_in_total"].get<int>(),
              13);
    EXPECT_TRUE(workers["0"].contains("longest_gap_ns"));
    kit.stop();
    EXPECT_TRUE(telemetry("/kmsgate/status").is_null()) << "nobody is there to answer";
}

}  // namespace
}  // namespace kmsgate::link::test

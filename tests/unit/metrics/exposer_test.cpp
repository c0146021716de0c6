// SPDX-License-Identifier: BSD-3-Clause
// Scrapes over HTTP, read as Prometheus text (exposition format 0.0.4).
#include "control/metrics/exposer.hpp"

#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "dataplane/watch/registry.hpp"

namespace kmsgate::control::metrics {
namespace {

using nlohmann::json;

std::string get(const std::string& host, std::uint16_t port, const std::string& path = "/metrics",
                const std::string& headers = "") {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
    const int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
    const int connected = ::connect(fd, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    std::string out;
    if (connected == 0) {
        const std::string request =
            "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n";
        ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        char bytes[4096];
        for (ssize_t n = 0; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
            out.append(bytes, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return out;
}

/// A scrape as a reader of the format sees it; what it must not hold stands in `faults`.
struct Scrape {
    std::map<std::string, std::string> types, helps;
    std::map<std::string, double> series;  ///< by name and labels as written
    std::vector<std::string> faults;

    explicit Scrape(const std::string& response) {
        if (!response.starts_with("HTTP/1.1 200")) faults.push_back("not 200: " + response.substr(0, 40));
        std::istringstream lines(
            response.substr(std::min(response.find("\r\n\r\n"), response.size() - 4) + 4));
        const std::regex sample(
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? (\S+))");
        for (std::string line; std::getline(lines, line);) {
            std::smatch m;
            if (line.starts_with("# HELP ")) {
                const auto blank = line.find(' ', 7);
                if (!helps.emplace(line.substr(7, blank - 7), line.substr(blank + 1)).second)
                    faults.push_back("two " + line);
            } else if (line.starts_with("# TYPE ")) {
                const auto blank = line.find(' ', 7);
                if (!types.emplace(line.substr(7, blank - 7), line.substr(blank + 1)).second)
                    faults.push_back("two " + line);
            } else if (!std::regex_match(line, m, sample)) {
                faults.push_back("no sample: " + line);
            } else {
                if (!types.contains(m[1]) || !helps.contains(m[1]))
                    faults.push_back("before its TYPE: " + line);
                if (!series.emplace(m[1].str() + m[2].str(), std::stod(m[5])).second)
                    faults.push_back("twice: " + line);
            }
        }
    }
};

json counts(std::uint64_t n) {
    json out = {{"outcomes", json::object()},
                {"verdicts", json::object()},
                {"causes", json::object()},
                {"counters", json::object()}};
    for (const auto& w : watch::outcomes()) out["outcomes"][std::string(w.text)] = n;
    for (const auto& w : watch::verdicts()) out["verdicts"][std::string(w.text)] = n;
    for (const auto& w : watch::causes()) out["causes"][std::string(w.text)] = n;
    for (const auto& m : watch::metrics())
        if (m.place == watch::Place::edge_counter) out["counters"][m.key] = n;
    for (const auto& m : watch::metrics())
        if (m.place == watch::Place::edge) out[m.key] = n;
    return out;
}
/// An answer with a value for every metric of a place that lists things.
json listed(watch::Place place, std::string_view name, const json& called) {
    json one = {{name, called}};
    for (const auto& m : watch::metrics())
        if (m.place == place) one[m.key] = 5;
    return one;
}
json whole_status() {
    json out = {{"version", "0.1.0"},
                {"digest", "sha256:ab"},
                {"edges", {{{"name", "mc1-edge"}, {"mode", "shadow"}}}},
                {"workers", {{{"worker", 0}, {"alive", true}}, {{"worker", 1}, {"alive", false}}}}};
    for (const auto& m : watch::metrics())
        if (m.place == watch::Place::status) {
            std::string pointer = "/" + m.key;
            std::ranges::replace(pointer, '.', '/');
            out[json::json_pointer(pointer)] = 7;
        }
    return out;
}
Snapshot whole() {
    json rules = {
        {"rules",
         {{{"edge", "mc1-edge"}, {"side", "initiator"}, {"rule", "roaming"}, {"hit", 3}, {"would", 1}}}}};
    json stats = {{"edges", {{"mc1-edge", counts(11)}, {"mc2-edge", counts(0)}}},
                  {"workers", {listed(watch::Place::worker, "worker", 0)}},
                  {"ports", {listed(watch::Place::port, "name", "a")}}};
    stats["ports"][0]["link"] = "up";
    Snapshot out{.dataplane_up = true,
                 .status = std::make_shared<json>(whole_status()),
                 .stats = std::make_shared<json>(std::move(stats)),
                 .rules = std::make_shared<json>(std::move(rules)),
                 .control = {}};
    for (const auto& m : watch::metrics())
        if (m.place == watch::Place::control) out.control[m.key] = 2;
    return out;
}
std::unique_ptr<Exposer> opened(const std::string& address = "127.0.0.1:0") {
    auto exposer = Exposer::open(address);
    EXPECT_TRUE(exposer) << exposer.error();
    return exposer ? std::move(*exposer) : nullptr;
}
/// One for most tests.
Exposer* shared() {
    static const std::unique_ptr<Exposer> exposer = opened();
    exposer->publish({});
    return exposer.get();
}

TEST(Exposer, every_metric_of_the_registry_is_scraped) {
    Exposer* const exposer = shared();
    exposer->publish(whole());
    const Scrape scrape(get("127.0.0.1", exposer->port()));
    EXPECT_EQ(scrape.faults, std::vector<std::string>{});
    for (const watch::Metric& m : watch::metrics()) {
        ASSERT_TRUE(scrape.types.contains(m.name)) << m.name;
        EXPECT_EQ(scrape.types.at(m.name), m.kind == watch::Kind::counter ? "counter" : "gauge") << m.name;
        EXPECT_EQ(scrape.helps.at(m.name), m.help);
    }
    EXPECT_EQ(scrape.types.size(), watch::metrics().size());
    const auto value = [&](const std::string& series) {
        return scrape.series.contains(series) ? scrape.series.at(series) : -1;
    };
    EXPECT_EQ(value(R"(kmsgate_frames_total{edge="mc1-edge",outcome="redirect"})"), 11);
    EXPECT_EQ(value(R"(kmsgate_frames_total{edge="mc2-edge",outcome="redirect"})"), 0);
    EXPECT_EQ(value(R"(kmsgate_messages_total{edge="mc1-edge",verdict="drop"})"), 11);
    EXPECT_EQ(value(R"(kmsgate_causes_total{edge="mc1-edge",cause="unknown-user"})"), 11);
    EXPECT_EQ(value(R"(kmsgate_frames_in_total{edge="mc1-edge"})"), 11);
    EXPECT_EQ(value(R"(kmsgate_rule_hits_total{edge="mc1-edge",side="initiator",rule="roaming"})"), 3);
    EXPECT_EQ(value(R"(kmsgate_rule_would_total{edge="mc1-edge",side="initiator",rule="roaming"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_port_rx_frames_total{port="a"})"), 5);
    EXPECT_EQ(value(R"(kmsgate_port_up{port="a"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_worker_up{worker="0"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_worker_up{worker="1"})"), 0);
    EXPECT_NEAR(value(R"(kmsgate_worker_longest_gap_seconds{worker="0"})"), 5e-9, 1e-12);
    EXPECT_EQ(value("kmsgate_table_generation"), 7);
    EXPECT_EQ(value(R"(kmsgate_table_info{digest="sha256:ab"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_edge_mode{edge="mc1-edge",mode="shadow"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_user_tags)"), 7);
    EXPECT_EQ(value(R"(kmsgate_up{process="dataplane"})"), 1);
    EXPECT_EQ(value(R"(kmsgate_control_requests_total)"), 2);
}

TEST(Exposer, writes_what_the_scraper_accepts) {
    Exposer* const exposer = shared();
    exposer->publish(whole());
    const std::string plain = get("127.0.0.1", exposer->port(), "/metrics", "Accept: */*\r\n");
    EXPECT_NE(plain.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
    const std::string open = get("127.0.0.1", exposer->port(), "/metrics",
                                 "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n");
    EXPECT_NE(open.find("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
              std::string::npos);
    EXPECT_NE(open.find("\n# TYPE kmsgate_frames counter\n"), std::string::npos);
    EXPECT_TRUE(open.ends_with("\n# EOF\n"));
}

TEST(Exposer, without_dataplane_only_what_is_known) {
    Exposer* const exposer = shared();
    const auto fresh = opened();
    EXPECT_EQ(Scrape(get("127.0.0.1", fresh->port())).series.size(), 2U);  // before anything was published
    const Scrape first(get("127.0.0.1", exposer->port()));
    EXPECT_EQ(first.faults, std::vector<std::string>{});
    EXPECT_EQ(first.series, (std::map<std::string, double>{{R"(kmsgate_up{process="control"})", 1},
                                                           {R"(kmsgate_up{process="dataplane"})", 0}}));
    exposer->publish(whole());
    exposer->publish({});
    EXPECT_EQ(Scrape(get("127.0.0.1", exposer->port())).series, first.series);
}

TEST(Exposer, names_in_labels_are_escaped) {
    Snapshot snapshot;
    const std::string odd = "a\"b\\c\nd";
    snapshot.rules = std::make_shared<json>(
        json{{"rules", {{{"edge", odd}, {"side", "receiver"}, {"rule", "caf\u00e9"}, {"hit", 1}}}}});
    snapshot.stats = std::make_shared<json>(json{{"edges", {{odd, {{"verdicts", {{"drop", 1}}}}}}}});
    Exposer* const exposer = shared();
    exposer->publish(std::move(snapshot));
    const Scrape scrape(get("127.0.0.1", exposer->port()));
    EXPECT_EQ(scrape.faults, std::vector<std::string>{});
    EXPECT_TRUE(scrape.series.contains(
        "kmsgate_rule_hits_total{edge=\"a\\\"b\\\\c\\nd\",side=\"receiver\",rule=\"caf\u00e9\"}"));
    EXPECT_TRUE(scrape.series.contains("kmsgate_messages_total{edge=\"a\\\"b\\\\c\\nd\",verdict=\"drop\"}"));
}

TEST(Exposer, the_same_series_twice_stands_once) {
    Snapshot snapshot;
    const json rule = {{"edge", "e"}, {"side", "receiver"}, {"rule", "r"}, {"hit", 1}};
    json again = rule;
    again["hit"] = 2;
    snapshot.rules = std::make_shared<json>(json{{"rules", {rule, again}}});
    snapshot.stats = std::make_shared<json>(
        json{{"ports", {{{"name", "a"}, {"rx-frames", 1}}, {{"name", "a"}, {"rx-frames", 2}}}}});
    Exposer* const exposer = shared();
    exposer->publish(std::move(snapshot));
    const Scrape scrape(get("127.0.0.1", exposer->port()));
    EXPECT_EQ(scrape.faults, std::vector<std::string>{});
    EXPECT_EQ(scrape.series.at(R"(kmsgate_rule_hits_total{edge="e",side="receiver",rule="r"})"), 1);
    EXPECT_EQ(scrape.series.at(R"(kmsgate_port_rx_frames_total{port="a"})"), 1);
}

TEST(Exposer, odd_json_makes_no_series) {
    Exposer* const exposer = shared();
    for (const json& odd :
         {json(), json(3), json("x"), json::array({1}),
          json{{"edges", 1}, {"ports", {1, "x", nullptr}}, {"rules", 7}},
          json{{"edges",
                {{"e", {{"verdicts", {{"drop", "many"}}}, {"counters", {{"frames-in", json::array()}}}}}}}},
          json{{"edges", {{"e", {{"outcomes", {{"never-heard-of", 1}}}}}}},
               {"generation", "x"},
               {"tags", {{"count", nullptr}}}},
          json{{"ports", {{{"rx-frames", 1}}, {{"name", {1}}, {"rx-frames", 1}}}}, {"digest", nullptr}}}) {
        Snapshot snapshot;
        snapshot.status = snapshot.stats = snapshot.rules = std::make_shared<json>(odd);
        exposer->publish(std::move(snapshot));
        const Scrape scrape(get("127.0.0.1", exposer->port()));
        EXPECT_EQ(scrape.faults, std::vector<std::string>{}) << odd;
        EXPECT_EQ(scrape.series.size(), 2U) << odd;
    }
}

TEST(Exposer, large_counters_keep_their_digits) {
    Snapshot snapshot;
    snapshot.stats =
        std::make_shared<json>(json{{"ports", {{{"name", "a"}, {"rx-bytes", 9007199254740991ULL}}}}});
    Exposer* const exposer = shared();
    exposer->publish(std::move(snapshot));
    EXPECT_EQ(Scrape(get("127.0.0.1", exposer->port())).series.at(R"(kmsgate_port_rx_bytes_total{port="a"})"),
              9007199254740991.0);
}

TEST(Exposer, addresses) {
    EXPECT_EQ(Exposer::open("").value(), nullptr);
    EXPECT_EQ(Exposer::open("none").value(), nullptr);
    for (const char* bad : {"9464", "127.0.0.1", ":9464", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80s",
                            "127.0.0.1:1,127.0.0.1:2", "+80:1", "::1:9464", "[]:1", "127.0.0.1:70000",
                            "192.0.2.77:9464", "[::1:80", "x y:1"}) {
        const auto exposer = Exposer::open(bad);
        ASSERT_FALSE(exposer) << bad;
        EXPECT_TRUE(exposer.error().starts_with(std::string(bad) + ": ")) << exposer.error();
    }
    const auto six = opened("[::1]:0");
    EXPECT_TRUE(get("::1", six->port()).starts_with("HTTP/1.1 200"));
    EXPECT_EQ(get("127.0.0.1", six->port()), "");  // only where it was told to
    const auto local = opened("localhost:0");
    EXPECT_TRUE(get("127.0.0.1", local->port()).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(get("127.0.0.1", local->port(), "/other").starts_with("HTTP/1.1 404"));
}

TEST(Exposer, silent_and_odd_clients_keep_nobody_else_waiting) {
    Exposer* const exposer = shared();
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(exposer->port());
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::vector<int> silent;
    for (const std::string text : {"", "GET /metr", "\r\n\r\n\r\n", "\xFF\xFE\x00junk",
                                   "POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\n"}) {
        silent.push_back(::socket(AF_INET, SOCK_STREAM, 0));
        ASSERT_EQ(::connect(silent.back(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
        ::send(silent.back(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    const std::string large = "GET /metrics HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n";
    silent.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(silent.back(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    ::send(silent.back(), large.data(), large.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(get("127.0.0.1", exposer->port()).starts_with("HTTP/1.1 200"));
    for (const int fd : silent) ::close(fd);
}

TEST(Exposer, a_flood_of_connections_is_slowed_down_and_passes) {
    Exposer* const exposer = shared();
    for (int i = 0; i < 40; ++i)
        ASSERT_TRUE(get("127.0.0.1", exposer->port()).starts_with("HTTP/1.1 200")) << i;
}

TEST(Exposer, a_port_that_is_taken) {
    Exposer* const first = shared();
    const auto second = Exposer::open("127.0.0.1:" + std::to_string(first->port()));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("cannot be listened at"), std::string::npos);
}

TEST(Exposer, publishing_while_scraped) {
    Exposer* const exposer = shared();
    std::thread publisher([&] {
        for (int i = 0; i < 200; ++i) exposer->publish(whole());
    });
    for (int i = 0; i < 5; ++i) {
        const Scrape scrape(get("127.0.0.1", exposer->port()));
        EXPECT_EQ(scrape.faults, std::vector<std::string>{});
    }
    publisher.join();
}

}  // namespace
}  // namespace kmsgate::control::metrics

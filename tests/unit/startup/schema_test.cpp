// SPDX-License-Identifier: BSD-3-Clause
// startup.schema.json and the reader know the same keys, bounds and defaults.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

nlohmann::json schema() {
    return nlohmann::json::parse(file_text(KMSGATE_STARTUP "/startup.schema.json"));
}

/// Keys of `properties`, in the order of the alphabet.
std::vector<std::string> keys_of(const nlohmann::json& node) {
    std::vector<std::string> out;
    for (const auto& [key, value] : node.at("properties").items()) out.push_back(key);
    return out;
}

/// What the reader lists as the keys of a map, when it finds a text there.
std::vector<std::string> keys_read(const std::string& yaml) {
    constexpr std::string_view kBefore = "write a map with the keys ";
    std::vector<std::string> out;
    for (const std::string& fault : faults_of(yaml)) {
        std::size_t at = fault.find(kBefore);
        if (at == std::string::npos) continue;
        at += kBefore.size();
        while (at < fault.size()) {
            const std::size_t end = std::min(fault.find(", ", at), fault.size());
            const std::string word = fault.substr(at, end - at);
            out.push_back(word.substr(0, word.find(' ')));  // "memory and 2 more"
            at = end + 2;
        }
    }
    std::ranges::sort(out);
    return out;
}

TEST(Schema, TheSameKeys) {
    const nlohmann::json all = schema();
    std::vector<std::string> top = keys_of(all);
    ASSERT_EQ(top.size(), 14U);
    std::erase(top, "control");
    std::erase(top, "streams");
    EXPECT_EQ(keys_read("text"), top);  // "and 2 more"
    EXPECT_EQ(faults_of(least_and("contrl: x\n")).at(0),
              "k.yaml:5:1: unknown key `contrl` in the configuration; "
              "write `control` (known: version, ports, edges, workers, mtu, "
              "sizes, state, sockets, keys, user, link, memory and 2 more)");
    for (const std::string section : {"sizes", "sockets", "keys", "link", "memory", "control"})
        EXPECT_EQ(keys_read(least_and(section + ": text\n")), keys_of(all.at("properties").at(section)))
            << section;
    for (const std::string section : {"events", "roles"})
        EXPECT_EQ(keys_read(least_and("control: {" + section + ": text}\n")),
                  keys_of(all.at("properties").at("control").at("properties").at(section)))
            << section;
    EXPECT_EQ(keys_read("ports: {}\nedges: {n: [text]}\n"), keys_of(all.at("$defs").at("pair")));
    for (const nlohmann::json& key : all.at("required"))
        EXPECT_NE(listing(faults_of("user: u\n")).find("has no `" + key.get<std::string>() + "`"),
                  std::string::npos)
            << key;
    EXPECT_EQ(faults_of("user: u\n").size(), all.at("required").size());
}

struct Number {
    std::vector<std::string> place;
    std::string before;  ///< the number comes behind it
    std::string after;
    std::uint64_t (*value)(const Startup&);
};

TEST(Schema, TheSameBoundsAndDefaults) {
    const std::string head = "version: 1\nports: {a: net_ring0, b: net_ring1}\nstate: /s\n";
    const std::string edges = "edges: {n: [{inside: a, outside: b}]}\n";
    const std::vector<Number> numbers = {
        {{"properties", "workers"},
         edges + "workers: ",
         "",
         [](const Startup& s) -> std::uint64_t { return s.workers; }},
        {{"properties", "mtu"}, edges + "mtu: ", "", [](const Startup& s) -> std::uint64_t { return s.mtu; }},
        {{"properties", "sizes", "properties", "user-tags"},
         edges + "sizes: {user-tags: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.user_tags; }},
        {{"properties", "sizes", "properties", "transactions"},
         edges + "sizes: {transactions: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.transactions; }},
        {{"properties", "sizes", "properties", "fragments"},
         edges + "sizes: {fragments: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.fragments; }},
        {{"properties", "sizes", "properties", "sources"},
         edges + "sizes: {sources: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.sources; }},
        {{"properties", "sizes", "properties", "streams"},
         edges + "sizes: {streams: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.streams; }},
        {{"properties", "sizes", "properties", "segments"},
         edges + "sizes: {segments: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.segments; }},
        {{"properties", "streams", "properties", "held-ms"},
         edges + "streams: {held-ms: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.stream.held_milliseconds; }},
        {{"properties", "streams", "properties", "idle-s"},
         edges + "streams: {idle-s: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.stream.idle_seconds; }},
        {{"properties", "streams", "properties", "least-ttl"},
         edges + "streams: {least-ttl: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.stream.least_ttl; }},
        {{"properties", "link", "properties", "propagate-ms"},
         edges + "link: {propagate-ms: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.link_milliseconds; }},
        {{"properties", "memory", "properties", "megabytes"},
         edges + "memory: {megabytes: ",
         "}",
         [](const Startup& s) -> std::uint64_t { return s.memory_megabytes; }},
        {{"properties", "control", "properties", "events", "properties", "per-second"},
         edges + "control: {events: {per-second: ",
         "}}",
         [](const Startup& s) -> std::uint64_t { return s.control.events_per_second; }},
        {{"$defs", "pair", "properties", "vlan"},
         "edges: {n: [{inside: a, outside: b, vlan: ",
         "}]}",
         [](const Startup& s) -> std::uint64_t { return *s.pairs.at(0).vlan; }},
    };
    const nlohmann::json all = schema();
    for (const Number& number : numbers) {
        SCOPED_TRACE(number.place.back());
        nlohmann::json node = all;
        for (const std::string& key : number.place) node = nlohmann::json(node.at(key));
        const auto text = [&](std::uint64_t n) {
            return head + number.before + std::to_string(n) + number.after + "\n";
        };
        const auto least = node.at("anyOf").at(0).at("minimum").get<std::uint64_t>();
        const auto most = node.at("anyOf").at(0).at("maximum").get<std::uint64_t>();
        EXPECT_EQ(number.value(sound(text(least))), least);
        EXPECT_EQ(number.value(sound(text(most))), most);
        EXPECT_EQ(faults_of(text(least - 1)).size(), 1U);
        EXPECT_EQ(faults_of(text(most + 1)).size(), 1U);
        if (node.contains("default")) {
            EXPECT_EQ(number.value(sound(kLeast)), node.at("default").get<std::uint64_t>());
        } else {
            EXPECT_EQ(number.place.back(), "vlan");
        }
    }
    EXPECT_EQ(sound(kLeast).metrics,
              all.at("/properties/sockets/properties/metrics/default"_json_pointer).get<std::string>());
}

}  // namespace
}  // namespace kmsgate::startup

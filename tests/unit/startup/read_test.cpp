// SPDX-License-Identifier: BSD-3-Clause
// Every key, its default, its bounds, and what is said of a wrong value.
#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

TEST(Read, EveryKeyOfTheExample) {
    const Startup got = sound(example(), "/etc/kmsgate/kmsgate.yaml");
    Startup want;
    want.ports = {{"clients", "net_af_xdp0,iface=d0"},
                  {"servers", "net_af_xdp1,iface=d1"},
                  {"backup-in", "0000:3b:00.0"},
                  {"backup-out", "0000:3b:00.1"}};
    want.pairs = {{"mc1-edge", "clients", "servers", 7},
                  {"mc1-edge", "backup-in", "backup-out", std::nullopt},
                  {"mc2-edge", "clients", "servers", 8},
                  {"mc3-edge", "clients", "servers", std::nullopt}};
    want.workers = 2;
    want.mtu = 9000;
    want.user_tags = 200000;
    want.transactions = 150000;
    want.fragments = 8192;
    want.sources = 131072;
    want.streams = 1000000;
    want.segments = 65536;
    want.stream = {.held_milliseconds = 20000, .idle_seconds = 3600, .least_ttl = 5, .reset_conflicts = true};
    want.state = "/var/lib/kmsgate";
    want.control_socket = "/run/kmsgate/control.sock";
    want.table_socket = "/run/kmsgate/table.sock";
    want.metrics = "[::1]:9464";
    want.signing_key = "/etc/kmsgate/keys/signing.key";
    want.signing_certificate = "/etc/kmsgate/keys/signing.crt";
    want.user = "kmsgate";
    want.link_milliseconds = 50;
    want.memory_megabytes = 1024;
    want.control.policy = "/etc/kmsgate/policy.yaml";
    want.control.events_file = "/var/log/kmsgate/events.jsonl";
    want.control.events_mode = EventsMode::all;
    want.control.events_per_second = 5000;
    want.control.audit = "/var/log/kmsgate/audit.jsonl";
    want.control.read = {"kmsgate-view"};
    want.control.operate = {"kmsgate-operate"};
    want.control.admin = {"kmsgate-admin", "alice"};
    EXPECT_EQ(got, want) << describe(got);
}

TEST(Read, PlacesOfWhatOnlyTheMachineCanJudge) {
    const Startup got = sound(least_and("keys:\n  certificate: c\n  signing: k\nuser:  kmsgate\n"));
    EXPECT_EQ(got.places.keys.line, 7);
    EXPECT_EQ(got.places.keys.column, 12);
    EXPECT_EQ(got.places.user.line, 8);
    EXPECT_EQ(got.places.user.column, 8);
    EXPECT_EQ(sound(kLeast).places.user.line, 0);
    EXPECT_EQ(sound(kLeast), sound(std::string("# another line\n") + std::string(kLeast)));
}

TEST(Read, DefaultsWhereTheFileIsSilent) {
    const Startup got = sound(kLeast);
    Startup want;
    want.ports = {{"a", "net_ring0"}, {"b", "net_ring1"}};
    want.pairs = {{"north", "a", "b", std::nullopt}};
    want.state = "/state";
    want.control_socket = "/state/control.sock";
    want.table_socket = "/state/table.sock";
    want.control.audit = "/state/audit.jsonl";
    EXPECT_EQ(got, want) << describe(got);
    EXPECT_EQ(got.workers, 1U);
    EXPECT_EQ(got.mtu, 1500U);
    EXPECT_EQ(got.metrics, "127.0.0.1:9464");
    EXPECT_EQ(got.link_milliseconds, 100U);
    EXPECT_EQ(got.memory_megabytes, 512U);
    EXPECT_EQ(got.streams, 65536U);
    EXPECT_EQ(got.segments, 16384U);
    EXPECT_EQ(got.stream.held_milliseconds, 30000U);
    EXPECT_EQ(got.stream.idle_seconds, 7440U);
    EXPECT_EQ(got.stream.least_ttl, 0U);
    EXPECT_FALSE(got.stream.reset_conflicts);
    EXPECT_EQ(sound(least_and("sizes: {}\nsockets: {}\nkeys: {}\nlink: {}\nmemory: {}\nstreams: {}\n"
                              "control: {}\n")),
              want);
    EXPECT_EQ(sound(least_and("control: {events: {}, roles: {}}\n")), want);
}

TEST(Read, Control) {
    const Control got = sound(least_and("control:\n"
                                        "  policy: p.yaml\n"
                                        "  events: {file: syslog, mode: none, per-second: 1}\n"
                                        "  audit: a/b\n"
                                        "  roles: {admin: ops, read: []}\n"),
                              "/etc/k.yaml")
                            .control;
    EXPECT_EQ(got.policy, "/etc/p.yaml");
    EXPECT_EQ(got.events_file, "syslog");
    EXPECT_EQ(got.events_mode, EventsMode::none);
    EXPECT_EQ(got.audit, "/etc/a/b");
    EXPECT_EQ(got.admin, std::vector<std::string>{"ops"});
    EXPECT_TRUE(got.read.empty());
    EXPECT_EQ(sound(least_and("control: {events: {file: stdout}}\n")).control.events_file, "stdout");
    EXPECT_EQ(sound(least_and("control: {events: {file: ./stdout}}\n"), "/etc/k.yaml").control.events_file,
              "/etc/./stdout");
    expect_faults(least_and("control: ^yes\n"), {"`control` is a text"});
    expect_faults(least_and("control:\n"
                            "  ^polcy: x\n"
                            "  events: {mode: ^some, per-second: ^0, file: ^/var/log/}\n"
                            "  audit: ^~/x\n"
                            "  roles: {read: [a, ^a], operate: [^1000], admin: [^{}], ^root: [x]}\n"),
                  {"unknown key `polcy` in `control`; write `policy`", "`mode` of `events` cannot be `some`",
                   "`per-second` of `events`", "`file` of `events` `/var/log/` is a folder",
                   "begins with `~`", "`read` of `roles` names `a` twice",
                   "`operate` of `roles` holds `1000`", "`admin` of `roles`", "unknown key `root`"});
}

TEST(Read, NumbersAreTextQuotedOrNot) {
    EXPECT_EQ(sound(least_and("workers: \"64\"\nmtu: '576'\n")).workers, 64U);
    for (const std::string_view bad : {"0", "65", "-1", "+1", "01", "1.0", "1e1", "0x10", "one", "\"1 \"",
                                       "18446744073709551617", "true", "~"})
        expect_faults(least_and(fmt::format("workers: ^{}\n", bad)), {"`workers` cannot be"});
    expect_faults(least_and("mtu: ^575\n"),
                  {"`mtu` cannot be `575`; write a decimal number from 576 to 9600"});
    expect_faults(least_and("mtu: ^9601\n"), {"`9601`"});
    expect_faults(least_and("mtu: ^[1500]\n"), {"`mtu` is a list"});
    expect_faults(least_and("^mtu:\n"), {"`mtu` is nothing"});
    expect_faults(least_and("mtu: ^\"\"\n"), {"`mtu` is an empty text"});
    expect_faults(least_and("sizes: {user-tags: ^10000001, fragments: ^1000001, sources: ^0}\n"),
                  {"`user-tags` of `sizes`", "`fragments` of `sizes`", "`sources` of `sizes`"});
}

TEST(Read, AllFaultsAtOnceInFileOrder) {
    expect_faults(
        "version: ^2\n"
        "ports: {a: ^eth0, b: net_ring1, ^c: net_ring2}\n"
        "edges: {north: [{inside: a, outside: b, vlan: ^4095}]}\n"
        "workers: ^0\n"
        "^wrkers: 1\n"
        "state: ^~/x\n"
        "sockets: {metrics: ^here, ^tabel: x}\n"
        "user: ^1000\n",
        {"`version` `2` is not known; write `version: 1`", "device `eth0`", "port `c` is not used", "`vlan`",
         "`workers`", "unknown key `wrkers` in the configuration; write `workers`", "begins with `~`",
         "has no port", "unknown key `tabel` in `sockets`; write `table`", "no name of an account"});
}

TEST(Read, KeysAreKnownAndStandOnce) {
    for (const std::string_view section : {"sizes", "sockets", "keys", "link", "memory"}) {
        expect_faults(least_and(fmt::format("{}: {{^other: 1}}\n", section)), {"unknown key `other`"});
        expect_faults(least_and(fmt::format("^{}:\n", section)), {"is nothing"});
        expect_faults(least_and(fmt::format("{}: ^text\n", section)), {"is a text; write a map"});
    }
    expect_faults(least_and("mtu: 1500\n^mtu: 1500\n"), {"key `mtu` stands twice in the configuration"});
    expect_faults(least_and("link: {propagate-ms: 20, ^propagate-ms: 20}\n"), {"stands twice in `link`"});
    expect_faults(least_and("? ^[a]\n: b\n"), {"a key in the configuration is a list"});
    const std::vector<std::string> missing = faults_of("workers: 1\n");
    ASSERT_EQ(missing.size(), 4U) << listing(missing);
    for (const std::string_view key : {"version", "ports", "edges", "state"})
        EXPECT_NE(
            listing(missing).find(fmt::format("k.yaml:1:1: the configuration has no `{0}`; add `{0}:`", key)),
            std::string::npos)
            << listing(missing);
}

TEST(Read, PathsStartInTheFilesFolder) {
    const std::string yaml =
        "version: 1\nports: {a: net_ring0, b: net_ring1}\nedges: {n: [{inside: a, outside: b}]}\n"
        "state: var\nsockets: {control: /run/c, table: ../t}\nkeys: {signing: k/key, certificate: k/crt}\n";
    const Startup in_etc = sound(yaml, "/etc/kmsgate.yaml");
    EXPECT_EQ(in_etc.state, "/etc/var");
    EXPECT_EQ(in_etc.control_socket, "/run/c");
    EXPECT_EQ(in_etc.table_socket, "/etc/../t");
    EXPECT_EQ(in_etc.signing_key, "/etc/k/key");
    EXPECT_EQ(in_etc.signing_certificate, "/etc/k/crt");
    EXPECT_EQ(sound(yaml, "kmsgate.yaml").state, "var");
    EXPECT_EQ(sound(yaml, "conf/kmsgate.yaml").state, "conf/var");
    EXPECT_EQ(sound(yaml, "/kmsgate.yaml").state, "/var");
    const std::string head = yaml.substr(0, yaml.find("sockets"));
    EXPECT_EQ(sound(head, "/e/k.yaml").control_socket, "/e/var/control.sock");
}

TEST(Read, PathsThatAreNone) {
    expect_faults(least_and("keys: {signing: ^a/, certificate: ^..}\n"),
                  {"`signing` of `keys` `a/` is a folder", "`..` is a folder"});
    expect_faults(least_and("sockets: {control: ^., table: ^/}\n"), {"is a folder", "is a folder"});
    expect_faults(least_and("sockets: {control: ^\"a\\0b\", table: ^\"a\\nb\"}\n"), {"no text", "no text"});
    expect_faults(least_and("sockets: {control: ^~, table: ^~/t}\n"), {"begins with `~`", "begins with `~`"});
    EXPECT_EQ(sound(least_and("sockets: {control: ~t}\n")).control_socket, "~t");
}

TEST(Read, PathsHaveABound) {
    const auto control = [](std::size_t size) {
        return least_and("sockets: {control: ^/" + std::string(size - 1, 'x') + "}\n");
    };
    std::string longest = control(107);
    std::erase(longest, '^');
    EXPECT_EQ(sound(longest).control_socket.size(), 107U);
    expect_faults(control(108), {"has 108 bytes with the folder it starts in; use a path of at most 107"});
    // the folder counts
    EXPECT_EQ(faults_of(least_and("sockets: {table: t}\n"), "/" + std::string(200, 'f') + "/k.yaml").size(),
              1U);
    const std::string head(kLeast.substr(0, kLeast.find("state")));
    const std::string state = head + "state: ^/" + std::string(100, 's') + "\n";
    expect_faults(state, {"sockets in `state` have paths of 114 bytes; set `control` and `table`"});
    std::string plain = state + "sockets: {control: /c, table: /t}\n";
    std::erase(plain, '^');
    EXPECT_EQ(sound(plain).table_socket, "/t");
    const auto key = [](std::size_t size) {
        return least_and("keys: {signing: /" + std::string(size - 1, 'x') + ", certificate: c}\n");
    };
    EXPECT_EQ(sound(key(4095)).signing_key.size(), 4095U);
    EXPECT_EQ(faults_of(key(4096)).size(), 1U);
}

TEST(Read, SocketsAreTwo) {
    expect_faults(least_and("sockets: {control: /run/k, table: ^/run/k}\n"), {"are the same path"});
    expect_faults(least_and("sockets: {control: /run/k, table: ^/run/./x/../k}\n"), {"are the same path"});
    expect_faults(least_and("sockets: {control: ^/state/table.sock}\n"), {"are the same path"});
    expect_faults(least_and("sockets: {table: ^/state/control.sock}\n"), {"are the same path"});
}

TEST(Read, KeyAndCertificateBelongTogether) {
    expect_faults(least_and("keys: {signing: ^a}\n"), {"`signing` without `certificate`"});
    expect_faults(least_and("keys: {certificate: ^a}\n"), {"`certificate` without `signing`"});
    EXPECT_EQ(sound(least_and("keys: {signing: /both.pem, certificate: /both.pem}\n")).signing_key,
              "/both.pem");
}

TEST(Read, Metrics) {
    for (const std::string_view good : {"127.0.0.1:9464", "0.0.0.0:1", "[::1]:65535", "[fe80::1]:80",
                                        "localhost:9464", "metrics.example:9464", "a-b.c1:9464"})
        EXPECT_EQ(sound(least_and(fmt::format("sockets: {{metrics: \"{}\"}}\n", good))).metrics, good);
    EXPECT_EQ(sound(least_and("sockets: {metrics: none}\n")).metrics, "");
    for (const std::string_view bad : {"9464",
                                       ":9464",
                                       "127.0.0.1",
                                       "127.0.0.1:",
                                       "127.0.0.1:0",
                                       "127.0.0.1:09464",
                                       "127.0.0.1:65536",
                                       "127.0.0.1:655350",
                                       "127.0.0.256:1",
                                       "127.1:1",
                                       "1:1",
                                       "::1:9464",
                                       "[::1]",
                                       "[::1:9464",
                                       "[]:1",
                                       "[1.2.3.4]:1",
                                       "[::g]:1",
                                       "-a:1",
                                       "a-:1",
                                       "a..b:1",
                                       "a.:1",
                                       "a b:1",
                                       "a\\0:1",
                                       "http://a:1",
                                       "127.0.0.1:+1",
                                       "None"})
        expect_faults(least_and(fmt::format("sockets: {{metrics: ^\"{}\"}}\n", bad)),
                      {"`metrics` of `sockets`"});
    const std::string label(63, 'a');
    EXPECT_FALSE(sound(least_and("sockets: {metrics: " + label + ":1}\n")).metrics.empty());
    EXPECT_EQ(faults_of(least_and("sockets: {metrics: " + label + "a:1}\n")).size(), 1U);
    const std::string host = label + "." + label + "." + label + ".";
    EXPECT_FALSE(
        sound(least_and("sockets: {metrics: " + host + std::string(61, 'a') + ":1}\n")).metrics.empty());
    EXPECT_EQ(faults_of(least_and("sockets: {metrics: " + host + std::string(62, 'a') + ":1}\n")).size(), 1U);
    expect_faults(least_and("sockets: {metrics: ^\"::1:80\"}\n"), {"without brackets; write \"[::1]:80\""});
}

TEST(Read, User) {
    for (const std::string_view good : {"kmsgate", "_k", "K.m-s_1", "4u"})
        EXPECT_EQ(sound(least_and(fmt::format("user: {}\n", good))).user, good);
    EXPECT_EQ(sound(least_and("user: " + std::string(32, 'u') + "\n")).user.size(), 32U);
    for (const std::string_view bad : {"0", "1000", "-u", ".u", "a b", "a:b", "a/b", "\"a\\0\"", "\xC3\xA9",
                                       "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"})
        expect_faults(least_and(fmt::format("user: ^{}\n", bad)), {"`user`"});
}

}  // namespace
}  // namespace kmsgate::startup

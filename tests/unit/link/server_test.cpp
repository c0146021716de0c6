// SPDX-License-Identifier: BSD-3-Clause
// The socket itself: who may speak, who takes over, what no client can do to it.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "dataplane/link/listener.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

using namespace std::chrono_literals;

TEST(Server, Hello) {
    Kit kit;
    kit.serve();
    Client none(kit.startup.table_socket);
    EXPECT_EQ(none.hello["ok"], true);
    EXPECT_EQ(none.hello["version"], 1);
    EXPECT_EQ(none.hello["pid"], ::getpid());
    EXPECT_EQ(none.hello["generation"], 0);
    EXPECT_TRUE(none.hello["digest"].is_null());
    EXPECT_EQ(none.hello["tags"], 0);
    const std::string epoch = none.hello["tag_epoch"];
    EXPECT_EQ(epoch.size(), 16U);
    EXPECT_EQ(none.outcome({{"op", "table"}, {"generation", 5}}, table()), "");
    Client some(kit.startup.table_socket);
    EXPECT_EQ(some.hello["generation"], 5);
    EXPECT_EQ(some.hello["digest"], kit.publisher->current()->proven().digest);
    EXPECT_EQ(some.hello["tag_epoch"], epoch);
    kit.stop();
    kit.serve();
    Client later(kit.startup.table_socket);
    EXPECT_NE(later.hello["tag_epoch"], epoch) << "new at every start";
}

TEST(Server, HelloIsFirstAndNamesTheVersion) {
    Kit kit;
    kit.serve();
    Client early(kit.startup.table_socket, false);
    EXPECT_EQ(early.outcome({{"op", "stats"}}), "hello-first");
    EXPECT_TRUE(early.closed());
    Client other(kit.startup.table_socket, false);
    EXPECT_EQ(other.outcome({{"op", "hello"}, {"version", 2}}), "version");
    EXPECT_TRUE(other.closed());
    Client unversioned(kit.startup.table_socket, false);
    EXPECT_EQ(unversioned.outcome({{"op", "hello"}}), "version");
    Client fine(kit.startup.table_socket);
    EXPECT_EQ(fine.outcome({{"op", "nonsense"}}), "unknown-op");
    EXPECT_EQ(fine.outcome({{"op", "stats"}}), "");
}

TEST(Server, ALaterControlTakesOver) {
    Kit kit;
    kit.serve();
    Client first(kit.startup.table_socket);
    EXPECT_EQ(first.outcome({{"op", "trace"}, {"seconds", 3600}}), "");
    Client silent(kit.startup.table_socket, false);
    EXPECT_EQ(first.outcome({{"op", "stats"}}), "") << "who says nothing takes nothing over";
    Client second(kit.startup.table_socket);
    EXPECT_TRUE(first.closed());
    EXPECT_EQ(second.outcome({{"op", "stats"}}), "");
    EXPECT_EQ(second.outcome({{"op", "trace-stop"}}), "no-trace") << "a wish ends with who had it";
}

TEST(Server, OnlyRootAndOurselves) {
    EXPECT_TRUE(may_speak(0, 1000));
    EXPECT_TRUE(may_speak(1000, 1000));
    EXPECT_FALSE(may_speak(1001, 1000));
    EXPECT_FALSE(may_speak(1000, 0));
    Kit kit;
    kit.serve();
    struct stat status{};
    ASSERT_EQ(::stat(kit.startup.table_socket.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Server, SocketFile) {
    Kit kit;
    kit.serve();
    Kit rival;
    rival.startup.table_socket = kit.startup.table_socket;
    const auto refused = [&] {
        std::vector<worker::Worker*> workers;
        std::vector<watch::WorkerWatch*> watches;
        auto end = Server::start({rival.startup, *rival.publisher, *rival.tags, *rival.roster, *rival.shared,
                                  workers, watches, rival.board, rival.clock});
        return end ? std::string() : end.error();
    };
    EXPECT_NE(refused().find("another dataplane answers"), std::string::npos) << refused();
    Client still(kit.startup.table_socket);
    EXPECT_EQ(still.outcome({{"op", "stats"}}), "");
    kit.stop();
    EXPECT_NE(::access(kit.startup.table_socket.c_str(), F_OK), 0) << "it is removed";

    std::ofstream(kit.startup.table_socket) << "precious";
    EXPECT_NE(refused().find("no socket"), std::string::npos) << refused();
    std::string kept;
    std::ifstream(kit.startup.table_socket) >> kept;
    EXPECT_EQ(kept, "precious");
    ::unlink(kit.startup.table_socket.c_str());

    rival.startup.table_socket = std::string(200, 'x');
    EXPECT_NE(refused().find("bytes"), std::string::npos) << refused();
    rival.startup.table_socket = kit.folder.path + "/missing/table.sock";
    EXPECT_NE(refused(), "");
}

TEST(Server, AStaleSocketFileIsTakenOver) {
    Kit kit;
    {
        // what a killed process leaves behind
        auto listener = Listener::open(kit.startup.table_socket);
        ASSERT_TRUE(listener.has_value());
        ASSERT_EQ(::link(kit.startup.table_socket.c_str(), (kit.folder.path + "/copy").c_str()), 0);
    }
    ASSERT_EQ(::rename((kit.folder.path + "/copy").c_str(), kit.startup.table_socket.c_str()), 0);
    kit.serve();
    Client client(kit.startup.table_socket);
    EXPECT_EQ(client.hello["ok"], true);
}

/// Raw bytes, then: the server closed that connection and serves others.
void hostile(Kit& kit, std::string_view bytes) {
    Client bad(kit.startup.table_socket, false);
    bad.write(bytes);
    EXPECT_TRUE(bad.closed());
    Client good(kit.startup.table_socket);
    EXPECT_EQ(good.outcome({{"op", "status"}}), "");
}

TEST(Server, Garbage) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    hostile(kit, "GET / HTTP/1.1\r\n\r\n");
    hostile(kit, encode("[]"));
    hostile(kit, encode("{\"id\":1"));
    hostile(kit, encode("{}"));
    hostile(kit, encode(R"({"id":-1,"op":"hello"})"));
    hostile(kit, encode(R"({"id":1.5,"op":"hello"})"));
    hostile(kit, encode(R"({"id":"1","op":"hello"})"));
    hostile(kit, encode(R"({"id":1,"op":7})"));
    hostile(kit, encode(std::string(kMaxJson, '[')));
    hostile(kit,
            encode("{\"id\":1,\"op\":\"hello\",\"x\":" + std::string(20, '[') + std::string(20, ']') + "}"));
    hostile(kit, encode(std::string(1000, '\xFF')));
    std::string head = encode(std::string(100, ' '));
    for (const std::size_t at : {4U, 8U, 12U, 15U}) {  // sizes beyond any limit
        std::string huge = head;
        huge[at + (at == 4 ? 3 : 0)] = '\x7F';
        if (at >= 12) hostile(kit, huge);
    }
    std::string json_size = head.substr(0, 16);
    json_size[6] = 0x11;
    hostile(kit, json_size);
    EXPECT_EQ(kit.publisher->current()->proven().number, 1U) << "nothing of it touched the table in force";
}

TEST(Server, LargeAttachmentsOnlyForTablesAndOnlyAfterHello) {
    Kit kit;
    kit.serve();
    Client stranger(kit.startup.table_socket, false);
    stranger.write(encode(R"({"id":1,"op":"table","generation":1})", kMaxTable));
    EXPECT_TRUE(stranger.closed());
    Client client(kit.startup.table_socket);
    client.write(encode(R"({"id":9,"op":"tags"})", kMaxAttachment + 1));
    EXPECT_TRUE(client.closed());
}

TEST(Server, RequestsOfWrongTypesAreRefusedByName) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    const std::vector<json> wrong = {
        {{"op", "modes"}, {"modes", 3}},
        {{"op", "modes"}, {"modes", {{"e", "sideways"}}}},
        {{"op", "modes"}, {"modes", {{"e", 1}}}},
        {{"op", "tags"}, {"clear", "yes"}},
        {{"op", "events"}, {"mode", "loud"}},
        {{"op", "events"}, {"per_second", -1}},
        {{"op", "trace"}, {"count", 0}},
        {{"op", "trace"}, {"count", 1001}},
        {{"op", "trace"}, {"seconds", 3601}},
        {{"op", "trace"}, {"edge", 4}},
        {{"op", "capture"}},
        {{"op", "capture"}, {"outcomes", {"no-such-outcome"}}},
        {{"op", "capture"}, {"outcomes", "drop"}},
        {{"op", "capture"}, {"outcomes", {5}}},
        {{"op", "capture"}, {"generated", true}, {"frames", 100'001}},
        {{"op", "explain"}},
        {{"op", "explain"}, {"edge", "e"}, {"source", "10.0.0.1"}, {"destination", "10.0.0.2:5060"}},
        {{"op", "explain"}, {"edge", "e"}, {"source", "10.0.0.1:5060"}, {"destination", "[::1]:5060"}},
        {{"op", "explain"}, {"edge", "e"}, {"source", "10.0.0.1:99999"}, {"destination", "10.0.0.2:5060"}},
        {{"op", "stats"}, {"after", "x"}},
        {{"op", "table"}},
        {{"op", "table"}, {"generation", "1"}},
    };
    for (const json& request : wrong) EXPECT_EQ(c.outcome(request), "bad-request") << request;
    EXPECT_EQ(c.outcome({{"op", "modes"}, {"modes", {{"nowhere", "shadow"}}}}), "unknown-edge");
    EXPECT_EQ(c.outcome({{"op", "trace"}, {"edge", "nowhere"}}), "unknown-edge");
    EXPECT_EQ(c.outcome({{"op", "capture"}, {"generated", true}, {"edge", "nowhere"}}), "unknown-edge");
    EXPECT_EQ(c.outcome({{"op", "trace-stop"}}), "no-trace");
    EXPECT_EQ(c.outcome({{"op", "capture-stop"}}), "no-capture");
}

TEST(Server, AStalledClientHoldsNothingUp) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client stalled(kit.startup.table_socket);
    // Requests whose answers it never reads.
    std::string flood;
    for (int i = 0; i < 2'000; ++i) flood += encode(R"({"id":1,"op":"status"})");
    std::thread writer([&] {
        // The server stops reading when too many answers wait: then this write does, too, until it is closed.
        std::string_view rest = flood;
        for (int tries = 0; tries < 100 && !rest.empty(); ++tries) {
            stalled.write(rest.substr(0, 1000));
            rest.remove_prefix(std::min<std::size_t>(1000, rest.size()));
        }
    });
    Client other(kit.startup.table_socket);  // takes over
    for (int i = 0; i < 20; ++i) EXPECT_EQ(other.outcome({{"op", "status"}}), "");
    kit.message(Kit::request(1, kToB));
    EXPECT_EQ(other.events(1).size(), 1U);
    writer.join();
}

TEST(Server, ManyConnectionsThatSayNothing) {
    Kit kit;
    kit.serve();
    std::vector<std::unique_ptr<Client>> silent;
    for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Client>(kit.startup.table_socket, false));
    Client c(kit.startup.table_socket);
    EXPECT_EQ(c.outcome({{"op", "stats"}}), "");
    EXPECT_TRUE(silent.front()->closed()) << "only a few may wait";
}

}  // namespace
}  // namespace kmsgate::link::test

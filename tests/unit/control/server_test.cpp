// SPDX-License-Identifier: BSD-3-Clause
// The control socket: what clients may send, be and leave undone without harm to anybody else.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "tests/unit/control/box.hpp"

namespace kmsgate::control::test {
namespace {

using std::chrono::milliseconds;

class Served : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        settings_.server.patience = milliseconds(400);
        start();
        connected();
    }
    static std::string name_of(const Json& answer) { return answer.at("error").at("data").at("name"); }
};

TEST_F(Served, HelloAgreesOnAVersion) {
    Client c(startup_.control_socket);
    EXPECT_EQ(c.fault("status"), "hello-needed");
    EXPECT_EQ(c.error("hello")["code"], -32602);
    const Json no = c.error("hello", {{"min", 2}, {"max", 9}});
    EXPECT_EQ(no["data"], Json({{"name", "version"}, {"min", 1}, {"max", 1}}));
    const Json yes = c.result("hello", {{"min", 0}, {"max", 9}, {"client", "x"}});
    EXPECT_EQ(yes["version"], 1);
    EXPECT_EQ(yes["role"], "admin");
    EXPECT_TRUE(yes["server"].get<std::string>().starts_with("kmsgate-control "));
    EXPECT_EQ(c.call("nonsense")["error"]["code"], -32601);
    EXPECT_EQ(c.error("status", {{"verbose", true}})["code"], Json());  // status takes whatever comes
    EXPECT_EQ(c.error("policy.confirm", {{"force", true}})["code"], -32602);
}

TEST_F(Served, EveryMethodIsDocumented) {
    std::ifstream readme(KMSGATE_SOURCE_ROOT "/control/README.md");
    std::set<std::string> documented;
    std::set<std::string> kept;
    for (std::string line; std::getline(readme, line);) {
        if (!line.starts_with("#### ")) continue;
        const std::string word = line.substr(5, line.find(' ', 5) - 5);
        const std::string name = word.substr(0, word.find('*'));
        documented.insert(name);
        if (name != word) kept.insert(name);
    }
    Client c = client();
    const Json known = c.call("nonsense")["error"]["data"]["known"];
    EXPECT_EQ(std::set<std::string>(known.begin(), known.end()), documented);
    // What changes something takes a request id once.
    c.result("policy.commit", {{"text", policy()}, {"request_id", "one"}});
    for (const std::string& name : documented)
        EXPECT_EQ(c.fault(name, {{"request_id", "one"}, {"nonsense", 1}}) == "request-id-reused",
                  kept.contains(name))
            << name;
}

TEST_F(Served, WhatIsNoCallIsAnswered) {
    Client c = client();
    const auto code = [&](const std::string& text) {
        c.write(framed(text));
        const Json e = c.read();
        EXPECT_EQ(e.value("jsonrpc", ""), "2.0") << text;
        return e.is_object() && e.contains("error") ? e["error"]["code"].get<int>() : 0;
    };
    for (const char* const bad : {"{", "\xFF\xFE", "nul", "{\"a\":1}}", "\"\\ud800\""})
        EXPECT_EQ(code(bad), -32700) << bad;
    EXPECT_EQ(code(std::string("\0", 1)), -32700);
    for (const char* const bad :
         {"[]", "1", "null", "{}", R"({"jsonrpc":"2.0","method":"status"})",
          R"({"jsonrpc":"1.0","id":1,"method":"status"})", R"({"jsonrpc":"2.0","id":{},"method":"status"})",
          R"({"jsonrpc":"2.0","id":1,"method":7})", R"([{"jsonrpc":"2.0","id":1,"method":"status"}])"})
        EXPECT_EQ(code(bad), -32600) << bad;
    EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":"status","params":[]})"), -32602);
    EXPECT_EQ(code(std::string(2'000'000, '[')), -32700);
    std::string deep = R"({"jsonrpc":"2.0","id":1,"method":"status","params":)";
    for (int i = 0; i < 40; ++i) deep += R"({"a":)";
    EXPECT_EQ(code(deep + "1" + std::string(41, '}')), -32700);
    std::string many = R"({"jsonrpc":"2.0","id":1,"method":"user.load","params":{"rows":[)";
    for (int i = 0; i < 2'100'000; ++i) many += "0,";
    EXPECT_EQ(code(many + "0]}}"), -32700);
    EXPECT_FALSE(c.result("status").empty()) << "the connection is as good as before";
}

TEST_F(Served, SizesBeyondTheBoundEndTheConnection) {
    for (const std::string& head : {std::string("\0\0\0\0", 4), std::string("\x01\0\0\x01", 4),
                                    std::string("\xFF\xFF\xFF\xFF", 4), std::string("GET / HTTP/1.1\r\n")}) {
        Client c = client();
        c.write(head);
        EXPECT_EQ(name_of(c.read()), "too-large");
        EXPECT_TRUE(c.closed());
    }
    client().result("status");
}

TEST_F(Served, EveryTruncationOfACallHarmsNobody) {
    const std::string whole =
        framed(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"min":1,"max":1}})");
    Client other = client();
    for (std::size_t n = 0; n < whole.size(); ++n) {
        Client c(startup_.control_socket);
        c.write(whole.substr(0, n));
    }
    other.result("status");
    ASSERT_TRUE(eventually([&] { return other.result("status")["control"]["clients"] == 1; }));
    // And in pieces of one byte it is a call.
    Client c(startup_.control_socket);
    for (const char byte : whole) c.write({&byte, 1});
    EXPECT_EQ(c.read()["result"]["version"], 1);
}

TEST_F(Served, HalfAFrameIsNotWaitedForForEver) {
    Client c = client();
    c.write(std::string("\0\0\1\0{", 5));
    EXPECT_TRUE(c.closed());
    // Who says nothing at all may stay.
    Client quiet = client();
    std::this_thread::sleep_for(milliseconds(600));
    quiet.result("status");
}

TEST_F(Served, WhoDoesNotReadIsLetGo) {
    Client c = client();
    Client other = client();
    c.result("events.subscribe");
    const std::string lines = Json({{"event", "message"}, {"pad", std::string(1 << 20, 'x')}}).dump() + "\n";
    // Neither by time nor, with more than 8 MiB, by size.
    for (int i = 0; i < 12; ++i) dataplane_.tell({{"op", "events"}}, lines);
    other.result("status");
    EXPECT_TRUE(eventually([&] { return other.result("status")["control"]["clients"] == 1; }));
    Client slow = client();
    slow.result("events.subscribe");
    for (int i = 0; i < 2; ++i) dataplane_.tell({{"op", "events"}}, lines);
    EXPECT_TRUE(eventually([&] { return other.result("status")["control"]["clients"] == 1; }));
    other.result("status");
}

TEST_F(Served, AFloodIsRefusedAndHarmsNobody) {
    client().result("policy.commit", {{"text", policy()}});
    dataplane_.with([](auto& s) { s.stalls_at = "explain"; });
    Client c = client();
    const Json wish = {
        {"edge", "north"}, {"arrival", "inside"}, {"source", "a"}, {"destination", "b"}, {"message", "YQ=="}};
    std::vector<int> ids;
    for (int i = 0; i < 40; ++i) ids.push_back(c.send("explain", wish));
    int refused = 0;
    Client other = client();
    EXPECT_EQ(other.result("policy.history")["running"], 1);
    for (const int id : ids) {
        const Json e = c.answer(id)["error"];
        refused += e["data"]["name"] == "too-many-calls" ? 1 : 0;
    }
    EXPECT_EQ(refused, 8);
    std::string flood;
    for (int i = 0; i < 20'000; ++i) flood += framed(R"({"jsonrpc":"2.0","id":1,"method":"nothing"})");
    std::thread sender([&] { c.write(flood); });
    other.result("policy.history");
    for (int i = 0; i < 20'000; ++i)
        if (c.read().is_null()) break;
    sender.join();
    other.result("policy.history");
}

TEST_F(Served, ClientsHaveABound) {
    std::vector<Client> all;
    for (int i = 0; i < 64; ++i) all.push_back(client());
    Client more(startup_.control_socket);
    EXPECT_EQ(name_of(more.read()), "too-many-clients");
    EXPECT_TRUE(more.closed());
    all.pop_back();
    ASSERT_TRUE(eventually([&] { return all[0].result("status")["control"]["clients"] == 63; }));
    client().result("status");
}

TEST_F(Served, WhoSaysNothingMakesRoom) {
    std::vector<Client> silent;
    for (int i = 0; i < 64; ++i) silent.emplace_back(startup_.control_socket);
    silent[1].write(std::string("\0\0\1\0half", 8));
    for (int i = 0; i < 5; ++i) client().result("status");
    EXPECT_TRUE(silent[0].closed());
}

TEST_F(Served, WhoVanishesTakesNothingAlong) {
    dataplane_.with([](auto& s) { s.stalls_at = "table"; });
    {
        Client c = client();
        c.send("policy.commit", {{"text", policy()}});
        c.send("status");
        ASSERT_TRUE(eventually([&] { return dataplane_.asked("table") == 1; }));
    }
    Client d = client();
    ASSERT_TRUE(eventually([&] { return d.result("status")["writer"].is_null(); }));
    dataplane_.with([](auto& s) { s.stalls_at.clear(); });
    connected();
    EXPECT_EQ(d.result("policy.commit", {{"text", policy()}})["generation"], 1);
}

TEST_F(Served, TheSocketIsForOwnerAndGroup) {
    struct stat st{};
    ASSERT_EQ(::stat(startup_.control_socket.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777U, 0660U);
    stop();
    EXPECT_NE(::stat(startup_.control_socket.c_str(), &st), 0) << "it is removed at the end";
}

TEST_F(Served, AnAnswerThatIsTooLargeIsSaid) {
    stop();
    settings_.server.patience = std::chrono::seconds(20);  // making it takes long where everything is checked
    // Every quote takes two bytes in JSON.
    std::string text = policy();
    while (text.size() < 9'000'000) text += "#" + std::string(99, '"') + "\n";
    start(PolicyFile{"p.yaml", text});
    Client c = client();
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 1; }));
    EXPECT_EQ(c.fault("policy.show"), "too-large");
    EXPECT_EQ(c.result("policy.history")["running"], 1);
}

class Roles : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        startup_.control.read = {"viewers"};
        startup_.control.operate = {"olga", "operators"};
        startup_.control.admin = {"admins"};
        start();
        connected();
        client().result("policy.commit", {{"text", policy()}});
    }
};

TEST_F(Roles, AreByAccountAndGroup) {
    const auto role = [&](Client c) {
        return c.result("hello", {{"min", 1}, {"max", 1}})["role"].get<std::string>();
    };
    EXPECT_EQ(role(client_of("root", 0)), "admin");
    EXPECT_EQ(role(client_of("nobody", 65534)), "none");
    EXPECT_EQ(role(client_of("eve", 2001, {"users", "viewers"})), "read");
    EXPECT_EQ(role(client_of("olga", 2002)), "operate");
    EXPECT_EQ(role(client_of("otto", 2003, {"operators", "viewers"})), "operate");
    EXPECT_EQ(role(client_of("anna", 2004, {"viewers", "admins"})), "admin");
}

TEST_F(Roles, BoundWhatOneMayDo) {
    Client none = client_of("nobody", 65534);
    const Json e = none.error("status");
    EXPECT_EQ(e["data"], Json({{"name", "role"}, {"needed", "read"}, {"had", "none"}}));
    Client reader = client_of("eve", 2001, {"viewers"});
    Client operating = client_of("olga", 2002);
    const Json tag = {{"domain", "mc1"}, {"user", "sip:a@mc1.example"}, {"tags", {"roaming"}}};
    const std::vector<std::pair<std::string, Json>> read = {{"status", {}},
                                                            {"policy.check", {{"text", policy()}}},
                                                            {"policy.plan", {{"text", policy()}}},
                                                            {"policy.show", {}},
                                                            {"policy.history", {}},
                                                            {"user.show", Json::object()},
                                                            {"edge.list", {}},
                                                            {"stats.show", Json::object()},
                                                            {"rules", Json::object()}};
    for (const auto& [method, params] : read)
        EXPECT_EQ(reader.fault(method, params.is_null() ? Json::object() : params), "") << method;
    const std::vector<std::pair<std::string, Json>> operate = {
        {"user.tag", tag},
        {"edge.mode", {{"edge", "north"}, {"mode", "shadow"}}},
        {"stats.mark", {{"name", "x"}}}};
    for (const auto& [method, params] : operate) {
        EXPECT_EQ(reader.fault(method, params), "role") << method;
        EXPECT_EQ(operating.fault(method, params), "") << method;
    }
    for (const char* const method : {"policy.commit", "policy.confirm", "policy.rollback", "capture"})
        EXPECT_EQ(operating.error(method)["data"]["needed"], "admin") << method;
    const std::vector<Json> lines = audit();
    int refused = 0;
    for (const Json& line : lines)
        if (line["result"] == "role") {
            ++refused;
            EXPECT_TRUE(line["user"] == "eve" || line["user"] == "olga") << line;
        }
    EXPECT_EQ(refused, 7);
}

TEST(RoleOf, EverybodyMayReadWhereNobodyIsNamed) {
    startup::Control settings;
    EXPECT_EQ(role_of({{1234, "x", 1}, {}}, settings), Role::read);
    EXPECT_EQ(role_of({{0, "root", 1}, {}}, settings), Role::admin);
    EXPECT_EQ(role_of({{::geteuid(), "me", 1}, {}}, settings), Role::admin);
    settings.admin = {"x"};
    EXPECT_EQ(role_of({{1234, "x", 1}, {}}, settings), Role::admin);
    EXPECT_EQ(role_of({{1235, "y", 1}, {"x"}}, settings), Role::admin);
    EXPECT_EQ(role_of({{1235, "y", 1}, {"xx", ""}}, settings), Role::read);
}

TEST(RoleOf, TheKernelSaysWhoItIs) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const auto peer = credentials_of(ends[0]);
    ::close(ends[0]);
    ::close(ends[1]);
    ASSERT_TRUE(peer.has_value());
    EXPECT_EQ(peer->who.uid, ::geteuid());
    EXPECT_EQ(peer->who.pid, ::getpid());
    EXPECT_FALSE(peer->groups.empty());
}

}  // namespace
}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-client: the KM client over real sockets.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "dataplane/sip/user.hpp"
#include "tools/client/keys/make.hpp"
#include "tools/client/program/calling.hpp"
#include "tools/client/program/options.hpp"
#include "tools/client/program/serving.hpp"

namespace kmsgate::client::program {
namespace {

constexpr int kDone = 0, kFailed = 1, kUsage = 2;

[[nodiscard]] int fail(int code, std::span<const std::string> lines) {
    for (const std::string& line : lines) fmt::print(stderr, "kmsgate-client: {}\n", line);
    return code;
}
[[nodiscard]] int fail(int code, const std::string& line) {
    return fail(code, {&line, 1});
}

[[nodiscard]] std::expected<select::Profile, std::vector<std::string>> load_profile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path))
        return std::unexpected(std::vector{path + ": cannot be read; name the client's profile"});
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return select::read_profile(text, path);
}

[[nodiscard]] Time seconds(double value) {
    return static_cast<Time>(value * static_cast<double>(kSecond));
}

/// All that a client needs before it opens a socket.
struct Client {
    select::Profile profile;
    keys::Ring ring;
    crypto::Random random;
    State state;
};

[[nodiscard]] std::expected<std::unique_ptr<Client>, std::vector<std::string>> load(const Options& o) {
    auto out = std::make_unique<Client>();
    auto profile = load_profile(o.profile);
    if (!profile) return std::unexpected(profile.error());
    out->profile = *std::move(profile);
    auto ring = keys::load_ring(out->profile.keys);
    if (!ring) return std::unexpected(ring.error());
    out->ring = *std::move(ring);
    return out;
}

/// Who is called, and how. Before anything is sent: what the words of the command line mean.
[[nodiscard]] std::expected<std::unique_ptr<Calling>, std::string> make_call(const Options& o, Client& client,
                                                                             const Report& report, Time now) {
    agent::Call call;
    call.receiver = sip::UserUri::normalise(o.call).text();
    if (call.receiver.empty())
        return std::unexpected(fmt::format("--call `{}` is no user URI; write sip:bob@mc2.example", o.call));
    call.purpose = o.gmk || client.profile.gms ? imessage::Purpose::gmk : imessage::Purpose::pck;
    call.talk = seconds(o.talk);
    Calling::Way way;
    const auto to = resolve(o.to);
    if (!to) return std::unexpected("--to " + to.error());
    way.to = *to;
    if (!o.from.empty()) {
        const auto from = resolve(o.from);
        if (!from) return std::unexpected("--listen " + from.error());
        if (from->storage.ss_family != to->storage.ss_family)
            return std::unexpected("--listen and --to are of different IP versions; write both as one");
        way.from = *from;
    }
    way.tcp = o.transport != "udp";
    way.timeout = seconds(o.timeout);
    auto state = State::open(client.profile.state);
    if (!state) return std::unexpected(state.error());
    client.state = *std::move(state);
    auto out = std::make_unique<Calling>(client.profile, client.ring, client.random, client.state, report,
                                         std::move(way));
    if (auto started = out->start(call, now); !started) return std::unexpected(started.error());
    return out;
}

using Servers = std::vector<std::unique_ptr<Source>>;

[[nodiscard]] std::expected<Servers, std::string> make_servers(const Options& o, Client& client, Tally& tally,
                                                               const Report& report, Time now) {
    auto at = resolve(o.listen);
    if (!at) return std::unexpected("--listen " + at.error());
    if (at->wildcard() && o.name.empty())
        return std::unexpected("--listen " + at->text() + " is no address to answer to; add --name HOST");
    Servers out;
    const bool of_call = o.command == Command::both;  // --transport is then the call's
    for (const bool tcp : {false, true}) {
        if (!of_call && !o.transport.empty() && o.transport != "both" && o.transport != (tcp ? "tcp" : "udp"))
            continue;
        auto socket = tcp ? listen_tcp(*at) : open_udp(*at, std::nullopt);
        if (!socket) return std::unexpected(socket.error());
        const Address where = local_address(socket->get());
        const agent::Local local{o.name.empty() ? where.host() : o.name, where.port(), tcp};
        report.listening(tcp ? "tcp" : "udp", where.text(), now);
        if (tcp)
            out.push_back(std::make_unique<TcpServing>(*std::move(socket), client.profile, client.ring,
                                                       client.random, tally, report, local));
        else
            out.push_back(std::make_unique<UdpServing>(*std::move(socket), client.profile, client.ring,
                                                       client.random, tally, report, local));
    }
    return out;
}

[[nodiscard]] int run_client(const Options& o) {
    auto client = load(o);
    if (!client) return fail(kUsage, client.error());
    const Report report((*client)->profile, o.json);
    const Signals signals;
    Clock clock;
    Tally tally;
    tally.wanted = o.calls;
    Servers sources;
    if (o.command != Command::initiator) {
        auto servers = make_servers(o, **client, tally, report, clock.now());
        if (!servers) return fail(kUsage, servers.error());
        sources = *std::move(servers);
    }
    Calling* calling = nullptr;
    if (o.command != Command::receiver) {
        auto call = make_call(o, **client, report, clock.now());
        if (!call) return fail(kUsage, call.error());
        calling = call->get();
        sources.push_back(*std::move(call));
    }
    std::vector<Source*> served;
    for (const auto& source : sources) served.push_back(source.get());
    const bool stopped = !run(served, clock);
    if (calling != nullptr) {
        if (!calling->save_fault().empty())
            return fail(kFailed, "a KRR was not kept: " + calling->save_fault());
        if (stopped && !calling->done(clock.now())) return fail(kFailed, "stopped before the call was over");
        if (calling->outcome() != Outcome::done) return static_cast<int>(calling->outcome());
    }
    return tally.refused != 0 ? kFailed : kDone;
}

[[nodiscard]] int run_krrs(const Options& o) {
    const auto profile = load_profile(o.profile);
    if (!profile) return fail(kUsage, profile.error());
    if (profile->state.empty())
        return fail(kUsage, o.profile + " has no `state`, so that no KRRs are kept; add `state: FOLDER`");
    const auto store = select::load_store(profile->state);
    if (!store) return fail(kUsage, store.error());
    for (const select::KeptKrr& krr : store->all()) fmt::print("{}\n", o.json ? as_json(krr) : as_line(krr));
    if (!o.json) fmt::print("{} kept\n", store->all().size());
    return kDone;
}

/// "sip:alice@mc1.example=kms.a.example,kms.c.example".
[[nodiscard]] std::optional<keys::KeysRequest::User> read_user(const std::string& word) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    keys::KeysRequest::User out{word.substr(0, equals), {}};
    for (std::size_t at = equals + 1; at <= word.size();) {
        const std::size_t comma = std::min(word.find(',', at), word.size());
        if (comma == at) return std::nullopt;
        out.kms.push_back(word.substr(at, comma - at));
        at = comma + 1;
    }
    if (out.kms.empty()) return std::nullopt;
    return out;
}

[[nodiscard]] int run_keys(const Options& o) {
    keys::KeysRequest request;
    request.folder = o.folder;
    request.secrets = o.secrets;
    request.kms = o.kms;
    for (const std::string& word : o.users) {
        auto user = read_user(word);
        if (!user)
            return fail(kUsage, fmt::format("--user `{}`: write URI=KMS, as "
                                            "sip:alice@mc1.example=kms.a.example,kms.c.example",
                                            word));
        request.users.push_back(*std::move(user));
    }
    if (o.kms.empty() && o.users.empty()) return fail(kUsage, "nothing to make; name a --kms or a --user");
    request.periods = o.periods;
    request.now = Clock().now();
    request.key_period = o.key_period;
    request.key_offset = o.key_offset;
    request.force = o.force;
    crypto::Random random;
    const auto made = keys::make_keys(request, random);
    if (!made) return fail(kFailed, made.error());
    for (const std::string& line : *made) fmt::print("{}\n", line);
    return kDone;
}

[[nodiscard]] int run(const Options& o) {
    switch (o.command) {
        case Command::krrs:
            return run_krrs(o);
        case Command::keys:
            return run_keys(o);
        default:
            return run_client(o);
    }
}

}  // namespace
}  // namespace kmsgate::client::program

int main(int argc, char** argv) {
    using namespace kmsgate::client::program;
    Options options;
    try {
        if (const auto code = read_options(argc, argv, options)) return *code;
        return run(options);
    } catch (const std::exception& fault) {
        fmt::print(stderr, "kmsgate-client: {}\n", fault.what());
        return kFailed;
    }
}

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/live_edge.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "dataplane/link/frame.hpp"

namespace kmsgate::lab {

namespace {

using Json = nlohmann::ordered_json;
using Done = std::expected<void, std::string>;

constexpr int kPatience = 10'000;  // milliseconds for an answer

bool write_file(const std::string& path, const void* data, std::size_t size) {
    std::ofstream out(path, std::ios::binary);
    out.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    return static_cast<bool>(out.flush());
}

std::expected<Descriptor, std::string> connect_to(const std::string& path) {
    Descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path) return std::unexpected(path + ": too long for a socket");
    std::memcpy(at.sun_path, path.data(), path.size());
    if (s.get() < 0 || ::connect(s.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
    return s;
}

}  // namespace

struct LiveEdge::Inside {
    Stop stop;
    std::string domain, table_socket;
    std::vector<std::string> known_domains;
    std::optional<LiveProcess> process;
    Descriptor socket;
    link::Decoder decoder;
    unsigned last_id = 0;
    std::vector<std::string> words, faults;
    std::set<std::string> known;  ///< messages that words has

    /// The next frame; nullopt when none came within so many milliseconds.
    std::optional<link::Frame> next(int patience) {
        while (!decoder.ready()) {
            pollfd waiting{socket.get(), POLLIN, 0};
            if (::poll(&waiting, 1, patience) <= 0) return std::nullopt;
            std::array<std::byte, 16'384> piece{};
            const ssize_t n = ::read(socket.get(), piece.data(), piece.size());
            if (n <= 0) {
                faults.emplace_back("its table socket was closed");
                socket = Descriptor();
                return std::nullopt;
            }
            rest.insert(rest.end(), piece.begin(), piece.begin() + n);
            if (!digest()) return std::nullopt;
        }
        link::Frame out = decoder.fetch();
        if (!digest()) faults.emplace_back("its table socket sent no frame");
        return out;
    }

    /// Bytes that have come go into the decoder as far as it takes them.
    bool digest() {
        while (!rest.empty() && !decoder.ready()) {
            const auto taken = decoder.take(rest);
            if (!taken) {
                faults.push_back(fmt::format("its table socket: {}", to_string(taken.error())));
                socket = Descriptor();
                return false;
            }
            rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(*taken));
        }
        return true;
    }

    Done call(Json request, const std::string& attachment = {}) {
        request["id"] = ++last_id;
        const std::string bytes = link::encode(request.dump(), attachment.size()) + attachment;
        if (::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(bytes.size()))
            return std::unexpected(fmt::format("{}: its table socket: {}", stop.edge, std::strerror(errno)));
        while (const auto frame = next(kPatience)) {
            const Json answer = Json::parse(frame->json, nullptr, false);
            if (answer.value("id", 0U) != last_id) {
                told(*frame);
                continue;
            }
            if (answer.value("ok", false)) return {};
            return std::unexpected(fmt::format("{}: refused: {}", stop.edge, frame->json));
        }
        return std::unexpected(fmt::format("{}: no answer to {}", stop.edge, request.dump()));
    }

    /// What comes by itself: lines of events.
    void told(const link::Frame& frame) {
        const std::string_view text(reinterpret_cast<const char*>(frame.attachment.data()),
                                    frame.attachment.size());
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            line(Json::parse(text.substr(at, end - at), nullptr, false));
            at = end + 1;
        }
    }

    void line(const Json& event) {
        if (!event.is_object()) return faults.emplace_back("an event that is no JSON object"), void();
        const std::string kind = event.value("event", "");
        if (kind == "drop") faults.push_back(fmt::format("frames dropped: {}", event.value("reason", "")));
        if (kind != "message") return;
        const std::string verdict = event.value("verdict", "");
        if (verdict != "redirect" && verdict != "rewrite") return;
        const std::string message =
            fmt::format("{} {} {}", event["kind"].dump(), event["call_id"].dump(), event["cseq"].dump());
        if (!known.insert(message).second) return;
        std::string rules;
        for (const char* side : {"initiator", "receiver"})
            if (const auto& rule = event["rule"][side]; rule.is_string())
                rules += (rules.empty() ? "" : ", ") + rule.get<std::string>();
        words.push_back(verdict + ": " + event.value("reason", "") +
                        (rules.empty() ? "" : " (rule " + rules + ")"));
    }

    std::vector<std::byte> rest;
};

LiveEdge::LiveEdge(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
LiveEdge::~LiveEdge() = default;

std::expected<std::unique_ptr<LiveEdge>, std::string> LiveEdge::start(const Planned& planned,
                                                                      std::size_t number,
                                                                      const LivePlaces& places) {
    auto inside = std::make_unique<Inside>();
    inside->stop = planned.stop;
    const auto compiled = policy::compile::compile_text(planned.policy);
    const auto table = policy::table::Table::open(compiled.blob);
    if (!table) return std::unexpected(fmt::format("{}: {}", planned.stop.policy, table.error().what));
    for (const auto& domain : table->domains()) inside->known_domains.emplace_back(table->text(domain.name));
    const auto edge = table->find_edge(planned.stop.edge);
    if (!edge) return std::unexpected(fmt::format("no edge {}", planned.stop.edge));
    inside->domain = table->text(table->domains()[table->edges()[*edge].domain].name);

    const std::string folder = fmt::format("{}/edge-{}", places.folder, number);
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error))
        return std::unexpected(fmt::format("{}: {}", folder, error.message()));
    inside->table_socket = folder + "/table.sock";
    const bool first = planned.stop.faces_initiator;
    const Json config = {
        {"version", "1"},
        {"ports",
         {{"left", LiveWires::device(number, Toward::initiator)},
          {"right", LiveWires::device(number, Toward::receiver)}}},
        {"edges",
         {{planned.stop.edge,
           Json::array({{{"inside", first ? "left" : "right"}, {"outside", first ? "right" : "left"}}})}}},
        {"state", folder},
        {"sizes",
         {{"user-tags", "1000"}, {"transactions", "1000"}, {"fragments", "256"}, {"sources", "256"}}},
        {"sockets", {{"table", inside->table_socket}, {"metrics", "none"}}}};
    const std::string text = config.dump(1) + "\n";
    if (!write_file(folder + "/kmsgate.yaml", text.data(), text.size()) ||
        !write_file(folder + "/table", compiled.blob.data(), compiled.blob.size()))
        return std::unexpected(folder + ": cannot be written");
    auto process = LiveProcess::start(
        places.space, {places.dataplane, "--config", folder + "/kmsgate.yaml", "--table", folder + "/table"},
        folder + "/log");
    if (!process) return std::unexpected(process.error());
    inside->process.emplace(std::move(*process));
    return std::unique_ptr<LiveEdge>(new LiveEdge(std::move(inside)));
}

Done LiveEdge::prepare(const std::vector<TagLine>& tags, const std::vector<std::string>& roster) {
    Inside& in = *inside_;
    if (const auto ready = in.process->wait_line("ready", std::chrono::seconds(20)); !ready) return ready;
    auto socket = connect_to(in.table_socket);
    if (!socket) return std::unexpected(socket.error());
    in.socket = std::move(*socket);
    std::string lines;
    for (const std::string& user : roster) lines += fmt::format("{}\t{}\t\n", in.domain, user);
    for (const TagLine& tag : tags)
        if (std::ranges::find(in.known_domains, tag.domain) != in.known_domains.end())
            lines += fmt::format("{}\t{}\t{}\n", tag.domain, tag.user, fmt::join(tag.tags, " "));
    if (const auto done = in.call({{"op", "hello"}, {"version", 1}}); !done) return done;
    if (const auto done = in.call({{"op", "tags"}, {"clear", true}}, lines); !done) return done;
    return in.call({{"op", "events"}, {"mode", "all"}, {"per_second", 100'000}});
}

int LiveEdge::descriptor() const noexcept {
    return inside_->socket.get();
}

void LiveEdge::pump() {
    if (inside_->socket.get() < 0) return;
    while (const auto frame = inside_->next(0)) inside_->told(*frame);
}

const std::vector<std::string>& LiveEdge::words() const noexcept {
    return inside_->words;
}
const std::vector<std::string>& LiveEdge::faults() const noexcept {
    return inside_->faults;
}

}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/language/names.hpp"
#include "policy/language/read.hpp"

namespace kmsgate::policy::language {
namespace {

using table::InDialog;
using table::Mode;
using table::Proxy;
using table::Register;

constexpr std::array<std::string_view, 10> kEdgeKeys = {
    "domain", "proxy", "mode", "sip", "rules", "failure", "limits", "in-dialog", "register", "processor"};
constexpr std::array<std::string_view, 3> kSipKeys = {"udp", "tcp", "tls"};

/// Ports of one transport, in the order written.
std::vector<std::uint16_t> read_ports(Reader& reader, const Node& node, const std::string& what) {
    std::vector<std::uint16_t> ports;
    for (const Node* const child : reader.list(node, what)) {
        const std::optional<std::uint64_t> number = reader.number(*child, "a port in " + what, 1, 65535);
        if (!number) continue;
        const auto port = static_cast<std::uint16_t>(*number);
        if (std::ranges::find(ports, port) != ports.end())
            reader.report().error(child->mark, fmt::format("port `{}` stands twice in {}", port, what),
                                  "remove it once");
        else
            ports.push_back(port);
    }
    return ports;
}

void read_sip(Reader& reader, const Node& node, const std::string& owner, Edge& edge) {
    const std::string what = "`sip` of " + owner;
    const Fields fields = reader.fields(node, what, kSipKeys);
    if (const Node* const value = fields.find("udp"))
        edge.udp = read_ports(reader, *value, "`udp` of " + owner);
    if (const Node* const value = fields.find("tcp"))
        edge.tcp = read_ports(reader, *value, "`tcp` of " + owner);
    if (const Node* const value = fields.find("tls"))
        edge.tls = read_ports(reader, *value, "`tls` of " + owner);
    for (const std::uint16_t port : edge.tls)
        if (std::ranges::find(edge.tcp, port) != edge.tcp.end())
            reader.report().error(node.mark, fmt::format("port `{}` of {} is both tcp and tls", port, owner),
                                  "list it once (defaults: tcp: [5060], tls: [5061]; [] for none)");
}

void read_words(Reader& reader, const Fields& fields, const std::string& owner, Edge& edge) {
    const auto what = [&](std::string_view key) { return fmt::format("`{}` of {}", key, owner); };
    if (const Node* const value = reader.need(fields, "domain", owner))
        if (std::optional<Word> name = reader.word(*value, what("domain"))) edge.domain = *std::move(name);
    if (const Node* const value = fields.find("proxy"))
        edge.proxy = reader.choice<Proxy>(*value, what("proxy"), {{"cs", Proxy::cs}, {"is", Proxy::is}})
                         .value_or(edge.proxy);
    if (const Node* const value = fields.find("mode"))
        edge.mode = reader
                        .choice<Mode>(
                            *value, what("mode"),
                            {{"enforce", Mode::enforce}, {"shadow", Mode::shadow}, {"bypass", Mode::bypass}})
                        .value_or(edge.mode);
    if (const Node* const value = fields.find("in-dialog"))
        edge.in_dialog =
            reader
                .choice<InDialog>(*value, what("in-dialog"),
                                  {{"enforce", InDialog::enforce}, {"grandfather", InDialog::grandfather}})
                .value_or(edge.in_dialog);
    if (const Node* const value = fields.find("register"))
        edge.on_register =
            reader
                .choice<Register>(*value, what("register"),
                                  {{"redirect", Register::redirect}, {"alarm", Register::alarm}})
                .value_or(edge.on_register);
    if (const Node* const value = fields.find("processor")) {
        if (std::optional<Word> uri = reader.word(*value, what("processor"))) {
            if (const std::string fault = uri_fault(uri->text); !fault.empty())
                reader.report().error(uri->mark,
                                      fmt::format("{} {} {}", what("processor"), quote(uri->text), fault),
                                      "write a URI of at most 255 bytes (sip:kmsgate@mc1.example)");
            edge.processor = *std::move(uri);
        }
    }
}

}  // namespace

std::vector<Edge> read_edges(Reader& reader, const Node& node) {
    std::vector<Edge> out;
    for (const Field& field : reader.entries(node, "`edges`").all) {
        Edge edge;
        edge.name = field.key;
        check_word(reader, edge.name, "edge name", name_fault(edge.name.text));
        const std::string owner = "edge " + quote(edge.name.text);
        const Fields fields = reader.fields(*field.value, owner, kEdgeKeys);
        if (field.value->kind != Node::Kind::map) continue;
        read_words(reader, fields, owner, edge);
        if (const Node* const value = fields.find("sip")) read_sip(reader, *value, owner, edge);
        if (const Node* const value = fields.find("rules")) edge.rules = read_rules(reader, *value, owner);
        if (const Node* const value = fields.find("failure"))
            edge.failure = read_failure(reader, *value, owner);
        if (const Node* const value = fields.find("limits")) edge.limits = read_limits(reader, *value, owner);
        out.push_back(std::move(edge));
    }
    return out;
}

}  // namespace kmsgate::policy::language

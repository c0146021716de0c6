// SPDX-License-Identifier: BSD-3-Clause
// A policy made by hand, with one of everything; and a blob that can be changed and sealed again.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compile/compile.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::test {

[[nodiscard]] inline std::vector<language::Word> words(std::initializer_list<std::string_view> texts) {
    std::vector<language::Word> out;
    for (const std::string_view text : texts) out.push_back({std::string(text), {}});
    return out;
}
[[nodiscard]] inline language::Word word(std::string_view text) {
    return {std::string(text), {}};
}

[[nodiscard]] inline language::Kms kms(std::string_view name, std::string_view uri) {
    language::Kms out;
    out.name = word(name);
    out.uri = word(uri);
    return out;
}
[[nodiscard]] inline language::Rule rule(std::string_view name, table::Side side,
                                         std::initializer_list<std::string_view> allow) {
    language::Rule out;
    out.name = word(name);
    out.side = side;
    out.allow = words(allow);
    return out;
}

[[nodiscard]] inline language::Policy sample_policy() {
    using table::Side;
    language::Policy policy;
    policy.tags = words({"roaming", "migrated"});
    policy.kms = {kms("A", "Kms.A.example"), kms("B", "kms.b.example"), kms("C", "kms.c.example"),
                  kms("D", "https://kms.d.example/?x=1&y=<2>'\"")};
    policy.kms[0].aliases = words({"KMS-of-A", "sip:kms@a.example"});
    policy.kms[2].key_period = 86400;
    policy.kms[2].key_offset = 17;

    language::Domain mc1;
    mc1.name = word("mc1");
    mc1.users = words({"sip:*@MC1.example", "sips:*@*.mc1.example", "tel:+44-20*",
                       "sip:%61lice@visited.example", "sip:ops-*@shared.example", "sip:*-x@shared.example"});
    mc1.home = word("A");
    mc1.secondary = words({"C", "A"});
    mc1.external = words({"B"});
    language::Domain mc2;
    mc2.name = word("mc2");
    mc2.users = words({"sip:*@mc2.example", "tel:+4*"});
    mc2.home = word("B");
    policy.domains = {mc1, mc2};

    language::Edge edge;
    edge.name = word("mc1-edge");
    edge.domain = word("mc1");
    edge.tcp = {5060, 5080};
    edge.tls = {};
    edge.rules = {rule("attached", Side::receiver, {"home", "B"}), rule("roaming", Side::initiator, {"C"}),
                  rule("plain", Side::initiator, {"A", "D", "A"}), rule("free", Side::initiator, {"any"})};
    edge.rules[1].when.tag = words({"migrated"});
    edge.rules[1].when.user = words({"sip:BOB-*@MC1.example", "tel:+44*"});
    edge.rules[1].when.peer = words({"10.1.2.3/8", "fd00::/8"});
    edge.rules[1].when.visited = words({"*Visited*"});
    edge.rules[2].other = table::Other::any;
    edge.failure = {{Cause::malformed_mikey, Action::drop, {}}};
    edge.limits.per_source = 7;
    language::Edge bare;
    bare.name = word("mc2-edge");
    bare.domain = word("mc2");
    bare.processor = word("sip:proxy@mc2.example;a=\"b\"");
    bare.proxy = table::Proxy::is;
    bare.mode = table::Mode::shadow;
    bare.in_dialog = table::InDialog::grandfather;
    bare.on_register = table::Register::alarm;
    policy.edges = {edge, bare};
    policy.failure = {{Cause::malformed_mikey, Action::forward, {}},
                      {Cause::missing_idr, Action::reject, {}}};
    policy.limits.redirects_per_second = 5000;

    language::Peer ims;
    ims.name = word("ims");
    ims.addresses = words({"10.0.0.0/8", "2001:db8::/32"});
    ims.trusted = true;
    ims.relax = words({"idr-order", "trailing-bytes"});
    language::Peer beside;
    beside.name = word("beside");
    beside.addresses = words({"10.7.0.0/16", "192.0.2.1", "::/0"});
    policy.peers = {ims, beside};
    return policy;
}

/// A blob whose records can be overwritten.
class Blob {
  public:
    explicit Blob(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

    [[nodiscard]] table::Header& header() { return *reinterpret_cast<table::Header*>(bytes_.data()); }
    [[nodiscard]] table::SectionEntry& entry(table::Section s) {
        return header().sections[static_cast<std::size_t>(s)];
    }
    template <class T>
    [[nodiscard]] T& at(table::Section s, std::size_t i) {
        return reinterpret_cast<T*>(bytes_.data() + entry(s).offset)[i];
    }
    [[nodiscard]] char& string_byte(table::Text t, std::size_t i) {
        return at<char>(table::Section::strings, t.offset + i);
    }
    [[nodiscard]] char& pattern_byte(table::Text t, std::size_t i) {
        return at<char>(table::Section::pattern_strings, t.offset + i);
    }
    [[nodiscard]] std::vector<std::byte>& bytes() { return bytes_; }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

    Blob& reseal() {
        header().patterns.digest = table::patterns_digest(bytes_);
        header().digest = table::blob_digest(bytes_);
        return *this;
    }
    [[nodiscard]] std::string verdict() const {
        const auto table = table::Table::open(bytes_);
        return table ? "" : table.error().what;
    }
    /// The verdict where `known`, if it is a table, has been proved before.
    [[nodiscard]] std::string verdict_beside(const Blob& known) const {
        const auto proved = table::Table::open(known.bytes_);
        const auto table = table::Table::open(bytes_, proved ? &*proved : nullptr);
        return table ? "" : table.error().what;
    }

  private:
    std::vector<std::byte> bytes_;
};

}  // namespace kmsgate::policy::test

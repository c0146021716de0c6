// SPDX-License-Identifier: BSD-3-Clause
#include "bench/flat/world.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "bench/flat/policy.hpp"
#include "bench/stages/i_message.hpp"
#include "bench/stages/random.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::size_t kArena = std::size_t{512} * 1024;
constexpr memory::Key kTagKey = {0x666C617431, 0x666C617432};
constexpr core::Time kNow = 1'800'000'000 * core::kSecond;
constexpr std::size_t kHits = 500;  // messages whose caller is tagged, at every size

/// A user of that pattern, which stands for a host.
std::string user(std::string_view name, std::size_t number, std::size_t pattern) {
    return fmt::format("sip:{}-{:05}@{}", name, number, flat_host(pattern));
}

/// A pattern of a host of domain 0 (`ours`) or of another one.
std::size_t pick(Random& random, std::size_t patterns, bool ours) {
    for (;;) {
        const std::size_t p = random.below(patterns);
        if (of_host(p) && (domain_of(p) == 0) == ours) return p;
    }
}

memory::Hash128 key_of(std::size_t number) {
    Random random(number + 1);
    return {random.next(), random.next()};
}

std::unique_ptr<memory::UserTags> made_tags(std::size_t count) {
    static unsigned worlds = 0;
    auto made = memory::UserTags::create(fmt::format("flat{}", worlds++), count, kTagKey);
    if (!made) throw std::runtime_error(made.error());
    return std::move(*made);
}

std::string invite(std::string_view caller, std::string_view callee, std::string_view i_message,
                   Random& random) {
    const std::string boundary = "mcb-" + random.hex(12);
    const std::string_view host = caller.substr(caller.find('@') + 1);
    const std::string body = fmt::format(
        "--{0}\r\nContent-Type: application/sdp\r\n\r\n"
        "v=0\r\no=- {1} 1 IN IP4 10.1.2.3\r\ns=-\r\nc=IN IP4 10.1.2.3\r\nt=0 0\r\na=key-mgmt:mikey {2}\r\n"
        "m=audio 49152 RTP/SAVP 97\r\ni=speech\r\na=rtpmap:97 AMR-WB/16000\r\na=ptime:20\r\n"
        "m=application 49154 udp MCPTT\r\na=fmtp:MCPTT "
        "mc_queueing;mc_priority=5;mc_granted;mc_implicit_request\r\n\r\n"
        "--{0}\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n"
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo "
        "xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>"
        "<session-type>private</session-type><mcptt-calling-user-id type=\"Normal\"><mcpttURI>{3}</mcpttURI>"
        "</mcptt-calling-user-id></mcptt-Params></mcpttinfo>\r\n\r\n"
        "--{0}\r\nContent-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n"
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists "
        "xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry "
        "uri=\"{4}\"/></list></resource-lists>\r\n\r\n"
        "--{0}--\r\n",
        boundary, 1'000'000 + random.below(9'000'000), i_message, caller, callee);
    return fmt::format(
        "INVITE sip:mcptt-orig@mcptt.{0} SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bK{1}\r\n"
        "Max-Forwards: 70\r\nRoute: <sip:pcscf.mc.example;lr>\r\nFrom: <{2}>;tag={3}\r\n"
        "To: <sip:mcptt-orig@mcptt.{0}>\r\nCall-ID: {4}@10.1.2.3\r\nCSeq: 1 INVITE\r\n"
        "Contact: <sip:unit@10.1.2.3:5060>;+g.3gpp.mcptt\r\nAccept-Contact: "
        "*;+g.3gpp.mcptt;require;explicit\r\n"
        "P-Preferred-Identity: <{2}>\r\n"
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=23430{5}\r\n"
        "P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\r\nSupported: timer, 100rel, gruu\r\n"
        "Session-Expires: 1800;refresher=uac\r\nAnswer-Mode: Auto\r\nResource-Priority: mcpttp.5\r\n"
        "Content-Type: multipart/mixed;boundary={6}\r\nContent-Length: {7}\r\n\r\n{8}",
        host, random.hex(14), caller, random.hex(8), random.hex(20), random.hex(11), boundary, body.size(),
        body);
}

}  // namespace

World::World(const Sizes& sizes)
    : sizes_(sizes),
      blob_(policy::compile::compile(flat_policy(sizes.kms, sizes.patterns, sizes.edges))),
      tags_(made_tags(sizes.tags)),
      transactions_(std::make_unique<memory::Transactions>(sizes.transactions + kFlatMessages)),
      messages_(kFlatMessages),
      storage_(kArena),
      arena_(storage_) {
    auto table = policy::table::Table::open(blob_);
    if (!table) throw std::runtime_error("table: " + table.error().what);
    table_ = std::make_unique<policy::table::Table>(*table);
    for (std::size_t i = 0; i < messages_.size(); ++i) write(i);
    fill_tags(sizes.tags);
    fill_transactions(sizes.transactions);
}

void World::write(std::size_t number) {
    Random random(number + 7);
    Message& m = messages_[number];
    const std::string caller = user("unit", number, pick(random, sizes_.patterns, true));
    const std::string callee = user("desk", number, pick(random, sizes_.patterns, number % 2 == 0));
    const std::size_t edge = random.below(sizes_.edges);
    const auto edge_id = table_->find_edge(flat_edge(edge));
    if (!edge_id) throw std::runtime_error("no edge");
    // Half of the messages name what the edge allows; the others anything.
    const auto& rule = table_->rules(table_->edges()[*edge_id], policy::table::Side::initiator)[0];
    const auto kms = [&] {
        const auto list = table_->kms_list(rule.allow);
        return number % 4 < 2 ? std::string(table_->text(table_->kms()[list[random.below(list.size())]].uri))
                              : flat_kms(random.below(sizes_.kms));
    };
    const std::string kmsi = kms(), kmsr = kms();
    IMessage i;
    i.initiator = caller;
    i.receiver = callee;
    i.kmsi = kmsi;
    i.kmsr = kmsr;
    i.seconds = kNow / core::kSecond;
    i.size = 680;
    m.text = invite(caller, callee, base64(encode(i, random)), random);
    m.arrived.now = kNow;
    m.arrived.source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 1, 2, 3}, 5060, false};
    m.arrived.destination = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 1, 0, 1}, 5060, false};
    m.arrived.payload = m.text;
    m.context.table = table_.get();
    m.context.edge = *edge_id;
    m.context.tags = tags_.get();
    m.context.all = false;
    m.key = key_of(random.below(sizes_.transactions));
    const bool tagged = number < kHits;
    if (tagged && !tags_->set(flat_domain(0), caller, 1)) throw std::runtime_error("tags");
}

void World::fill_tags(std::size_t count) {
    std::string name = "sip:unit-00000000@users.example";
    for (std::size_t i = tags_->size(); i < count; ++i) {
        fmt::format_to(name.begin() + 9, "{:08}", i);
        if (!tags_->set(flat_domain(0), name, 1)) throw std::runtime_error("tags");
    }
}

void World::fill_transactions(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        memory::Transaction* t = transactions_->put(key_of(i), kNow);
        if (t == nullptr) throw std::runtime_error("transactions");
        t->expires = kNow + memory::kInviteLife;
        t->request = true;
    }
}

void World::verdict(std::size_t message) {
    const Message& m = messages_[message];
    arena_.reset();
    inspect::inspect(m.arrived, m.context, arena_, inspection_);
    const memory::Transaction* copy = transactions_->find(m.key, kNow);
    const policy::decide::Decision d = policy::decide::decide(inspection_.facts, *table_);
    memory::Transaction* entry = transactions_->put(m.key, kNow);
    if (copy == nullptr || entry == nullptr) return;
    entry->expires = kNow + memory::kInviteLife;
    entry->decision = d;
    refused_ += d.verdict == policy::decide::Verdict::redirect ? 1 : 0;
}

std::size_t World::refused() {
    refused_ = 0;
    for (std::size_t i = 0; i < messages_.size(); ++i) verdict(i);
    return refused_;
}

std::size_t World::bytes(const std::string& axis) const {
    if (axis == "tags") return tags_->memory_bytes();
    if (axis == "transactions")
        return transactions_->capacity() *
               (sizeof(memory::Transaction) + sizeof(memory::Parties) + 4 * sizeof(std::uint32_t));
    return blob_.size();
}

}  // namespace kmsgate::bench

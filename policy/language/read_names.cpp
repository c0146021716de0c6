// SPDX-License-Identifier: BSD-3-Clause
// tags, kms, domains, peers: the things that rules name.
#include <fmt/format.h>

#include <array>
#include <unordered_map>

#include "policy/language/names.hpp"
#include "policy/language/read.hpp"
#include "policy/table/format.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::array<std::string_view, 4> kKmsKeys = {"uri", "key-period", "key-offset", "aliases"};
constexpr std::array<std::string_view, 4> kDomainKeys = {"users", "home", "secondary", "external"};
constexpr std::array<std::string_view, 3> kPeerKeys = {"addresses", "trusted", "relax"};
/// Seconds; more than 30,000 years.
constexpr std::uint64_t kMaxSeconds = 1'000'000'000'000;

void check_uri(Reader& reader, const Word& uri, const std::string& kind) {
    const std::string fault = kms_uri_fault(uri.text);
    if (fault.empty()) return;
    reader.report().error(
        uri.mark, fmt::format("{} {} {}", kind, quote(uri.text), fault),
        "write the name as the IDRkms payloads bear it (kms.a.example): 1 to 255 bytes, no blanks");
}

void read_kms_map(Reader& reader, const Node& node, const std::string& what, Kms& kms) {
    const Fields fields = reader.fields(node, what, kKmsKeys);
    if (const Node* const uri = reader.need(fields, "uri", what))
        if (std::optional<Word> text = reader.word(*uri, "`uri` of " + what)) kms.uri = *std::move(text);
    if (const Node* const value = fields.find("key-period"))
        kms.key_period =
            reader.number(*value, "`key-period` of " + what, 1, kMaxSeconds).value_or(kms.key_period);
    if (const Node* const value = fields.find("key-offset"))
        kms.key_offset =
            reader.number(*value, "`key-offset` of " + what, 0, kMaxSeconds).value_or(kms.key_offset);
    if (const Node* const value = fields.find("aliases"))
        kms.aliases = reader.words(*value, "`aliases` of " + what);
}

std::vector<Word> read_secondary(Reader& reader, const Node& node, const std::string& what) {
    std::vector<Word> words = reader.words(node, "`secondary` of " + what);
    if (words.size() > table::kMaxAllow)
        reader.report().error(words[table::kMaxAllow].mark,
                              fmt::format("{} is number {} in `secondary` of {}",
                                          quote(words[table::kMaxAllow].text), table::kMaxAllow + 1, what),
                              fmt::format("list at most {}", table::kMaxAllow));
    return words;
}

}  // namespace

std::vector<Word> read_tags(Reader& reader, const Node& node) {
    std::vector<Word> tags = reader.words(node, "`tags`");
    std::unordered_map<std::string_view, Mark> seen;
    for (const Word& tag : tags) {
        check_word(reader, tag, "tag", name_fault(tag.text));
        const auto [earlier, fresh] = seen.emplace(tag.text, tag.mark);
        if (!fresh)
            reader.report().error(tag.mark, fmt::format("tag {} is declared twice", quote(tag.text)),
                                  "remove it here or at " + place(earlier->second));
    }
    if (tags.size() > table::kMaxTags)
        reader.report().error(
            tags[table::kMaxTags].mark,
            fmt::format("tag {} is number {}", quote(tags[table::kMaxTags].text), table::kMaxTags + 1),
            fmt::format("declare at most {} tags", table::kMaxTags));
    return tags;
}

std::vector<Kms> read_kms(Reader& reader, const Node& node) {
    std::vector<Kms> out;
    for (const Field& field : reader.entries(node, "`kms`").all) {
        Kms kms;
        kms.name = field.key;
        check_word(reader, kms.name, "KMS name", kms_name_fault(kms.name.text));
        const std::string what = "KMS " + quote(kms.name.text);
        if (field.value->kind == Node::Kind::scalar) {
            kms.uri = {field.value->text, field.value->mark};
            check_uri(reader, kms.uri, "KMS URI");
        } else if (field.value->kind == Node::Kind::map) {
            read_kms_map(reader, *field.value, what, kms);
            if (kms.uri.mark.line > 0) check_uri(reader, kms.uri, "KMS URI");
        } else {
            reader.report().error(field.value->mark,
                                  fmt::format("{} is {}", what, describe(field.value->kind)),
                                  fmt::format("write its URI, or a map with the keys {}", join(kKmsKeys)));
        }
        for (const Word& alias : kms.aliases) check_uri(reader, alias, "KMS alias");
        out.push_back(std::move(kms));
    }
    return out;
}

std::vector<Domain> read_domains(Reader& reader, const Node& node) {
    std::vector<Domain> out;
    for (const Field& field : reader.entries(node, "`domains`").all) {
        Domain domain;
        domain.name = field.key;
        check_word(reader, domain.name, "domain name", name_fault(domain.name.text));
        const std::string what = "domain " + quote(domain.name.text);
        const Fields fields = reader.fields(*field.value, what, kDomainKeys);
        if (const Node* const value = fields.find("users"))
            domain.users = reader.words(*value, "`users` of " + what);
        if (const Node* const value = fields.find("home"))
            if (std::optional<Word> home = reader.word(*value, "`home` of " + what))
                domain.home = *std::move(home);
        if (const Node* const value = fields.find("secondary"))
            domain.secondary = read_secondary(reader, *value, what);
        if (const Node* const value = fields.find("external"))
            domain.external = reader.words(*value, "`external` of " + what);
        out.push_back(std::move(domain));
    }
    return out;
}

std::vector<Peer> read_peers(Reader& reader, const Node& node) {
    std::vector<Peer> out;
    for (const Field& field : reader.entries(node, "`peers`").all) {
        Peer peer;
        peer.name = field.key;
        check_word(reader, peer.name, "peer name", name_fault(peer.name.text));
        const std::string what = "peer " + quote(peer.name.text);
        const Fields fields = reader.fields(*field.value, what, kPeerKeys);
        if (field.value->kind != Node::Kind::map) continue;
        if (const Node* const value = reader.need(fields, "addresses", what)) {
            peer.addresses = reader.words(*value, "`addresses` of " + what);
            if (value->kind == Node::Kind::sequence && value->children.empty())
                reader.report().error(value->mark, fmt::format("{} has no addresses", what),
                                      "write networks: [10.0.0.0/8, fd00::/8]");
        }
        if (const Node* const value = fields.find("trusted"))
            peer.trusted = reader.boolean(*value, "`trusted` of " + what).value_or(false);
        if (const Node* const value = fields.find("relax"))
            peer.relax = reader.words(*value, "`relax` of " + what);
        out.push_back(std::move(peer));
    }
    return out;
}

}  // namespace kmsgate::policy::language

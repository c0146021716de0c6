// SPDX-License-Identifier: BSD-3-Clause
// kms, initiator, receiver.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/sip/ascii.hpp"
#include "policy/language/names.hpp"
#include "tools/lab/reading.hpp"

namespace kmsgate::lab {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 7> kInitiatorKeys = {"label",    "user",   "home",    "secondary",
                                                            "external", "refuse", "attempts"};
constexpr std::array<std::string_view, 8> kReceiverKeys = {"label",    "user",   "home",   "secondary",
                                                           "external", "prefer", "refuse", "always"};
constexpr std::array<std::string_view, 2> kSides = {"initiator", "receiver"};
constexpr std::uint64_t kMostAttempts = 20;

/// A KMS is Home, Secondary or External to a client, never two of them.
void check_roles(Reading& reading, const language::Fields& fields, const std::string& what) {
    struct Use {
        std::string_view key;
        const Node* node;
    };
    std::vector<Use> uses;
    for (const std::string_view key : {"home", "secondary", "external"}) {
        const Node* const node = fields.find(key);
        if (node == nullptr) continue;
        if (node->kind == Node::Kind::scalar) uses.push_back({key, node});
        if (node->kind == Node::Kind::sequence)
            for (const Node* const entry : reading.nodes().list(*node, what)) uses.push_back({key, entry});
    }
    for (std::size_t i = 0; i < uses.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (uses[i].node->kind == Node::Kind::scalar && uses[j].node->kind == Node::Kind::scalar &&
                uses[i].key != uses[j].key && uses[i].node->text == uses[j].node->text) {
                reading.error(
                    uses[i].node->mark,
                    fmt::format("KMS {} stands in `{}` and in `{}` of {}",
                                language::quote(uses[i].node->text), uses[j].key, uses[i].key, what),
                    fmt::format("remove it here or at {}", language::place(uses[j].node->mark)));
                break;
            }
}

/// Only a KMS that the receiver holds keys of can be preferred.
void check_preference(Reading& reading, const client::select::Profile& profile, const Node& node,
                      const std::string& what) {
    for (const std::string& uri : profile.prefer)
        if (uri != profile.home && std::ranges::find(profile.secondary, uri) == profile.secondary.end())
            reading.error(node.mark,
                          fmt::format("KMS {} in `prefer` is neither home nor secondary KMS of {}",
                                      language::quote(reading.scenario().short_name(uri)), what),
                          "add it to `secondary`, or prefer another");
}

}  // namespace

void Reading::read_kms(const Node& node) {
    const language::Fields fields = nodes_.entries(node, "`kms`");
    kms_unknown = node.kind != Node::Kind::map;
    for (const language::Field& field : fields.all) {
        const std::string name = language::quote(field.key.text);
        if (const std::string fault = language::kms_name_fault(field.key.text); !fault.empty())
            error(field.key.mark, fmt::format("KMS name {} {}", name, fault),
                  "use 1 to 64 characters of A-Z a-z 0-9 . _ -, and not any, ANY or home");
        const std::optional<Word> uri = nodes_.word(*field.value, "the URI of KMS " + name);
        const std::string fault = uri ? language::kms_uri_fault(uri->text) : std::string();
        if (!fault.empty())
            error(uri->mark, fmt::format("KMS URI {} {}", language::quote(uri->text), fault),
                  "write the name as the IDRkms payloads bear it (kms.a.example): 1 to 255 bytes, no blanks");
        const auto twin = std::ranges::find_if(
            scenario_.kms, [&](const Kms& one) { return uri && sip::iequal(one.uri, uri->text); });
        if (twin != scenario_.kms.end())
            error(uri->mark, fmt::format("KMS {} has the URI of KMS {}", name, language::quote(twin->name)),
                  "give every KMS one short name");
        scenario_.kms.push_back({field.key.text, uri ? uri->text : std::string()});
    }
    if (scenario_.kms.size() > kMostEntries)
        error(fields.all[kMostEntries].key.mark, fmt::format("this is KMS number {}", kMostEntries + 1),
              fmt::format("declare at most {}", kMostEntries));
    if (node.kind == Node::Kind::map && scenario_.kms.empty()) {
        kms_unknown = true;
        error(node.mark, "`kms` is empty", "declare the KMSs: {A: kms.a.example, ..}");
    }
}

void Reading::read_client(const Node& node, bool receiver) {
    Client& out = receiver ? scenario_.receiver : scenario_.initiator;
    const std::string what = receiver ? "`receiver`" : "`initiator`";
    out.label = receiver ? "Receiver" : "Initiator";
    const std::span<const std::string_view> keys =
        receiver ? std::span<const std::string_view>(kReceiverKeys) : kInitiatorKeys;
    const language::Fields fields = nodes_.fields(node, what, keys);
    if (node.kind != Node::Kind::map) return;
    client::select::Profile& profile = out.profile;
    const auto list = [&](std::string_view key) {
        const Node* const value = fields.find(key);
        return value == nullptr ? std::vector<std::string>()
                                : kms_list(*value, fmt::format("`{}` of {}", key, what));
    };
    if (const Node* const value = fields.find("label")) out.label = text(*value, "`label` of " + what);
    if (const Node* const value = nodes_.need(fields, "user", what))
        profile.user = user(*value, "`user` of " + what);
    if (const Node* const value = nodes_.need(fields, "home", what))
        profile.home = kms(*value, "`home` of " + what).value_or("");
    profile.secondary = list("secondary");
    profile.external = list("external");
    profile.refuse = list("refuse");
    check_roles(*this, fields, what);
    if (const Node* const value = fields.find("prefer")) {
        profile.prefer = list("prefer");
        check_preference(*this, profile, *value, what);
    }
    if (const Node* const value = fields.find("attempts"))
        profile.attempts = static_cast<unsigned>(
            nodes_.number(*value, "`attempts` of " + what, 1, kMostAttempts).value_or(profile.attempts));
    if (const Node* const value = fields.find("always"))
        out.always = lists(nodes_.fields(*value, "`always` of " + what, kSides), "`always` of " + what);
}

}  // namespace kmsgate::lab

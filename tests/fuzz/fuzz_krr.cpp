// SPDX-License-Identifier: BSD-3-Clause
// A KRR body of any bytes: what parse() accepts must keep its bounds, stand on its own when cut out, survive
// being emitted and embedded, and must not be accepted when it is cut short.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/parse.hpp"
#include "dataplane/krr/recognise.hpp"

namespace krr = kmsgate::krr;

namespace {

void require(bool what) {
    if (!what) std::abort();
}

void check_list(const krr::KmsList& list) {
    require(list.any || list.present);
    require(!list.any || list.uris.empty());
    require(list.uris.size() <= krr::kMaxList);
    std::set<std::string> seen;
    for (const std::string& uri : list.uris) {
        require(!uri.empty() && uri.size() <= krr::kMaxUri && uri != "ANY" && seen.insert(uri).second);
        for (const char c : uri) require(c > 0x20 && c < 0x7F);
    }
}

void check_same(const krr::Document& a, const krr::Document& b) {
    require(a.initiator_list == b.initiator_list && a.receiver_list == b.receiver_list);
    require(a.embedded == b.embedded && a.depth == b.depth);
}

/// The root element cut out is the same document; without its last byte it is none.
void check_root(const krr::Document& document) {
    const auto again = krr::parse(document.root);
    require(again.has_value() && again->root == document.root);
    check_same(*again, document);
    require(!krr::parse(std::string_view(document.root).substr(0, document.root.size() - 1)));
}

/// A layer of ours around it is a document again, which holds it byte for byte.
void check_embedding(const krr::Document& document) {
    krr::Document outer = document;
    outer.embedded = document.root;
    const std::string text = krr::emit(outer);
    const auto back = krr::parse(text);
    if (document.depth == krr::kMaxDepth || text.size() > krr::kMaxBody) {
        require(!back);
        return;
    }
    if (!back) {  // names nested to the bound, one layer more is two elements too many
        require(back.error() == krr::Fault::too_deep);
        return;
    }
    outer.depth = document.depth + 1;
    check_same(*back, outer);
}

/// Our own spelling of it says the same.
void check_emitted(const krr::Document& document) {
    krr::Document alone = document;
    alone.embedded.clear();
    alone.depth = 0;
    const std::string text = krr::emit(alone);
    if (text.size() > krr::kMaxBody) return;
    const auto back = krr::parse(text);
    require(back.has_value());
    check_same(*back, alone);
    require(krr::emit(*back) == text);
}

/// What the recogniser is sure of, the reader reads the same.
void check_recognised(std::string_view body, const std::optional<krr::Document>& document) {
    krr::View view;
    if (!krr::recognise(body, view)) return;
    require(document.has_value());
    require(view.root == document->root && view.depth == document->depth);
    require(view.initiator == document->initiator && view.receiver == document->receiver);
    require(view.initiator_kms == document->initiator_kms && view.receiver_kms == document->receiver_kms);
    const krr::KmsList* lists[] = {&document->initiator_list, &document->receiver_list};
    for (std::size_t side = 0; side < 2; ++side) {
        const auto& names = lists[side]->any ? lists[side]->beside_any : lists[side]->uris;
        const auto seen = view.lists[side].all();
        require(view.lists[side].any == lists[side]->any && seen.size() == names.size());
        for (std::size_t i = 0; i < names.size(); ++i) require(std::string_view(seen[i]) == names[i]);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto document = krr::parse(body);
    check_recognised(body, document ? std::optional(*document) : std::nullopt);
    static_cast<void>(krr::escape(body));
    if (!document) return 0;
    require(size <= krr::kMaxBody && document->depth <= krr::kMaxDepth);
    require(body.find('\0') == std::string_view::npos);
    require(body.find(document->root) != std::string_view::npos);
    require(document->root.front() == '<' && document->root.back() == '>');
    require(document->embedded.empty() == (document->depth == 0));
    require(document->root.find(document->embedded) != std::string::npos);
    check_list(document->initiator_list);
    check_list(document->receiver_list);
    check_root(*document);
    check_embedding(*document);
    check_emitted(*document);
    return 0;
}

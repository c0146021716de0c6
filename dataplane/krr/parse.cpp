// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/parse.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "dataplane/krr/names.hpp"
#include "dataplane/krr/scan.hpp"
#include "dataplane/krr/utf8.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::krr {
namespace {

using FaultOr = std::optional<Fault>;  ///< nothing: all is well
using Context = std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)>;
using Tree = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

Tree read_tree(std::string_view body) {
    static const bool ready = (xmlInitParser(), true);  // once, whatever the thread
    static_cast<void>(ready);
    Tree tree(nullptr, &xmlFreeDoc);
    const Context context(xmlNewParserCtxt(), &xmlFreeParserCtxt);
    if (!context) return tree;
    context->sax->serror = [](void*, auto*) {
    };  // nothing may reach stderr; the process' handlers stay as they are
    // No NOENT, DTDLOAD, DTDATTR, XINCLUDE or HUGE: entities stay off and libxml2's own bounds on. The
    // declared encoding was judged before; IGNORE_ENC keeps libxml2 from converting bytes whose offsets we
    // count.
    constexpr int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC;
    tree.reset(xmlCtxtReadMemory(context.get(), body.data(), static_cast<int>(body.size()), nullptr, nullptr,
                                 options));
    // an unbound prefix only clears nsWellFormed, and the tree is handed out all the same
    if (context->wellFormed == 0 || context->nsWellFormed == 0) tree.reset();
    return tree;
}

bool ours(const xmlNode& node) {
    return node.ns != nullptr && view(node.ns->href) == names::ns;
}
bool is(const xmlNode& node, std::string_view name) {
    return ours(node) && view(node.name) == name;
}

/// The next node after `node` in document order below `top`; nullptr: none. Without recursion.
xmlNode* next_in_order(xmlNode* node, const xmlNode* top) {
    if (node->type == XML_ELEMENT_NODE && node->children != nullptr) return node->children;
    while (node != top && node->next == nullptr) node = node->parent;
    return node == top ? nullptr : node->next;
}

/// Ties every element of the tree to its place in the text (`_private`); false: scan and libxml2 disagree.
bool tie(xmlNode* root, std::vector<Element>& elements) {
    auto place = elements.begin();
    for (xmlNode* node = root; node != nullptr; node = next_in_order(node, root)) {
        if (node->type != XML_ELEMENT_NODE) continue;
        if (place == elements.end()) return false;
        std::string_view written = place->name;
        const std::string_view prefix = node->ns == nullptr ? std::string_view() : view(node->ns->prefix);
        if (!prefix.empty()) {
            if (!written.starts_with(prefix) || written.substr(prefix.size(), 1) != ":") return false;
            written.remove_prefix(prefix.size() + 1);
        }
        if (written != view(node->name)) return false;
        node->_private = &*place++;
    }
    return place == elements.end();
}

std::string_view slice(std::string_view body, const xmlNode& node) {
    const auto& place = *static_cast<const Element*>(node._private);
    return body.substr(place.begin, place.end - place.begin);
}

/// What stands between elements: comments and PIs say nothing, text must be white space.
FaultOr check_between(const xmlNode& node) {
    switch (node.type) {
        case XML_COMMENT_NODE:
        case XML_PI_NODE:
            return std::nullopt;
        case XML_TEXT_NODE:
        case XML_CDATA_SECTION_NODE:
            return sip::trim(view(node.content)).empty() ? std::nullopt : FaultOr(Fault::structure);
        default:
            return Fault::structure;
    }
}

/// The text of an element without children, joined over comments and PIs, outer white space cut.
FaultOr read_text(const xmlNode& element, std::string& out) {
    std::string text;
    for (const xmlNode* node = element.children; node != nullptr; node = node->next) {
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            text += view(node->content);
        else if (node->type != XML_COMMENT_NODE && node->type != XML_PI_NODE)
            return Fault::structure;
    }
    out = sip::trim(text);
    return std::nullopt;
}

/// An element of another namespace is not read, but nothing in it may pass for a list or a layer with a
/// reader that looks anywhere, or at local names only.
FaultOr check_foreign(xmlNode* element) {
    constexpr std::array deciding{names::root, names::initiator_list, names::receiver_list, names::kms_uri,
                                  names::embedded};
    for (xmlNode* node = element; node != nullptr; node = next_in_order(node, element)) {
        if (node->type != XML_ELEMENT_NODE) continue;
        if (ours(*node) || std::ranges::find(deciding, view(node->name)) != deciding.end())
            return Fault::structure;
    }
    return std::nullopt;
}

/// Does every reader see one and the same text in this element? Not when a comment, a PI or a CDATA section
/// cuts it: some take the first piece, some the last, some all of them.
bool in_one_piece(std::string_view body, const xmlNode& element) {
    const auto& place = *static_cast<const Element*>(element._private);
    std::string_view text = body.substr(place.content, place.end - place.content);
    text = text.substr(0, text.rfind("</"));  // all of it when there is no end tag: then it is empty
    if (text.find('<') == std::string_view::npos) return true;
    constexpr std::string_view close = "]]>";
    return text.starts_with("<![CDATA[") && text.find(close) == text.size() - close.size();
}

FaultOr add_uri(const xmlNode& element, std::string_view body, KmsList& list) {
    if (element.properties != nullptr || !in_one_piece(body, element)) return Fault::structure;
    std::string uri;
    if (const auto fault = read_text(element, uri)) return fault;
    const bool visible = std::ranges::all_of(uri, [](char c) { return c >= 0x21 && c <= 0x7E; });
    if (uri.empty() || uri.size() > kMaxUri || !visible) return Fault::uri;
    if (uri == names::any)
        list.any = true;
    else if (std::ranges::none_of(list.uris, [&](const std::string& have) { return sip::iequal(have, uri); }))
        list.uris.push_back(std::move(uri));
    return std::nullopt;
}

FaultOr read_list(const xmlNode& element, std::string_view body, KmsList& list) {
    // xsi:nil and its like: the list would be another one to who knows them (namespaces are not among them)
    if (element.properties != nullptr) return Fault::structure;
    list.present = true;
    list.any = false;
    std::size_t count = 0;
    for (xmlNode* node = element.children; node != nullptr; node = node->next) {
        FaultOr fault;
        if (node->type != XML_ELEMENT_NODE)
            fault = check_between(*node);
        else if (!is(*node, names::kms_uri))
            fault = check_foreign(node);
        else if (++count > kMaxList)
            fault = Fault::list_too_long;
        else
            fault = add_uri(*node, body, list);
        if (fault) return fault;
    }
    if (list.any) list.beside_any = std::exchange(list.uris, {});  // ANY beside names: the larger set
    return std::nullopt;
}

/// The one element that an EmbeddedKrr must hold, a KRR root; nullptr: it does not.
xmlNode* embedded_root(const xmlNode& embedded) {
    xmlNode* found = nullptr;
    for (xmlNode* node = embedded.children; node != nullptr; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) {
            if (check_between(*node)) return nullptr;
        } else if (found != nullptr || !is(*node, names::root)) {
            return nullptr;
        } else {
            found = node;
        }
    }
    return found;
}

/// Follows the embedded layers down. Inner layers are evidence: only the chain itself must be sound.
FaultOr read_chain(const xmlNode* layer, std::string_view body, Document& document) {
    while (layer != nullptr) {
        const xmlNode* inner = nullptr;
        for (const xmlNode* node = layer->children; node != nullptr; node = node->next) {
            if (node->type != XML_ELEMENT_NODE || view(node->name) != names::embedded) continue;
            if (inner != nullptr || !ours(*node)) return Fault::structure;
            inner = embedded_root(*node);
            if (inner == nullptr) return Fault::structure;
        }
        if (inner != nullptr && ++document.depth > kMaxDepth) return Fault::too_deep;
        if (inner != nullptr && document.depth == 1) document.embedded = slice(body, *inner);
        layer = inner;
    }
    return std::nullopt;
}

/// The children of the outermost root, each at most once.
class Layer {
  public:
    Layer(std::string_view body, Document& document) : body_(body), document_(document) {}

    FaultOr read(xmlNode* node) {
        if (node->type != XML_ELEMENT_NODE) return check_between(*node);
        if (!ours(*node)) return check_foreign(node);
        const auto* const known = std::ranges::find(kFields, view(node->name));
        if (known == kFields.end()) return Fault::structure;
        const auto field = static_cast<std::size_t>(known - kFields.begin());
        if (std::exchange(seen_[field], true)) return Fault::structure;
        return read_field(*known, *node);
    }

  private:
    static constexpr std::array kFields{names::processor,      names::time,          names::initiator,
                                        names::receiver,       names::initiator_kms, names::receiver_kms,
                                        names::initiator_list, names::receiver_list, names::embedded};

    FaultOr read_field(std::string_view name, const xmlNode& node) {
        if (name == names::embedded) {
            embedded_seen_ = true;
            if (node.properties != nullptr) return Fault::structure;
            return std::nullopt;  // read_chain() goes there
        }
        if (name == names::initiator_list || name == names::receiver_list) {
            // a reader that takes the first list it meets must meet this one, not an embedded one
            if (embedded_seen_) return Fault::structure;
            return read_list(
                node, body_,
                name == names::initiator_list ? document_.initiator_list : document_.receiver_list);
        }
        if (name == names::processor) return read_text(node, document_.processor);
        if (name == names::time) return read_text(node, document_.time);
        if (name == names::initiator) return read_text(node, document_.initiator.emplace());
        if (name == names::receiver) return read_text(node, document_.receiver.emplace());
        if (name == names::initiator_kms) return read_text(node, document_.initiator_kms.emplace());
        return read_text(node, document_.receiver_kms.emplace());
    }

    std::string_view body_;
    Document& document_;
    std::array<bool, kFields.size()> seen_{};
    bool embedded_seen_ = false;
};

std::string attribute(const xmlNode& element, std::string_view name) {
    std::string value;
    for (const xmlAttr* a = element.properties; a != nullptr; a = a->next) {
        if (a->ns != nullptr || view(a->name) != name) continue;
        for (const xmlNode* part = a->children; part != nullptr; part = part->next)
            value += view(part->content);
    }
    return value;
}

}  // namespace

std::expected<Document, Fault> parse(std::string_view body) {
    if (body.size() > kMaxBody) return std::unexpected(Fault::too_large);
    if (!is_utf8_text(body)) return std::unexpected(Fault::not_utf8);
    auto elements = scan(body);
    if (!elements) return std::unexpected(elements.error());

    const Tree tree = read_tree(body);
    if (!tree || tree->intSubset != nullptr) return std::unexpected(Fault::not_xml);
    xmlNode* const root = xmlDocGetRootElement(tree.get());
    if (root == nullptr || !tie(root, *elements)) return std::unexpected(Fault::not_xml);
    if (!is(*root, names::root)) return std::unexpected(Fault::root);

    Document document;
    document.id = attribute(*root, names::id);
    document.root = slice(body, *root);
    Layer layer(body, document);
    for (xmlNode* node = root->children; node != nullptr; node = node->next)
        if (const auto fault = layer.read(node)) return std::unexpected(*fault);
    if (const auto fault = read_chain(root, body, document)) return std::unexpected(*fault);
    return document;
}

}  // namespace kmsgate::krr

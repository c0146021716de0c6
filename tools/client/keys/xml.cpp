// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/xml.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <charconv>

#include "dataplane/sip/ascii.hpp"
#include "tools/client/keys/dates.hpp"
#include "tools/client/keys/names.hpp"

namespace kmsgate::client::keys {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}
const xmlChar* chars(const std::string& text) {
    return reinterpret_cast<const xmlChar*>(text.c_str());
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_element(const xmlNode* node, std::string_view name, std::string_view ns) {
    return node->type == XML_ELEMENT_NODE && view(node->name) == name && node->ns != nullptr &&
           view(node->ns->href) == ns;
}

struct FreeContext {
    void operator()(xmlParserCtxt* context) const noexcept { xmlFreeParserCtxt(context); }
};

/// The next node of a walk over everything below `top`, without recursion.
xmlNode* next(xmlNode* node, const xmlNode* top) {
    if (node->children != nullptr && node->type == XML_ELEMENT_NODE) return node->children;
    while (node != top && node->next == nullptr) node = node->parent;
    return node == top ? nullptr : node->next;
}

}  // namespace

void Xml::Free::operator()(xmlDoc* document) const noexcept {
    xmlFreeDoc(document);
}
void XmlWriter::Free::operator()(xmlDoc* document) const noexcept {
    xmlFreeDoc(document);
}

std::expected<Xml, std::string> Xml::read(std::string_view text) {
    if (text.size() > kMostXml)
        return std::unexpected(std::to_string(text.size()) + " bytes; at most " + std::to_string(kMostXml) +
                               " expected");
    // Refused before the parser looks: what a DTD may do need not be known here. UTF-8 is forced below, so
    // that no other encoding can hide one.
    if (text.find("<!DOCTYPE") != std::string_view::npos)
        return std::unexpected("document type declaration; none is allowed");
    if (text.find('\0') != std::string_view::npos)
        return std::unexpected("a NUL byte; XML in UTF-8 expected");
    static const bool ready = (xmlInitParser(), true);
    static_cast<void>(ready);
    const std::unique_ptr<xmlParserCtxt, FreeContext> context(xmlNewParserCtxt());
    if (!context) throw std::bad_alloc();
    xmlDoc* const document =
        xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, "UTF-8",
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    if (document == nullptr) {
        std::string why = "not XML";
        if (const xmlError* const error = xmlCtxtGetLastError(context.get()); error != nullptr)
            why += ", line " + std::to_string(error->line) + ": " +
                   std::string(trimmed(error->message == nullptr ? "" : error->message));
        return std::unexpected(why);
    }
    Xml out(document);
    if (out.root() == nullptr || document->intSubset != nullptr)
        return std::unexpected("document type declaration; none is allowed");
    return out;
}

xmlNode* Xml::root() const noexcept {
    return xmlDocGetRootElement(document_.get());
}

bool Xml::root_is(std::string_view name, std::string_view ns) const noexcept {
    return is_element(root(), name, ns);
}

std::vector<xmlNode*> Xml::find(std::string_view name) const {
    xmlNode* const top = root();
    if (is_element(top, name, names::ns)) return {top};
    std::vector<xmlNode*> found;
    if (!is_element(top, names::response, names::ns) && !is_element(top, names::signed_response, names::ns))
        return found;
    for (xmlNode* node = next(top, top); node != nullptr; node = next(node, top))
        if (is_element(node, name, names::ns)) found.push_back(node);
    return found;
}

Fields::Fields(const xmlNode* parent, std::string_view ns) : parent_(parent), ns_(ns) {}

void Fields::fail(std::string_view name, std::string_view why) {
    if (!error_.empty()) return;
    error_ = std::string(view(parent_->name)) + "/" + std::string(name) + ": " + std::string(why);
}

const xmlNode* Fields::child(std::string_view name) {
    const xmlNode* found = nullptr;
    for (const xmlNode* node = parent_->children; node != nullptr; node = node->next) {
        if (!is_element(node, name, ns_)) continue;
        if (found != nullptr) {
            fail(name, "stands twice; once expected");
            return nullptr;
        }
        found = node;
    }
    return found;
}

bool Fields::has(std::string_view name) {
    return child(name) != nullptr;
}

std::string Fields::text(std::string_view name) {
    const xmlNode* const node = child(name);
    if (node == nullptr) return {};
    std::string out;
    for (const xmlNode* part = node->children; part != nullptr; part = part->next) {
        if (part->type == XML_TEXT_NODE || part->type == XML_CDATA_SECTION_NODE) {
            out += view(part->content);
        } else if (part->type == XML_ELEMENT_NODE) {
            fail(name, "elements in it; plain text expected (encrypted keys are not read)");
            return {};
        } else if (part->type != XML_COMMENT_NODE) {
            fail(name, "something else than text in it; plain text expected");
            return {};
        }
    }
    return std::string(trimmed(out));
}

std::string Fields::uri(std::string_view name) {
    std::string value = text(name);
    const bool good = !value.empty() && value.size() <= kMostUri &&
                      std::ranges::all_of(value, [](char c) { return c >= 0x21 && c <= 0x7e; });
    if (!good)
        fail(name, (value.empty() ? "missing or empty" : "not a URI") +
                       std::string("; a URI of 1 to " + std::to_string(kMostUri) +
                                   " printing characters expected"));
    return good ? value : std::string();
}

std::string Fields::date_time(std::string_view name) {
    std::string value = text(name);
    if (value.empty() || parse_date_time(value)) return value;
    fail(name, "\"" + value.substr(0, 40) + "\"; a time such as 2026-01-31T00:00:00Z expected");
    return {};
}

bool Fields::boolean(std::string_view name) {
    const std::string value = text(name);
    if (value == "true" || value == "1") return true;
    // an element that stands there and says nothing must not read as "not revoked"
    if (value != "false" && value != "0" && has(name)) fail(name, "true or false expected");
    return false;
}

std::uint64_t Fields::number(std::string_view name, std::optional<std::uint64_t> fallback) {
    const std::string value = text(name);
    if (value.empty() && !has(name)) {
        if (!fallback) fail(name, "missing; a number expected");
        return fallback.value_or(0);
    }
    std::uint64_t out = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (code != std::errc() || end != value.data() + value.size()) {
        fail(name, "\"" + value.substr(0, 40) + "\"; a number from 0 to 18446744073709551615 expected");
        return 0;
    }
    return out;
}

Bytes Fields::hex(std::string_view name, std::size_t size) {
    const std::string value = text(name);
    const std::string wanted =
        (size == 0 ? std::string("bytes") : std::to_string(size) + " bytes") + " in hex expected";
    if (value.empty()) {
        fail(name, "missing or empty; " + wanted);
        return {};
    }
    auto bytes = parse_hex(value);
    if (!bytes) {
        fail(name, "not hex digits in pairs; " + wanted);
        return {};
    }
    if (size != 0 && bytes->size() != size) {
        fail(name, std::to_string(bytes->size()) + " bytes; " + wanted);
        return {};
    }
    return std::move(*bytes);
}

std::string Fields::attribute(std::string_view name) const {
    for (const xmlAttr* attribute = parent_->properties; attribute != nullptr; attribute = attribute->next) {
        if (attribute->ns != nullptr || view(attribute->name) != name) continue;
        std::string out;
        for (const xmlNode* part = attribute->children; part != nullptr; part = part->next)
            if (part->type == XML_TEXT_NODE) out += view(part->content);
        return out;
    }
    return {};
}

std::string to_hex(View bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

std::optional<Bytes> parse_hex(std::string_view text) {
    Bytes out;
    int high = -1;
    for (const char c : text) {
        if (kSpace.find(c) != std::string_view::npos) continue;
        const int digit = sip::hex_value(c);
        if (digit < 0) return std::nullopt;
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    if (high >= 0) return std::nullopt;
    return out;
}

XmlWriter::XmlWriter(std::string_view root, std::string_view ns)
    : document_(xmlNewDoc(reinterpret_cast<const xmlChar*>("1.0"))) {
    if (!document_) throw std::bad_alloc();
    root_ = xmlNewNode(nullptr, chars(std::string(root)));
    if (root_ == nullptr) throw std::bad_alloc();
    xmlDocSetRootElement(document_.get(), root_);
    xmlSetNs(root_, xmlNewNs(root_, chars(std::string(ns)), nullptr));
}

XmlWriter& XmlWriter::attribute(std::string_view name, std::string_view value) {
    xmlNewProp(root_, chars(std::string(name)), chars(std::string(value)));
    return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view value) {
    xmlNewTextChild(root_, nullptr, chars(std::string(name)), chars(std::string(value)));
    return *this;
}

XmlWriter& XmlWriter::number(std::string_view name, std::uint64_t value) {
    return element(name, std::to_string(value));
}

XmlWriter& XmlWriter::boolean(std::string_view name, bool value) {
    return element(name, value ? "true" : "false");
}

XmlWriter& XmlWriter::hex(std::string_view name, View value) {
    return element(name, to_hex(value));
}

XmlWriter& XmlWriter::optional(std::string_view name, std::string_view value) {
    return value.empty() ? *this : element(name, value);
}

std::string XmlWriter::finish() {
    xmlChar* text = nullptr;
    int size = 0;
    xmlDocDumpFormatMemoryEnc(document_.get(), &text, &size, "UTF-8", 1);
    const std::unique_ptr<xmlChar, decltype([](xmlChar* p) { xmlFree(p); })> owner(text);
    return text == nullptr ? std::string()
                           : std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

}  // namespace kmsgate::client::keys

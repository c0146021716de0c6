// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/scan.hpp"

#include <algorithm>
#include <optional>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::krr {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// `name = "value"` with either quote, cut from the front of `rest`; false: there is none.
bool take_pair(std::string_view& rest, std::string_view& name, std::string_view& value) {
    rest = sip::trim(rest);
    const std::size_t equals = rest.find('=');
    if (equals == npos) return false;
    name = sip::trim(rest.substr(0, equals));
    rest = sip::trim(rest.substr(equals + 1));
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return false;
    const std::size_t close = rest.find(rest[0], 1);
    if (close == npos) return false;
    value = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    return true;
}

/// Judges `<?xml ... ?>`; `inside` is what stands between. The order of its parts is libxml2's business.
std::optional<Fault> check_declaration(std::string_view inside, std::string_view text) {
    std::string_view name, value;
    while (!sip::trim(inside).empty()) {
        if (!take_pair(inside, name, value)) return Fault::not_xml;
        // XML 1.1 knows other line ends and characters: two readers would see two documents
        if (name == "version" && value != "1.0") return Fault::not_xml;
        if (name != "encoding" || sip::iequal(value, "utf-8")) continue;
        if (!sip::iequal(value, "us-ascii")) return Fault::not_utf8;
        if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; }))
            return Fault::not_utf8;
    }
    return std::nullopt;
}

/// Position of the '>' that ends the tag starting at `at`, skipping quoted values; npos: none.
std::size_t tag_end(std::string_view text, std::size_t at) {
    char quote = '\0';
    for (std::size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return i;
        }
    }
    return npos;
}

std::string_view tag_name(std::string_view inside) {
    const auto end =
        std::ranges::find_if(inside, [](char c) { return sip::is_lws(c) || c == '/' || c == '>'; });
    return inside.substr(0, static_cast<std::size_t>(end - inside.begin()));
}

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::expected<std::vector<Element>, Fault> run() {
        if (text_.starts_with(kMark)) at_ = kMark.size();
        if (const auto fault = declaration()) return std::unexpected(*fault);
        while ((at_ = text_.find('<', at_)) != npos)
            if (const auto fault = markup()) return std::unexpected(*fault);
        if (!open_.empty() || elements_.empty()) return std::unexpected(Fault::not_xml);
        return std::move(elements_);
    }

  private:
    std::optional<Fault> declaration() {
        constexpr std::string_view start = "<?xml";
        const std::string_view rest = text_.substr(at_);
        if (!rest.starts_with(start) || rest.size() == start.size() || !sip::is_lws(rest[start.size()]))
            return std::nullopt;
        const std::size_t end = rest.find("?>");
        if (end == npos) return Fault::not_xml;
        at_ += end + 2;
        return check_declaration(rest.substr(start.size(), end - start.size()), text_);
    }

    bool skip_past(std::string_view opener, std::string_view closer) {
        const std::size_t end = text_.find(closer, at_ + opener.size());
        if (end != npos) at_ = end + closer.size();
        return end != npos;
    }

    std::optional<Fault> markup() {
        const std::string_view rest = text_.substr(at_);
        bool whole = false;
        if (rest.starts_with("<!--"))
            whole = skip_past("<!--", "-->");
        else if (rest.starts_with("<![CDATA["))
            whole = skip_past("<![CDATA[", "]]>");
        else if (rest.starts_with("<?"))
            whole = skip_past("<?", "?>");
        else if (rest.starts_with("<!DOCTYPE"))
            return Fault::doctype;
        else if (rest.starts_with("</"))
            whole = close_tag();
        else
            return open_tag();
        return whole ? std::nullopt : std::optional(Fault::not_xml);
    }

    bool close_tag() {
        const std::size_t end = text_.find('>', at_);
        if (end == npos || open_.empty()) return false;
        Element& element = elements_[open_.back()];
        if (tag_name(text_.substr(at_ + 2, end - at_ - 2)) != element.name) return false;
        open_.pop_back();
        at_ = element.end = end + 1;
        return true;
    }

    std::optional<Fault> open_tag() {
        const std::size_t end = tag_end(text_, at_);
        if (end == npos) return Fault::not_xml;
        if (open_.size() == kMaxNesting) return Fault::too_deep;
        elements_.push_back({at_, end + 1, end + 1, tag_name(text_.substr(at_ + 1, end - at_ - 1))});
        if (text_[end - 1] != '/') open_.push_back(elements_.size() - 1);
        at_ = end + 1;
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Element> elements_;
    std::vector<std::size_t> open_;  ///< indexes of the elements not closed yet
};

}  // namespace

std::expected<std::vector<Element>, Fault> scan(std::string_view text) {
    return Scanner(text).run();
}

}  // namespace kmsgate::krr

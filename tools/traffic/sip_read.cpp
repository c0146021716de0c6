// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/sip_read.hpp"

#include <charconv>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::traffic {

namespace {

struct Name {
    std::string_view whole, compact;
    std::string_view Head::* value;
};
constexpr Name kNames[] = {{"Call-ID", "i", &Head::call_id}, {"CSeq", "", &Head::cseq_method},
                           {"Via", "v", &Head::via},         {"From", "f", &Head::from},
                           {"To", "t", &Head::to},           {"Content-Type", "c", &Head::content_type}};

bool read_start(std::string_view line, Head& head) noexcept {
    constexpr std::string_view kVersion = "SIP/2.0";
    if (line.starts_with("SIP/2.0 ")) {
        const std::string_view code = line.substr(8, 3);
        return code.size() == 3 &&
               std::from_chars(code.data(), code.data() + code.size(), head.status).ec == std::errc();
    }
    if (!line.ends_with(kVersion)) return false;
    head.method = line.substr(0, line.find(' '));
    return !head.method.empty();
}

}  // namespace

std::optional<Head> read_head(std::string_view text) noexcept {
    Head head;
    while (text.starts_with("\r\n")) text.remove_prefix(2);
    bool first = true;
    while (true) {
        const std::size_t end = text.find("\r\n");
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 2);
        if (first && !read_start(line, head)) return std::nullopt;
        if (line.empty()) break;
        if (!first) {
            const std::size_t colon = line.find(':');
            const std::string_view name = sip::trim(line.substr(0, colon));
            for (const Name& n : kNames)
                if (colon != std::string_view::npos && (head.*n.value).empty() &&
                    (sip::iequal(name, n.whole) || (!n.compact.empty() && sip::iequal(name, n.compact))))
                    head.*n.value = sip::trim(line.substr(colon + 1));
        }
        first = false;
    }
    head.body = text;
    const char* const digits = head.cseq_method.data();
    const auto number = std::from_chars(digits, digits + head.cseq_method.size(), head.cseq);
    if (head.call_id.empty() || number.ec != std::errc()) return std::nullopt;
    head.cseq_method = sip::trim(head.cseq_method.substr(static_cast<std::size_t>(number.ptr - digits)));
    return head;
}

std::string_view parameter(std::string_view value, std::string_view name) noexcept {
    value.remove_prefix(std::min(value.find('>') + 1, value.size()));
    while (!value.empty()) {
        const std::size_t semicolon = value.find(';');
        if (semicolon == std::string_view::npos) return {};
        value.remove_prefix(semicolon + 1);
        const std::string_view one = sip::trim(value.substr(0, value.find(';')));
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos && sip::iequal(one.substr(0, equals), name))
            return one.substr(equals + 1);
    }
    return {};
}

std::optional<std::vector<std::string>> krr_list(std::string_view xml, std::string_view element) {
    const std::size_t from = xml.find(element);
    if (from == std::string_view::npos) return std::nullopt;
    xml.remove_prefix(from + element.size());
    std::vector<std::string> out;
    if (xml.starts_with("/>")) return out;
    xml = xml.substr(0, xml.find(element));
    constexpr std::string_view kUri = "KmsUri>";
    for (std::size_t at = xml.find(kUri); at != std::string_view::npos; at = xml.find(kUri)) {
        xml.remove_prefix(at + kUri.size());
        const std::string_view name = xml.substr(0, xml.find('<'));
        if (name == "ANY") return std::nullopt;
        out.emplace_back(sip::trim(name));
        const std::size_t close = xml.find(kUri);
        if (close == std::string_view::npos) break;
        xml.remove_prefix(close + kUri.size());
    }
    return out;
}

}  // namespace kmsgate::traffic

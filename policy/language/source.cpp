// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/source.hpp"

#include <fmt/format.h>

#include "policy/language/utf8.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// One pass over the characters, which keeps the place.
class Scan {
  public:
    Scan(std::string_view text, Report& report) : rest_(text), report_(report) {}

    bool run() {
        while (!rest_.empty()) {
            if (at_.column == 1 && skip_plain_line()) continue;
            if (!step()) break;
        }
        return sound_;
    }

  private:
    /// Most lines hold printable ASCII and few brackets: nothing is to be said of these.
    bool skip_plain_line() {
        const std::size_t size = rest_.find('\n');
        if (size > kMaxBracketsInLine) return false;  // npos, too
        bool plain = true;
        for (const char c : rest_.substr(0, size)) plain &= c >= 0x20 && c <= 0x7E;
        if (!plain) return false;
        rest_.remove_prefix(size + 1);
        ++at_.line;
        brackets_ = 0;
        return true;
    }

    bool fail(std::string what, std::string remedy) {
        report_.error(at_, std::move(what), std::move(remedy));
        sound_ = false;
        return false;
    }

    /// False: there is no sense in reading on.
    bool step() {
        const Rune rune = first_rune(rest_);
        if (rune.size == 0)
            return fail(fmt::format("byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(rest_[0])),
                        "save the file as UTF-8 text");
        if (rune.value == '\n') {
            ++at_.line;
            at_.column = 0;
            brackets_ = 0;
        } else if (rune.value == '\r') {
            if (!rest_.starts_with("\r\n") && !return_seen_) {
                return_seen_ = true;
                fail("a carriage return that ends no line", "end lines with LF or CR LF");
            }
        } else if (is_control(rune.value) && rune.value != '\t' && !control_seen_) {
            control_seen_ = true;
            fail(fmt::format("character U+{:04X} is no text", rune.value), "remove it");
        } else if (rune.value == '[' || rune.value == '{' || rune.value == ',') {
            if (++brackets_ > kMaxBracketsInLine)
                return fail(fmt::format("more than {} brackets and commas in one line", kMaxBracketsInLine),
                            "write long lists one entry a line");
        }
        ++at_.column;
        rest_.remove_prefix(rune.size);
        return true;
    }

    std::string_view rest_;
    Report& report_;
    Mark at_{1, 1};
    std::size_t brackets_ = 0;
    bool sound_ = true;
    bool return_seen_ = false;
    bool control_seen_ = false;
};

}  // namespace

bool check_source(std::string_view& text, Report& report) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (text.size() > kMaxSource) {
        report.error({1, 1}, fmt::format("the file has {} bytes", text.size()),
                     fmt::format("a policy has at most {} bytes", kMaxSource));
        return false;
    }
    return Scan(text, report).run();
}

}  // namespace kmsgate::policy::language

// SPDX-License-Identifier: BSD-3-Clause
// XML bodies: tags and short texts, no entity, comment, CDATA, instruction or DOCTYPE, so that there is one
// way to read them. What is taken from them is what walk_xml.cpp takes.
#pragma once

#include "dataplane/sip/plain/xml_marks.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

/// The text behind the XML declaration, or `at` when there is none; null: a declaration that is not known.
[[nodiscard, gnu::always_inline]] inline const char* skip_declaration(const char* at,
                                                                      const char* end) noexcept {
    if (end - at < 38 || load64(at) != text64("<?xml ve")) return at;
    if (load64(at + 8) == text64("rsion=\"1") && load64(at + 16) == text64(".0\" enco") &&
        load64(at + 24) == text64("ding=\"UT") && load64(at + 30) == text64("UTF-8\"?>"))
        return at + 38;
    constexpr std::string_view version = "<?xml version=\"1.0\"";
    constexpr std::string_view encoding = " encoding=\"";
    constexpr std::string_view alone[] = {"?>", " ?>", " standalone=\"yes\"?>", " standalone=\"no\"?>"};
    std::string_view rest = view(at, end);
    if (!equal(at, version.begin(), version.size())) return nullptr;
    rest.remove_prefix(version.size());
    if (rest.size() > 18 && equal(rest.begin(), encoding.begin(), encoding.size())) {
        const std::uint64_t name = load64(rest.begin() + 9);
        if (name != text64("=\"UTF-8\"") && name != text64("=\"utf-8\"")) return nullptr;
        rest.remove_prefix(17);
    }
    for (const std::string_view close : alone)
        if (rest.starts_with(close)) return rest.begin() + close.size();
    return nullptr;
}

/// Walks one document: usual tags, and words between them, at once; else from one character that means
/// something to the next. All that it knows stands in registers.
class Tags {
  public:
    /// `start`: how the document begins most often.
    Tags(const Text& t, Found& found, bool parts, const UsualRun* start) noexcept
        : t_(t), found_(found), parts_(parts), run_(start) {}

    /// Reads the document at `at` up to the line end before the first line that starts with "--" when
    /// `parts`, else to the message's end, and returns that place. Null: something in it needs the full walk,
    /// such as a line that could be a delimiter to readers who count LF alone.
    [[nodiscard, gnu::always_inline]] const char* read(const char* at) noexcept {
        const std::size_t started = read_run(at);
        at = started != 0 ? at + started : skip_declaration(at, t_.end);
        if (at == nullptr || at == t_.end) return nullptr;
        while (true) {
            const char* const here = t_.window(at);
            std::size_t usual = 0;
            if (*here == '<') {
                usual = place_.lists ? read_usual_entry(at, here) : 0;
                usual = usual != 0 ? usual + read_run(at + usual) : read_usual(here);
            } else if (*here > ' ') {
                usual = read_word(at, here);
                if (usual != 0) usual += read_run(at + usual);
            } else if (load16(here) == kCrLf) {
                if (load16(here + 2) == kDashes) return parts_ ? at : nullptr;
                usual = 2;
            } else if (*here == '\n') {
                if (load16(here + 1) == kDashes) return nullptr;
                usual = 1;
            } else {
                while (usual < 62 && here[usual] == ' ') ++usual;
            }
            at += usual;
            if (usual != 0) continue;
            Marks marks(t_, found_, parts_, place_);
            bool ended = false;
            at = marks.read_next(at, ended);
            if (at == nullptr || ended) return at;
            place_ = marks.place();
        }
    }

  private:
    /// The tags at `at`, when they are those that stand here as a rule, and read: their size, else 0.
    [[nodiscard, gnu::always_inline]] std::size_t read_run(const char* at) noexcept {
        const char* const here = t_.window(at);
        const auto start = bytes::load32(here);
        const UsualRun* run = run_;
        while (!is_run(t_, at, here, start, *run) || place_.inside != run->before) {
            run = run->other;
            if (run == nullptr) return 0;
        }
        run_ = run->next;
        place_ = {run->after, run->receiver, place_.lists || run->lists};
        return run->size;
    }

    /// The tag at the '<', whose bytes are `here`: its size when it is a usual one, and read, else 0.
    [[nodiscard, gnu::always_inline]] std::size_t read_usual(const char* here) noexcept {
        const auto start = bytes::load32(here);
        const UsualText* tag = likely_;
        std::size_t size = tag->size;
        if (!bytes::same(start, tag->text.data(), tag->mask[0]) ||
            (tag->mask[1] != 0 &&
             !bytes::same(bytes::load32(here + 32), tag->text.data() + 32, tag->mask[1]))) {
            const std::uint32_t ends = bytes::template any_of<'>'>(start);
            size = static_cast<std::size_t>(std::countr_zero(std::uint64_t{ends})) + 1;
            if (ends != 0) [[likely]] {
                tag = &usual_text(here, size);
                if (!bytes::same(start, tag->text.data(), tag->mask[0])) return 0;
            } else {
                const auto rest = bytes::load32(here + 32);
                const std::uint32_t last = bytes::template any_of<'>'>(rest);
                if (last == 0) return 0;
                size = static_cast<std::size_t>(std::countr_zero(last)) + 33;
                tag = &usual_text(here, size);
                if (!bytes::same(start, tag->text.data(), tag->mask[0]) ||
                    !bytes::same(rest, tag->text.data() + 32, tag->mask[1]))
                    return 0;
            }
        }
        if (size == 0) __builtin_unreachable();  // no text is empty: the caller need not ask
        likely_ = tag + 1;
        if (tag->says <= Says::end) [[likely]] {
            if (place_.inside != 0) place_.inside += tag->says == Says::start ? 1U : ~0U;
        } else if (tag->says == Says::lists) {
            if (place_.inside != 0) ++place_.inside;
            place_.lists = true;
        } else {
            place_.inside = 1;
            place_.receiver = tag->says == Says::receiver;
        }
        return size;
    }

    /// `<entry uri="..."/>` or `>` of a resource list, with a plain URI: its size, else 0.
    [[nodiscard, gnu::always_inline]] std::size_t read_usual_entry(const char* at,
                                                                   const char* here) noexcept {
        constexpr std::size_t before = 12;
        if (load64(here) != text64("<entry u") || load32(here + 8) != text32("ri=\"")) return 0;
        const char* const value = at + before;
        const char* const in = t_.window(value);
        const std::size_t size = word_size(in);
        if (in[size] != '"' || !has_scheme(value, value + size)) return 0;
        const bool empty = in[size + 1] == '/';
        if (in[size + (empty ? 2 : 1)] != '>' || !found_.add(true, view(value, value + size))) return 0;
        if (!empty && place_.inside != 0) ++place_.inside;
        return before + size + (empty ? 3 : 2);
    }

    /// How many of the first 62 bytes are one word.
    [[nodiscard, gnu::always_inline]] static std::size_t word_size(const char* here) noexcept {
        constexpr std::uint32_t most = std::uint32_t{1} << 30;
        const std::uint32_t stops = bytes::outside32(here, kXmlWord);
        if (stops != 0) [[likely]]
            return static_cast<std::size_t>(std::countr_zero(stops));
        return 32 + static_cast<std::size_t>(std::countr_zero(bytes::outside32(here + 32, kXmlWord) | most));
    }

    /// Character data at `at` that is one short word, and an end tag behind it: its size, else 0.
    [[nodiscard, gnu::always_inline]] std::size_t read_word(const char* at, const char* here) noexcept {
        const std::size_t size = word_size(here);
        if (load16(here + size) != text16("</") || size >= kLongText || (*here | 0x20) == 'v') return 0;
        if (place_.inside == 0 || place_.inside > 2) return size;
        return has_scheme(at, at + size) && found_.add(place_.receiver, view(at, at + size)) ? size : 0;
    }

    const Text& t_;
    Found& found_;
    const bool parts_;
    const UsualRun* run_;                                 // what could stand behind the next value
    const UsualText* likely_ = kUsualTexts.texts.data();  // the next tag, most often
    Place place_;
};

/// Tags::read() with all that it keeps in registers.
[[nodiscard, gnu::noinline]] inline const char* read_xml(const Text& t, const char* at, bool parts,
                                                         const UsualRun* start, Found& found) noexcept {
    return Tags(t, found, parts, start).read(at);
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

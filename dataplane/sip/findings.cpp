// SPDX-License-Identifier: BSD-3-Clause
// The walk's bookkeeping: bounds, findings, their order.
#include <algorithm>
#include <functional>

#include "dataplane/sip/walker.hpp"

namespace kmsgate::sip {
namespace {

// Bytes that one walk may scan: so many times the message, plus a base that small nested messages need. A
// plain multipart of eight levels stays below 30 times.
constexpr std::size_t kScansOfMessage = 32;
constexpr std::size_t kScansBase = 65536;
constexpr std::size_t kMostKrrs = 32;
constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1) / 2;

bool same_view(std::string_view a, std::string_view b) noexcept {
    return a.data() == b.data() && a.size() == b.size();
}

bool same_place(const KrrPart& a, const KrrPart& b) noexcept {
    const auto same_part = [](const Enclosing& x, const Enclosing& y) {
        return same_view(x.body, y.body) &&
               std::equal(x.lengths.begin(), x.lengths.end(), y.lengths.begin(), y.lengths.end(), same_view);
    };
    return same_view(a.written, b.written) && a.encoding == b.encoding &&
           std::equal(a.around.begin(), a.around.end(), b.around.begin(), b.around.end(), same_part);
}

}  // namespace

Walker::Walker(std::string_view raw, Arena& arena, const BodyLimits& limits) noexcept
    : raw_(raw),
      arena_(arena),
      limits_(limits),
      carriages_(arena, limits.carriages),
      krrs_(arena, kMostKrrs),
      identities_(arena, kUnbounded),
      visits_(arena, std::size_t{2} * limits.parts + 64),
      budget_(raw.size() * kScansOfMessage + kScansBase) {}

void Walker::claim(std::string_view bytes) noexcept {
    if (!contents_.mikey_claim) contents_.mikey_claim = claims_mikey(bytes);
}

void Walker::flag(Uninspectable reason) noexcept {
    if (contents_.uninspectable == Uninspectable::none) contents_.uninspectable = reason;
}

bool Walker::spend(std::size_t bytes) noexcept {
    if (bytes > budget_) {
        budget_ = 0;
        flag(Uninspectable::parts);
        return false;
    }
    budget_ -= bytes;
    return true;
}

bool Walker::enter(const Context& context) noexcept {
    if (context.depth < limits_.depth) return true;
    flag(Uninspectable::depth);
    return false;
}

void Walker::pushed(Push result) noexcept {
    if (result == Push::full) flag(Uninspectable::parts);
    if (result == Push::memory) flag(Uninspectable::memory);
}

bool Walker::first_visit(const Visit& visit) noexcept {
    const std::span<const Visit> known = visits_.items();
    if (std::find(known.begin(), known.end(), visit) != known.end()) return false;
    const Push result = visits_.push(visit);
    pushed(result);
    return result == Push::done;
}

bool Walker::in_message(std::string_view at) const noexcept {
    return !std::less<>()(at.data(), raw_.data()) && !std::less<>()(raw_.data() + raw_.size(), at.data());
}

Walker::Place Walker::place_of(std::string_view at, const Context& context) const noexcept {
    if (in_message(at)) return {static_cast<std::size_t>(at.data() - raw_.data()), 0};
    return {context.origin, reinterpret_cast<std::uintptr_t>(at.data())};
}

void Walker::add_carriage(Where where, Form form, std::string_view data, std::string_view at,
                          const Context& context) noexcept {
    contents_.mikey_claim = true;
    const Found found{{context.in_uri ? Where::uri_body : where, form, data}, place_of(at, context)};
    for (const Found& known : carriages_.items())
        if (known.carriage.where == found.carriage.where && known.carriage.form == form &&
            known.carriage.data == data)
            return;
    pushed(carriages_.push(found));
}

void Walker::add_krr(std::string_view data, bool typed, const Context& context) noexcept {
    for (FoundKrr& known : krrs_.items()) {
        if (known.part.data.data() != data.data() || known.part.data.size() != data.size()) continue;
        known.part.typed = known.part.typed || typed;
        known.part.sole_body = known.part.sole_body || context.own;
        KrrPart again = known.part;
        locate(again, context);
        if (!same_place(again, known.part)) known.part.written = {};
        return;
    }
    KrrPart part;
    part.typed = typed;
    part.sole_body = context.own;
    part.decoded = context.decoded;
    part.data = data;
    locate(part, context);
    pushed(krrs_.push({part, place_of(data, context)}));
}

/// Where the bytes of a KRR stand in the message, and what around them speaks of their number.
void Walker::locate(KrrPart& part, const Context& context) noexcept {
    part.encoding = context.encoding;
    part.written = context.decoded ? context.written : part.data;
    part.around = {};
    const bool whole = !context.decoded || same_view(part.data, context.plain);
    std::size_t depth = 0;
    for (const Around* a = context.around; a != nullptr; a = a->outer) {
        ++depth;
        if (a->block->length_count > HeaderBlock::kMostLengths) part.written = {};
    }
    if (context.nested || !whole || !in_message(part.written)) part.written = {};
    if (part.written.empty() || depth == 0) return;
    const std::span<Enclosing> around = arena_.take<Enclosing>(depth);
    if (around.empty()) {
        part.written = {};
        return;
    }
    part.around = around;
    for (const Around* a = context.around; a != nullptr; a = a->outer) {
        const std::size_t count = a->block->length_count;
        const std::span<std::string_view> lengths = arena_.take<std::string_view>(count);
        std::copy_n(a->block->lengths.begin(), lengths.size(), lengths.begin());
        around[--depth] = {a->body, lengths};
        if (lengths.size() < count) part.written = {};
    }
}

void Walker::add_identity(bool receiver, std::string_view uri) noexcept {
    pushed(identities_.push({receiver, uri}));
}

Contents Walker::finish() noexcept {
    const auto by_place = [](const auto& a, const auto& b) {
        return a.place.outer != b.place.outer ? a.place.outer < b.place.outer : a.place.inner < b.place.inner;
    };
    // insertion sort: stable, in place, and there are few
    const auto sort = [&](auto found) {
        for (std::size_t i = 1; i < found.size(); ++i)
            for (std::size_t j = i; j > 0 && by_place(found[j], found[j - 1]); --j)
                std::swap(found[j], found[j - 1]);
    };
    sort(carriages_.items());
    sort(krrs_.items());
    const std::span<Carriage> carriages = arena_.take<Carriage>(carriages_.items().size());
    const std::span<KrrPart> krrs = arena_.take<KrrPart>(krrs_.items().size());
    for (std::size_t i = 0; i < carriages.size(); ++i) carriages[i] = carriages_.items()[i].carriage;
    for (std::size_t i = 0; i < krrs.size(); ++i) krrs[i] = krrs_.items()[i].part;
    contents_.carriages = carriages;
    contents_.krrs = krrs;
    contents_.identities = identities_.items();
    if (arena_.exhausted()) flag(Uninspectable::memory);
    return contents_;
}

}  // namespace kmsgate::sip

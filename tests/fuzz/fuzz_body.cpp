// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a message: look_into() stays inside its bounds and its memory, says the same twice, and what
// it hands out points where it says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "dataplane/sip/body.hpp"

namespace {

using namespace kmsgate::sip;

void require(bool holds) {
    if (!holds) std::abort();
}

bool inside(std::string_view part, const char* from, std::size_t size) {
    const std::less_equal<> before;
    return before(from, part.data()) && before(part.data() + part.size(), from + size);
}

void check(const Contents& contents, std::string_view text, const std::vector<std::byte>& memory,
           const BodyLimits& limits) {
    require(contents.carriages.size() <= limits.carriages);
    const auto known = [&](std::string_view view) {
        return view.data() == nullptr || inside(view, text.data(), text.size()) ||
               inside(view, reinterpret_cast<const char*>(memory.data()), memory.size());
    };
    for (std::size_t i = 0; i < contents.carriages.size(); ++i) {
        const Carriage& one = contents.carriages[i];
        require(known(one.data));
        for (std::size_t j = 0; j < i; ++j) {
            const Carriage& other = contents.carriages[j];
            require(other.where != one.where || other.form != one.form || other.data != one.data);
        }
    }
    for (const KrrPart& krr : contents.krrs) {
        require(known(krr.data) && !krr.data.empty());
        require(krr.decoded || inside(krr.data, text.data(), text.size()));
    }
    for (const XmlIdentity& identity : contents.identities)
        require(known(identity.uri) && !identity.uri.empty());
    require(contents.carriages.empty() || contents.mikey_claim);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 65535) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static std::vector<std::byte> first(512 * 1024);
    static std::vector<std::byte> second(512 * 1024);
    static std::vector<std::byte> little(6 * 1024);
    Arena arena(first);
    Arena again(second);
    Arena tight(little);
    const BodyLimits limits;

    const Contents contents = look_into(parse(text, arena), arena, limits);
    check(contents, text, first, limits);
    const Contents repeated = look_into(parse(text, again), again, limits);
    require(contents.uninspectable == repeated.uninspectable && contents.mikey_claim == repeated.mikey_claim);
    require(contents.carriages.size() == repeated.carriages.size() &&
            contents.krrs.size() == repeated.krrs.size());
    for (std::size_t i = 0; i < contents.carriages.size(); ++i)
        require(contents.carriages[i].data == repeated.carriages[i].data);

    // with too little of anything, less may be found, but never without a word
    const BodyLimits narrow{2, 4, 2};
    const Contents less = look_into(parse(text, tight), tight, narrow);
    check(less, text, little, narrow);
    if (!tight.exhausted() && less.carriages.size() < contents.carriages.size())
        require(less.uninspectable != Uninspectable::none);
    if (tight.exhausted()) require(less.uninspectable != Uninspectable::none);
    return 0;
}

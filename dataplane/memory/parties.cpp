// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/parties.hpp"

namespace kmsgate::memory {

using policy::decide::User;

bool Parties::put(const Name& name) noexcept {
    const std::size_t size = kHead + name.text.size() + name.alias.size();
    if (size > text_.size() - used_) return false;
    const std::array<std::uint16_t, 3> head = {name.kind, static_cast<std::uint16_t>(name.text.size()),
                                               static_cast<std::uint16_t>(name.alias.size())};
    char* at = text_.data() + used_;
    std::memcpy(at, head.data(), kHead);
    at = std::copy(name.text.begin(), name.text.end(), at + kHead);
    std::copy(name.alias.begin(), name.alias.end(), at);
    used_ = static_cast<std::uint16_t>(used_ + size);
    return true;
}

bool Parties::has(const Name& name) const noexcept {
    bool found = false;
    each([&](const Name& known) {
        found = found || (known.kind == name.kind && known.text == name.text && known.alias == name.alias);
    });
    return found;
}

void Parties::add(const std::array<User, 2>& users, std::span<const std::string_view> visited,
                  bool visited_known) noexcept {
    visited_known_ = visited_known_ && visited_known;
    for (std::size_t s = 0; s < users.size(); ++s) {
        const User& user = users[s];
        Side& side = sides_[s];
        side.crowd = side.crowd || user.crowd;
        if (user.state == User::State::unknown || user.candidates.empty()) {
            side.unknown = true;
            continue;
        }
        (user.state == User::State::ours ? side.ours : side.other) = true;
        for (const auto& candidate : user.candidates) {
            const Name name{static_cast<std::uint8_t>(s), candidate.uri, candidate.alias};
            const bool first = !copies_ && user.candidates.size() == 1;  // nothing to compare it with
            if ((!first && has(name)) || put(name)) continue;
            side.unknown = side.crowd = true;
        }
    }
    add_visited(visited);
    copies_ = true;
}

/// The values of the first copy are kept; one that names others makes them doubtful.
void Parties::add_visited(std::span<const std::string_view> visited) noexcept {
    if (!copies_) {
        for (const std::string_view value : visited)
            visited_known_ = visited_known_ && put({kVisited, value, {}});
        return;
    }
    std::size_t count = 0;
    bool same = true;
    each_visited([&](std::string_view value) {
        same = same && count < visited.size() && visited[count] == value;
        ++count;
    });
    visited_known_ = visited_known_ && same && count == visited.size();
}

}  // namespace kmsgate::memory

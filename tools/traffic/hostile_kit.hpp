// SPDX-License-Identifier: BSD-3-Clause
// What hostile messages are made of, and the shapes that stand in files of their own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/traffic/hostile.hpp"

namespace kmsgate::traffic {

/// Shapes in which an I_MESSAGE is hidden and has to be found, and some that only look like it.
[[nodiscard]] std::span<const Shape> disguises() noexcept;
/// Shapes that cannot be looked into, or are malformed SIP.
[[nodiscard]] std::span<const Shape> broken_messages() noexcept;

/// A session description with an I_MESSAGE.
[[nodiscard]] std::string plain_session(World& w, const Conversation& c);
/// A short INVITE with one body.
void invite(World& w, const Conversation& c, Crafted& out, std::string type, std::string body,
            std::string_view more = {});
/// The same around a session description: judged as any other.
void judged(World& w, const Conversation& c, Crafted& out, std::string body,
            std::string type = std::string(kSdp), std::string_view more = {});
/// The type of a multipart.
[[nodiscard]] std::string mixed(std::string_view boundary);
/// Puts `to` in the place of the first `from`, if there is one.
void replace(std::string& text, std::string_view from, std::string_view to);

}  // namespace kmsgate::traffic

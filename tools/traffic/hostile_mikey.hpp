// SPDX-License-Identifier: BSD-3-Clause
// I_MESSAGEs that break one rule of the closed list each.
#pragma once

#include "tools/traffic/hostile.hpp"

namespace kmsgate::traffic {

/// A whole INVITE with an I_MESSAGE that breaks the rule and no other one before it.
void craft_broken_key(World& w, const Conversation& c, mikey::Rule rule, Crafted& out);

template <mikey::Rule rule>
void broken_key(World& w, const Conversation& c, Crafted& out) {
    craft_broken_key(w, c, rule, out);
}

}  // namespace kmsgate::traffic

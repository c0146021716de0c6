// SPDX-License-Identifier: BSD-3-Clause
// Hostile KRRs, and I_MESSAGEs where no answer can be given: in responses and ACKs.
#pragma once

#include "tools/traffic/hostile.hpp"

namespace kmsgate::traffic {

void krr_in_ok(World& w, const Conversation& c, Crafted& out);  ///< in a 200
void krr_in_request(World& w, const Conversation& c, Crafted& out);
void krr_with_doctype(World& w, const Conversation& c, Crafted& out);
void krr_cut(World& w, const Conversation& c, Crafted& out);      ///< ends within an element
void krr_unasked(World& w, const Conversation& c, Crafted& out);  ///< sound, of a request that nobody saw
void key_in_response(World& w, const Conversation& c, Crafted& out);
void key_in_ack(World& w, const Conversation& c, Crafted& out);

}  // namespace kmsgate::traffic

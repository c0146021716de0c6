// SPDX-License-Identifier: BSD-3-Clause
// KRRs in our own canonical form, the ones that gates send each other: no XML reader, no allocation.
#pragma once

#include <string_view>

#include "dataplane/krr/view.hpp"

namespace kmsgate::krr {

/// True: `body` is a KRR in canonical form (emit.hpp), of plain characters, without a signature, embedded
/// layers included; `view` then says what parse() says of it (a fuzz target and a property test hold the two
/// together). Nothing that could be read as a MIKEY stands in it: no `ARo`, `key-mgmt` or
/// `application/mikey`. False: it may be anything, and parse() has the word; `view` is in no particular
/// state.
[[nodiscard]] bool recognise(std::string_view body, View& view) noexcept;

/// True: `body` is a KRR in canonical form around the layer `root`, of which recognise() has said that. What
/// recognise() would say of `body`, without a second look at the layer; but for its depth, which the caller
/// knows.
[[nodiscard]] bool recognise_around(std::string_view body, std::string_view root) noexcept;

/// True: recognise_around() would take what join() makes with this `after_id` around a layer that
/// recognise() took, when its other texts and the names of its lists are those of that layer, or ANY.
[[nodiscard]] bool recognises_processor(std::string_view after_id) noexcept;

}  // namespace kmsgate::krr

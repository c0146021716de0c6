// SPDX-License-Identifier: BSD-3-Clause
// What the packet path needs of a KRR, as views: nothing in it is owned.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

/// One side's list, as KmsList has it.
struct ListView {
    bool any = true;
    std::size_t count = 0;
    std::array<std::string_view, kMaxList>
        names;  ///< `count` of them; when `any`: those that stood beside ANY

    [[nodiscard]] std::span<const std::string_view> all() const noexcept {
        return std::span(names).first(count);
    }
};

/// Parts of a Document, in bytes that somebody else keeps.
struct View {
    std::optional<std::string_view> initiator;  ///< never used to decide: its author may be the attacker
    std::optional<std::string_view> receiver;
    std::optional<std::string_view> initiator_kms;
    std::optional<std::string_view> receiver_kms;
    std::array<ListView, 2> lists;  ///< initiator, receiver
    std::string_view root;          ///< the root element, byte for byte
    unsigned depth = 0;             ///< embedded layers
    bool canonical = false;         ///< recognise() has read it
};

}  // namespace kmsgate::krr

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

/// A view whose array costs nothing until it is filled.
struct Name {
    const char* data;
    std::size_t size;
    operator std::string_view() const noexcept { return {data, size}; }  // NOLINT: it is one
};

/// One side's list, as KmsList has it.
struct ListView {
    bool any = true;
    std::size_t count = 0;
    std::array<Name, kMaxList> names;  ///< `count` of them; when `any`: those that stood beside ANY

    [[nodiscard]] std::span<const Name> all() const noexcept { return std::span(names).first(count); }
    void add(std::string_view name) noexcept { names[count++] = {name.data(), name.size()}; }
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

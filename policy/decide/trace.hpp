// SPDX-License-Identifier: BSD-3-Clause
// Writing the record: nothing is built, and nothing allocated, when nobody wants it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "policy/decide/decide.hpp"

namespace kmsgate::policy::decide {

/// Handle to the record, or to none. The packet path asks it (`if (trace)`) before it builds any text.
class Trace {
  public:
    explicit Trace(Record* record) noexcept : record_(record) {}
    explicit operator bool() const noexcept { return record_ != nullptr; }

    /// One step; `parts` are joined without separators. Does nothing without a record.
    void add(Step::Kind kind, unsigned depth, bool ok, std::initializer_list<std::string_view> parts) const;

  private:
    Record* record_;
};

/// Text of a packet made fit for a terminal: bytes outside 0x20-0x7E become '?', cut at 200 bytes.
[[nodiscard]] std::string shown(std::string_view text);
/// "initiator" or "receiver".
[[nodiscard]] std::string_view side_text(table::Side side) noexcept;
[[nodiscard]] std::string_view mode_text(table::Mode mode) noexcept;
[[nodiscard]] std::string_view class_text(MessageClass message_class) noexcept;

}  // namespace kmsgate::policy::decide

// SPDX-License-Identifier: BSD-3-Clause
// Events as JSON objects, one a line: the fields and their order are a contract with scripts.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/core/counters.hpp"
#include "dataplane/core/record.hpp"

namespace kmsgate::watch {

/// JSON string literal with its quotes. Bytes that are no UTF-8 are written as the code points of the same
/// number, so that every line is valid JSON whatever a message holds.
void append_json(std::string& out, std::string_view text);

/// Seconds with 9 decimals.
void append_time(std::string& out, core::Time time);

/// "10.0.0.1:5060", "[2001:db8::1]:5060".
[[nodiscard]] std::string endpoint_text(const core::Endpoint& endpoint);

/// Appends one object without line end; allocates nothing but room in `out`.
void append_message(std::string& out, const core::MessageRecord& record);
void append_drop(std::string& out, const core::DropRecord& record, bool with_edge = false);

/// The same as a text of its own.
[[nodiscard]] std::string message_json(const core::MessageRecord& record);
[[nodiscard]] std::string drop_json(const core::DropRecord& record);
[[nodiscard]] std::string summary_json(const core::Counters& counters);

/// An identity as events show it: clear text, or "uid:" and hexadecimal digits; empty when absent.
[[nodiscard]] std::string identity_text(const core::Identity& identity);

}  // namespace kmsgate::watch

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/replay/sinks.hpp"

#include <fmt/format.h>

#include "dataplane/watch/event_json.hpp"
#include "policy/explain/explain.hpp"

namespace kmsgate::replay {

void Sink::message(const core::MessageRecord& record) {
    ++messages_;
    if (events_) line(watch::message_json(record));
    if (explain_ == messages_) explained_head_ = pretty_head() + pretty_message(messages_, record);
    if (pretty_) fmt::print("{}{}", messages_ == 1 ? pretty_head() : "", pretty_message(messages_, record));
}

void Sink::drop(const core::DropRecord& record) {
    if (events_) line(watch::drop_json(record));
    if (pretty_) fmt::print("{}", pretty_drop(record));
}

policy::decide::Record* Sink::recorder() {
    return explain_ == messages_ + 1 ? &record_ : nullptr;
}

void Sink::line(const std::string& text) {
    if (events_) fmt::print(events_.get(), "{}\n", text);
}

std::optional<std::string> Sink::explanation() const {
    if (explained_head_.empty()) return std::nullopt;
    return explained_head_ + policy::explain::tree(record_);
}

bool Sink::finish() {
    return !events_ || (std::fflush(events_.get()) == 0 && std::ferror(events_.get()) == 0);
}

}  // namespace kmsgate::replay

// SPDX-License-Identifier: BSD-3-Clause
// Where replay's events go: JSON lines, a table for people, the record of one message.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "dataplane/core/record.hpp"

namespace kmsgate::replay {

struct CloseFile {
    void operator()(std::FILE* f) const noexcept {
        if (f != stdout) std::fclose(f);
    }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Fans events out to what was asked for.
class Sink final : public core::EventSink {
  public:
    Sink(File events, bool pretty, std::optional<std::uint64_t> explain)
        : events_(std::move(events)), pretty_(pretty), explain_(explain) {}

    void message(const core::MessageRecord& record) override;
    void drop(const core::DropRecord& record) override;
    policy::decide::Record* recorder() override;

    /// Writes a line of events (the summary).
    void line(const std::string& text);
    [[nodiscard]] bool pretty() const noexcept { return pretty_; }
    /// What --explain asked for, as a tree; nullopt when the input has no such message.
    [[nodiscard]] std::optional<std::string> explanation() const;
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    /// Flushes; false when events could not be written whole.
    [[nodiscard]] bool finish();

  private:
    File events_;
    bool pretty_;
    std::optional<std::uint64_t> explain_;
    std::uint64_t messages_ = 0;
    policy::decide::Record record_;
    std::string explained_head_;
};

/// One message as lines for people: what, which KMSs, verdict and why, the KRR below.
[[nodiscard]] std::string pretty_message(std::uint64_t number, const core::MessageRecord& record);
[[nodiscard]] std::string pretty_drop(const core::DropRecord& record);
/// The table's head.
[[nodiscard]] std::string pretty_head();

}  // namespace kmsgate::replay

// SPDX-License-Identifier: BSD-3-Clause
// One trial: messages at a rate, each in a transaction of its own; what arrives is counted one by one.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/wire/options.hpp"
#include "bench/peers/wire/ports.hpp"

namespace kmsgate::peers {

struct Result {
    double asked = 0;    ///< messages a second that were asked for
    double offered = 0;  ///< .. and that were sent
    std::uint64_t sent = 0;
    std::uint64_t arrived = 0;         ///< each counted once
    std::uint64_t other = 0;           ///< datagrams that were something else, or came twice
    double sending = 0;                ///< seconds from the first sent to the last sent
    double seconds = 0;                ///< .. to the last arrived
    double cpu = 0;                    ///< seconds of CPU of Options::pids, meanwhile
    std::vector<double> microseconds;  ///< from sending to arrival, sorted

    [[nodiscard]] double loss() const noexcept {
        return sent == 0 ? 1 : 1 - static_cast<double>(arrived) / static_cast<double>(sent);
    }
    /// Nothing to speak of was lost, the sender kept up, and no queue had to be worked off at the end.
    [[nodiscard]] bool good() const noexcept;
    /// The sender reached what was asked of it, nearly.
    [[nodiscard]] bool kept_up() const noexcept;
};

/// Where one message came out.
enum class Exit : std::uint8_t { far, refused, other, none };

class Bed {
  public:
    /// Opens both sides.
    [[nodiscard]] static std::expected<Bed, std::string> open(const Options& options,
                                                              std::vector<std::string> messages);

    [[nodiscard]] std::expected<Result, std::string> run(double rate, double seconds, bool times);
    /// Sends message `i`, as it is or as a new transaction, and waits for it.
    [[nodiscard]] Exit once(std::size_t i, bool as_is);

  private:
    Bed(Port near, Port far, const Options& options, std::vector<std::string> messages);

    struct Places {
        std::size_t branch;
        std::size_t call_id;
    };
    struct Book;  // of one trial

    void renumber(std::size_t i, std::uint64_t number) noexcept;
    void send_due(Book& book, std::uint64_t due);
    bool look(Book& book);
    void look_far(Book& book, bool& any);
    void look_near(Book& book, bool& any);
    [[nodiscard]] double cpu_seconds() const;

    Port near_;
    Port far_;
    unsigned trials_ = 0;
    const Options& options_;
    std::vector<std::string> messages_;
    std::vector<Places> places_;  ///< of the digits that make a message another transaction
    std::string reply_;
};

}  // namespace kmsgate::peers

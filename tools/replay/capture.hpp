// SPDX-License-Identifier: BSD-3-Clause
// Captures in and out: pcap and pcapng are read with libpcap, classic pcap with nanoseconds is written.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "dataplane/core/frame.hpp"

namespace kmsgate::replay {

struct CapturedFrame {
    core::Time time = 0;
    std::uint64_t number = 0;             ///< 1-based
    std::span<const std::uint8_t> bytes;  ///< valid until the next read
};

/// Reads one file, frame after frame.
class Reader {
  public:
    /// Opens a capture of Ethernet frames; the error says what is wrong with the file.
    [[nodiscard]] static std::expected<Reader, std::string> open(const std::string& path);

    /// The frame that comes next, without taking it; nullopt at the end, also of what is whole of a cut file.
    [[nodiscard]] const std::optional<CapturedFrame>& peek();
    void take() { next_.reset(); }
    /// What cut the file short: "cut after frame 7: truncated dump file"; empty when it was whole.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  private:
    struct Close {
        void operator()(pcap_t* p) const noexcept { pcap_close(p); }
    };
    explicit Reader(std::unique_ptr<pcap_t, Close> file) : file_(std::move(file)) {}

    std::unique_ptr<pcap_t, Close> file_;
    std::optional<CapturedFrame> next_;
    std::uint64_t count_ = 0;
    bool ended_ = false;
    std::string fault_;
};

/// Writes one file.
class Writer {
  public:
    [[nodiscard]] static std::expected<Writer, std::string> create(const std::string& path);
    void write(core::Time time, std::span<const std::uint8_t> bytes);
    /// Flushes; false when the file could not be written whole.
    [[nodiscard]] bool finish();

  private:
    struct Close {
        void operator()(pcap_t* p) const noexcept { pcap_close(p); }
        void operator()(pcap_dumper_t* d) const noexcept { pcap_dump_close(d); }
    };
    std::unique_ptr<pcap_t, Close> format_;
    std::unique_ptr<pcap_dumper_t, Close> file_;
};

}  // namespace kmsgate::replay

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/replay/capture.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>

namespace kmsgate::replay {

namespace {
/// Classic pcap holds 32 bits that libpcap takes for signed; they are not, until 2106.
core::Time seconds(time_t t) noexcept {
    return t < 0 ? static_cast<std::uint32_t>(t) : static_cast<core::Time>(t);
}
}  // namespace

std::expected<Reader, std::string> Reader::open(const std::string& path) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    std::unique_ptr<pcap_t, Close> file(
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data()));
    if (!file) return std::unexpected(std::string(error.data()));
    if (pcap_datalink(file.get()) != DLT_EN10MB)
        return std::unexpected(
            fmt::format("link type {}; a capture of Ethernet frames is needed", pcap_datalink(file.get())));
    return Reader(std::move(file));
}

const std::optional<CapturedFrame>& Reader::peek() {
    if (next_ || ended_) return next_;
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    switch (pcap_next_ex(file_.get(), &header, &bytes)) {
        case 1:
            // The field says microseconds; with nanosecond precision asked for it holds nanoseconds.
            if (header->caplen < header->len && fault_.empty())
                fault_ = fmt::format("frame {} was cut to {} of {} bytes when it was captured", count_ + 1,
                                     header->caplen, header->len);
            next_ = CapturedFrame{
                seconds(header->ts.tv_sec) * core::kSecond + static_cast<core::Time>(header->ts.tv_usec),
                ++count_,
                {bytes, header->caplen}};
            break;
        case PCAP_ERROR:
            fault_ = fmt::format("cut or damaged after frame {}: {}", count_, pcap_geterr(file_.get()));
            ended_ = true;
            break;
        default:
            ended_ = true;
    }
    return next_;
}

std::expected<Writer, std::string> Writer::create(const std::string& path) {
    Writer w;
    w.format_.reset(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144, PCAP_TSTAMP_PRECISION_NANO));
    w.file_.reset(pcap_dump_open(w.format_.get(), path.c_str()));
    if (!w.file_) return std::unexpected(fmt::format("{}: {}", path, pcap_geterr(w.format_.get())));
    return w;
}

void Writer::write(core::Time time, std::span<const std::uint8_t> bytes) {
    pcap_pkthdr header{};
    header.ts.tv_sec = static_cast<time_t>(time / core::kSecond);
    header.ts.tv_usec = static_cast<suseconds_t>(time % core::kSecond);
    header.caplen = header.len = static_cast<bpf_u_int32>(bytes.size());
    pcap_dump(reinterpret_cast<u_char*>(file_.get()), &header, bytes.data());
}

bool Writer::finish() {
    return pcap_dump_flush(file_.get()) == 0 && std::ferror(pcap_dump_file(file_.get())) == 0;
}

}  // namespace kmsgate::replay

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/checksum.hpp"

namespace kmsgate::emit {

std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes) noexcept {
    std::uint64_t wide = sum;
    std::size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2) wide += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    if (i < bytes.size()) wide += static_cast<std::uint32_t>(bytes[i] << 8);
    while (wide >> 32 != 0) wide = (wide & 0xFFFFFFFF) + (wide >> 32);
    return static_cast<std::uint32_t>(wide);
}

std::uint16_t checksum_fold(std::uint32_t sum) noexcept {
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t udp_checksum(const policy::table::Address& source, const policy::table::Address& destination,
                           bool v6, std::span<const std::uint8_t> udp_header,
                           std::string_view payload) noexcept {
    const std::size_t skip = v6 ? 0 : 12;
    std::uint32_t sum = checksum_add(0, std::span(source).subspan(skip));
    sum = checksum_add(sum, std::span(destination).subspan(skip));
    sum += 17;
    sum += static_cast<std::uint32_t>(udp_header.size() + payload.size());
    sum = checksum_add(sum, udp_header);
    sum = checksum_add(sum, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    const std::uint16_t c = checksum_fold(sum);
    return c == 0 ? 0xFFFF : c;
}

}  // namespace kmsgate::emit

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/entity.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

std::string_view header_name(std::string_view line) noexcept {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view name = trim(line.substr(0, colon));
    return std::all_of(name.begin(), name.end(), is_token) ? name : std::string_view();
}

}  // namespace

void add_header(HeaderId id, std::string_view value, Arena& arena, Entity& into) noexcept {
    if (id == HeaderId::content_type) add_content_type(value, arena, into.types);
    if (id == HeaderId::content_transfer_encoding) add_transfer_encoding(value, arena, into.transfers);
    if (id == HeaderId::content_encoding && encodes_content(value, arena)) into.content_encoded = true;
}

HeaderBlock read_header_block(std::string_view part, Ends ends, bool stop_at_odd, Arena& arena) noexcept {
    HeaderBlock block;
    block.first_odd = std::string_view::npos;
    std::size_t at = 0;
    while (at < part.size()) {
        const std::size_t empty = line_end_at(part, at, ends);
        if (empty > 0) {
            block.lone_line_end = block.lone_line_end || empty == 1;
            at += empty;
            break;
        }
        // one header: its line and the lines that continue it
        std::size_t end;  // the first round sets it
        std::size_t next = at;
        do {
            end = find_line_end(part, next, Ends::any);
            while (end < part.size() && line_end_at(part, end, ends) == 0) {
                block.lone_line_end = true;
                end = find_line_end(part, end + 1, Ends::any);
            }
            const std::size_t size = line_end_at(part, end, ends);
            block.lone_line_end = block.lone_line_end || size == 1;
            next = end + size;
        } while (next < part.size() && is_blank(part[next]));
        const std::string_view line = part.substr(at, end - at);
        const std::string_view name = header_name(line);
        if (name.empty()) {
            if (block.first_odd == std::string_view::npos) block.first_odd = at;
            if (stop_at_odd) break;
        } else {
            const HeaderId id = header_id(name);
            const std::string_view value = trim(line.substr(line.find(':') + 1));
            if (id == HeaderId::content_length && block.length_count++ < block.lengths.size())
                block.lengths[block.length_count - 1] = value;
            add_header(id, value, arena, block.entity);
        }
        at = next;
    }
    block.body = std::min(at, part.size());
    return block;
}

}  // namespace kmsgate::sip

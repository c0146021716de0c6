// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/message.hpp"

#include <algorithm>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/walk.hpp"

namespace kmsgate::mikey {

Message read(Bytes data, RuleSet relax) noexcept {
    Input in(data);
    return walk(in, data.size() > kMaxMessage, relax);
}

Message read_base64(std::string_view text, std::span<std::uint8_t> scratch, RuleSet relax) noexcept {
    Base64Decoder decoder(text, scratch, relax);
    // Only text that may be too long has to be decoded to know whether it is.
    if (base64_bytes(text.size()) > std::min(kMaxMessage, scratch.size())) (void)decoder.finish();
    const bool too_long = decoder.overflow() || decoder.decoded().size() > kMaxMessage;
    Input in(decoder);
    Message out = walk(in, too_long, relax);
    // The walk may have stopped early; the text is read to its end all the same, so that a base64 error
    // anywhere has the same answer wherever it stands.
    if (!decoder.finish()) {
        out = Message{};
        out.fault = decoder.error();
    }
    out.relaxed = RuleSet(out.relaxed.bits() | decoder.relaxed().bits());
    return out;
}

}  // namespace kmsgate::mikey

// SPDX-License-Identifier: BSD-3-Clause
// The walk that finds T, SAKKE and SIGN, over any bytes; and over what the strict reader passes it must
// agree.
#include <cstdlib>

#include "dataplane/mikey/message.hpp"
#include "tools/client/imessage/parts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kmsgate;
    const client::View message(data, size);
    const auto parts = client::imessage::find_parts(message);
    if (!mikey::read(message).fault && !parts) std::abort();
    if (!parts) return 0;
    // Every view lies inside the message, the signature at its end.
    for (const client::View view : {parts->t, parts->sakke, parts->signature, parts->covered})
        if (view.data() < data || view.data() + view.size() > data + size) std::abort();
    if (parts->covered.size() + parts->signature.size() != size) std::abort();
    if (parts->t.size() != 8 && parts->t.size() != 4) std::abort();
    return 0;
}

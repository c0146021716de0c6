// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/share.hpp"

#include <algorithm>

namespace kmsgate::stream {

void Shared::divide() noexcept {
    std::size_t edges = 0;
    for (const Share* s = first_; s != nullptr; s = s->next_) ++edges;
    sure_ = edges == 1 ? total_ : total_ / 2 / std::max<std::size_t>(edges, 1);
    common_ = static_cast<std::ptrdiff_t>(total_ - sure_ * edges);
    for (const Share* s = first_; s != nullptr; s = s->next_) common_ -= s->beyond();
}

Share::Share(Shared& of) noexcept : of_(of), next_(of.first_) {
    of_.first_ = this;
    of_.divide();
}

Share::~Share() {
    of_.used_ -= used_;
    Share** at = &of_.first_;
    while (*at != this) at = &(*at)->next_;
    *at = next_;
    of_.divide();
}

}  // namespace kmsgate::stream

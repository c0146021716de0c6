// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/share.hpp"

namespace kmsgate::stream {

void Shared::divide() noexcept {
    std::size_t edges = 0;
    for (const Share* s = first_; s != nullptr; s = s->next_) ++edges;
    sure_ = edges < 2 ? total_ : total_ / 2 / edges;
    bound_ = 0;
    for (const Share* s = first_; s != nullptr; s = s->next_) bound_ += s->bound();
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

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/table_work.hpp"

#include <utility>

namespace kmsgate::link {

void TableWork::begin(TablePush push) {
    push_ = std::move(push);
    start_ = std::chrono::steady_clock::now();
    keeping_ = false;
    errand_.start([this] { proven_ = publisher_.prove(std::move(push_.blob), push_.generation); }, wake_);
}

std::optional<std::string> TableWork::go_on() {
    if (!errand_.finished()) return std::nullopt;
    if (keeping_) {
        publisher_.note_kept(std::exchange(kept_, {}));
        published_->remark = publisher_.remark();
        return finish(std::move(published_));
    }
    if (!proven_) return finish(std::unexpected(std::move(proven_.error())));
    published_ = publisher_.adopt(*proven_, push_.modes);
    if (!published_ || !published_->fresh) return finish(std::move(published_));
    keeping_ = true;
    errand_.start([this] { kept_ = publisher_.keep(**proven_); }, wake_);
    return std::nullopt;
}

std::string TableWork::finish(std::expected<publish::Published, publish::Refusal> end) {
    if (end)
        end->microseconds = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start_)
                .count());
    proven_ = nullptr;
    return table_answer(push_.id, end);
}

}  // namespace kmsgate::link

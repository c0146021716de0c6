// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid_batch.hpp"

// The names that the library had before version 0.54 are macros without a prefix.
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#include <utility>

namespace kmsgate::memory {

void UidBatch::Free::operator()(IMB_MGR* manager) const noexcept {
    free_mb_mgr(manager);
}

UidBatch::UidBatch() : manager_(alloc_mb_mgr(0)) {
    if (!manager_) return;
    // Where there are SHA instructions the library still takes the sixteen lanes of AVX-512, if it may
    // choose: as fast when all are full, four times slower when there are two.
    constexpr std::uint64_t kWanted = IMB_FEATURE_SHANI | IMB_FEATURE_AVX2;
    if ((manager_->features & kWanted) == kWanted)
        init_mb_mgr_avx2(manager_.get());
    else
        init_mb_mgr_auto(manager_.get(), nullptr);
    if (imb_get_errno(manager_.get()) != 0) manager_.reset();
}

UidBatch::~UidBatch() = default;

UidBatch& UidBatch::of_thread() {
    thread_local const auto made = std::make_unique<UidBatch>();
    return *made;
}

void UidBatch::add(std::string_view user, const mikey::UidSuffix& suffix) noexcept {
    inputs_[size_++].set(user, suffix);
}

std::span<const mikey::Uid> UidBatch::run() noexcept {
    // One alone is hashed sooner by OpenSSL than by one lane of many.
    if (size_ < 2 || !run_jobs()) run_singly();
    return {uids_.data(), std::exchange(size_, 0)};
}

bool UidBatch::run_jobs() noexcept {
    if (!manager_) return false;
    IMB_MGR* const manager = manager_.get();
    std::size_t done = 0;
    const auto ended = [&](const IMB_JOB* job) {
        for (; job != nullptr; job = IMB_GET_COMPLETED_JOB(manager))
            done += job->status == IMB_STATUS_COMPLETED ? 1 : 0;
    };
    for (std::size_t i = 0; i < size_; ++i) {
        const std::span<const std::uint8_t> input = inputs_[i].bytes();
        IMB_JOB* const job = IMB_GET_NEXT_JOB(manager);
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_SHA_256;
        job->src = input.data();
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = input.size();
        job->auth_tag_output = uids_[i].data();
        job->auth_tag_output_len_in_bytes = uids_[i].size();
        ended(IMB_SUBMIT_JOB_NOCHECK(manager));
    }
    while (const IMB_JOB* const job = IMB_FLUSH_JOB(manager)) ended(job);
    return done == size_;
}

void UidBatch::run_singly() noexcept {
    for (std::size_t i = 0; i < size_; ++i) uids_[i] = inputs_[i].hash();
}

}  // namespace kmsgate::memory

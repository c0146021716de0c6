// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/peer.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace kmsgate::link {
namespace {

constexpr std::size_t kRead = std::size_t{256} << 10;
constexpr std::size_t kPieces = 16;

/// Only a request that brings a table may carry more than the usual attachment; the word is looked for before
/// the JSON is parsed, so a text that merely holds it gets the room and is refused by its op.
[[nodiscard]] std::uint64_t attachment_limit(std::string_view json) {
    return json.find("\"table\"") != std::string_view::npos ? kMaxTable : kMaxAttachment;
}

}  // namespace

void Descriptor::reset(int fd) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

Peer::Peer(Descriptor fd, std::uint64_t number)
    : fd_(std::move(fd)),
      number_(number),
      decoder_([this](std::string_view json) { return greeted ? attachment_limit(json) : kMaxAttachment; }) {}

std::expected<void, std::string> Peer::decode() {
    while (in_at_ < in_.size() && !decoder_.ready()) {
        const auto taken = decoder_.take(std::span(in_).subspan(in_at_));
        if (!taken) return std::unexpected(std::string(to_string(taken.error())));
        in_at_ += *taken;
    }
    return {};
}

std::expected<void, std::string> Peer::read(std::size_t most) {
    for (std::size_t got = 0;;) {
        if (auto fine = decode(); !fine) return fine;
        if (decoder_.ready() || got >= most) return {};
        in_.resize(kRead);
        in_at_ = 0;
        const ssize_t n = ::recv(fd_.get(), in_.data(), in_.size(), 0);
        const int error = errno;
        in_.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        if (n == 0) return std::unexpected(std::string());
        if (n < 0 && (error == EAGAIN || error == EWOULDBLOCK)) return {};
        if (n < 0 && error != EINTR) return std::unexpected(std::string(std::strerror(error)));
        got += in_.size();
    }
}

Frame Peer::fetch() {
    return decoder_.fetch();
}

void Peer::send(std::string_view json, std::string attachment) {
    out_.push_back(encode(json, attachment.size()));
    queued_ += out_.back().size();
    if (attachment.empty()) return;
    queued_ += attachment.size();
    out_.push_back(std::move(attachment));
}

bool Peer::flush() {
    while (!out_.empty()) {
        std::array<iovec, kPieces> pieces{};
        std::size_t count = 0;
        for (std::size_t i = 0; i < out_.size() && count < kPieces; ++i, ++count) {
            const std::size_t from = i == 0 ? out_at_ : 0;
            pieces[count] = {out_[i].data() + from, out_[i].size() - from};
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        const ssize_t n = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        auto sent = static_cast<std::size_t>(n);
        queued_ -= sent;
        while (sent != 0) {
            const std::size_t rest = out_.front().size() - out_at_;
            if (sent < rest) {
                out_at_ += sent;
                break;
            }
            sent -= rest;
            out_.pop_front();
            out_at_ = 0;
        }
    }
    return true;
}

}  // namespace kmsgate::link

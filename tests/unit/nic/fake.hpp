// SPDX-License-Identifier: BSD-3-Clause
// A port that does what a test says.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/nic/port.hpp"

namespace kmsgate::nic {

class FakePort final : public Port {
  public:
    explicit FakePort(std::string name, std::uint16_t queues = 1);

    // what the test says
    Capabilities offers;
    bool link = true;              ///< the cable
    bool refuse_down = false;      ///< set_link(false) fails
    bool refuse_up = false;        ///< set_link(true) fails
    std::size_t takes = SIZE_MAX;  ///< frames that send() still takes, all queues
    void arrive(std::uint16_t queue, core::Mbuf frame);

    // what happened
    std::vector<bool> asked;                    ///< set_link calls in order
    std::vector<std::vector<core::Mbuf>> sent;  ///< by queue
    bool switched_on = true;                    ///< what set_link left

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    [[nodiscard]] const Capabilities& capabilities() const noexcept override { return offers; }
    [[nodiscard]] std::uint16_t queues() const noexcept override;
    [[nodiscard]] std::size_t receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override;
    [[nodiscard]] std::size_t send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override;
    [[nodiscard]] bool link_up() const noexcept override { return link && switched_on; }
    bool set_link(bool up) noexcept override;
    [[nodiscard]] PortCounts counts() const noexcept override { return counts_; }

  private:
    std::string name_;
    std::vector<std::deque<core::Mbuf>> waiting_;
    PortCounts counts_;
};

}  // namespace kmsgate::nic

// SPDX-License-Identifier: BSD-3-Clause
// What a live run stands on, without privileges: commands and programs, and the witness where messages may
// repeat.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "tools/lab/live_process.hpp"
#include "tools/lab/live_wires.hpp"
#include "tools/lab/witness.hpp"

namespace kmsgate::lab {
namespace {

TEST(RunCommand, GivesInputAndReturnsOutput) {
    const auto said = run_command({"cat"}, "one\ntwo\n");
    ASSERT_TRUE(said) << said.error();
    EXPECT_EQ(*said, "one\ntwo\n");
}

TEST(RunCommand, AFailureSaysWhatItSaid) {
    const auto said = run_command({"sh", "-c", "echo no such thing >&2; exit 3"});
    ASSERT_FALSE(said);
    EXPECT_NE(said.error().find("no such thing"), std::string::npos) << said.error();
    EXPECT_FALSE(run_command({"sh", "-c", "kill -9 $$"}));
}

TEST(RunCommand, AProgramThatIsNotThereIsAnError) {
    const auto said = run_command({"/nowhere/at/all", "x"});
    ASSERT_FALSE(said);
    EXPECT_NE(said.error().find("/nowhere/at/all"), std::string::npos) << said.error();
}

TEST(Descriptor, ClosesWhatItHoldsAndNothingElse) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    {
        Descriptor first(ends[0]);
        Descriptor second(std::move(first));
        EXPECT_EQ(second.get(), ends[0]);
        second = Descriptor(ends[1]);
        EXPECT_EQ(::close(ends[0]), -1) << "the first end should have been closed";
        EXPECT_EQ(errno, EBADF);
    }
    EXPECT_EQ(::close(ends[1]), -1);
}

TEST(LiveWires, NamesADeviceForEachSideOfAnEdge) {
    EXPECT_EQ(LiveWires::device(2, Toward::initiator), "net_af_xdp0,iface=e2l");
    EXPECT_EQ(LiveWires::device(2, Toward::receiver), "net_af_xdp1,iface=e2r");
}

constexpr Station kA{{2, 0, 0, 0, 0, 1}, {10, 0, 0, 1}, 5060};
constexpr Station kB{{2, 0, 0, 0, 0, 2}, {10, 0, 0, 2}, 5060};

struct Watched {
    Result result;
    Witness witness{1, result};

    Watched() { result.actors = {"Initiator", "Edge", "Receiver"}; }
    void see(std::size_t actor, Toward toward, std::string_view message, std::uint16_t id) {
        for (const Frame& frame : send_datagram(kA, kB, message, id)) witness.saw(actor, toward, frame, 1);
    }
};

constexpr std::string_view kNoSip = "NONSENSE\r\n\r\n";

TEST(Witness, EveryCopyCountsWhereNothingMayRepeat) {
    Watched w;
    w.see(0, Toward::receiver, kNoSip, 1);
    w.see(0, Toward::receiver, kNoSip, 2);
    EXPECT_EQ(w.result.faults.size(), 2U);
}

TEST(Witness, ARepeatIsNoStepButOnEachWireAndEachWayOnce) {
    Watched w;
    w.witness.allow_repeats();
    for (std::uint16_t id = 1; id < 4; ++id) w.see(0, Toward::receiver, kNoSip, id);
    EXPECT_EQ(w.result.faults.size(), 1U);
    w.see(1, Toward::receiver, kNoSip, 4);
    EXPECT_EQ(w.result.faults.size(), 2U) << "the second wire";
    w.see(1, Toward::initiator, kNoSip, 5);
    EXPECT_EQ(w.result.faults.size(), 3U) << "the way back";
    w.see(0, Toward::receiver, std::string(kNoSip) + "x", 6);
    EXPECT_EQ(w.result.faults.size(), 4U) << "another message";
}

TEST(Witness, TellsWhetherAllWiresCarriedTheSame) {
    Watched w;
    EXPECT_TRUE(w.witness.same_on_all_wires());
    w.see(0, Toward::receiver, kNoSip, 1);
    EXPECT_FALSE(w.witness.same_on_all_wires());
    w.see(1, Toward::receiver, kNoSip, 1);
    EXPECT_TRUE(w.witness.same_on_all_wires());
    w.see(2, Toward::initiator, kNoSip, 2);
    w.see(1, Toward::initiator, kNoSip, 3);
    EXPECT_FALSE(w.witness.same_on_all_wires()) << "another identification";
}

TEST(Witness, FragmentsThatAreMissingAreAFault) {
    Watched w;
    const auto frames = send_datagram(kA, kB, std::string(3000, 'x'), 7);
    ASSERT_GT(frames.size(), 1U);
    w.witness.saw(0, Toward::receiver, frames[0], 1);
    w.witness.finish();
    ASSERT_EQ(w.result.faults.size(), 1U);
    EXPECT_NE(w.result.faults[0].find("wire 1"), std::string::npos) << w.result.faults[0];
}

}  // namespace
}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
// What the loop still owes when it ends.
#include "control/link/loop.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <gtest/gtest.h>

namespace kmsgate::control::test {
namespace {

/// A stream with something in its output buffer that says when the buffer is gone.
Stream telling(Loop& loop, bool& gone) {
    Stream stream(::bufferevent_socket_new(loop.base(), -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS));
    static const char text[] = "x";
    ::evbuffer_add_reference(
        ::bufferevent_get_output(stream.get()), text, 1,
        [](const void*, std::size_t, void* told) { *static_cast<bool*>(told) = true; }, &gone);
    return stream;
}

TEST(LoopEnd, AStreamThatWasLetGoIsFreed) {
    bool gone = false;
    {
        Loop loop;
        telling(loop, gone).reset();
    }
    EXPECT_TRUE(gone);
}

TEST(LoopEnd, SoIsOneWhoseCallbackWasStillDue) {
    bool gone = false;
    bool called = false;
    {
        Loop loop;
        Stream stream = telling(loop, gone);
        ::bufferevent_setcb(
            stream.get(), nullptr, nullptr,
            [](bufferevent*, short, void* told) { *static_cast<bool*>(told) = true; }, &called);
        ::bufferevent_trigger_event(stream.get(), BEV_EVENT_EOF, 0);
        stream.reset();
    }
    EXPECT_TRUE(gone);
    EXPECT_FALSE(called);
}

TEST(LoopEnd, WhatWasPostedTooLateIsNotRun) {
    bool ran = false;
    {
        Loop loop;
        loop.post([&ran] { ran = true; });
    }
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace kmsgate::control::test

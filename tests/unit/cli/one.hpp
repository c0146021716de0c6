// SPDX-License-Identifier: BSD-3-Clause
// One run of kmsgatectl against one answer.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/cli/fake_daemon.hpp"

namespace kmsgate::control::cli::test {

using Words = std::vector<std::string>;

/// Runs one line against one result; keeps the call.
struct One {
    One(const Words& words, json value, Screen screen = {}) {
        FakeDaemon daemon(std::move(value));
        ran = run_words(words, daemon.path(), screen);
        const auto calls = daemon.calls();
        if (calls.size() == 1) {
            method = calls[0].method;
            params = calls[0].params;
            had_id = params.erase("request_id") == 1;
        }
    }
    Ran ran;
    std::string method;
    json params;
    bool had_id = false;
};

}  // namespace kmsgate::control::cli::test

// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-control.
#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/policy.hpp"
#include "control/link/log.hpp"
#include "control/program/control.hpp"
#include "control/program/notify.hpp"
#include "control/program/options.hpp"

namespace kmsgate::control {
namespace {

constexpr int kDone = 0, kRefused = 1, kUsage = 2, kInput = 3;

template <class... Args>
int fail(int code, fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "kmsgate-control: {}\n", fmt::format(format, std::forward<Args>(args)...));
    return code;
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    // reading a folder throws
    if (!in || std::filesystem::is_directory(path)) return std::nullopt;
    std::string out(std::istreambuf_iterator<char>(in), {});
    return in.bad() ? std::nullopt : std::optional(std::move(out));
}

/// Prints what the compiler says of the policy; is it sound?
bool sound(const PolicyFile& policy, const startup::Startup& startup) {
    std::vector<std::string> served;
    for (const startup::Pair& pair : startup.pairs) served.push_back(pair.edge);
    policy::compile::Compiler compiler;
    const Made made = make_policy(compiler, policy.text, policy.path, served);
    for (const Json& problem : *made.problems)
        fmt::print(stderr, "{}\n", problem.at("text").get_ref<const std::string&>());
    return made.policy != nullptr;
}

int run(const Options& options) {
    const auto yaml = read_file(options.config);
    if (!yaml) return fail(kInput, "{}: cannot be read; name the start-up file", options.config);
    auto startup = startup::read_startup(*yaml, options.config);
    if (!startup) {
        for (const std::string& fault : startup.error()) fmt::print(stderr, "{}\n", fault);
        return fail(kUsage, "{} has faults; nothing was started", options.config);
    }
    ControlSettings settings;
    settings.startup = *startup;
    const std::string path = options.policy.empty() ? startup->control.policy : options.policy;
    if (!path.empty()) {
        auto text = read_file(path);
        if (!text) return fail(kInput, "{}: cannot be read; name the policy file", path);
        settings.policy = PolicyFile{path, *std::move(text)};
        if (!sound(*settings.policy, *startup))
            return fail(kUsage, "{} has faults; nothing was started", path);
    }
    if (options.check) {
        fmt::print("{}", startup::describe(*startup));
        return kDone;
    }

    // A peer that is gone is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    ::umask(S_IWGRP | S_IRWXO);
    Loop loop;
    auto control = Control::open(loop, std::move(settings));
    if (!control) return fail(kRefused, "{}", control.error());
    const auto stop = [&loop] {
        log_info("stopping");
        notify("STOPPING=1");
        loop.stop();
    };
    loop.on_signal(SIGTERM, stop);
    loop.on_signal(SIGINT, stop);
    loop.on_signal(SIGHUP, [&control, path] {
        std::optional<PolicyFile> policy;
        if (!path.empty()) {
            auto text = read_file(path);
            if (text)
                policy = PolicyFile{path, *std::move(text)};
            else
                log_error(path + ": cannot be read; the running policy stays");
        }
        (*control)->reload(std::move(policy));
    });
    (*control)->start();
    fmt::print("ready\n");
    std::fflush(stdout);
    notify("READY=1");
    loop.run();
    return kDone;
}

}  // namespace
}  // namespace kmsgate::control

int main(int argc, char** argv) {
    kmsgate::control::Options options;
    if (const auto code = kmsgate::control::read_options(argc, argv, options)) return *code;
    return kmsgate::control::run(options);
}

// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-traffic: makes captures and live load, and tells what became of them.
#include <fmt/format.h>

#include "tools/traffic/hostile.hpp"
#include "tools/traffic/make.hpp"

namespace kmsgate::traffic {

namespace {

int list_profiles() {
    fmt::print("Profiles (--profile):\n");
    for (const BuiltIn& b : built_in_profiles()) {
        const auto profile = read_profile(b.yaml, std::string(b.name));
        fmt::print("  {:<12} {}\n", b.name, profile ? profile->title : profile.error().front());
    }
    fmt::print("Kinds (`mix` of a profile, --mix KIND=WEIGHT):\n");
    for (const Term& t : kinds()) fmt::print("  {:<12} {}\n", t.name, t.meaning);
    const Profile plain = plain_profile();
    fmt::print("Shares in per cent (`shares` of a profile, --share SHARE=N), with their defaults:\n");
    for (std::size_t i = 0; i < kShares; ++i)
        fmt::print("  {:<14} {:>3}  of {}\n", shares()[i].name, plain.share[i], shares()[i].meaning);
    return kDone;
}

int list_shapes() {
    for (const Shape& s : hostile_shapes()) fmt::print("{:<24} {}\n", s.name, s.meaning);
    return kDone;
}

int run(const Options& options) {
    switch (options.command) {
        case Options::Command::make:
            return make(options);
        case Options::Command::live:
            return live(options);
        case Options::Command::report:
            return report(options);
        case Options::Command::profiles:
            return list_profiles();
        case Options::Command::shapes:
            break;
    }
    return list_shapes();
}

}  // namespace

}  // namespace kmsgate::traffic

int main(int argc, char** argv) {
    kmsgate::traffic::Options options;
    if (const auto code = kmsgate::traffic::read_options(argc, argv, options)) return *code;
    return kmsgate::traffic::run(options);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/wire/options.hpp"

#include <arpa/inet.h>
#include <getopt.h>

#include <array>
#include <charconv>
#include <string_view>

namespace kmsgate::peers {

namespace {

bool read_number(std::string_view text, double& out) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && out > 0;
}

/// "10.9.0.1:5060"
bool read_endpoint(std::string_view text, sockaddr_in& out) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string address(text.substr(0, colon));
    double port = 0;
    if (!read_number(text.substr(colon + 1), port) || port > 65535) return false;
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return inet_pton(AF_INET, address.c_str(), &out.sin_addr) == 1;
}

bool read_pids(std::string_view text, std::vector<int>& out) {
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        double pid = 0;
        if (!read_number(text.substr(0, comma), pid)) return false;
        out.push_back(static_cast<int>(pid));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return true;
}

bool read_expect(std::string_view text, Expect& out) {
    if (text == "far")
        out = Expect::far;
    else if (text == "refused")
        out = Expect::refused;
    else if (text == "answered")
        out = Expect::answered;
    else
        return false;
    return true;
}

bool read_job(std::string_view text, Job& out) {
    if (text == "once")
        out = Job::once;
    else if (text == "as-is")
        out = Job::as_is;
    else if (text == "rate")
        out = Job::rate;
    else if (text == "search")
        out = Job::search;
    else
        return false;
    return true;
}

bool set(Options& o, char letter, std::string_view value) {
    switch (letter) {
        case 'n':
            o.near_space = value;
            return true;
        case 'f':
            o.far_space = value;
            return true;
        case 'N':
            return read_endpoint(value, o.near);
        case 'T':
            return read_endpoint(value, o.target);
        case 'F':
            return read_endpoint(value, o.far);
        case 'm':
            o.messages = value;
            return true;
        case 'e':
            return read_expect(value, o.expect);
        case 'r':
            return read_number(value, o.rate);
        case 'M':
            return read_number(value, o.most);
        case 'S': {
            double spread = 0;
            if (!read_number(value, spread)) return false;
            o.spread = static_cast<unsigned>(spread);
            return o.spread > 0;
        }
        case 's':
            return read_number(value, o.seconds);
        default:
            return read_pids(value, o.pids);
    }
}

}  // namespace

std::expected<Options, std::string> read_options(int argc, char** argv) {
    constexpr int kMust = required_argument;
    static constexpr std::array<option, 13> kLong{{{"near-space", kMust, nullptr, 'n'},
                                                   {"far-space", kMust, nullptr, 'f'},
                                                   {"near", kMust, nullptr, 'N'},
                                                   {"target", kMust, nullptr, 'T'},
                                                   {"far", kMust, nullptr, 'F'},
                                                   {"messages", kMust, nullptr, 'm'},
                                                   {"expect", kMust, nullptr, 'e'},
                                                   {"rate", kMust, nullptr, 'r'},
                                                   {"most", kMust, nullptr, 'M'},
                                                   {"spread", kMust, nullptr, 'S'},
                                                   {"seconds", kMust, nullptr, 's'},
                                                   {"pids", kMust, nullptr, 'p'},
                                                   {nullptr, 0, nullptr, 0}}};
    Options out;
    for (int letter = 0; (letter = getopt_long(argc, argv, "", kLong.data(), nullptr)) != -1;) {
        if (letter == '?') return std::unexpected("unknown option");
        if (!set(out, static_cast<char>(letter), optarg))
            return std::unexpected(std::string("cannot read ") + optarg);
    }
    if (optind + 1 != argc || !read_job(argv[optind], out.job))
        return std::unexpected("one of once, as-is, rate, search");
    if (out.near.sin_port == 0 || out.far.sin_port == 0 || out.target.sin_port == 0 || out.messages.empty())
        return std::unexpected("--near, --target, --far and --messages must be there");
    return out;
}

const char* usage() noexcept {
    return "usage: peers_wire once|as-is|rate|search --near A:P --target A:P --far A:P --messages FILE\n"
           "       [--near-space PATH] [--far-space PATH] [--expect far|refused|answered] [--rate N] [--most "
           "N]\n"
           "       [--seconds S] [--spread N] [--pids P,P..]\n";
}

}  // namespace kmsgate::peers

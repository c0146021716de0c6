// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "policy/table/pattern.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::string_view kElsewhere = "elsewhere.example";
constexpr std::string_view kUnknownKms = "kms.unknown.example";
constexpr std::uint64_t kProxies = 8;

/// A user that the glob matches: its stars become names and numbers.
std::string fill(std::string_view glob, std::uint64_t number) {
    const bool tel = glob.starts_with("tel:");
    const std::size_t host = glob.find('@');
    std::string out;
    for (std::size_t i = 0; i < glob.size(); ++i) {
        if (glob[i] != '*')
            out += glob[i];
        else if (i > host)
            out += fmt::format("site-{:02}", number % 97);
        else
            out += tel ? fmt::format("{:08}", number) : fmt::format("unit-{:06}", number);
    }
    return out;
}

/// Characters that stand for themselves in URIs, XML and SIP headers alike.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("@.:+-_*").contains(c);
    });
}

/// A number below `count`: all alike, or log-uniform, so that the n-th comes about 1/n as often as the first.
std::uint64_t draw_number(Draw draw, std::uint64_t count, Random& random) {
    if (count <= 1) return 0;
    if (draw == Draw::uniform) return random.below(count);
    const auto octaves = static_cast<std::uint64_t>(std::bit_width(count));
    const std::uint64_t first = std::uint64_t{1} << random.below(octaves);
    return std::min(first - 1 + random.below(first), count - 1);
}

}  // namespace

Population::Population(const Profile& profile, const Guide* guide, std::uint64_t seed)
    : profile_(profile), guide_(guide), seed_(seed), kms_(profile.kms) {
    if (guide != nullptr) {
        from_policy(*guide);
    } else {
        for (std::size_t i = 0; i < profile.domains.size(); ++i)
            domains_.push_back({profile.domains[i],
                                {fmt::format("sip:*@{}", profile.domains[i])},
                                {kms_[i % kms_.size()]},
                                0});
    }
    if (domains_.size() == 1)
        domains_.push_back({std::string(kElsewhere), {fmt::format("sip:*@{}", kElsewhere)}, kms_, 0});
    for (Domain& d : domains_) d.users = std::max<std::uint64_t>(profile.users / domains_.size(), 1);
}

void Population::from_policy(const Guide& guide) {
    const auto& table = guide.table();
    kms_.clear();
    for (const auto& k : table.kms()) kms_.emplace_back(table.text(k.uri));
    const auto& all = guide.policy().domains;
    for (std::size_t i = 0; i < all.size(); ++i) {
        Domain d;
        d.name = all[i].name.text;
        for (const auto& word : all[i].users) {
            const auto pattern = policy::table::make_pattern(word.text);
            if (!pattern) continue;
            std::string glob = policy::table::to_glob(*pattern);
            const auto owner = table.find_user(fill(glob, 1));
            if (is_plain(glob) && owner && *owner == i) d.globs.push_back(std::move(glob));
        }
        const auto& record = table.domains()[i];
        if (record.home != policy::table::kNone) d.kms.emplace_back(kms_[record.home]);
        for (const std::uint32_t id : table.kms_list(record.secondary)) d.kms.emplace_back(kms_[id]);
        if (d.kms.empty()) d.kms = kms_;
        if (d.kms.empty()) d.kms = kms_ = {std::string(kUnknownKms)};
        if (d.globs.empty()) continue;
        if (i == guide.domain())
            domains_.insert(domains_.begin(), std::move(d));
        else
            domains_.push_back(std::move(d));
    }
    // a domain of which nobody can be made up has visitors
    const std::string_view inside = table.text(table.domains()[guide.domain()].name);
    if (domains_.empty() || domains_.front().name != inside)
        domains_.insert(domains_.begin(),
                        {std::string(inside), {fmt::format("sip:*@visitors.{}", kElsewhere)}, kms_, 0});
}

User Population::user(std::size_t domain, std::uint64_t number) const {
    const Domain& d = domains_[domain];
    User out{domain, number, fill(d.globs[number % d.globs.size()], number / d.globs.size()), 0};
    if (guide_ == nullptr || domain != 0) return out;
    // by name, not by number: an exact pattern makes one user of many numbers
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : out.uri) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    Random dice(seed_ ^ hash);
    for (std::size_t bit = 0; bit < guide_->table().tags().size(); ++bit)
        if (dice.below(100) < profile_.of(Share::tagged)) out.tags |= 1U << bit;
    return out;
}

User Population::draw(bool inside, Random& random) const {
    const std::size_t domain = inside ? 0 : 1 + random.below(domains_.size() - 1);
    return user(domain, draw_number(profile_.draw, domains_[domain].users, random));
}

Host Population::host(const User& user, bool inside, bool v6) const {
    Host out;
    out.v6 = v6;
    const std::uint64_t number = inside ? user.number + 1 : user.number % kProxies + 1;
    const std::uint64_t net = inside ? 0x0A400000U : 0x0A800000U + (user.domain << 8);
    auto& a = out.address;
    if (v6) {
        a = {0x20, 0x01, 0x0D, 0xB8, 0, static_cast<std::uint8_t>(inside ? 0xA : 0xB)};
        a[7] = static_cast<std::uint8_t>(user.domain);
        for (std::size_t i = 0; i < 8; ++i) a[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    } else {
        a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        const std::uint64_t address = net + number % 0x400000;
        for (std::size_t i = 0; i < 4; ++i) a[15 - i] = static_cast<std::uint8_t>(address >> (8 * i));
    }
    out.mac = {2,
               static_cast<std::uint8_t>(inside ? 0xA : 0xB),
               0,
               static_cast<std::uint8_t>(number >> 16),
               static_cast<std::uint8_t>(number >> 8),
               static_cast<std::uint8_t>(number)};
    name(out);
    return out;
}

std::string Population::kms(const User& user, Random& random) const {
    const std::size_t dice = random.below(100);
    const std::size_t missing = profile_.of(Share::missing_kms);
    const std::size_t unknown = missing + profile_.of(Share::unknown_kms);
    if (dice < missing) return {};
    if (dice < unknown) return std::string(kUnknownKms);
    if (dice < unknown + profile_.of(Share::foreign_kms)) return kms_[random.below(kms_.size())];
    const auto& own = domains_[user.domain].kms;
    // who is away from home has keys of another KMS
    if (user.tags != 0) return own[random.below(own.size())];
    return own.front();
}

Period Population::period(std::string_view kms) const noexcept {
    if (guide_ == nullptr) return {};
    const auto id = guide_->table().find_kms(kms);
    if (!id) return {};
    const auto& record = guide_->table().kms()[*id];
    return {record.key_period, record.key_offset};
}

void Population::each_tagged(
    const std::function<void(std::string_view, const User&, std::string_view)>& f) const {
    if (guide_ == nullptr || guide_->table().tags().empty()) return;
    const auto& table = guide_->table();
    for (std::uint64_t n = 0; n < domains_.front().users; ++n) {
        const User one = user(0, n);
        std::string tags;
        for (std::size_t bit = 0; bit < table.tags().size(); ++bit)
            if ((one.tags >> bit & 1U) != 0)
                tags.append(tags.empty() ? "" : " ").append(table.text(table.tags()[bit]));
        if (!tags.empty()) f(domains_.front().name, one, tags);
    }
}

}  // namespace kmsgate::traffic

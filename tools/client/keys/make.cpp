// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/make.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#include "tools/client/keys/files.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/keys/test_kms.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kMostPeriods = 24;
constexpr unsigned kSecretMode = 0600;
constexpr unsigned kPublicMode = 0644;

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), sip::lower);
    return out;
}

bool exists(const std::string& path) {
    std::error_code code;
    return fs::symlink_status(path, code).type() != fs::file_type::not_found;
}

/// Plans everything first, so that a fault found late leaves no half-made folder.
class Maker {
  public:
    Maker(const KeysRequest& request, crypto::Random& random) : request_(request), random_(random) {}

    std::expected<std::vector<std::string>, std::vector<std::string>> run() {
        check();
        if (faults_.empty()) plan();
        if (faults_.empty()) write();
        if (!faults_.empty()) return std::unexpected(std::move(faults_));
        return std::move(lines_);
    }

  private:
    struct Output {
        std::string path;
        std::string text;
        unsigned mode;
    };

    void fault(const std::string& what) { faults_.push_back(what); }
    void note(const std::string& what) { lines_.push_back(what); }
    [[nodiscard]] std::string in_folder(const std::string& name) const {
        return (fs::path(request_.folder) / name).string();
    }
    [[nodiscard]] const std::string& secrets() const {
        return request_.secrets.empty() ? request_.folder : request_.secrets;
    }

    void check() {
        if (request_.folder.empty()) fault("no folder is given; where the files go is needed");
        if (request_.periods < 1 || request_.periods > kMostPeriods)
            fault(std::to_string(request_.periods) + " key periods; 1 to " + std::to_string(kMostPeriods) +
                  " expected");
        if (request_.kms.empty() && request_.users.empty())
            fault("no KMS and no user is named; nothing to make");
        for (const auto& user : request_.users) {
            if (sip::UserUri::normalise(user.uri).empty())
                fault("\"" + user.uri.substr(0, 60) +
                      "\" is no user URI; such as sip:alice@mc1.example expected");
            if (user.kms.empty()) fault(user.uri.substr(0, 60) + ": no KMS is named; at least one expected");
        }
    }

    void plan() {
        for (const std::string& uri : request_.kms) plan_kms(uri);
        for (const auto& user : request_.users)
            for (const std::string& uri : user.kms) plan_kms(uri);
        if (!faults_.empty()) return;
        for (const auto& user : request_.users) {
            const auto normal = sip::UserUri::normalise(user.uri);
            if (normal.text() != user.uri)
                note("took " + user.uri + " as " + std::string(normal.text()) + ", its normal form");
            for (const std::string& uri : user.kms) plan_user(normal.text(), *find(uri));
        }
    }

    [[nodiscard]] const TestKms* find(std::string_view uri) const {
        const auto kms =
            std::ranges::find_if(kmss_, [&](const TestKms& other) { return sip::iequal(other.uri(), uri); });
        return kms == kmss_.end() ? nullptr : &*kms;
    }

    void plan_kms(const std::string& uri) {
        if (find(uri) != nullptr) return;
        const std::string path = (fs::path(secrets()) / secret_file(uri)).string();
        auto kms = exists(path) ? read_kms(path, uri) : make_kms(path, uri);
        if (!kms) return fault(kms.error());
        kmss_.push_back(std::move(*kms));
        plan_certificate(kmss_.back());
    }

    std::expected<TestKms, std::string> make_kms(const std::string& path, const std::string& uri) {
        auto kms = TestKms::make(uri, random_, request_.key_period.value_or(mikey::kKeyPeriod),
                                 request_.key_offset.value_or(mikey::kKeyOffset));
        if (!kms) return kms;
        outputs_.push_back({path, kms->write_secret(), kSecretMode});
        note("made KMS " + uri + ", its secret is " + path);
        return kms;
    }

    std::expected<TestKms, std::string> read_kms(const std::string& path, const std::string& uri) {
        const auto wrong = [&](const std::string& why) { return std::unexpected(path + ": " + why); };
        struct stat status{};
        if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
            return wrong(
                "others than its owner may read or write this secret; mode 600 expected (chmod 600)");
        const auto text = read_file(path, kMostXml);
        if (!text) return wrong(text.error());
        auto kms = TestKms::read_secret(*text);
        if (!kms) return wrong(kms.error());
        if (!sip::iequal(kms->uri(), uri)) return wrong("is of " + kms->uri() + "; " + uri + " expected");
        const Certificate& own = kms->certificate();
        if (request_.key_period.value_or(own.key_period) != own.key_period ||
            request_.key_offset.value_or(own.key_offset) != own.key_offset)
            return wrong("has key period " + std::to_string(own.key_period) + " and offset " +
                         std::to_string(own.key_offset) + "; the same expected (a KMS keeps its periods)");
        note("read KMS " + kms->uri() + " from " + path);
        return kms;
    }

    /// What is there and differs: replaced when that is wanted.
    void replace(const std::string& path, std::string text, unsigned mode, const std::string& what,
                 const std::string& why) {
        if (!request_.force) return fault(path + ": " + why + "; it is only replaced by force");
        outputs_.push_back({path, std::move(text), mode});
        note("replaced " + what + ", " + path);
    }

    void plan_certificate(const TestKms& kms) {
        const std::string path = in_folder(certificate_file(kms.uri()));
        const std::string what = "certificate of " + kms.uri();
        std::string text = write_certificate(kms.certificate());
        if (!exists(path)) {
            outputs_.push_back({path, std::move(text), kPublicMode});
            return note("wrote " + what + ", " + path);
        }
        const auto old = read_file(path, kMostXml);
        const auto read = old ? read_certificate(*old) : std::unexpected(old.error());
        if (read && *read == kms.certificate()) return note("kept " + what + ", " + path);
        replace(path, std::move(text), kPublicMode, what,
                read ? "another certificate than that of this KMS" : read.error());
    }

    void plan_user(std::string_view user, const TestKms& kms) {
        const Certificate& own = kms.certificate();
        const std::uint64_t current = mikey::period_number(request_.now, own.key_period, own.key_offset);
        for (unsigned i = 0; i < request_.periods; ++i) plan_key_set(user, kms, current + i);
    }

    void plan_key_set(std::string_view user, const TestKms& kms, std::uint64_t period_no) {
        const std::string path = in_folder(key_set_file(user, kms.uri(), period_no));
        if (std::ranges::any_of(outputs_, [&](const Output& output) { return output.path == path; })) return;
        std::string what =
            "keys of " + std::string(user) + " from " + kms.uri() + ", period " + std::to_string(period_no);
        const bool there = exists(path);
        std::string why;
        if (there) {
            why = not_fitting(path, user, kms, period_no);
            if (why.empty()) return note("kept " + what + ", " + path);
        }
        const auto set = kms.provision(user, period_no, random_);
        if (!set) return fault(what + ": " + set.error());
        if (!set->valid_from.empty()) what += " (" + set->valid_from + " to " + set->valid_to + ")";
        if (there) return replace(path, write_key_set(*set), kSecretMode, what, why);
        outputs_.push_back({path, write_key_set(*set), kSecretMode});
        note("wrote " + what + ", " + path);
    }

    /// Key sets hold random numbers: two good ones differ. So the question is whether the one there works.
    [[nodiscard]] static std::string not_fitting(const std::string& path, std::string_view user,
                                                 const TestKms& kms, std::uint64_t period_no) {
        const auto text = read_file(path, kMostXml);
        if (!text) return text.error();
        auto set = read_key_set(*text);
        if (!set) return set.error();
        Ring ring;
        ring.add(kms.certificate());
        if (auto ok = ring.add(std::move(*set)); !ok) return ok.error();
        return ring.key_set(kms.uri(), user, period_no) == nullptr ? "another user's or period's keys"
                                                                   : std::string();
    }

    void write() {
        std::error_code code;
        for (const std::string& folder : {request_.folder, secrets()}) {
            fs::create_directories(folder, code);
            if (code) return fault(folder + ": " + code.message());
        }
        for (const Output& output : outputs_)
            if (auto ok = write_file(output.path, output.text, output.mode); !ok)
                return fault(output.path + ": " + ok.error());
    }

    const KeysRequest& request_;
    crypto::Random& random_;
    std::vector<TestKms> kmss_;
    std::vector<Output> outputs_;
    std::vector<std::string> lines_;
    std::vector<std::string> faults_;
};

}  // namespace

std::expected<std::vector<std::string>, std::vector<std::string>> make_keys(const KeysRequest& request,
                                                                            crypto::Random& random) {
    return Maker(request, random).run();
}

std::string secret_file(std::string_view kms) {
    return "kms-" + file_part(lower_case(kms)) + ".secret.xml";
}

std::string certificate_file(std::string_view kms) {
    return "kms-" + file_part(lower_case(kms)) + ".cert.xml";
}

std::string key_set_file(std::string_view user, std::string_view kms, std::uint64_t period_no) {
    // "_" stands in no part: no two sets share a name
    return "keys-" + file_part(user) + "_" + file_part(lower_case(kms)) + "_" + std::to_string(period_no) +
           ".xml";
}

}  // namespace kmsgate::client::keys

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#include "tools/client/select/yaml.hpp"

namespace kmsgate::client::select {
namespace {

constexpr std::array<std::string_view, 13> kKeys = {"version", "user",   "home",     "secondary", "external",
                                                    "prefer",  "refuse", "contacts", "keys",      "state",
                                                    "hashed",  "gms",    "attempts"};
constexpr std::size_t kMaxKms = 255;
constexpr unsigned kMaxAttempts = 20;

class Reading {
  public:
    Reading(const Yaml& yaml, std::string file, Problems& problems)
        : yaml_(yaml), folder_(std::filesystem::path(std::move(file)).parent_path()), problems_(problems) {}

    [[nodiscard]] Profile run() {
        for (const Entry& entry : yaml_.entries) read(entry);
        need("version", "add `version: 1` as the first line");
        need("user", "add the user's URI: `user: sip:alice@mc1.example`");
        need("home", "add the Home KMS: `home: kms.a.example`");
        need("keys", "add the folder of certificates and key sets: `keys: keys`");
        compare();
        return std::move(profile_);
    }

  private:
    void read(const Entry& entry) {
        if (std::ranges::find(kKeys, std::string_view(entry.key.text)) == kKeys.end()) {
            problems_.add(entry.key.place, fmt::format("unknown key `{}`", printable(entry.key.text)),
                          fmt::format("write one of {}", fmt::join(kKeys, ", ")));
            return;
        }
        if (const auto [at, fresh] = seen_.emplace(entry.key.text, entry.key.place); !fresh) {
            problems_.add(entry.key.place, fmt::format("key `{}` stands twice", entry.key.text),
                          fmt::format("remove it here or in line {}", at->second.line));
            return;
        }
        const std::string& key = entry.key.text;
        if (key == "secondary")
            profile_.secondary = kmss(entry, &named_);
        else if (key == "external")
            profile_.external = kmss(entry, &named_);
        else if (key == "prefer")
            profile_.prefer = kmss(entry, &prefer_);
        else if (key == "refuse")
            profile_.refuse = kmss(entry, &refuse_);
        else if (key == "contacts")
            contacts(entry);
        else if (const Word* const word = one(entry))
            read(key, *word);
    }

    void read(const std::string& key, const Word& word) {
        if (key == "version") {
            if (word.text != "1") wrong(word, key, "is not known", "write `version: 1`");
        } else if (key == "user") {
            if (auto user = normal(word, key)) profile_.user = *std::move(user);
        } else if (key == "home") {
            if (kms(word, key)) {
                profile_.home = word.text;
                named_.push_back(word);
            }
        } else if (key == "keys") {
            profile_.keys = path(word);
        } else if (key == "state") {
            profile_.state = path(word);
        } else if (key == "attempts") {
            attempts(word);
        } else {
            const bool yes = word.text == "true";
            if (!yes && word.text != "false")
                wrong(word, key, "is neither `true` nor `false`", "write one of the two");
            (key == "gms" ? profile_.gms : profile_.hashed) = yes;
        }
    }

    void wrong(const Word& word, std::string_view key, std::string_view fault, std::string remedy) {
        problems_.add(word.place, fmt::format("`{}` `{}` {}", key, printable(word.text), fault),
                      std::move(remedy));
    }

    /// The one text of a key; reports a list, a map, nothing.
    [[nodiscard]] const Word* one(const Entry& entry) {
        if (entry.kind == Entry::Kind::word) return &entry.words.front();
        problems_.add(entry.value, fmt::format("`{}` is {}", entry.key.text, describe(entry.kind)),
                      "write one text behind the colon");
        return nullptr;
    }
    /// The texts of a list.
    [[nodiscard]] const std::vector<Word>& list(const Entry& entry) {
        static const std::vector<Word> none;
        if (entry.kind == Entry::Kind::list) return entry.words;
        problems_.add(entry.value, fmt::format("`{}` is {}", entry.key.text, describe(entry.kind)),
                      "write a list: [first, second]; [] for none");
        return none;
    }

    bool kms(const Word& word, std::string_view key) {
        const auto visible = [](char c) { return c > 0x20 && c < 0x7F; };
        if (word.text.empty() || word.text.size() > kMaxKms || !std::ranges::all_of(word.text, visible)) {
            wrong(word, key, "is no KMS URI",
                  fmt::format("write it as in the KMS's certificate, 1 to {} visible characters", kMaxKms));
            return false;
        }
        if (word.text == "ANY") {
            wrong(word, key, "is a word of KRRs", "name a KMS");
            return false;
        }
        return true;
    }

    /// Good names of a list; a name met before in `among` is reported.
    [[nodiscard]] std::vector<std::string> kmss(const Entry& entry, std::vector<Word>* among) {
        std::vector<std::string> out;
        for (const Word& word : list(entry)) {
            if (!kms(word, entry.key.text)) continue;
            out.push_back(word.text);
            among->push_back(word);
        }
        return out;
    }

    [[nodiscard]] std::optional<std::string> normal(const Word& word, std::string_view key) {
        const sip::UserUri uri = sip::UserUri::normalise(word.text);
        if (uri.empty()) {
            wrong(word, key, "is no user URI", "write `sip:user@domain` or `tel:+441234`");
            return std::nullopt;
        }
        return std::string(uri.text());
    }

    void contacts(const Entry& entry) {
        for (const Word& word : list(entry))
            if (auto user = normal(word, entry.key.text)) {
                if (std::ranges::find(profile_.contacts, *user) != profile_.contacts.end())
                    wrong(word, entry.key.text, "stands twice", "remove it once");
                else
                    profile_.contacts.push_back(*std::move(user));
            }
    }

    void attempts(const Word& word) {
        unsigned value = 0;
        const char* const end = word.text.data() + word.text.size();
        const auto [stop, error] = std::from_chars(word.text.data(), end, value);
        if (error != std::errc{} || stop != end || word.text.starts_with('0') || value > kMaxAttempts)
            wrong(word, "attempts", "is no number of attempts",
                  fmt::format("write a number from 1 to {}", kMaxAttempts));
        else
            profile_.attempts = value;
    }

    [[nodiscard]] std::string path(const Word& word) {
        if (word.text.empty()) return {};
        return (folder_ / word.text).lexically_normal().string();
    }

    void need(std::string_view key, std::string remedy) {
        if (!seen_.contains(key)) problems_.add(yaml_.start, fmt::format("no `{}`", key), std::move(remedy));
    }

    void once(const std::vector<Word>& words, std::string_view where, std::string remedy) {
        for (std::size_t i = 0; i < words.size(); ++i)
            for (std::size_t k = 0; k < i; ++k)
                if (same_kms(words[i].text, words[k].text)) {
                    problems_.add(words[i].place,
                                  fmt::format("KMS `{}` stands twice in {} (first in line {})", words[i].text,
                                              where, words[k].place.line),
                                  remedy);
                    break;
                }
    }

    /// What is right alone but not together.
    void compare() {
        std::ranges::sort(named_, {}, [](const Word& w) { return std::pair(w.place.line, w.place.column); });
        once(named_, "`home`, `secondary` and `external`", "name each KMS once, where it belongs");
        once(prefer_, "`prefer`", "remove it once");
        once(refuse_, "`refuse`", "remove it once");
        for (const Word& word : prefer_) {
            if (!same_kms(profile_.home, word.text) && !contains(profile_.secondary, word.text))
                wrong(word, "prefer", "is neither `home` nor among `secondary`",
                      "prefer KMSs that give this user keys");
            if (contains(profile_.refuse, word.text))
                wrong(word, "prefer", "is refused too", "remove it from `prefer` or from `refuse`");
        }
        for (const Word& word : refuse_)
            if (same_kms(profile_.home, word.text))
                wrong(word, "refuse", "is the Home KMS, which the first attempt names",
                      "remove it, or name another `home`");
    }

    const Yaml& yaml_;
    std::filesystem::path folder_;
    Problems& problems_;
    Profile profile_;
    std::map<std::string, Place, std::less<>> seen_;
    std::vector<Word> named_;  ///< home, secondary, external
    std::vector<Word> prefer_;
    std::vector<Word> refuse_;
};

}  // namespace

bool same_kms(std::string_view a, std::string_view b) noexcept {
    return sip::iequal(a, b);
}

bool contains(const std::vector<std::string>& list, std::string_view kms) noexcept {
    return std::ranges::any_of(list, [&](const std::string& entry) { return same_kms(entry, kms); });
}

std::expected<Profile, std::vector<std::string>> read_profile(std::string_view yaml,
                                                              const std::string& file) {
    Problems problems(file);
    Profile profile;
    if (const auto read = read_yaml(yaml, problems)) profile = Reading(*read, file, problems).run();
    if (!problems.empty()) return std::unexpected(problems.lines());
    return profile;
}

}  // namespace kmsgate::client::select

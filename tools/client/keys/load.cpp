// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <map>

#include "tools/client/keys/files.hpp"
#include "tools/client/keys/names.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

namespace {

namespace fs = std::filesystem;

/// The names of the files to read, in order.
std::expected<std::vector<std::string>, std::string> files_of(const std::string& folder) {
    std::error_code code;
    std::vector<std::string> out;
    fs::directory_iterator entry(folder, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
        std::string name = entry->path().filename().string();
        if (name.ends_with(".xml") && !name.ends_with(".secret.xml") && !name.starts_with('.'))
            out.push_back(std::move(name));
    }
    if (code) return std::unexpected(folder + ": " + code.message());
    std::ranges::sort(out);
    return out;
}

class Loader {
  public:
    explicit Loader(const std::string& folder) : folder_(folder) {}

    void read(const std::string& name) {
        const auto text = read_file((fs::path(folder_) / name).string(), kMostXml);
        if (!text) return fault(name, text.error());
        const auto document = Xml::read(*text);
        if (!document) return fault(name, document.error());
        const bool certificate = !document->find(names::certificate).empty();
        const bool set = !document->find(names::key_set).empty();
        if (certificate == set)
            return fault(
                name,
                std::string(set ? "both" : "neither") +
                    " KmsCertificate and KmsKeySet; one of them expected, as the root or in a KmsResponse");
        if (certificate) {
            take(name, read_certificate(*text));
        } else if (auto read = read_key_set(*text); read) {
            sets_.emplace(name, std::move(*read));
        } else {
            fault(name, read.error());
        }
    }

    [[nodiscard]] std::expected<Ring, std::vector<std::string>> finish() {
        for (auto& [name, set] : sets_) {
            if (const KeySet* const other = ring_.key_set(set.kms_uri, set.user_uri, set.period_no);
                other != nullptr)
                fault(name, "a second key set of " + set.user_uri + " from " + set.kms_uri + ", period " +
                                std::to_string(set.period_no) + "; one expected");
            else if (auto ok = ring_.add(std::move(set)); !ok)
                fault(name, ok.error());
        }
        if (!faults_.empty()) return std::unexpected(std::move(faults_));
        return std::move(ring_);
    }

  private:
    void take(const std::string& name, std::expected<Certificate, std::string> certificate) {
        if (!certificate) return fault(name, certificate.error());
        if (ring_.certificate(certificate->kms_uri) != nullptr)
            return fault(name, "a second certificate of " + certificate->kms_uri + "; one expected");
        ring_.add(std::move(*certificate));
    }
    void fault(const std::string& name, const std::string& why) {
        faults_.push_back((fs::path(folder_) / name).string() + ": " + why);
    }

    const std::string& folder_;
    Ring ring_;
    std::map<std::string, KeySet> sets_;
    std::vector<std::string> faults_;
};

}  // namespace

std::expected<Ring, std::vector<std::string>> load_ring(const std::string& folder) {
    const auto files = files_of(folder);
    if (!files) return std::unexpected(std::vector{files.error()});
    Loader loader(folder);
    for (const std::string& name : *files) loader.read(name);
    return loader.finish();
}

}  // namespace kmsgate::client::keys

// SPDX-License-Identifier: BSD-3-Clause
// A KMS whose secrets are those of the RFCs' test data, and a folder that goes away by itself.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/client/keys/rfc_vectors.hpp"
#include "tools/client/keys/test_kms.hpp"

namespace kmsgate::client::test {

inline constexpr const char* kKms = "kms.example.org";
inline constexpr const char* kUser = "sip:user@example.org";

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " does not stand in " << text;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The element with all that is in it.
inline std::string without(const std::string& text, const std::string& element) {
    const auto first = text.find("<" + element + ">");
    const std::string end = "</" + element + ">";
    const auto last = text.find(end);
    EXPECT_NE(first, std::string::npos) << element;
    EXPECT_NE(last, std::string::npos) << element;
    if (first == std::string::npos || last == std::string::npos) return text;
    return text.substr(0, first) + text.substr(last + end.size());
}

inline std::string with_value(const std::string& text, const std::string& element, const std::string& value) {
    const auto first = text.find("<" + element + ">");
    const auto last = text.find("</" + element + ">");
    EXPECT_NE(first, std::string::npos) << element;
    if (first == std::string::npos) return text;
    return text.substr(0, first) + "<" + element + ">" + value + text.substr(last);
}

inline std::string secret_xml() {
    return "<TestKmsSecret xmlns=\"urn:kmsgate:test-kms:1.0\"><KmsUri>kms.example.org</KmsUri>"
           "<UserKeyPeriod>2592000</UserKeyPeriod><UserKeyOffset>0</UserKeyOffset><MasterSecret>" +
           std::string(216, '0') + "AFF429D35F84B110D094803B3595A6E2998BC99F</MasterSecret><AuthSecret>" +
           std::string(59, '0') + "12345</AuthSecret></TestKmsSecret>";
}

inline const keys::TestKms& rfc_kms() {
    static const keys::TestKms kms = keys::TestKms::read_secret(secret_xml()).value();
    return kms;
}

/// kUser's keys for the period of the example in TS 33.180 F.2.1.
inline const keys::KeySet& rfc_keys() {
    static const keys::KeySet keys = [] {
        crypto::Random random;
        return rfc_kms().provision(kUser, 1388, random).value();
    }();
    return keys;
}

class Folder {
  public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "kmsgate-keys-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
    }
    ~Folder() {
        std::error_code code;
        if (!path_.empty()) std::filesystem::remove_all(path_, code);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(at(name), std::ios::binary) << text;
    }
    [[nodiscard]] std::string get(const std::string& name) const {
        std::ifstream in(at(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::size_t files() const {
        std::size_t n = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
            n += entry.is_regular_file();
        return n;
    }

  private:
    std::string path_;
};

}  // namespace kmsgate::client::test

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/certificate.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/keys/samples.hpp"
#include "tools/client/keys/dates.hpp"

namespace kmsgate::client::keys {
namespace {

using test::kKms;
using test::replaced;
using test::rfc_kms;
using test::with_value;
using test::without;

std::string good() {
    return write_certificate(rfc_kms().certificate());
}

std::string error_of(const std::string& xml) {
    const auto read = read_certificate(xml);
    return read ? "none" : read.error();
}

bool names(const std::string& error, std::string_view what) {
    return error.find(what) != std::string::npos;
}

// As the schema has it, written by hand: order of elements, names, attributes, the namespace as a prefix.
std::string by_hand() {
    const auto hex = [](const Bytes& bytes) {
        std::string out;
        for (const std::uint8_t byte : bytes) {
            char two[3];
            std::snprintf(two, sizeof two, "%02X", byte);
            out += two;
        }
        return out;
    };
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<k:KmsCertificate "
           "xmlns:k=\"urn:3gpp:ns:mcsecKMSInterface:1.0\" Id=\"x\" Version=\"1.0.0\" Role=\"External\" "
           "IsSecurityGateway=\"false\">\n<k:CertUri>cert.example.org</k:CertUri><k:KmsUri> kms.example.org\n"
           "</k:KmsUri><k:Issuer>me</k:Issuer><k:ValidFrom>2026-01-01T00:00:00Z</k:ValidFrom>"
           "<k:ValidTo>2027-01-01T00:00:00+01:00</k:ValidTo><k:Revoked>false</k:Revoked>"
           "<k:UserIdFormat>2</k:UserIdFormat><k:UserKeyPeriod>2592000</k:UserKeyPeriod>"
           "<k:UserKeyOffset>7</k:UserKeyOffset><k:PubEncKey>" +
           hex(test::rfc::kPublic).insert(100, "\n   ") + "</k:PubEncKey><k:PubAuthKey>" +
           hex(test::rfc::kKpak) +
           "</k:PubAuthKey><k:ParameterSet>1</k:ParameterSet><k:KmsDomainList><k:KmsDomain>example.org"
           "</k:KmsDomain></k:KmsDomainList><other "
           "xmlns=\"urn:x\"><KmsUri>no</KmsUri></other></k:KmsCertificate>";
}

TEST(Certificate, ReadsTheFormOfTheSchema) {
    const auto read = read_certificate(by_hand());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->role, "External");
    EXPECT_EQ(read->cert_uri, "cert.example.org");
    EXPECT_EQ(read->kms_uri, kKms);
    EXPECT_EQ(read->issuer, "me");
    EXPECT_EQ(read->valid_from, "2026-01-01T00:00:00Z");
    EXPECT_EQ(read->valid_to, "2027-01-01T00:00:00+01:00");
    EXPECT_FALSE(read->revoked);
    EXPECT_EQ(read->user_id_format, "2");
    EXPECT_EQ(read->key_period, 2592000U);
    EXPECT_EQ(read->key_offset, 7U);
    EXPECT_EQ(read->pub_enc_key, test::rfc::kPublic);
    EXPECT_EQ(read->pub_auth_key, test::rfc::kKpak);
}

TEST(Certificate, WhatIsWrittenReadsTheSame) {
    Certificate all = rfc_kms().certificate();
    all.role = "Migration & <more>";
    all.cert_uri = "c";
    all.issuer = "\"I\" & 'me' <x>";
    all.valid_from = "2026-01-01T00:00:00Z";
    all.valid_to = "2026-01-01T00:00:00.5-01:00";
    all.revoked = true;
    all.key_offset = 18446744073709551615U;
    for (const Certificate& certificate : {rfc_kms().certificate(), all}) {
        const auto read = read_certificate(write_certificate(certificate));
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(*read, certificate);
    }
}

TEST(Certificate, InsideAResponseExactlyOne) {
    std::string inner = good();
    inner = inner.substr(inner.find("<KmsCertificate"));
    const std::string open = "<KmsResponse xmlns=\"urn:3gpp:ns:mcsecKMSInterface:1.0\"><KmsMessage><KmsInit>";
    const std::string close = "</KmsInit></KmsMessage></KmsResponse>";
    EXPECT_TRUE(read_certificate(open + inner + close));
    EXPECT_TRUE(names(error_of(open + inner + inner + close), "2 KmsCertificate"));
    EXPECT_TRUE(names(error_of(open + close), "0 KmsCertificate"));
    EXPECT_TRUE(names(error_of("<Wrapper>" + inner + "</Wrapper>"), "0 KmsCertificate"));
    EXPECT_TRUE(
        names(error_of(replaced(good(), "mcsecKMSInterface:1.0", "mcsecKMSInterface:9.0")), "namespace"));
}

TEST(Certificate, EveryFaultNamesItsElement) {
    for (const char* element :
         {"KmsUri", "UserIdFormat", "UserKeyPeriod", "UserKeyOffset", "PubEncKey", "PubAuthKey"}) {
        EXPECT_TRUE(names(error_of(without(good(), element)), std::string("KmsCertificate/") + element + ":"))
            << element;
        EXPECT_TRUE(
            names(error_of(with_value(good(), element, "")), std::string("KmsCertificate/") + element + ":"))
            << element;
        EXPECT_TRUE(names(error_of(with_value(good(), element, "<a/>")), std::string("/") + element + ":"))
            << element;
        const std::string twice = "<" + std::string(element) + ">2</" + element + "></KmsCertificate>";
        EXPECT_TRUE(names(error_of(replaced(good(), "</KmsCertificate>", twice)), "stands twice")) << element;
    }
    EXPECT_TRUE(names(error_of(with_value(good(), "UserIdFormat", "1")), "2 (hashed UIDs) expected"));
    EXPECT_TRUE(names(error_of(with_value(good(), "UserKeyPeriod", "0")), "UserKeyPeriod"));
    for (const char* number : {"-1", "+1", "1.0", "0x10", "1 2", "18446744073709551616", "ten"})
        EXPECT_TRUE(names(error_of(with_value(good(), "UserKeyPeriod", number)), "UserKeyPeriod")) << number;
    EXPECT_TRUE(names(error_of(with_value(good(), "Revoked", "maybe")), "Revoked: true or false"));
    EXPECT_TRUE(names(error_of(with_value(good(), "Revoked", "")), "Revoked: true or false"));
    EXPECT_TRUE(names(error_of(with_value(good(), "ParameterSet", "2")), "ParameterSet"));
    EXPECT_TRUE(
        names(error_of(replaced(good(), "<Revoked>", "<ValidTo>soon</ValidTo><Revoked>")), "ValidTo"));
    EXPECT_TRUE(names(error_of(with_value(good(), "KmsUri", "kms a")), "KmsUri"));
    EXPECT_TRUE(names(error_of(with_value(good(), "KmsUri", "k\xc3\xa4")), "KmsUri"));
    EXPECT_TRUE(names(error_of(with_value(good(), "KmsUri", std::string(256, 'k'))), "KmsUri"));
    EXPECT_EQ(error_of(with_value(good(), "KmsUri", std::string(255, 'k'))), "none");
}

TEST(Certificate, KeysMustBePoints) {
    EXPECT_TRUE(names(error_of(with_value(good(), "PubAuthKey", "04")),
                      "PubAuthKey: 1 bytes; 65 bytes in hex expected"));
    EXPECT_TRUE(names(error_of(with_value(good(), "PubAuthKey", "0g")), "not hex digits"));
    EXPECT_TRUE(names(error_of(with_value(good(), "PubAuthKey", "040")), "not hex digits"));
    EXPECT_TRUE(
        names(error_of(with_value(good(), "PubAuthKey", "04" + std::string(128, '0'))), "PubAuthKey"));
    EXPECT_TRUE(names(error_of(with_value(good(), "PubEncKey", "04" + std::string(512, '0'))), "PubEncKey"));
    EXPECT_TRUE(names(error_of(with_value(good(), "PubEncKey", "04" + std::string(512, 'f'))), "PubEncKey"));
}

TEST(CertificateHostile, NothingButPlainXml) {
    const std::string entity =
        "<!DOCTYPE KmsCertificate [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    EXPECT_TRUE(
        names(error_of(replaced(good(), "<KmsCertificate", entity + "<KmsCertificate")), "document type"));
    EXPECT_TRUE(
        names(error_of("<!DOCTYPE KmsCertificate SYSTEM \"file:///etc/passwd\">" + good()), "document type"));
    EXPECT_NE(error_of(replaced(good(), kKms, "&kms;")), "none");
    EXPECT_NE(error_of(""), "none");
    EXPECT_NE(error_of(std::string("\0", 1)), "none");
    EXPECT_NE(error_of(replaced(good(), kKms, std::string("k\0ms", 4))), "none");
    EXPECT_NE(error_of(replaced(good(), kKms, "k\xff\xfe")), "none");
    EXPECT_NE(error_of(good() + good()), "none");
    // a whole document in UTF-16, in which no byte search finds a DOCTYPE
    std::string wide = "\xff\xfe";
    for (const char c : entity + good()) wide += {c, '\0'};
    EXPECT_NE(error_of(wide), "none");
    // UTF-7 hides a DOCTYPE too
    EXPECT_NE(error_of("<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE x>" + good()), "none");
}

TEST(CertificateHostile, SizeAndDepthAreBounded) {
    const std::size_t room = 65536 - good().size() - 7;
    EXPECT_EQ(error_of(replaced(good(), "<KmsUri>", "<!--" + std::string(room, 'x') + "--><KmsUri>")),
              "none");
    EXPECT_TRUE(
        names(error_of(replaced(good(), "<KmsUri>", "<!--" + std::string(room + 1, 'x') + "--><KmsUri>")),
              "65537 bytes; at most 65536"));
    std::string deep;
    for (int i = 0; i < 20000; ++i) deep += "<a>";
    EXPECT_NE(error_of(deep), "none");
    std::string nested;
    for (int i = 0; i < 4000; ++i) nested += "<KmsResponse xmlns=\"urn:3gpp:ns:mcsecKMSInterface:1.0\">";
    EXPECT_NE(error_of(nested.substr(0, 65000)), "none");
}

TEST(CertificateHostile, EveryTruncation) {
    const std::string text = good();
    const std::size_t end = text.rfind('>');
    for (std::size_t n = 0; n <= end; ++n) EXPECT_FALSE(read_certificate(text.substr(0, n))) << n;
}

TEST(CertificateHostile, EveryByteDamaged) {
    const std::string text = good();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
        const auto read = read_certificate(damaged);
        if (!read) {
            EXPECT_FALSE(read.error().empty());
            continue;
        }
        // what still reads has the keys that were there: no damaged key gets through
        EXPECT_EQ(read->pub_enc_key, test::rfc::kPublic) << i;
        EXPECT_EQ(read->pub_auth_key, test::rfc::kKpak) << i;
    }
}

TEST(Certificate, ValidityEndsAtItsBounds) {
    Certificate certificate = rfc_kms().certificate();
    EXPECT_TRUE(valid_at(certificate, 0));
    certificate.valid_from = "2026-01-01T00:00:00Z";
    certificate.valid_to = "2026-01-02T00:00:00Z";
    const Time from = *parse_date_time(certificate.valid_from);
    const Time to = *parse_date_time(certificate.valid_to);
    EXPECT_EQ(to - from, 86400 * kSecond);
    EXPECT_FALSE(valid_at(certificate, from - 1));
    EXPECT_TRUE(valid_at(certificate, from));
    EXPECT_TRUE(valid_at(certificate, to - 1));
    EXPECT_FALSE(valid_at(certificate, to));
    certificate.revoked = true;
    EXPECT_FALSE(valid_at(certificate, from));
    certificate.revoked = false;
    certificate.valid_to = "never";
    EXPECT_FALSE(valid_at(certificate, from));
}

}  // namespace
}  // namespace kmsgate::client::keys

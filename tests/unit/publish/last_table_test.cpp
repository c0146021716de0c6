// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/last_table.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "tests/unit/publish/kit.hpp"

namespace kmsgate::publish::test {
namespace {

std::string slurp(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void spill(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(LastTable, GoesAndComesBack) {
    Kit kit;
    EXPECT_FALSE(Publisher::last_table(kit.folder.path).has_value());
    const Blob blob = sealed(policy());
    ASSERT_EQ(kit.publish(blob, 41), "");
    auto kept = Publisher::last_table(kit.folder.path);
    ASSERT_TRUE(kept.has_value()) << kept.error();
    EXPECT_EQ(kept->first, 41U);
    EXPECT_EQ(kept->second, blob);
    struct stat status{};
    ASSERT_EQ(::stat((kit.folder.path + "/last.table").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(kit.publish(sealed(policy("x")), 42), "");
    EXPECT_EQ(Publisher::last_table(kit.folder.path)->first, 42U);
    EXPECT_FALSE(std::filesystem::exists(kit.folder.path + "/last.table.new"));

    Kit restarted;
    EXPECT_EQ(restarted.publish(std::move(kept->second), kept->first), "");
}

TEST(LastTable, TornFilesAreTold) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    const std::string path = kit.folder.path + "/last.table";
    const std::string whole = slurp(path);
    for (std::size_t size = 0; size < whole.size(); size += size < 100 ? 1 : 61) {
        spill(path, std::string_view(whole).substr(0, size));
        EXPECT_FALSE(Publisher::last_table(kit.folder.path).has_value()) << size;
    }
    for (std::size_t at = 0; at < whole.size(); at += at < 100 ? 1 : 61) {
        std::string bad = whole;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        spill(path, bad);
        EXPECT_FALSE(Publisher::last_table(kit.folder.path).has_value()) << "byte " << at;
    }
    spill(path, whole + "x");
    EXPECT_FALSE(Publisher::last_table(kit.folder.path).has_value());
    spill(path, whole);
    EXPECT_TRUE(Publisher::last_table(kit.folder.path).has_value());
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_FALSE(Publisher::last_table(kit.folder.path).has_value());
}

TEST(LastTable, AFailureToKeepItIsNoFailureToPublish) {
    Kit kit;
    std::filesystem::remove_all(kit.folder.path);
    const auto end = kit.publisher.publish(sealed(policy()), 1);
    ASSERT_TRUE(end.has_value());
    EXPECT_NE(end->remark.find("last.table"), std::string::npos) << end->remark;
    EXPECT_EQ(kit.publisher.remark(), end->remark);
    EXPECT_EQ(kit.publisher.current()->proven().number, 1U);
    std::filesystem::create_directory(kit.folder.path);
    ASSERT_EQ(kit.publish(sealed(policy("x")), 2), "");
    EXPECT_EQ(kit.publisher.remark(), "");
}

TEST(LastTable, ALinkInItsPlaceIsNotFollowed) {
    Folder folder;
    const std::string victim = folder.path + "/victim";
    spill(victim, "precious");
    std::filesystem::create_symlink(victim, folder.path + "/last.table.new");
    EXPECT_FALSE(keep_table(folder.path, 1, {}).has_value());
    EXPECT_EQ(slurp(victim), "precious");
}

TEST(LastModes, WhatWasSetByHandOutlivesTheProcess) {
    Kit kit;
    EXPECT_TRUE(kept_modes(kit.folder.path)->empty()) << "no file, no modes";
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    EXPECT_FALSE(std::filesystem::exists(kit.folder.path + "/last.modes"));
    const ModeWish both[] = {{"f", Mode::enforce}, {"e", Mode::bypass}};
    ASSERT_TRUE(kit.publisher.set_modes(both).has_value());
    EXPECT_EQ(*kept_modes(kit.folder.path),
              (std::vector<KeptMode>{{"e", Mode::bypass}, {"f", Mode::enforce}}));
    ASSERT_TRUE(kit.publisher.set_mode("e", std::nullopt));
    EXPECT_EQ(*kept_modes(kit.folder.path), (std::vector<KeptMode>{{"f", Mode::enforce}}));
    const ModeWish shadow{"e", Mode::shadow};
    ASSERT_EQ(kit.publish(sealed(policy("x")), 2, {&shadow, 1}), "");
    EXPECT_EQ(*kept_modes(kit.folder.path),
              (std::vector<KeptMode>{{"e", Mode::shadow}, {"f", Mode::enforce}}));
    struct stat status{};
    ASSERT_EQ(::stat((kit.folder.path + "/last.modes").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const ModeWish none[] = {{"e", std::nullopt}, {"f", std::nullopt}};
    ASSERT_TRUE(kit.publisher.set_modes(none).has_value());
    EXPECT_FALSE(std::filesystem::exists(kit.folder.path + "/last.modes"));
}

TEST(LastModes, AnotherTableWithoutThemEndsThem) {
    Kit kit;
    ASSERT_TRUE(keep_modes(kit.folder.path, std::vector<KeptMode>{{"e", Mode::bypass}}).has_value());
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    EXPECT_TRUE(kept_modes(kit.folder.path)->empty()) << "else the next start would bring them back";
}

TEST(LastModes, AFailureToKeepThemIsTold) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    std::filesystem::create_directory(kit.folder.path + "/last.modes.new");
    ASSERT_TRUE(kit.publisher.set_mode("e", Mode::bypass));
    EXPECT_EQ(kit.mode(0), Mode::bypass) << "in force all the same";
    EXPECT_NE(kit.publisher.remark().find("last.modes"), std::string::npos);
    std::filesystem::remove(kit.folder.path + "/last.modes.new");
    ASSERT_TRUE(kit.publisher.set_mode("e", Mode::bypass)) << "the same once more tries again";
    EXPECT_EQ(kit.publisher.remark(), "");
    EXPECT_EQ(kept_modes(kit.folder.path)->size(), 1U);
}

TEST(LastModes, TornFilesAreTold) {
    Folder folder;
    const std::string path = folder.path + "/last.modes";
    ASSERT_TRUE(
        keep_modes(folder.path, std::vector<KeptMode>{{"e", Mode::bypass}, {"f", Mode::shadow}}).has_value());
    const std::string whole = slurp(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        spill(path, std::string_view(whole).substr(0, size));
        EXPECT_FALSE(kept_modes(folder.path).has_value()) << size;
    }
    for (const char* bad : {"kmsgate modes 2\ne\tbypass\nend\n", "kmsgate modes 1\ne\tenforced\nend\n",
                            "kmsgate modes 1\n\tbypass\nend\n", "kmsgate modes 1\ne\tbypass\nend\nend\n"}) {
        spill(path, bad);
        EXPECT_FALSE(kept_modes(folder.path).has_value()) << bad;
    }
    spill(path, whole);
    EXPECT_EQ(kept_modes(folder.path)->size(), 2U);
}

TEST(LastTable, NotKeptWithoutAFolder) {
    Kit kit({"e", "f"}, false);
    const auto end = kit.publisher.publish(sealed(policy()), 1);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->remark, "");
    EXPECT_TRUE(std::filesystem::is_empty(kit.folder.path));
}

}  // namespace
}  // namespace kmsgate::publish::test

// What comes from engines piece by piece, and what goes to them: frames, progress, tar.
#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/ignore.h"
#include "engine/output.h"
#include "engine/progress.h"
#include "engine/tar.h"
#include "support/caught.h"
#include "sys/file.h"
#include "sys/process.h"

namespace poststack::engine {
namespace {

using ::testing::ElementsAre;

std::string frame(char channel, std::string_view text) {
    std::string bytes(8, '\0');
    bytes[0] = channel;
    bytes[7] = static_cast<char>(text.size());
    return bytes.append(text);
}

TEST(FrameReader, TakesFramesApartHoweverTheyAreCut) {
    const std::string bytes = frame(1, "out\n") + frame(2, "err\n") + frame(1, "") + frame(1, "x");
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        FrameReader reader;
        std::string out;
        std::string err;
        const OnOutput take = [&](Channel channel, std::string_view part) {
            (channel == Channel::out ? out : err) += part;
        };

        reader.feed(std::string_view(bytes).substr(0, cut), take);
        reader.feed(std::string_view(bytes).substr(cut), take);

        EXPECT_EQ(out, "out\nx") << cut;
        EXPECT_EQ(err, "err\n") << cut;
        EXPECT_TRUE(reader.is_idle());
    }
}

TEST(FrameReader, RefusesWhatIsNoFrame) {
    FrameReader reader;
    const Error error = test::caught([&] { reader.feed("plain text", [](auto, auto) {}); });
    EXPECT_EQ(error.kind(), ErrorKind::io);
}

TEST(ProgressReader, FindsTheErrorInsideOfASuccess) {
    constexpr std::string_view docker =
        R"({"stream":"Step 1/2 : FROM x"})"
        "\r\n"
        R"({"stream":"\n"})"
        "\r\n"
        R"({"stream":"Step 2/2 : RUN false"})"
        "\r\n"
        R"({"stream":"\n ---\u003e Running in 1\nE: bad\n"})"
        "\r\n"
        R"({"errorDetail":{"code":1,"message":"The command '/bin/sh -c false' returned a non-zero code: 1"},"error":"The command '/bin/sh -c false' returned a non-zero code: 1"})"
        "\r\n";
    for (std::size_t cut = 0; cut <= docker.size(); cut += 3) {
        std::vector<std::string> lines;
        ProgressReader reader([&](std::string_view line) { lines.emplace_back(line); });

        reader.feed(docker.substr(0, cut));
        reader.feed(docker.substr(cut));
        reader.finish();

        EXPECT_EQ(reader.error(), "The command '/bin/sh -c false' returned a non-zero code: 1");
        EXPECT_EQ(reader.step(), "Step 2/2 : RUN false");
        EXPECT_THAT(
            lines,
            ElementsAre(
                "Step 1/2 : FROM x", "Step 2/2 : RUN false", " ---> Running in 1", "E: bad"));
    }
}

TEST(ProgressReader, FindsTheImagesId) {
    ProgressReader build;
    build.feed("{\"aux\":{\"ID\":\"sha256:ab\"}}\n{\"stream\":\"done\"}");
    build.finish();
    EXPECT_EQ(build.id(), "sha256:ab");
    EXPECT_EQ(build.error(), std::nullopt);
    EXPECT_EQ(build.last_lines(), "done");

    ProgressReader import;
    import.feed("{\"status\":\"sha256:cd\",\"progress\":\"\"}\n");
    EXPECT_EQ(import.id(), "sha256:cd");
}

TEST(IgnoreList, FollowsTheRulesOfDockerignore) {
    const IgnoreList list(
        "# comment\n"
        "*.log\n"
        "/build\n"
        "docs/*\n"
        "!docs/keep.md\n"
        "**/cache\n"
        "**/*.tmp\n"
        "src/[a-c]?.o\n"
        "odd\\*name\n"
        "deep/**/end\n"
        ".\n");
    const struct {
        const char* path;
        bool excluded;
    } cases[] = {
        {"a.log", true},         {"sub/a.log", false},     {"build", true},
        {"build/x/y", true},     {"other/build", false},   {"docs/a.md", true},
        {"docs/keep.md", false}, {"docs", false},          {"cache", true},
        {"a/b/cache", true},     {"a/b/cache/file", true}, {"x.tmp", true},
        {"a/b/x.tmp", true},     {"src/ax.o", true},       {"src/dx.o", false},
        {"src/axx.o", false},    {"odd*name", true},       {"oddXname", false},
        {"deep/end", true},      {"deep/a/b/end", true},   {"deep/a/b/ends", false},
        {"# comment", false},    {"Dockerfile", false},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(list.excludes(one.path), one.excluded) << one.path;
    }
    EXPECT_TRUE(list.brings_back());
    EXPECT_TRUE(IgnoreList("*\n!app").excludes("other"));
    EXPECT_FALSE(IgnoreList("*\n!app").excludes("app/main.c"));
    EXPECT_TRUE(IgnoreList("dir/**").excludes("dir/a"));
    EXPECT_FALSE(IgnoreList("dir/**").excludes("dir"));
}

TEST(IgnoreList, NeverLetsSecretsOut) {
    for (const char* path : {".env",
                             "app/.env",
                             ".poststack/secrets/x",
                             "backups/a.dump",
                             "./.env",
                             ".env.draft-1234"}) {
        EXPECT_TRUE(is_private(path)) << path;
    }
    for (const char* path : {".env.example", "app/backups/x", "src/env", "poststack/x"}) {
        EXPECT_FALSE(is_private(path)) << path;
    }
}

std::string all_of(const http::BodySource& source, std::size_t step) {
    std::string bytes;
    std::string part(step, '\0');
    while (const auto count = source(part.data(), part.size()))
        bytes.append(part.data(), count);
    return bytes;
}

TEST(TarStream, WritesWhatTarReads) {
    const sys::TempDir directory;
    const std::string long_name = std::string(90, 'd') + "/" + std::string(120, 'f');
    sys::replace_file(directory.path() / "data", std::string(1300, 'x'));
    const std::vector<TarEntry> entries = {
        {.name = "dir", .type = TarType::directory, .mode = 0755},
        {.name = "dir/script", .mode = 0755, .content = "#!/bin/sh\n"},
        {.name = "link", .type = TarType::symlink, .mode = 0777, .content = "dir/script"},
        {.name = "empty"},
        {.name = long_name, .path = directory.path() / "data", .size = 1300},
    };
    const std::string archive = all_of(tar_source(entries), 100);
    EXPECT_EQ(archive.size() % 512, 0U);
    EXPECT_EQ(archive, all_of(tar_source(entries), 65536));
    sys::replace_file(directory.path() / "a.tar", archive);

    (void)sys::run_checked(
        {.argv = {"tar", "-C", directory.path(), "-xf", (directory.path() / "a.tar").string()}},
        std::chrono::seconds(60));

    EXPECT_EQ(sys::read_file(directory.path() / "dir/script"), "#!/bin/sh\n");
    EXPECT_EQ(sys::find_info(directory.path() / "dir/script")->mode, 0755U);
    EXPECT_EQ(std::filesystem::read_symlink(directory.path() / "link"), "dir/script");
    EXPECT_EQ(sys::read_file(directory.path() / "empty"), "");
    EXPECT_EQ(sys::read_file(directory.path() / long_name), std::string(1300, 'x'));
}

TEST(TarStream, NoticesAFileThatBecameShorter) {
    const sys::TempDir directory;
    sys::replace_file(directory.path() / "data", "short");
    const Error error = test::caught([&] {
        (void)all_of(tar_source({{.name = "data", .path = directory.path() / "data", .size = 100}}),
                     64);
    });
    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_EQ(error.message(), "\"data\" became shorter while it was read");
}

TEST(Context, HoldsWhatMayLeaveTheMachine) {
    const sys::TempDir directory;
    const auto write = [&](const std::string& path) {
        sys::make_directories((directory.path() / path).parent_path());
        sys::replace_file(directory.path() / path, "x");
    };
    for (const char* path : {"Dockerfile",
                             ".env",
                             "app/.env",
                             "app/main.c",
                             "app/old.log",
                             ".poststack/id",
                             "backups/b.dump",
                             "data/pgdata/PG_VERSION",
                             "data/pgdata/base/1",
                             "node_modules/a/b"}) {
        write(path);
    }
    sys::replace_file(directory.path() / ".dockerignore",
                      "**/*.log\nnode_modules\n!.env\nDockerfile\n!node_modules/a\n");

    std::vector<std::string> names;
    for (const TarEntry& entry : collect_context(directory.path(), "Dockerfile"))
        names.push_back(entry.name);

    EXPECT_THAT(names,
                ElementsAre(".dockerignore",
                            "Dockerfile",
                            "app",
                            "app/main.c",
                            "data",
                            "node_modules/a",
                            "node_modules/a/b"));
    EXPECT_EQ(test::caught([&] { (void)collect_context(directory.path(), "Other"); }).kind(),
              ErrorKind::not_found);
}

}  // namespace
}  // namespace poststack::engine

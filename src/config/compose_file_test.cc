#include "config/compose_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/caught.h"
#include "sys/file.h"

namespace poststack::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Compose files in a folder of their own.
class ComposeFile : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_.path() / name) << text;
        return folder_.path() / name;
    }

    ComposeProject load(const std::string& text, ComposeSelection selection = {}) const {
        selection.files.insert(selection.files.begin(), write("compose.yaml", text));
        if (selection.project_name.empty()) selection.project_name = "shop";
        return load_compose(selection);
    }

    /// One service "a" with these lines below it.
    ComposeService service(const std::string& lines, ComposeSelection selection = {}) const {
        return load("services:\n  a:\n    image: i\n" + lines, std::move(selection)).services.at(0);
    }

    Error error(const std::string& text) const {
        return test::caught([&] { static_cast<void>(load(text)); });
    }

    Error service_error(const std::string& lines) const {
        return test::caught([&] { static_cast<void>(service(lines)); });
    }

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  private:
    sys::TempDir folder_;
};

std::vector<std::string> port_texts(const ComposeService& service) {
    std::vector<std::string> texts;
    for (const ComposePort& port : service.ports) {
        texts.push_back(port.host_ip + "|" + port.published + "|" + std::to_string(port.target) +
                        "|" + port.protocol);
    }
    return texts;
}

TEST_F(ComposeFile, ReadsPorts) {
    const ComposeService found = service(
        "    ports:\n"
        "      - 80\n"
        "      - \"8080:80\"\n"
        "      - \"127.0.0.1:5432:5432\"\n"
        "      - \"[::1]:53:53/udp\"\n"
        "      - \"::1:54:54\"\n"
        "      - \"127.0.0.1::90\"\n"
        "      - \"3000-3001:4000-4001\"\n"
        "      - \"9000-9005:9\"\n"
        "      - {target: 1, published: \"2\", host_ip: 127.0.0.1, protocol: udp, mode: host}\n");
    EXPECT_THAT(port_texts(found),
                ElementsAre("||80|tcp",
                            "|8080|80|tcp",
                            "127.0.0.1|5432|5432|tcp",
                            "::1|53|53|udp",
                            "::1|54|54|tcp",
                            "127.0.0.1||90|tcp",
                            "|3000|4000|tcp",
                            "|3001|4001|tcp",
                            "|9000-9005|9|tcp",
                            "127.0.0.1|2|1|udp"));
    EXPECT_EQ(found.ports[1].place, (folder() / "compose.yaml").native() + ":6:9");
}

TEST_F(ComposeFile, RefusesBrokenPorts) {
    EXPECT_THAT(service_error("    ports: [\"x:80\"]\n").message(),
                HasSubstr(":4:13\": there is no port number in \"x:80\""));
    EXPECT_THAT(service_error("    ports: [\"1-3:1-2\"]\n").message(),
                HasSubstr("the two ranges differ in length"));
    EXPECT_THAT(service_error("    ports: [\"3-1:1\"]\n").message(), HasSubstr("ends before"));
    EXPECT_THAT(service_error("    ports: [\"80:70000\"]\n").message(),
                HasSubstr("no port number"));
    EXPECT_THAT(service_error("    ports: [\"80:80/sctp\"]\n").message(),
                HasSubstr("must be one of tcp, udp"));
    EXPECT_THAT(service_error("    ports: [{published: 1}]\n").message(), HasSubstr("no target"));
}

TEST_F(ComposeFile, ReadsVolumes) {
    const ComposeProject project = load(
        "services:\n  a:\n    image: i\n    volumes:\n"
        "      - /anonymous\n"
        "      - data:/data:ro\n"
        "      - ./src:/src\n"
        "      - ~/x:/x:ro,z\n"
        "      - {type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 01777}}\n"
        "      - {type: bind, source: ../up, target: /up, bind: {create_host_path: false}}\n"
        "volumes: {data: }\n",
        {.files = {}, .environment = {{"HOME", "/home/me"}}});
    const auto& mounts = project.services[0].mounts;
    ASSERT_EQ(mounts.size(), 6U);
    EXPECT_EQ(mounts[0].source, "");
    EXPECT_EQ(mounts[1].source, "data");
    EXPECT_TRUE(mounts[1].read_only);
    EXPECT_EQ(mounts[2].type, ComposeMount::Type::bind);
    EXPECT_EQ(mounts[2].source, (folder() / "src").native());
    EXPECT_EQ(mounts[3].source, "/home/me/x");
    EXPECT_EQ(mounts[3].selinux, "z");
    EXPECT_EQ(mounts[4].tmpfs_size, 64U << 20U);
    EXPECT_EQ(mounts[4].tmpfs_mode, 01777);
    EXPECT_EQ(mounts[5].source, (folder().parent_path() / "up").native());
    EXPECT_FALSE(mounts[5].create_host_path);
    EXPECT_EQ(project.volumes[0].name, "shop_data");
}

TEST_F(ComposeFile, RefusesBrokenVolumes) {
    EXPECT_THAT(service_error("    volumes: [\"a:b\"]\n").message(), HasSubstr("is not absolute"));
    EXPECT_THAT(service_error("    volumes: [\"x:/y\"]\n").message(),
                HasSubstr("service \"a\" uses volume \"x\", which is not there"));
    EXPECT_THAT(service_error("    volumes: [\"/x:/y:wo\"]\n").message(),
                HasSubstr("unknown mode \"wo\""));
    EXPECT_THAT(service_error("    volumes: [\"/a:/b:ro:z\"]\n").message(), HasSubstr("SOURCE"));
}

TEST_F(ComposeFile, ReadsVariablesOfTheEnvironment) {
    write("first.env", "A=file\nB=${OUTER}-file\nC='as $it is'\n");
    const ComposeService found = service(
        "    env_file: [first.env, {path: absent.env, required: false}]\n"
        "    environment:\n      A: own\n      D:\n      GONE:\n      N: 5\n      E: \"\"\n",
        {.files = {}, .environment = {{"OUTER", "out"}, {"D", "passed"}}});
    EXPECT_THAT(found.environment,
                ElementsAre(Pair("A", "own"),
                            Pair("B", "out-file"),
                            Pair("C", "as $it is"),
                            Pair("D", "passed"),
                            Pair("N", "5"),
                            Pair("E", "")));
    EXPECT_EQ(service_error("    env_file: nowhere.env\n").kind(), ErrorKind::not_found);
}

TEST_F(ComposeFile, ReplacesVariables) {
    const ComposeSelection selection{.files = {}, .environment = {{"TAG", "16"}, {"EMPTY", ""}}};
    const ComposeService found = service(
        "    labels:\n"
        "      - one=${TAG}\n      - two=${NOT:-x}\n      - three=${EMPTY-y}\n"
        "      - four=${EMPTY:-y}\n      - five=$$TAG\n      - six=${TAG:+set}\n"
        "      - seven=${NOT:-${TAG}}\n",
        selection);
    EXPECT_EQ(found.labels.at("one"), "16");
    EXPECT_EQ(found.labels.at("two"), "x");
    EXPECT_EQ(found.labels.at("three"), "");
    EXPECT_EQ(found.labels.at("four"), "y");
    EXPECT_EQ(found.labels.at("five"), "$TAG");
    EXPECT_EQ(found.labels.at("six"), "set");
    EXPECT_EQ(found.labels.at("seven"), "16");
    EXPECT_THAT(service_error("    user: ${WHO:?say who}\n").message(),
                HasSubstr(":4:11\": variable \"WHO\" is not set: say who"));
}

TEST_F(ComposeFile, ReadsCommandsAsAShellCutsThem) {
    EXPECT_THAT(*service("    command: sh -c 'echo \"a b\"' x\\ y \"\"\n").command,
                ElementsAre("sh", "-c", "echo \"a b\"", "x y", ""));
    EXPECT_THAT(*service("    entrypoint: [a, \"b c\"]\n").entrypoint, ElementsAre("a", "b c"));
    EXPECT_THAT(*service("    command: []\n").command, ElementsAre());
    EXPECT_FALSE(service("    command:\n").command.has_value());
    EXPECT_THAT(service_error("    command: \"echo 'x\"\n").message(), HasSubstr("quote"));
}

TEST_F(ComposeFile, ReadsHealthLimitsAndTheRest) {
    const ComposeService found = service(
        "    healthcheck: {test: pg_isready, interval: 1m30s, timeout: 500ms, retries: 3}\n"
        "    deploy: {resources: {limits: {memory: 512M, cpus: '0.5', pids: 100}}}\n"
        "    shm_size: 128mb\n    ulimits: {nofile: 1024, nproc: {soft: 1, hard: 2}}\n"
        "    stop_grace_period: 2m\n    stop_signal: SIGINT\n    init: true\n    read_only: yes\n"
        "    restart: on-failure:3\n    cap_drop: [ALL]\n    extra_hosts: [\"a:1.2.3.4\"]\n"
        "    sysctls: {net.core.somaxconn: 1024}\n    logging: {driver: json-file}\n"
        "    tmpfs: /run\n");
    EXPECT_THAT(found.healthcheck->test, ElementsAre("CMD-SHELL", "pg_isready"));
    EXPECT_EQ(found.healthcheck->interval, 90s);
    EXPECT_EQ(found.healthcheck->timeout, 500ms);
    EXPECT_EQ(found.memory_limit, 512U << 20U);
    EXPECT_EQ(found.cpus, 0.5);
    EXPECT_EQ(found.pids_limit, 100);
    EXPECT_EQ(found.shm_size, 128U << 20U);
    EXPECT_EQ(found.ulimits.at("nofile").hard, 1024);
    EXPECT_EQ(found.ulimits.at("nproc").hard, 2);
    EXPECT_EQ(found.stop_grace_period, 120s);
    EXPECT_TRUE(found.init);
    EXPECT_TRUE(found.read_only);
    EXPECT_EQ(found.restart, "on-failure:3");
    EXPECT_THAT(found.extra_hosts, ElementsAre("a:1.2.3.4"));
    EXPECT_THAT(found.tmpfs, ElementsAre("/run"));
}

TEST_F(ComposeFile, ExtendsWithinTheFileAndMergesAnchors) {
    const ComposeProject project = load(
        "x-base: &base\n  environment: {A: 1, B: 1}\n  restart: always\n"
        "services:\n"
        "  parent:\n    <<: *base\n    image: i\n    command: one\n    ports: [\"1\"]\n"
        "  child:\n    extends: {service: parent}\n    command: two\n"
        "    environment: [B=2]\n    ports: [\"2:2\"]\n");
    const ComposeService& child = project.services[0];
    EXPECT_EQ(child.name, "child");
    EXPECT_EQ(child.image, "i");
    EXPECT_EQ(child.restart, "always");
    EXPECT_THAT(*child.command, ElementsAre("two"));
    EXPECT_THAT(child.environment, ElementsAre(Pair("A", "1"), Pair("B", "2")));
    EXPECT_THAT(port_texts(child), ElementsAre("||1|tcp", "|2|2|tcp"));
}

TEST_F(ComposeFile, RefusesExtendsThatLeadNowhere) {
    EXPECT_THAT(service_error("    extends: b\n").message(),
                HasSubstr("service \"a\" extends \"b\", which is not in this file"));
    EXPECT_THAT(error("services:\n  a: {extends: b}\n  b: {extends: a}\n").message(),
                HasSubstr("in a circle"));
    EXPECT_THAT(service_error("    extends: {service: a, file: other.yaml}\n").message(),
                HasSubstr("from another file is not supported"));
}

TEST_F(ComposeFile, LaysOverridesUpon) {
    const auto over =
        write("over.yaml",
              "services:\n  a:\n    image: j\n    environment: [B=2, C=3]\n"
              "    ports: !override [\"9:9\"]\n    volumes: [\"./y:/x\", \"./z:/z\"]\n"
              "    command: !reset null\n    labels: {l: \"2\"}\n"
              "    healthcheck: {test: [CMD, b]}\n"
              "  b: {image: k}\n");
    const ComposeProject project = load(
        "services:\n  a:\n    image: i\n    environment: {A: 1, B: 1}\n    ports: [\"1:1\"]\n"
        "    volumes: [\"./x:/x\"]\n    command: run\n    labels: [k=1, l=1]\n"
        "    healthcheck: {test: [CMD, a], retries: 2}\n",
        {.files = {over}});
    const ComposeService& a = project.services[0];
    EXPECT_EQ(a.image, "j");
    EXPECT_THAT(a.environment, ElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C", "3")));
    EXPECT_THAT(port_texts(a), ElementsAre("|9|9|tcp"));
    ASSERT_EQ(a.mounts.size(), 2U);
    EXPECT_EQ(a.mounts[0].source, (folder() / "y").native());
    EXPECT_FALSE(a.command.has_value());
    EXPECT_THAT(a.labels, ElementsAre(Pair("k", "1"), Pair("l", "2")));
    EXPECT_THAT(a.healthcheck->test, ElementsAre("CMD", "b"));
    EXPECT_EQ(a.healthcheck->retries, 2);
    EXPECT_EQ(project.services[1].name, "b");
}

TEST_F(ComposeFile, SwitchesProfilesOn) {
    const std::string text =
        "services:\n  a: {image: i}\n  b: {image: i, profiles: [debug]}\n"
        "  c: {image: \"${NOT_SET:?no}\", profiles: [other]}\n";
    EXPECT_THAT(error(text).message(), HasSubstr("NOT_SET"));  // as docker compose: before profiles
    const std::string plain = "services:\n  a: {image: i}\n  b: {image: i, profiles: [debug]}\n";
    EXPECT_THAT(load(plain).switched_off, ElementsAre("b"));
    EXPECT_EQ(load(plain, {.files = {}, .profiles = {"debug"}}).services.size(), 2U);
    EXPECT_EQ(load(plain, {.files = {}, .targets = {"b"}}).services.size(), 2U);
    EXPECT_THAT(
        error("services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, profiles: [p]}\n")
            .message(),
        HasSubstr("depends on \"b\", whose profile is not switched on"));
}

TEST_F(ComposeFile, OrdersByDependency) {
    const ComposeProject project = load(
        "services:\n"
        "  web: {image: i, depends_on: {api: {condition: service_healthy}, db: {}}}\n"
        "  api: {image: i, depends_on: [db, job]}\n"
        "  db: {image: i}\n"
        "  job: {image: i, depends_on: {db: {condition: service_completed_successfully}}}\n");
    EXPECT_THAT(start_order(project), ElementsAre("db", "job", "api", "web"));
    EXPECT_THAT(
        error("services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, depends_on: [a]}\n")
            .message(),
        HasSubstr("in a circle: a -> b -> a"));
    const Error missing = error("services:\n  a: {image: i, depends_on: [dd]}\n  db: {image: i}\n");
    EXPECT_THAT(missing.message(), HasSubstr("uses service \"dd\", which is not there"));
    EXPECT_EQ(missing.hint(), "Did you mean \"db\"?");
}

TEST_F(ComposeFile, NamesNetworksVolumesAndFiles) {
    const ComposeProject project = load(
        "services:\n"
        "  a: {image: i, networks: {back: {aliases: [x]}}, secrets: [s, {source: t, target: /t, "
        "mode: 0440}], configs: [c]}\n"
        "  b: {image: i}\n"
        "networks: {back: {internal: true}, out: {external: true, name: there}}\n"
        "volumes: {v: {name: \"${V:-own}\"}, w: {external: true}}\n"
        "secrets: {s: {file: ./s.txt}, t: {environment: T}}\n"
        "configs: {c: {content: hello}}\n");
    EXPECT_EQ(project.networks[0].name, "shop_back");
    EXPECT_TRUE(project.networks[0].internal);
    EXPECT_EQ(project.networks[1].name, "there");
    EXPECT_EQ(project.networks[2].name, "shop_default");
    EXPECT_EQ(project.services[1].networks[0].network, "default");
    EXPECT_EQ(project.volumes[0].name, "own");
    EXPECT_EQ(project.volumes[1].name, "w");
    EXPECT_EQ(project.services[0].secrets[1].mode, 0440);
    EXPECT_EQ(project.secrets[0].file, folder() / "s.txt");
    EXPECT_EQ(project.configs[0].content, "hello");
}

TEST_F(ComposeFile, RefusesWhatItDoesNotKnow) {
    const Error near = service_error("    enviroment: {}\n");
    EXPECT_THAT(near.message(),
                HasSubstr(":4:5\": key \"enviroment\" of service \"a\" is not supported"));
    EXPECT_EQ(near.hint(), "Did you mean \"environment\"?");
    EXPECT_THAT(service_error("    network_mode: host\n").message(), HasSubstr("network_mode"));
    EXPECT_THAT(service_error("    privileged: true\n").message(), HasSubstr("privileged"));
    EXPECT_THAT(service_error("    deploy: {replicas: 2}\n").message(), HasSubstr("2 replicas"));
    EXPECT_THAT(error("services:\n  \"a b\": {image: i}\n").message(), HasSubstr("cannot name"));
    EXPECT_THAT(error("services:\n  a: {}\n").message(), HasSubstr("neither image nor build"));
    EXPECT_THAT(error("services: [a]\n").message(), HasSubstr("must be a mapping"));
    EXPECT_THAT(error("include: [x.yaml]\nservices: {a: {image: i}}\n").message(),
                HasSubstr("\"include\""));
    EXPECT_THAT(error("services:\n  a: {image: i, ports: [\"1:1\"]}\n"
                      "  b: {image: i, ports: [\"1:2\"]}\n")
                    .message(),
                HasSubstr("host port 1 of service \"b\" is taken by service \"a\""));
}

TEST_F(ComposeFile, ListsWhatItIgnores) {
    const ComposeProject project = load(
        "version: \"3.8\"\nx-own: 1\n"
        "services:\n  a: {image: i, tty: true, x-mine: 2}\n");
    ASSERT_EQ(project.ignored.size(), 2U);
    EXPECT_THAT(project.ignored[0], HasSubstr("\"tty\" of service \"a\""));
    EXPECT_THAT(project.ignored[1], HasSubstr(":1:1: \"version\" of the file: it has no meaning"));
}

TEST_F(ComposeFile, ReadsItsOwnExtension) {
    const ComposeProject project = load(
        "x-poststack: {layout: unified}\n"
        "services:\n  a:\n    image: i\n    x-poststack: {role: application, harden: full, "
        "secrets: environment, native: {command: ./run, ready: tcp}}\n");
    EXPECT_EQ(project.layout, "unified");
    const ComposeExtension& extension = project.services[0].extension;
    EXPECT_EQ(extension.role, ComposeExtension::Role::application);
    EXPECT_EQ(extension.harden, ComposeExtension::Harden::full);
    EXPECT_TRUE(extension.secrets_in_environment);
    EXPECT_EQ(extension.native_command, "./run");
    EXPECT_THAT(service_error("    x-poststack: {role: cache}\n").message(),
                HasSubstr("must be one of postgres, application"));
}

TEST_F(ComposeFile, FindsFilesAsDockerComposeDoes) {
    EXPECT_TRUE(find_compose_files(folder()).empty());
    write("docker-compose.yml", "");
    write("compose.yml", "");
    write("docker-compose.override.yml", "");
    EXPECT_THAT(find_compose_files(folder()),
                ElementsAre(folder() / "compose.yml", folder() / "docker-compose.override.yml"));
}

}  // namespace
}  // namespace poststack::config

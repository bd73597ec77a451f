#include "engine/traits.h"

#include <gmock/gmock.h>

namespace poststack::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ContainerSpec server() {
    ContainerSpec spec;
    spec.name = "shop-postgres";
    spec.image = "poststack/postgres:17";
    spec.command = {"postgres", "-c", "max_connections=100"};
    spec.environment = {{"TOKEN", "hunter2"}};
    spec.ports = {{.host_port = 5432, .container_port = 5432}};
    return spec;
}

TEST(Traits, AreTheSameForTheSameWish) {
    EXPECT_THAT(differences(to_label(traits_of(server(), "sha256:1")), traits_of(server(), "1")),
                IsEmpty());
}

TEST(Traits, NameWhatDiffers) {
    const std::string label = to_label(traits_of(server(), "1"));
    ContainerSpec other = server();
    other.command.back() = "max_connections=37";
    other.ports.front().host_port = 5433;
    other.hardening.memory = 512 << 20;

    EXPECT_THAT(differences(label, traits_of(other, "1")),
                ElementsAre("port 5432/tcp 127.0.0.1:5432 -> 127.0.0.1:5433",
                            "setting max_connections 100 -> 37",
                            "memory limit none -> 512 MB"));
}

TEST(Traits, HideValuesOfTheEnvironment) {
    const std::string label = to_label(traits_of(server(), "1"));
    ContainerSpec other = server();
    other.environment.front().second = "correct horse";

    EXPECT_THAT(label, Not(HasSubstr("hunter2")));
    EXPECT_THAT(differences(label, traits_of(other, "1")), ElementsAre("variable TOKEN"));
    other.environment.clear();
    EXPECT_THAT(differences(label, traits_of(other, "1")),
                ElementsAre("variable TOKEN set -> none"));
}

TEST(Traits, OfAnUnreadableLabelDiffer) {
    EXPECT_THAT(differences("5d3a", traits_of(server(), "1")),
                ElementsAre("what it was made from is not known"));
}

}  // namespace
}  // namespace poststack::engine

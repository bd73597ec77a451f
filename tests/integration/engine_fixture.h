// One engine under test beside others: see tests/support/with-engines.
#pragma once

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "engine/client.h"
#include "engine/container.h"
#include "engine/image.h"
#include "engine/tar.h"
#include "sys/env.h"
#include "sys/random.h"

namespace poststack::engine {

/// One engine under test; the image of the tiny root file system is imported once an engine.
class EngineTest : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        const auto socket = sys::find_env(std::string("TEST_") + GetParam() + "_SOCKET");
        const auto rootfs = sys::find_env("TEST_ROOTFS");
        if (!socket || !rootfs) GTEST_SKIP() << "there is no " << GetParam();
        client_.emplace(connect({.address = *socket, .address_source = "the test"}));
        busy_ = client_->local_image("poststack-test/busy:1");
        if (!find_image(*client_, busy_)) {
            (void)import_image(
                *client_, busy_, file_source(*rootfs), {"LABEL poststack.test=busy"});
        }
        run_ = "t" + std::to_string(sys::random_u64() % 1'000'000);
    }

    void TearDown() override {
        if (!client_) return;
        for (const Container& container : list_containers(*client_, label()))
            (void)remove_container(*client_, container.name, true);
    }

    [[nodiscard]] const Client& client() const { return *client_; }

    [[nodiscard]] bool is_podman() const { return client().kind() == EngineKind::podman; }

    [[nodiscard]] bool is_rootless() const { return std::string(GetParam()) == "ROOTLESS"; }

    [[nodiscard]] std::string name(const std::string& word) const { return run_ + "-" + word; }

    [[nodiscard]] std::string label() const { return "poststack.test=" + run_; }

    [[nodiscard]] ContainerSpec spec(const std::string& word, const std::string& script) const {
        ContainerSpec spec;
        spec.name = name(word);
        spec.image = busy_;
        spec.command = {"/bin/sh", "-c", script};
        spec.labels = {{"poststack.test", run_}};
        return spec;
    }

    [[nodiscard]] Container look(const std::string& word) const {
        return find_container(client(), name(word)).value();
    }

    std::optional<Client> client_;
    std::string busy_;
    std::string run_;
};

}  // namespace poststack::engine

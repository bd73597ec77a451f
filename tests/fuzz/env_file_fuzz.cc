// Any bytes as a .env file: it is read or refused by line, and a value that is set in it is read
// back as it was given, with every other line untouched.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/env_file.h"
#include "fuzz/check.h"

namespace poststack::config {
namespace {

/// Half of the inputs are a value and a file, parted by the first zero byte.
struct Input {
    std::string value;
    std::string text;
};

Input take_apart(std::string_view bytes) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) return {"a value", std::string(bytes)};
    return {std::string(bytes.substr(0, end)), std::string(bytes.substr(end + 1))};
}

/// Values that the lines around cannot change: no ${..} in the file.
void check_others(const EnvFile& before, const EnvFile& after) {
    for (const std::string& name : before.names()) {
        if (name == "FUZZED") continue;
        fuzz::check(before.find(name) == after.find(name), "other values stay");
    }
}

void set_and_read(EnvFile file, const Input& input) {
    const EnvFile before = file;
    file.set("FUZZED", input.value);
    fuzz::check(file.find("FUZZED") == input.value, "a value that is set is the value");
    const EnvFile again = EnvFile::parse(file.text(), ".env");
    fuzz::check(again.find("FUZZED") == input.value, "a value is read back as it was given");
    if (input.text.find('$') == std::string::npos) check_others(before, again);
}

void run(std::string_view bytes) {
    const Input input = take_apart(bytes);
    try {
        EnvFile file = EnvFile::parse(input.text, ".env", {{"HOME", "/home/fuzz"}});
        fuzz::check(file.text() == input.text, "reading changes nothing");
        file = EnvFile::parse(input.text, ".env");
        set_and_read(std::move(file), input);
    } catch (const Error& error) {
        fuzz::check(error.kind() == ErrorKind::config, "a refusal is about the file");
    }
}

}  // namespace
}  // namespace poststack::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    poststack::config::run({reinterpret_cast<const char*>(data), size});
    return 0;
}

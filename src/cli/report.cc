#include "cli/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace poststack::cli {

namespace {

/// "src/pg/result.cc" of the path the compiler saw: where the tree was built is nobody's business.
std::string_view source_path(std::string_view file) {
    const std::size_t start = file.rfind("/src/");
    return start == std::string_view::npos ? file : file.substr(start + 1);
}

}  // namespace

std::string error_text(const Error& error, bool colour) {
    if (error.kind() == ErrorKind::interrupted) {
        return fmt::format("poststack: {}\n", mask_secrets(error.message()));
    }
    const std::string_view word = error.kind() == ErrorKind::bug ? "bug" : "error";
    std::string text = fmt::format(
        "poststack: {}{}:{} {}{}\n",
        colour ? "\x1b[1;31m" : "",
        word,
        colour ? "\x1b[0m" : "",
        error.message(),
        error.sqlstate().empty() ? "" : fmt::format(" (SQLSTATE {})", error.sqlstate()));
    if (!error.detail().empty()) text += fmt::format("  detail: {}\n", error.detail());
    for (const std::string& step : error.context())
        text += fmt::format("  while {}\n", step);
    if (error.kind() == ErrorKind::bug) {
        text +=
            fmt::format("  at {}:{}; please report it\n", source_path(error.file()), error.line());
    } else if (!error.hint().empty()) {
        text += fmt::format("  hint: {}\n", error.hint());
    }
    return mask_secrets(text);
}

std::string error_json(const Error& error) {
    Json context = Json::array();
    for (const std::string& step : error.context())
        context.push_back(mask_secrets(step));
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json(mask_secrets(text));
    };
    const Json document = {{"error",
                            {{"kind", name(error.kind())},
                             {"message", mask_secrets(error.message())},
                             {"context", std::move(context)},
                             {"hint", text_or_null(error.hint())},
                             {"sqlstate", text_or_null(error.sqlstate())},
                             {"detail", text_or_null(error.detail())}}}};
    // A server message may hold bytes that are not UTF-8: replace them, never throw here.
    return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace poststack::cli

#include "pg/statement_count.h"

#include <string_view>
#include <sys/types.h>

namespace poststack::pg {
namespace {

/// Behind a time, its direction and its length: "B\t5\tCommandComplete".
constexpr std::string_view completion = "CommandComplete";
constexpr std::size_t longest_start = 80;

}  // namespace

StatementCount::StatementCount(PGconn* conn) : conn_(conn) {
    const cookie_io_functions_t calls{
        .read = nullptr,
        .write = [](void* self, const char* text, std::size_t size) -> ssize_t {
            for (std::size_t index = 0; index < size; ++index)
                static_cast<StatementCount*>(self)->read(text[index]);
            return static_cast<ssize_t>(size);
        },
        .seek = nullptr,
        .close = nullptr};
    trace_ = fopencookie(this, "w", calls);
    if (trace_ == nullptr) return;  // out of memory: places will be less exact
    static_cast<void>(std::setvbuf(trace_, nullptr, _IOLBF, BUFSIZ));
    PQtrace(conn_, trace_);
}

StatementCount::~StatementCount() {
    if (trace_ == nullptr) return;
    PQuntrace(conn_);
    static_cast<void>(std::fclose(trace_));
}

void StatementCount::read(char c) {
    if (c != '\n') {
        if (line_.size() < longest_start) line_ += c;
        return;
    }
    const std::size_t end = line_.find(completion);
    if (end != std::string::npos && line_.rfind("B\t", end) != std::string::npos) ++completed_;
    line_.clear();
}

}  // namespace poststack::pg

#include "base/error.h"

namespace poststack {

struct Error::Data {
    ErrorKind kind;
    std::string message;
    std::string hint;
    std::string sqlstate;
    std::string detail;
    std::vector<std::string> context;
    int position = 0;
    int signal = 0;
    bool retryable = false;
    const char* file = "";
    int line = 0;
};

std::string_view name(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::usage: return "usage";
        case ErrorKind::config: return "config";
        case ErrorKind::not_found: return "not_found";
        case ErrorKind::conflict: return "conflict";
        case ErrorKind::denied: return "denied";
        case ErrorKind::timeout: return "timeout";
        case ErrorKind::tool: return "tool";
        case ErrorKind::database: return "database";
        case ErrorKind::io: return "io";
        case ErrorKind::bug: return "bug";
        case ErrorKind::interrupted: return "interrupted";
    }
    return "bug";
}

int exit_code(const Error& error) noexcept {
    switch (error.kind()) {
        case ErrorKind::usage: return 2;
        case ErrorKind::config: return 3;
        case ErrorKind::not_found: return 4;
        case ErrorKind::conflict: return 5;
        case ErrorKind::denied: return 6;
        case ErrorKind::timeout: return 7;
        case ErrorKind::tool: return 8;
        case ErrorKind::database: return 9;
        case ErrorKind::io: return 10;
        case ErrorKind::bug: return 70;
        case ErrorKind::interrupted: return 128 + error.signal();
    }
    return 70;
}

Error::Error(ErrorKind kind, std::string message, const char* file, int line)
    : data_(std::make_shared<Data>()) {
    data_->kind = kind;
    data_->message = std::move(message);
    data_->file = file;
    data_->line = line;
}

Error&& Error::hint(std::string text) && {
    data_->hint = std::move(text);
    return std::move(*this);
}

Error&& Error::sqlstate(std::string code) && {
    data_->sqlstate = std::move(code);
    return std::move(*this);
}

Error&& Error::detail(std::string text) && {
    data_->detail = std::move(text);
    return std::move(*this);
}

Error&& Error::position(int characters) && {
    data_->position = characters;
    return std::move(*this);
}

Error&& Error::retryable() && {
    data_->retryable = true;
    return std::move(*this);
}

Error&& Error::signal(int number) && {
    data_->signal = number;
    return std::move(*this);
}

void Error::add_context(std::string step) {
    data_->context.push_back(std::move(step));
}

void Error::set_hint(std::string text) {
    data_->hint = std::move(text);
}

const char* Error::what() const noexcept {
    return data_->message.c_str();
}

ErrorKind Error::kind() const noexcept {
    return data_->kind;
}

const std::string& Error::message() const noexcept {
    return data_->message;
}

const std::string& Error::hint() const& noexcept {
    return data_->hint;
}

const std::string& Error::sqlstate() const& noexcept {
    return data_->sqlstate;
}

const std::string& Error::detail() const& noexcept {
    return data_->detail;
}

int Error::position() const& noexcept {
    return data_->position;
}

bool Error::is_retryable() const noexcept {
    return data_->retryable;
}

int Error::signal() const& noexcept {
    return data_->signal;
}

const std::vector<std::string>& Error::context() const noexcept {
    return data_->context;
}

const char* Error::file() const noexcept {
    return data_->file;
}

int Error::line() const noexcept {
    return data_->line;
}

}  // namespace poststack

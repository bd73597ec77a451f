// The part of the XML-RPC interface that is about logs.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"
#include "supervise/log_reader.h"
#include "supervise/rpc.h"

namespace poststack::supervise {
namespace {

constexpr std::uint64_t most_read = 8U << 20;
constexpr std::uint64_t tail_start = 1024;

/// supervisord's rule: a negative offset counts from the end, a length of 0 is everything.
RpcOutcome read_part(const std::string& path, const XmlValue& from, const XmlValue& length) {
    const LogReader reader(path);
    if (path.empty() || !reader.is_open()) return RpcFault{Fault::no_file, path};
    const auto offset = from.integer();
    const auto count = length.integer();
    if (!offset || !count || *count < 0 || (*offset < 0 && *count != 0)) {
        return RpcFault{Fault::bad_arguments, {}};
    }
    const auto size = static_cast<std::int64_t>(reader.size());
    const std::int64_t begin = *offset < 0 ? std::max<std::int64_t>(0, size + *offset) : *offset;
    const auto wanted = *count == 0 ? most_read : static_cast<std::uint64_t>(*count);
    return XmlValue(reader.read(static_cast<std::uint64_t>(begin), std::min(wanted, most_read)));
}

}  // namespace

LogReader::LogReader(const std::string& path) noexcept
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    struct stat info{};
    if (fd_ && ::fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode)) {
        size_ = static_cast<std::uint64_t>(info.st_size);
    } else {
        fd_ = sys::UniqueFd();
    }
}

std::string LogReader::read(std::uint64_t offset, std::size_t count) const {
    if (!fd_ || offset >= size_) return {};
    std::string bytes(std::min<std::uint64_t>(count, size_ - offset), '\0');
    const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

std::optional<RpcOutcome> Rpc::read_main_log(const Params& params, Wait& /*wait*/) {
    LogFile* file = supervisor_.workshop().journal.file();
    if (params.size() < 2) return RpcFault{Fault::incorrect_parameters, {}};
    return read_part(file == nullptr ? std::string() : file->path(), params[0], params[1]);
}

std::optional<RpcOutcome> Rpc::clear_main_log(const Params& /*params*/, Wait& /*wait*/) {
    LogFile* file = supervisor_.workshop().journal.file();
    if (file == nullptr) return RpcFault{Fault::no_file, {}};
    if (file->clear() != 0) return RpcFault{Fault::failed, {}};
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::read_log(const Params& params, bool is_stderr) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    if (params.size() < 3) return RpcFault{Fault::incorrect_parameters, {}};
    return read_part(is_stderr ? unit->err_path : unit->out_path, params[1], params[2]);
}

std::optional<RpcOutcome> Rpc::read_stdout(const Params& params, Wait& /*wait*/) {
    return read_log(params, false);
}

std::optional<RpcOutcome> Rpc::read_stderr(const Params& params, Wait& /*wait*/) {
    return read_log(params, true);
}

std::optional<RpcOutcome> Rpc::tail_log(const Params& params, bool is_stderr) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    if (params.size() < 3) return RpcFault{Fault::incorrect_parameters, {}};
    const LogReader reader(is_stderr ? unit->err_path : unit->out_path);
    const auto offset = params[1].integer().value_or(0);
    const auto length = std::clamp<std::int64_t>(params[2].integer().value_or(0), 0, most_read);
    if (!reader.is_open()) {
        return XmlValue(XmlValue::Array{XmlValue(std::string()), XmlValue(0), XmlValue(false)});
    }
    const auto size = static_cast<std::int64_t>(reader.size());
    const bool overflow = size > offset + length;
    const std::int64_t begin = std::max<std::int64_t>(0, size - length);
    const std::string bytes = size == offset ? std::string()
                                             : reader.read(static_cast<std::uint64_t>(begin),
                                                           static_cast<std::size_t>(length));
    return XmlValue(XmlValue::Array{XmlValue(bytes), XmlValue(size), XmlValue(overflow)});
}

std::optional<RpcOutcome> Rpc::tail_stdout(const Params& params, Wait& /*wait*/) {
    return tail_log(params, false);
}

std::optional<RpcOutcome> Rpc::tail_stderr(const Params& params, Wait& /*wait*/) {
    return tail_log(params, true);
}

std::optional<RpcOutcome> Rpc::clear_one(const Params& params, Wait& /*wait*/) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    for (ProgramLog* log : {unit->out.get(), unit->err.get()}) {
        if (log->file() != nullptr && log->file()->clear() != 0) {
            return RpcFault{Fault::failed, unit->name};
        }
    }
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::clear_all(const Params& /*params*/, Wait& wait) {
    XmlValue::Array results;
    for (const Unit* unit : all_units(false)) {
        const auto outcome =
            clear_one({XmlValue(unit->config.group + ":" + unit->config.name)}, wait);
        const auto* fault = std::get_if<RpcFault>(&*outcome);
        results.emplace_back(XmlValue::Struct{
            {"name", unit->config.name},
            {"group", unit->config.group},
            {"status", static_cast<int>(fault == nullptr ? Fault::success : fault->code)},
            {"description", fault == nullptr ? "OK" : "FAILED"}});
    }
    return XmlValue(std::move(results));
}

void Rpc::tail(std::string_view target, Reply reply) {
    std::string path;
    const auto parts = split(target.substr(std::min<std::size_t>(1, target.size())), '/');
    if (parts[0] == "mainlogtail") {
        if (LogFile* file = supervisor_.workshop().journal.file()) path = file->path();
    } else if (parts.size() >= 2) {
        bool whole = false;
        std::string group;
        const std::string name = percent_decode(parts[1]).value_or("");
        if (const Unit* unit = find_unit({XmlValue(name)}, whole, group)) {
            path = parts.size() > 2 && parts[2] == "stderr" ? unit->err_path : unit->out_path;
        }
    }
    const LogReader reader(path);
    if (path.empty() || !reader.is_open()) {
        reply.send(404, "text/plain", "there is no such log\n");
        return;
    }
    reply.start_stream("text/plain");
    const std::uint64_t begin = reader.size() > tail_start ? reader.size() - tail_start : 0;
    tails_.push_back({path, begin, std::move(reply)});
    settle();
}

}  // namespace poststack::supervise

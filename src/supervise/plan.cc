#include "supervise/plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::supervise {
namespace {

using Priority = std::pair<int, int>;

Priority priority_of(const ProgramConfig& program) {
    return {program.group_priority, program.priority};
}

/// The processes that a word of depends_on stands for: a process, a program or a group.
std::vector<std::string> find_processes(const Config& config, const std::string& word) {
    std::vector<std::string> names;
    for (const ProgramConfig& program : config.programs) {
        const bool is_meant = program.full_name() == word || program.program == word ||
                              program.group == word || program.name == word ||
                              program.group + ":" + program.name == word;
        if (is_meant && !program.is_listener) names.push_back(program.full_name());
    }
    return names;
}

std::vector<std::string> known_words(const Config& config) {
    std::vector<std::string> words;
    for (const ProgramConfig& program : config.programs) {
        words.push_back(program.program);
        words.push_back(program.group);
        words.push_back(program.full_name());
    }
    return words;
}

std::vector<std::string> named_dependencies(const Config& config, const ProgramConfig& program) {
    std::vector<std::string> names;
    for (const std::string& word : program.depends_on) {
        const auto found = find_processes(config, word);
        if (found.empty()) {
            const auto close = nearest(word, known_words(config));
            throw_at(program.place,
                     fmt::format("\"depends_on\" of \"{}\" names \"{}\", which is not there",
                                 program.full_name(),
                                 word),
                     close ? fmt::format("Did you mean \"{}\"?", *close) : "");
        }
        names.insert(names.end(), found.begin(), found.end());
    }
    std::ranges::sort(names);
    const auto surplus = std::ranges::unique(names);
    names.erase(surplus.begin(), surplus.end());
    return names;
}

std::vector<std::string> implied_dependencies(const Config& config, const ProgramConfig& program) {
    std::vector<std::string> names;
    if (program.is_listener) return names;
    for (const ProgramConfig& other : config.programs) {
        const bool gates = other.ready.kind != Check::Kind::none || other.one_shot;
        if (gates && other.autostart && priority_of(other) < priority_of(program)) {
            names.push_back(other.full_name());
        }
    }
    return names;
}

/// Follows depends_on from every program and names the first circle.
class CircleFinder {
  public:
    explicit CircleFinder(const Config& config) : config_(config), marks_(config.programs.size()) {}

    void look() {
        for (std::size_t index = 0; index < marks_.size(); ++index)
            visit(index);
    }

  private:
    enum class Mark { fresh, open, done };

    void visit(std::size_t index) {
        if (marks_[index] == Mark::done) return;
        const std::string name = config_.programs[index].full_name();
        if (marks_[index] == Mark::open) {
            const auto first = std::ranges::find(path_, name);
            std::vector<std::string> circle(first, path_.end());
            circle.push_back(name);
            throw_at(
                config_.programs[index].place,
                fmt::format("\"depends_on\" goes round in a circle: {}", join(circle, " -> ")));
        }
        marks_[index] = Mark::open;
        path_.push_back(name);
        for (const std::size_t next : dependencies_of(config_, index))
            visit(next);
        path_.pop_back();
        marks_[index] = Mark::done;
    }

    const Config& config_;
    std::vector<Mark> marks_;
    std::vector<std::string> path_;
};

}  // namespace

void settle_dependencies(Config& config) {
    std::vector<std::vector<std::string>> settled;
    for (const ProgramConfig& program : config.programs) {
        settled.push_back(program.depends_given ? named_dependencies(config, program)
                                                : implied_dependencies(config, program));
    }
    for (std::size_t index = 0; index < settled.size(); ++index)
        config.programs[index].depends_on = std::move(settled[index]);
    CircleFinder(config).look();
}

std::vector<std::size_t> dependencies_of(const Config& config, std::size_t index) {
    std::vector<std::size_t> found;
    for (const std::string& name : config.programs[index].depends_on) {
        for (std::size_t other = 0; other < config.programs.size(); ++other) {
            if (config.programs[other].full_name() == name) found.push_back(other);
        }
    }
    return found;
}

std::vector<std::vector<std::size_t>> start_waves(const Config& config) {
    const std::size_t count = config.programs.size();
    std::vector<std::vector<std::size_t>> waves;
    std::set<std::size_t> placed;
    while (placed.size() < count) {
        std::vector<std::size_t> wave;
        for (std::size_t index = 0; index < count; ++index) {
            if (placed.contains(index)) continue;
            const bool is_free =
                std::ranges::all_of(dependencies_of(config, index),
                                    [&](std::size_t at) { return placed.contains(at); });
            if (is_free) wave.push_back(index);
        }
        if (wave.empty()) break;  // a circle, which settle_dependencies() has refused
        placed.insert(wave.begin(), wave.end());
        waves.push_back(std::move(wave));
    }
    return waves;
}

int stop_rank(const ProgramConfig& program) noexcept {
    if (program.is_listener) return -3'000'000;
    if (program.is_postgres) return -2'000'000;
    return program.group_priority;
}

std::vector<std::vector<std::size_t>> stop_waves(const Config& config) {
    const std::size_t count = config.programs.size();
    std::vector<std::vector<std::size_t>> waves;
    std::set<std::size_t> placed;
    while (placed.size() < count) {
        std::vector<std::size_t> free;
        std::optional<int> highest;
        for (std::size_t index = 0; index < count; ++index) {
            if (placed.contains(index)) continue;
            bool is_needed = false;
            for (std::size_t other = 0; other < count && !is_needed; ++other) {
                if (placed.contains(other) || other == index) continue;
                const auto needs = dependencies_of(config, other);
                is_needed = std::ranges::find(needs, index) != needs.end();
            }
            if (is_needed) continue;
            free.push_back(index);
            highest = std::max(highest, std::optional(stop_rank(config.programs[index])));
        }
        if (free.empty()) break;
        std::erase_if(
            free, [&](std::size_t index) { return stop_rank(config.programs[index]) != *highest; });
        placed.insert(free.begin(), free.end());
        waves.push_back(std::move(free));
    }
    return waves;
}

std::chrono::milliseconds longest_start(const ProgramConfig& program) {
    std::chrono::milliseconds longest = program.startsecs;
    for (int retry = 1; retry <= program.startretries; ++retry)
        longest += program.startsecs + std::chrono::seconds(retry);
    return longest;
}

}  // namespace poststack::supervise

#include "config/yaml_tree.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace poststack::config {

namespace {

// What a file of aliases of aliases ("billion laughs") is stopped at; real files have thousands.
constexpr std::size_t max_nodes = 200'000;
constexpr int max_depth = 100;

class TreeBuilder {
  public:
    TreeBuilder(const std::string& text, const std::filesystem::path& path)
        : text_(text), file_(std::make_shared<const std::string>(path.native())) {}

    YamlNode build() {
        try {
            const std::vector<YAML::Node> documents = YAML::LoadAll(text_);
            if (documents.size() > 1) fail(documents[1].Mark(), "there is a second document");
            if (documents.empty()) return at(YAML::Mark::null_mark());
            return convert(documents.front(), 0);
        } catch (const YAML::Exception& error) {
            fail(error.mark, error.msg);
        }
    }

  private:
    [[noreturn]] void fail(const YAML::Mark& mark, std::string_view what) const {
        throw yaml_error(at(mark), what);
    }

    [[nodiscard]] YamlNode at(const YAML::Mark& mark) const {
        YamlNode node;
        node.file = file_;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    YamlNode convert(const YAML::Node& source, int depth) {
        if (++count_ > max_nodes) fail(source.Mark(), "its aliases grow it beyond reason");
        if (depth > max_depth) fail(source.Mark(), "values are nested too deeply");
        YamlNode node = at(source.Mark());
        node.tag = own_tag(source);
        if (source.IsScalar()) {
            node.kind = YamlNode::Kind::scalar;
            node.text = source.Scalar();
            node.quoted = is_quoted(source);
        } else if (source.IsSequence()) {
            node.kind = YamlNode::Kind::sequence;
            for (const YAML::Node& item : source)
                node.items.push_back(convert(item, depth + 1));
        } else if (source.IsMap()) {
            node.kind = YamlNode::Kind::mapping;
            convert_pairs(source, node, depth);
        }
        return node;
    }

    void convert_pairs(const YAML::Node& source, YamlNode& node, int depth) {
        std::map<std::string, int> seen;
        std::vector<YamlNode> merged;
        for (const auto& pair : source) {
            if (!pair.first.IsScalar()) fail(pair.first.Mark(), "a key is not plain text");
            const YAML::Mark mark = pair.first.Mark();
            const std::string& key = pair.first.Scalar();
            if (key == "<<" && !is_quoted(pair.first)) {
                add_merged(convert(pair.second, depth + 1), merged);
                continue;
            }
            const auto [first, fresh] = seen.emplace(key, mark.line + 1);
            if (!fresh) {
                fail(mark, fmt::format("key \"{}\" stands already in line {}", key, first->second));
            }
            node.pairs.push_back(
                {key, convert(pair.second, depth + 1), mark.line + 1, mark.column + 1});
        }
        // A mapping's own keys win over merged ones, and earlier ones over later
        // (yaml.org/type/merge).
        for (const YamlNode& mapping : merged) {
            for (const YamlPair& pair : mapping.pairs)
                if (node.find(pair.key) == nullptr) node.pairs.push_back(pair);
        }
    }

    void add_merged(YamlNode value, std::vector<YamlNode>& merged) const {
        if (value.is_sequence()) {
            for (YamlNode& item : value.items)
                add_merged(std::move(item), merged);
        } else if (value.is_mapping()) {
            merged.push_back(std::move(value));
        } else {
            throw yaml_error(value, "\"<<\" merges mappings only");
        }
    }

    /// yaml-cpp gives "!" for a quoted scalar and "?" for any other without a tag.
    [[nodiscard]] std::string own_tag(const YAML::Node& source) const {
        static const std::set<std::string_view> harmless{"",
                                                         "!",
                                                         "?",
                                                         "tag:yaml.org,2002:str",
                                                         "tag:yaml.org,2002:int",
                                                         "tag:yaml.org,2002:float",
                                                         "tag:yaml.org,2002:bool",
                                                         "tag:yaml.org,2002:map",
                                                         "tag:yaml.org,2002:seq",
                                                         "tag:yaml.org,2002:null"};
        const std::string& tag = source.Tag();
        if (tag == "!reset" || tag == "!override") return tag;
        if (!harmless.contains(tag)) fail(source.Mark(), fmt::format("unknown tag \"{}\"", tag));
        return {};
    }

    [[nodiscard]] bool is_quoted(const YAML::Node& source) const {
        if (source.Tag() == "tag:yaml.org,2002:str") return true;
        if (source.Tag() != "!") return false;
        const auto start = static_cast<std::size_t>(std::max(source.Mark().pos, 0));
        const bool by_quotes =
            start < text_.size() && (text_[start] == '"' || text_[start] == '\'');
        if (by_quotes && !is_closed(start)) fail(source.Mark(), "the closing quote is missing");
        return true;
    }

    /// yaml-cpp takes the end of the file for a closing quote.
    [[nodiscard]] bool is_closed(std::size_t start) const {
        const char quote = text_[start];
        for (std::size_t index = start + 1; index < text_.size(); ++index) {
            const bool doubled = quote == '\'' && text_.compare(index, 2, "''") == 0;
            const bool escaped = quote == '"' && text_[index] == '\\';
            if (doubled || escaped) {
                ++index;
            } else if (text_[index] == quote) {
                return true;
            }
        }
        return false;
    }

    const std::string& text_;
    std::shared_ptr<const std::string> file_;
    std::size_t count_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
    const auto found = std::find_if(
        pairs.begin(), pairs.end(), [&](const YamlPair& pair) { return pair.key == key; });
    return found == pairs.end() ? nullptr : &found->value;
}

YamlNode* YamlNode::find(std::string_view key) noexcept {
    return const_cast<YamlNode*>(std::as_const(*this).find(key));  // NOLINT(*-const-cast): ours
}

void YamlNode::set(std::string_view key, YamlNode value) {
    if (YamlNode* const present = find(key)) {
        *present = std::move(value);
        return;
    }
    const int at_line = value.line;
    const int at_column = value.column;
    pairs.push_back({std::string(key), std::move(value), at_line, at_column});
}

void YamlNode::erase(std::string_view key) {
    std::erase_if(pairs, [&](const YamlPair& pair) { return pair.key == key; });
}

std::string YamlNode::where() const {
    return fmt::format("{}:{}:{}", file ? *file : "", line, column);
}

YamlNode YamlNode::beside(Kind new_kind, std::string new_text) const {
    YamlNode node;
    node.kind = new_kind;
    node.text = std::move(new_text);
    node.file = file;
    node.line = line;
    node.column = column;
    return node;
}

YamlNode read_yaml_tree(const std::string& text, const std::filesystem::path& path) {
    return TreeBuilder(text, path).build();
}

Error yaml_error(const YamlNode& node, std::string_view what) {
    return Error(ErrorKind::config, fmt::format("cannot read \"{}\": {}", node.where(), what));
}

}  // namespace poststack::config

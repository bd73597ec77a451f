#include "lint/tree.h"

#include <charconv>
#include <utility>

#include "base/error.h"

namespace poststack::lint {

/// Reads the JSON that libpg_query writes: no blanks, no nulls, strings unescaped in place.
class TreeReader {
  public:
    explicit TreeReader(Tree& tree) noexcept
        : items_(tree.items_), text_(tree.text_.data()), size_(tree.text_.size()) {}

    void read() {
        items_.reserve(size_ / 12);
        read_value({});
        while (!open_.empty()) {
            if (peek() == ',') {
                ++at_;
                read_member();
            } else {
                close();
            }
        }
    }

  private:
    [[noreturn]] static void fail() {
        throw Error(ErrorKind::bug, "the SQL parser returned a tree that cannot be read");
    }

    [[nodiscard]] char peek() const {
        if (at_ >= size_) fail();
        return text_[at_];
    }

    void expect(char wanted) {
        if (peek() != wanted) fail();
        ++at_;
    }

    void close() {
        Tree::Item& item = items_[open_.back()];
        expect(item.kind == Tree::Kind::object ? '}' : ']');
        item.end = static_cast<std::uint32_t>(items_.size());
        open_.pop_back();
    }

    void read_member() {
        std::string_view key;
        if (items_[open_.back()].kind == Tree::Kind::object) {
            key = read_string();
            expect(':');
        }
        read_value(key);
    }

    void read_value(std::string_view key) {
        const char first = peek();
        if (first == '{' || first == '[') {
            open_container(key, first == '{' ? Tree::Kind::object : Tree::Kind::array);
        } else if (first == '"') {
            add(key, read_string(), Tree::Kind::string);
        } else {
            read_plain(key);
        }
    }

    void open_container(std::string_view key, Tree::Kind kind) {
        ++at_;
        open_.push_back(items_.size());
        add(key, {}, kind);
        const char next = peek();
        if (next != '}' && next != ']') read_member();
    }

    void read_plain(std::string_view key) {
        const std::size_t begin = at_;
        while (peek() != ',' && peek() != '}' && peek() != ']')
            ++at_;
        const std::string_view word(text_ + begin, at_ - begin);
        if (word == "true") return add(key, word, Tree::Kind::yes);
        if (word == "false" || word == "null") return add(key, word, Tree::Kind::no);
        add(key, word, Tree::Kind::number);
    }

    void add(std::string_view key, std::string_view text, Tree::Kind kind) {
        items_.push_back({key, text, static_cast<std::uint32_t>(items_.size() + 1), kind});
    }

    std::string_view read_string() {
        expect('"');
        char* const begin = text_ + at_;
        char* to = begin;
        for (;;) {
            const char c = peek();
            ++at_;
            if (c == '"') break;
            *to++ = c == '\\' ? read_escape() : c;
        }
        return {begin, static_cast<std::size_t>(to - begin)};
    }

    char read_escape() {
        const char c = peek();
        ++at_;
        switch (c) {
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u': return read_hexadecimal();
            default: return c;
        }
    }

    /// Control characters, < and > come as \u00XX; everything else comes as it is, in UTF-8.
    char read_hexadecimal() {
        if (size_ - at_ < 4) fail();
        unsigned value = 0;
        const auto parsed = std::from_chars(text_ + at_, text_ + at_ + 4, value, 16);
        if (parsed.ptr != text_ + at_ + 4 || value > 0x7f) fail();
        at_ += 4;
        return static_cast<char>(value);
    }

    std::vector<Tree::Item>& items_;
    char* text_;
    std::size_t size_;
    std::size_t at_ = 0;
    std::vector<std::size_t> open_;
};

Tree::Tree(std::string json) : text_(std::move(json)) {
    // A string short enough to live inside the object would leave the views behind when moved.
    text_.reserve(64);
    TreeReader(*this).read();
}

Node Tree::root() const noexcept {
    return {items_.data(), items_.data()};
}

const Node::Item* Node::behind() const noexcept {
    return first_ + item_->end;
}

Node Node::operator[](std::string_view key) const noexcept {
    if (item_ == nullptr || item_->kind != Tree::Kind::object) return {};
    for (const Item* member = item_ + 1; member != behind(); member = first_ + member->end) {
        if (member->key == key) return {first_, member};
    }
    return {};
}

Node Node::front() const noexcept {
    if (item_ == nullptr || item_ + 1 == behind()) return {};
    return {first_, item_ + 1};
}

std::string_view Node::type() const noexcept {
    return front().key();
}

Node Node::body() const noexcept {
    return front();
}

Node Node::as(std::string_view type_name) const noexcept {
    return type() == type_name ? front() : Node{};
}

std::string_view Node::key() const noexcept {
    return item_ == nullptr ? std::string_view{} : item_->key;
}

std::string_view Node::text() const noexcept {
    return item_ != nullptr && item_->kind == Tree::Kind::string ? item_->text : std::string_view{};
}

std::int64_t Node::number() const noexcept {
    std::int64_t value = 0;
    if (item_ == nullptr || item_->kind != Tree::Kind::number) return value;
    std::from_chars(item_->text.data(), item_->text.data() + item_->text.size(), value);
    return value;
}

bool Node::flag() const noexcept {
    return item_ != nullptr && item_->kind == Tree::Kind::yes;
}

std::size_t Node::size() const noexcept {
    std::size_t count = 0;
    for (auto at = begin(); at != end(); ++at)
        ++count;
    return count;
}

Node::Iterator Node::begin() const noexcept {
    return Iterator(item_ == nullptr ? Node{} : Node{first_, item_ + 1});
}

Node::Iterator Node::end() const noexcept {
    return Iterator(item_ == nullptr ? Node{} : Node{first_, behind()});
}

std::vector<Node> Node::inside(std::string_view key) const {
    std::vector<Node> found;
    if (item_ == nullptr) return found;
    for (const Item* item = item_ + 1; item != behind(); ++item) {
        if (item->key == key) found.push_back({first_, item});
    }
    return found;
}

}  // namespace poststack::lint

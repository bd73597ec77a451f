// A parsed statement as libpg_query hands it over: the JSON of PostgreSQL's raw parse tree.
//
// The items lie in one array in the order of the text, each with the index behind its last
// descendant. Searching a whole subtree is then a loop, not a recursion, which matters because an
// expression such as 1+1+1+... is as deep as it is long. Linting 10,000 statements spends most of
// its time here, which is why this is no general JSON library: those cost six times the parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::lint {

class Node;

/// Owns one parse tree.
class Tree {
  public:
    /// Reads `json`. Errors: bug when it is not what libpg_query writes.
    explicit Tree(std::string json);

    Tree(Tree&&) noexcept = default;
    Tree& operator=(Tree&&) noexcept = default;
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;
    ~Tree() = default;

    /// The outermost object.
    [[nodiscard]] Node root() const noexcept;

  private:
    friend class Node;
    friend class TreeReader;

    enum class Kind : std::uint8_t { object, array, string, number, yes, no };

    struct Item {
        std::string_view key;   ///< "" inside arrays
        std::string_view text;  ///< of strings and numbers, unescaped
        std::uint32_t end = 0;  ///< index behind the last descendant
        Kind kind = Kind::object;
    };

    std::string text_;  // the items look into it; never shorter than a small-string buffer
    std::vector<Item> items_;
};

/// One place in a tree, or no place at all: asking nothing for something gives nothing. Valid as
/// long as its tree stays where it is.
class Node {
  public:
    Node() noexcept = default;

    [[nodiscard]] explicit operator bool() const noexcept { return item_ != nullptr; }

    /// A member of this object; nothing when it has none of that name (libpg_query leaves out
    /// what is false, 0 or empty).
    [[nodiscard]] Node operator[](std::string_view key) const noexcept;

    /// A node is wrapped in an object with its type as the only key: {"IndexStmt": {...}}.
    [[nodiscard]] std::string_view type() const noexcept;

    /// What the wrapper holds.
    [[nodiscard]] Node body() const noexcept;

    /// body() when the type is this one, else nothing.
    [[nodiscard]] Node as(std::string_view type_name) const noexcept;

    /// The name under which this place stands in its object.
    [[nodiscard]] std::string_view key() const noexcept;

    /// Text of a string, "" for anything else.
    [[nodiscard]] std::string_view text() const noexcept;

    /// A number, 0 for anything else.
    [[nodiscard]] std::int64_t number() const noexcept;

    /// True for true alone.
    [[nodiscard]] bool flag() const noexcept;

    /// Number of members or elements.
    [[nodiscard]] std::size_t size() const noexcept;

    class Iterator;
    [[nodiscard]] Iterator begin() const noexcept;
    [[nodiscard]] Iterator end() const noexcept;

    /// The first element, or nothing.
    [[nodiscard]] Node front() const noexcept;

    /// Everything below this place that stands under `key`, outermost first.
    [[nodiscard]] std::vector<Node> inside(std::string_view key) const;

  private:
    friend class Tree;
    using Item = Tree::Item;

    Node(const Item* first, const Item* item) noexcept : first_(first), item_(item) {}

    [[nodiscard]] const Item* behind() const noexcept;

    const Item* first_ = nullptr;  // the tree's first item
    const Item* item_ = nullptr;
};

/// Steps over the members or elements of a node.
class Node::Iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Node;

    explicit Iterator(Node at) noexcept : at_(at) {}

    Node operator*() const noexcept { return at_; }

    Iterator& operator++() noexcept {
        at_.item_ = at_.behind();
        return *this;
    }

    bool operator==(const Iterator& other) const noexcept { return at_.item_ == other.at_.item_; }

  private:
    Node at_;
};

}  // namespace poststack::lint

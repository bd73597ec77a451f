#include "lint/words.h"

#include <algorithm>

#include "base/text.h"
#include "migrate/lex.h"

namespace poststack::lint {

std::vector<std::string> first_words(std::string_view sql, std::size_t limit) {
    std::vector<std::string> words;
    for (std::size_t at = 0; words.size() < limit;) {
        const migrate::Token token = migrate::next_token(sql, at, {});
        if (token.kind >= migrate::TokenKind::end) break;
        at = token.end;
        const std::string_view text = sql.substr(token.begin, token.end - token.begin);
        const bool plain_quotes =
            token.kind == migrate::TokenKind::quoted && text.starts_with('"') && text.size() > 1;
        if (plain_quotes) {
            words.emplace_back(text.substr(1, text.size() - 2));
        } else {
            words.push_back(token.kind == migrate::TokenKind::word ? to_lower(text)
                                                                   : std::string(text));
        }
    }
    return words;
}

std::size_t find_run(const std::vector<std::string>& words,
                     const std::vector<std::string>& wanted) noexcept {
    const auto found = std::search(words.begin(), words.end(), wanted.begin(), wanted.end());
    return static_cast<std::size_t>(found - words.begin());
}

}  // namespace poststack::lint

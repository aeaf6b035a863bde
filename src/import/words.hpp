// Words of documents, compared without case, width and compatibility forms. The only file beside it
// that sees libunistring is its .cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

// UTF-8, whatever came: a byte order mark is taken away, UTF-16 and Windows-1252 are converted.
// `converted_from` names what it was, "" for UTF-8.
std::string to_utf8(std::string_view bytes, std::string& converted_from);

// Case folded, NFKC, marks of footnotes (superscript digits, daggers) away, every dash "-".
std::string fold(std::string_view text);

// Letters and digits of a folded text: "tcp", "443", "quell"; in scripts without blanks between
// words, a run of letters is one word.
std::vector<std::string> words_of(std::string_view folded);

// The first word or sign of a text that takes something out or turns it round ("not", "ohne", "!",
// "以外"); empty: none.
std::string negation_in(std::string_view text);
// The same of words that stop traffic: "blocked", "deny", "gesperrt", "禁止".
std::string denial_in(std::string_view text);

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words);

// Is one of `words` a word of the text? Words of Chinese and Japanese are looked for inside of
// runs.
bool has_word(const std::vector<std::string>& text, std::initializer_list<std::string_view> words);

}  // namespace pcapaudit

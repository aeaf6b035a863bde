// Typed access to TOML, and errors that point at the place.

#include "policy/load/toml_reader.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

// The deepest key of a policy has four parts. The library follows them one inside the other, so
// that a key of a hundred thousand parts would end the program.
constexpr std::size_t most_key_parts = 32;

// Behind the string that begins at `at`: "..", '..', or three of either for many lines.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
  const bool is_long = text.substr(at).starts_with(three);
  for (std::size_t i = at + (is_long ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (is_long ? text.substr(i).starts_with(three) : text[i] == quote || text[i] == '\n') {
      return i + (is_long ? 3 : 1);
    }
  }
  return text.size();
}

// The dot with which a key, or what looks like one outside of strings, has too many parts.
std::optional<std::size_t> find_deep_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots >= most_key_parts) return at;
    if (std::string_view("=[]{},\n").find(c) != std::string_view::npos) dots = 0;
    ++at;
  }
  return std::nullopt;
}

toml::source_region place_at(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const toml::source_position place{.line = static_cast<toml::source_index>(line),
                                    .column = static_cast<toml::source_index>(at - begin + 1)};
  return {.begin = place, .end = place, .path = nullptr};
}

// A list of nothing: a demand for none of it, or for all? The first one, wherever it stands; only
// [names] may say that a site has none.
const toml::array* find_empty_list(const toml::node& node, bool is_root) {
  if (const auto* list = node.as_array()) {
    if (list->empty()) return list;
    for (const toml::node& element : *list) {
      if (const auto* found = find_empty_list(element, false)) return found;
    }
  } else if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      if (is_root && key.str() == "names") continue;
      if (const auto* found = find_empty_list(value, false)) return found;
    }
  }
  return nullptr;
}

// So much of a line stands in an error: files of machines have lines of megabytes.
constexpr std::size_t shown_before = 100, shown_line = 160;

}  // namespace

TomlReader::TomlReader(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)) {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    lines_.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (const auto deep = find_deep_key(text_)) {
    report(place_at(text_, *deep), fmt::format("a key of more than {} parts", most_key_parts));
    return;
  }
  try {
    root_ = toml::parse(std::string_view(text_));
  } catch (const toml::parse_error& error) {
    report(error.source(), std::string(error.description()), "the file must be TOML 1.0");
  }
  if (const toml::array* empty = find_empty_list(root_, true)) {
    report(empty->source(), "an empty list: does it stand for nothing, or for everything?",
           "leave the key out, or say what the list holds");
  }
}

void TomlReader::report(toml::source_region place, std::string what, std::string hint) {
  if (!error_) error_ = remark(place, std::move(what), std::move(hint));
}

Error TomlReader::remark(toml::source_region place, std::string what, std::string hint) const {
  const std::size_t line = place.begin.line;
  const std::size_t column = std::max<std::size_t>(place.begin.column, 1);
  Error error{.what = std::move(what),
              .where = fmt::format("{}:{}:{}", file_, line, column),
              .hint = std::move(hint)};
  if (line >= 1 && line <= lines_.size()) {
    std::string_view shown = lines_[line - 1];
    std::size_t caret = column;
    if (shown.size() > shown_line) {
      const std::size_t cut =
          std::min(column > shown_before ? column - shown_before : 0, shown.size());
      shown = shown.substr(cut, shown_line);
      caret -= cut;
    }
    error.excerpt = fmt::format("{:>5} | {}\n      | {:>{}}", line, shown, "^", caret);
  }
  return error;
}

void TomlReader::only(const toml::table& table, std::string_view where,
                      std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    const std::vector<std::string> words(known.begin(), known.end());
    report(key.source(), fmt::format("unknown key \"{}\" in {}", key.str(), where),
           did_you_mean(key.str(), words,
                        words.size() > 12 ? "see docs/policy-file.md"
                                          : fmt::format("known are: {}", fmt::join(words, ", "))));
  }
}

void TomlReader::wrong_type(const toml::node& node, std::string_view key, std::string_view wanted) {
  std::ostringstream type;
  type << node.type();
  report(node.source(), fmt::format("\"{}\" must be {}, not {}", key, wanted, type.str()));
}

std::string TomlReader::text_of(const toml::table& table, std::string_view key, bool required) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    if (required) report(table.source(), fmt::format("\"{}\" is missing", key));
    return {};
  }
  if (!node->is_string()) wrong_type(*node, key, "a text");
  return node->value_or(std::string());
}

std::optional<std::int64_t> TomlReader::number_of(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_integer()) wrong_type(*node, key, "a whole number");
  return node->value<std::int64_t>();
}

std::optional<bool> TomlReader::flag_of(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) wrong_type(*node, key, "true or false");
  return node->value<bool>();
}

std::string TomlReader::date_of(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return {};
  if (const auto date = node->value<toml::date>(); date && node->is_date()) {
    return fmt::format("{:04}-{:02}-{:02}", date->year, date->month, date->day);
  }
  wrong_type(*node, key, "a date such as 2026-02-03");
  return {};
}

std::vector<TomlReader::Word> TomlReader::words_of(const toml::table& table, std::string_view key,
                                                   bool required) {
  const toml::node* node = table.get(key);
  std::vector<Word> words;
  if (node == nullptr) {
    if (required) report(table.source(), fmt::format("\"{}\" is missing", key));
    return words;
  }
  if (const auto* one = node->as_string()) {
    words.push_back({.text = one->get(), .place = one->source()});
  } else if (const auto* list = node->as_array()) {
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) {
        wrong_type(element, key, "a list of texts");
      } else {
        words.push_back({.text = text->get(), .place = text->source()});
      }
    }
  } else {
    wrong_type(*node, key, "a text or a list of texts");
  }
  if (required && words.empty()) report(node->source(), fmt::format("\"{}\" is empty", key));
  return words;
}

std::vector<std::string> TomlReader::texts_of(const toml::table& table, std::string_view key) {
  std::vector<std::string> texts;
  for (Word& word : words_of(table, key)) texts.push_back(std::move(word.text));
  return texts;
}

std::string TomlReader::choice_of(const toml::table& table, std::string_view key,
                                  std::initializer_list<std::string_view> words) {
  std::string text = text_of(table, key);
  const toml::node* node = table.get(key);
  if (node == nullptr || !node->is_string()) return {};
  const std::vector<std::string> known(words.begin(), words.end());
  const bool is_known = is_among({.text = text, .place = node->source()}, known, key);
  return is_known ? text : std::string();
}

bool TomlReader::is_among(const Word& word, const std::vector<std::string>& words,
                          std::string_view what) {
  constexpr std::size_t few = 12;  // as many as a line holds
  if (std::find(words.begin(), words.end(), word.text) != words.end()) return true;
  const std::string all = words.size() <= few
                              ? fmt::format("it is \"{}\"", fmt::join(words, "\" or \""))
                              : fmt::format("{} names are known", words.size());
  report(word.place, fmt::format("{} = \"{}\" is unknown", what, word.text),
         did_you_mean(word.text, words, all));
  return false;
}

const toml::table* TomlReader::table_of(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) wrong_type(*node, key, "a table");
  return node->as_table();
}

std::vector<const toml::table*> TomlReader::tables_of(const toml::table& table,
                                                      std::string_view key) {
  std::vector<const toml::table*> tables;
  const toml::node* node = table.get(key);
  if (node == nullptr) return tables;
  const auto* list = node->as_array();
  if (list == nullptr) {
    wrong_type(*node, key, "a list of tables");
    return tables;
  }
  for (const toml::node& element : *list) {
    if (element.is_table()) {
      tables.push_back(element.as_table());
    } else {
      wrong_type(element, key, "a list of tables");
    }
  }
  return tables;
}

}  // namespace pcapaudit

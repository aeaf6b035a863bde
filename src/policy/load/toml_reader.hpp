// TOML with places: reads typed values, names every mistake with file, line, column and a hint.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include <pcapaudit/base/result.hpp>

#include "base/text/nearest_word.hpp"

namespace pcapaudit {

// One file being read. The first mistake is kept; reading goes on with empty values, so callers
// ask error() at the end instead of after every value.
class TomlReader {
 public:
  TomlReader(std::string file, std::string text);

  const toml::table& root() const { return root_; }
  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  const std::optional<Error>& error() const { return error_; }

  void report(toml::source_region place, std::string what, std::string hint = {});
  // The same as a value, for what is worth saying and does not stop the reading.
  Error remark(toml::source_region place, std::string what, std::string hint = {}) const;

  // Keys of `table` that are not in `known` are mistakes, with "did you mean".
  void only(const toml::table& table, std::string_view where,
            std::initializer_list<std::string_view> known);

  std::string text_of(const toml::table& table, std::string_view key, bool required = false);
  std::optional<std::int64_t> number_of(const toml::table& table, std::string_view key);
  std::optional<bool> flag_of(const toml::table& table, std::string_view key);
  // A date or a text, as text.
  std::string date_of(const toml::table& table, std::string_view key);
  // A text or a list of texts, with their places.
  struct Word {
    std::string text;
    toml::source_region place;
  };
  std::vector<Word> words_of(const toml::table& table, std::string_view key, bool required = false);
  std::vector<std::string> texts_of(const toml::table& table, std::string_view key);
  // One of `words`, or "" when the key is absent or says something else, which is a mistake.
  std::string choice_of(const toml::table& table, std::string_view key,
                        std::initializer_list<std::string_view> words);
  // Is it among them? If not, that is a mistake: `what` names the set ("application").
  bool is_among(const Word& word, const std::vector<std::string>& words, std::string_view what);
  const toml::table* table_of(const toml::table& table, std::string_view key);
  // The entries of [[key]] or key = [{...}].
  std::vector<const toml::table*> tables_of(const toml::table& table, std::string_view key);

 private:
  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted);

  std::string file_, text_;
  std::vector<std::string_view> lines_;
  toml::table root_;
  std::optional<Error> error_;
};

}  // namespace pcapaudit

// Remarks about lines of a policy that was loaded before, with the line and a caret.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/load/toml_reader.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {

class PolicyLines {
 public:
  explicit PolicyLines(const Policy& policy) : policy_(policy) {}

  Error remark(const SourcePlace& place, std::string what, std::string hint) {
    auto& reader = readers_[place.file];
    if (!reader) {
      std::string text;
      for (const auto& [name, content] : policy_.files) {
        if (name == place.file) text = content;
      }
      reader = std::make_unique<TomlReader>(place.file, std::move(text));
    }
    const toml::source_position at{.line = place.line, .column = 1};
    return reader->remark({.begin = at, .end = at, .path = nullptr}, std::move(what),
                          std::move(hint));
  }

  // The line that begins with `text`; no file when there is none.
  SourcePlace place_of(std::string_view text) const {
    for (const auto& [name, content] : policy_.files) {
      std::uint32_t line = 1;
      std::string_view rest = content;
      for (; !rest.empty(); ++line) {
        if (rest.starts_with(text)) return {.file = name, .line = line};
        const std::size_t end = rest.find('\n');
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
    }
    return {};
  }

 private:
  const Policy& policy_;
  std::map<std::string, std::unique_ptr<TomlReader>> readers_;  // by file
};

}  // namespace pcapaudit

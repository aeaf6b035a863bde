// What the program says beside its output: errors, warnings, news.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/commands.hpp"

namespace pcapaudit {

// The place of an error, its cause and one thing to do, as a person reads them.
std::string error_text(std::string_view level, const Error& error) {
  std::string text =
      fmt::format("{}: {}: {}\n", error.where.empty() ? "pcapaudit" : visible(error.where), level,
                  visible_lines(error.what));
  if (!error.excerpt.empty()) text += visible_lines(error.excerpt) + "\n";
  if (!error.hint.empty()) text += "hint: " + visible_lines(error.hint) + "\n";
  return text;
}

void draw(std::string_view text) {
  if (text.empty()) return;
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

void say(std::string_view text) {
  draw(visible_lines(text) + "\n");
}

void print_error(const Error& error) {
  draw(error_text("error", error));
}
void print_warning(const Error& warning) {
  draw(error_text("warning", warning));
}

}  // namespace pcapaudit

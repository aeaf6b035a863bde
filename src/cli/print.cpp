// What the program says beside its output: errors, warnings, news.
#include <cstdio>

#include <fmt/format.h>

#include "base/text/text.hpp"
#include "cli/commands/commands.hpp"

namespace pcapaudit {

// The place of an error, its cause and one thing to do, as a person reads them.
std::string error_text(std::string_view level, const Error& error) {
  std::string text =
      fmt::format("{}: {}: {}\n", error.where.empty() ? "pcapaudit" : visible(error.where), level,
                  visible(error.what, tabs_and_lines));
  if (!error.excerpt.empty()) text += visible(error.excerpt, tabs_and_lines) + "\n";
  if (!error.hint.empty()) text += "hint: " + visible(error.hint, tabs_and_lines) + "\n";
  return text;
}

void draw(std::string_view text) {
  if (text.empty()) return;
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

void say(std::string_view text) {
  draw(visible(text, tabs_and_lines) + "\n");
}

void print_error(const Error& error) {
  draw(error_text("error", error));
}
void print_warning(const Error& warning) {
  draw(error_text("warning", warning));
}

}  // namespace pcapaudit

// Errors and warnings as a person reads them.
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.hpp"

namespace pcapaudit {
namespace {

void print(const char* level, const Error& error) {
  fmt::print(stderr, "{}: {}: {}\n", error.where.empty() ? "pcapaudit" : error.where, level,
             error.what);
  if (!error.excerpt.empty()) fmt::print(stderr, "{}\n", error.excerpt);
  if (!error.hint.empty()) fmt::print(stderr, "hint: {}\n", error.hint);
}

}  // namespace

void print_error(const Error& error) {
  print("error", error);
}
void print_warning(const Error& warning) {
  print("warning", warning);
}

}  // namespace pcapaudit

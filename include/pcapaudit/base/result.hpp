// Failure as a value: what went wrong, where, and one thing to do about it.
//
// An Error travels upward through Result<T>; only the command line prints it
// (see print_error in src/cli/main.cpp). Odd bytes on the wire are not errors:
// they are counted values (DecodeIssue, Anomaly).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace pcapaudit {

struct Error {
  std::string what;          // one sentence, lower case, no full stop, names the object
  std::string where = {};    // "file:line:column" or empty
  std::string excerpt = {};  // the offending line and a caret line below it, or empty
  std::string hint = {};     // one thing to do, or empty

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string what, std::string hint = {}) {
  return std::unexpected(
      Error{.what = std::move(what), .where = {}, .excerpt = {}, .hint = std::move(hint)});
}

}  // namespace pcapaudit

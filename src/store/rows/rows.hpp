// Rows of one statement, handed out one at a time and as SQLite typed them.
//
// A SqlCell's text belongs to the statement and ends with the call that passes it. Integers
// and reals come as SQLite writes them, blobs as their bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

struct SqlCell {
  enum class Type : std::uint8_t { null, integer, real, text, blob };
  Type type = Type::null;
  std::string_view text = {};  // empty for null
};

// Takes rows as they are read. A failure ends the reading and is its answer.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Once, before the first row; also when there is none.
  virtual Result<void> columns(const std::vector<std::string>& names) = 0;
  virtual Result<void> row(std::span<const SqlCell> cells) = 0;
};

}  // namespace pcapaudit

// Captures in formats that are not read, told by their first bytes: what they are, and what makes
// pcap or pcapng of them.
#pragma once

#include <string_view>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

struct ForeignFormat {
  std::string_view name;       // "is ...", after a path
  std::string_view converter;  // empty: none is known
};

// Bytes that say it, at most.
constexpr std::size_t foreign_format_size = 80;

// `head`: the first bytes of the file, decompressed. Empty name: not one of them.
ForeignFormat foreign_format(Bytes head);

}  // namespace pcapaudit

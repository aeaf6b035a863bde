// The words, numbers and signs of a port cell; thousands separators are undone here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

constexpr std::uint32_t last_port = 65'535;

enum class TokenSort : std::uint8_t { number, version, word, sign };
struct PortToken {
  TokenSort sort = TokenSort::sign;
  std::string text;
  std::uint32_t value = 0;
  bool grouped = false;  // with a thousands separator
  bool blank_before = false;
  std::size_t begin = 0;
};

// Of a folded text. `doubts`: where a comma may separate thousands or ports.
std::vector<PortToken> port_tokens(std::string_view folded, std::vector<std::string>& doubts);

}  // namespace pcapaudit

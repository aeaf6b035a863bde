// Lists of one text, made once for the many flows that show it: a method, a host, a user agent.
//
// Remembers the last text of each place in a small table, so its memory is bounded. Used by one
// thread; the lists may go to others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/shared_values.hpp>

namespace pcapaudit {

class TextPool {
 public:
  // Some thousand sites, agents and paths are what a network shows again and again.
  static constexpr std::size_t places = 4096;
  // Longer ones (paths with parameters in them) hardly come twice.
  static constexpr std::size_t longest = 256;

  // The text as clean_text() makes it.
  SharedValues<std::string> list_of(std::string_view wire);
  SharedValues<std::uint32_t> list_of(std::uint32_t number);

 private:
  std::vector<SharedValues<std::string>> texts_;
  std::vector<SharedValues<std::uint32_t>> numbers_;
};

}  // namespace pcapaudit

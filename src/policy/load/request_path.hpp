// Paths of requests, compared as the servers that take them see them (RFC 3986 6.2.2).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

// A path can be read in several ways: by the letter of RFC 3986, and as servers do that decode
// every octet, drop ";parameters", merge repeated slashes, take "\" for "/" and pass over dots
// and blanks at the end of a segment. Nothing is decoded twice (RFC 3986 2.4). Case never counts.
class RequestPath {
 public:
  using Readings = std::array<std::string, 3>;

  explicit RequestPath(std::string_view raw);

  // Whole segments. Denied is what is below a prefix in some reading; "/" denies everything.
  bool is_denied_by(const std::vector<std::string>& prefixes) const;
  // Listed is what is below some prefix in each of the readings; "/" lists the root page only.
  bool is_listed_by(const std::vector<std::string>& prefixes) const;

 private:
  Readings readings_;
};

}  // namespace pcapaudit

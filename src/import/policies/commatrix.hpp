// OpenShift's communication matrix: who listens on the nodes, not who asks.
#pragma once

#include <string>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit {

struct CommatrixLine {
  std::uint32_t line = 0;
  std::string direction, protocol, port, name_space, service, pod, node_role, optional;
};

class Commatrix {
 public:
  explicit Commatrix(ForeignPolicy& out) : out_(out) {}
  void add(const CommatrixLine& line);
  void finish();  // remarks about all rows

 private:
  ForeignPolicy& out_;
  std::size_t count_ = 0;
};

}  // namespace pcapaudit

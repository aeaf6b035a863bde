// The documented rows that a flow missed by least, and the field on which each fails.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "policy/fit/row_match.hpp"

namespace pcapaudit {

constexpr std::size_t max_nearest = 3;  // as Verdict::nearest promises

// Finds them without looking at every row: rows that differ in nothing but their port are one
// class, and of a class only the rows on the closest ports can be among the nearest.
class NearestRows {
 public:
  explicit NearestRows(const Policy& policy);

  // Best first: rows without `any`, then those of which most fits, then by the port that is closer,
  // then by name, so that the order in a file does not matter. Rows whose two ends both differ are
  // left out unless there is nothing else.
  std::vector<NearMiss> find(const ClosedFlow& flow, Ends ends) const;

 private:
  struct RowClass {
    void add(const DocumentedFlow& row);
    void collect(std::uint16_t port, std::vector<const DocumentedFlow*>& rows) const;

    std::map<std::uint16_t, std::vector<const DocumentedFlow*>> by_port;  // rows of one port
    std::vector<const DocumentedFlow*> other;                             // ranges and lists
  };
  using Classes = std::vector<RowClass>;

  const Policy& policy_;
  Classes classes_;        // of rows with the same roles, transports and application
  Classes without_roles_;  // the same, whatever the roles
  std::array<std::vector<std::uint32_t>, max_roles> from_, to_;  // classes that name a role
};

// The field on which a row fails for this flow; Field::none when it matches.
NearMiss miss_of_row(const Policy& policy, const DocumentedFlow& row, const ClosedFlow& flow,
                     Ends ends);

// A row that fits but for who opened the connection.
NearMiss reversed_miss(const Policy& policy, const DocumentedFlow& row, Ends ends);

}  // namespace pcapaudit

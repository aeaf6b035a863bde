// Counts of a flow's anomalies; most flows have none and pay for none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "flow/closed_flow.hpp"

namespace pcapaudit {

class AnomalyCounts {
 public:
  using Counts = std::array<std::uint32_t, anomaly_count>;

  void add(Anomaly anomaly, std::uint32_t count = 1) {
    if (!counts_) counts_ = std::make_unique<Counts>();
    (*counts_)[static_cast<std::size_t>(anomaly)] += count;
  }
  bool empty() const { return counts_ == nullptr; }
  void add_to(Counts& sums) const {
    if (!counts_) return;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += (*counts_)[i];
  }

 private:
  std::unique_ptr<Counts> counts_;
};

}  // namespace pcapaudit

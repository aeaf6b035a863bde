// Turns every repeat of a finding into a count, so that an alert is news.
//
// Pure: the caller passes the time in. Used by one thread. Memory is capped by max_findings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "monitor/alert/alert.hpp"

namespace pcapaudit {

class AlertFolder {
 public:
  // Distinct findings of one severity that are remembered. A port scan is a finding for every
  // port; beyond this many, alerts are withheld until older ones fall silent, and counted.
  static constexpr std::size_t max_findings = 1000;

  // A finding is told at once the first time, and then at most once in `repeat_ns`.
  explicit AlertFolder(std::int64_t repeat_ns) : repeat_ns_(repeat_ns) {}

  // The alert to send now, or nothing: folded (it comes with due()) or withheld.
  std::optional<Alert> add(const Alert& alert, Timestamp now);
  // What was folded and whose interval is over: the latest flow, with the number of all. In the
  // order of the findings' ids. A finding without repeats in its interval is forgotten.
  std::vector<Alert> due(Timestamp now);
  // The end: everything that is still folded.
  std::vector<Alert> flush();

  std::uint64_t withheld() const { return withheld_; }

 private:
  struct Told {
    Timestamp when;               // of the last alert
    std::optional<Alert> folded;  // since then
    std::uint64_t in_all = 0;
    Severity severity = Severity::info;
  };

  std::int64_t repeat_ns_;
  std::map<std::string, Told> told_;         // by finding
  std::array<std::size_t, 5> remembered_{};  // by severity
  std::uint64_t withheld_ = 0;
};

}  // namespace pcapaudit

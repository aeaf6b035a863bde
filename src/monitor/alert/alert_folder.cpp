// Folding; see the header.

#include "monitor/alert/alert_folder.hpp"

#include <utility>

namespace pcapaudit {

std::optional<Alert> AlertFolder::add(const Alert& alert, Timestamp now) {
  auto place = told_.find(alert.finding);
  const bool is_new = place == told_.end();
  if (is_new) {
    std::size_t& remembered = remembered_[static_cast<std::size_t>(alert.severity)];
    if (remembered >= max_findings) {
      ++withheld_;
      return std::nullopt;
    }
    ++remembered;
    place = told_.try_emplace(alert.finding).first;
    place->second.severity = alert.severity;
  }
  Told& told = place->second;
  ++told.in_all;
  const std::uint64_t folded = told.folded ? told.folded->flows : 0;
  Alert latest = alert;
  latest.flows = folded + 1;
  latest.in_all = told.in_all;
  if (!is_new && now.ns - told.when.ns < repeat_ns_) {
    told.folded = std::move(latest);
    return std::nullopt;
  }
  told.when = now;
  told.folded.reset();
  return latest;
}

std::vector<Alert> AlertFolder::due(Timestamp now) {
  std::vector<Alert> alerts;
  for (auto place = told_.begin(); place != told_.end();) {
    Told& told = place->second;
    if (now.ns - told.when.ns < repeat_ns_) {
      ++place;
    } else if (told.folded) {
      alerts.push_back(*std::exchange(told.folded, std::nullopt));
      told.when = now;
      ++place;
    } else {
      --remembered_[static_cast<std::size_t>(told.severity)];
      place = told_.erase(place);
    }
  }
  return alerts;
}

std::vector<Alert> AlertFolder::flush() {
  std::vector<Alert> alerts;
  for (auto& [finding, told] : told_) {
    if (told.folded) alerts.push_back(*std::exchange(told.folded, std::nullopt));
  }
  return alerts;
}

}  // namespace pcapaudit

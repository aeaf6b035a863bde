// A policy in force, and the names of the findings it makes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pcapaudit/monitor/alert.hpp>
#include <pcapaudit/policy/verdict.hpp>
#include <pcapaudit/store/store.hpp>

namespace pcapaudit {

// Shared by the thread that judges and the one that writes; never changes.
struct LivePolicy {
  explicit LivePolicy(Policy loaded) : policy(std::move(loaded)), judge(policy) {}
  LivePolicy(const LivePolicy&) = delete;
  LivePolicy& operator=(const LivePolicy&) = delete;

  const Policy policy;
  const Judge judge;
};

// Gives findings the ids that the database will give them. Used by one thread. (Of two causes with
// the same four digits, the one that comes later gets more; the database decides by their order.)
class FindingBook {
 public:
  // The findings of a flow, gravest first; none for an ignored flow.
  std::vector<Alert> alerts_of(const AuditedFlow& audited, const LivePolicy& live);
  void clear() { ids_.clear(), causes_.clear(); }

 private:
  const std::string& id_of(const std::string& cause);

  std::map<std::string, std::string> ids_;     // by cause
  std::map<std::string, std::string> causes_;  // by id
};

}  // namespace pcapaudit

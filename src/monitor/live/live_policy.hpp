// A policy in force, and the names of the findings it makes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "monitor/alert/alert.hpp"
#include "policy/judge/verdict.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// Shared by the thread that judges and the one that writes; never changes.
struct LivePolicy {
  explicit LivePolicy(Policy loaded) : policy(std::move(loaded)), judge(policy) {}
  LivePolicy(const LivePolicy&) = delete;
  LivePolicy& operator=(const LivePolicy&) = delete;

  const Policy policy;
  const Judge judge;
};

// Gives findings the ids that the database will give them: of their cause, or of the matter that
// they are part of, as soon as it has many causes. Used by one thread.
class FindingBook {
 public:
  // The findings of a flow, gravest first; none for an ignored flow.
  std::vector<Alert> alerts_of(const AuditedFlow& audited, const LivePolicy& live);
  void clear() { matters_.clear(); }

 private:
  // Is `cause` one of many of this matter?
  bool is_one_of_many(const std::string& matter, const std::string& cause);

  std::map<std::string, std::set<std::string>> matters_;  // their causes, until they are many
};

}  // namespace pcapaudit

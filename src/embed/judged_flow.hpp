// A flow and its verdict in the words of the public header.
#pragma once

#include <pcapaudit/audit.hpp>

#include "store/store.hpp"

namespace pcapaudit {

// Views into `audited`.
JudgedFlow judged_flow(const AuditedFlow& audited, const Policy& policy);

}  // namespace pcapaudit

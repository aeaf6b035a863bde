// The kinds of traffic that are made from scripts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "workload/script.hpp"

namespace pcapaudit::bench {

struct Sizes {
  std::uint64_t flows = 0;         // 0: as the kind says
  std::uint64_t bytes = 0;         // of the file, about; kinds `long` and `mix`
  std::uint64_t certificates = 1;  // kind `tls`
};

struct Kind {
  std::string_view name, what;
  std::uint64_t flows;  // default
  std::size_t at_once;  // 0: all of them
  Result<std::vector<Script>> (*scripts)(const Sizes& sizes);
};

std::span<const Kind> scripted_kinds();

// Handshakes of TLS 1.2 with a certificate for each of `sizes.certificates` servers.
Result<std::vector<Script>> tls_scripts(const Sizes& sizes);

}  // namespace pcapaudit::bench

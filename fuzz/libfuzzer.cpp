// The entry that libFuzzer calls.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "target.hpp"

void pcapaudit::fuzz::require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pcapaudit::fuzz::run(pcapaudit::Bytes(data, size));
  return 0;
}

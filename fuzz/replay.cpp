// Runs a target's seeds and mutations of them that are the same every time; or writes the seeds.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

// Numbers that look random (splitmix64), the same in every run.
class Numbers {
 public:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : next() % limit; }

 private:
  std::uint64_t state_ = 42;
};

// A few changes of the kinds that parsers stumble over: bytes, lengths, cuts, repeats.
std::string mutated(std::string bytes, Numbers& random) {
  for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(6)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random.next());
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random.below(2) == 0 ? 0 : 0xff);
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, 1 + random.below(8), static_cast<char>(random.next()));
        break;
      case 4:
        bytes.erase(at, random.below(8));
        break;
      default:
        bytes.insert(at, bytes.substr(random.below(bytes.size()), random.below(64)));
        break;
    }
  }
  return bytes;
}

// From an exact heap buffer, so that a sanitizer sees the first byte too far.
void run_exact(const std::string& bytes) {
  const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) exact[i] = static_cast<std::uint8_t>(bytes[i]);
  run(Bytes(exact.get(), bytes.size()));
}

}  // namespace

void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::exit(1);
}

}  // namespace pcapaudit::fuzz

int main(int argc, char** argv) {
  using namespace pcapaudit::fuzz;
  const std::vector<std::string> all = seeds();
  if (argc == 3 && std::string(argv[1]) == "--write") {
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::ofstream(std::string(argv[2]) + "/seed" + std::to_string(i), std::ios::binary) << all[i];
    }
    return 0;
  }
  const unsigned long mutations = argc == 2 ? std::strtoul(argv[1], nullptr, 10) : 300;
  Numbers random;
  std::size_t runs = 0;
  for (const std::string& seed : all) {
    run_exact(seed);
    for (unsigned long i = 0; i < mutations; ++i, ++runs) run_exact(mutated(seed, random));
  }
  std::printf("%zu seeds, %zu mutations\n", all.size(), runs);
  return all.empty() ? 1 : 0;
}

// Bytes as a capture file: pcap, pcapng, compressed or not.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "capture/packet_source.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {

void run(Bytes input) {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("capture-" + std::to_string(getpid()))).string();
  std::ofstream(path, std::ios::binary | std::ios::trunc) << as_text(input);
  if (auto source = open_capture(path, {})) {
    constexpr std::uint64_t most = 100'000;
    std::uint64_t packets = 0, bytes = 0;
    while (packets < most) {
      const PacketView* packet = (*source)->next();
      if (packet == nullptr) break;
      ++packets;
      for (const std::uint8_t byte : packet->bytes) bytes += byte != 0 ? 1 : 0;
    }
    require(bytes <= (*source)->facts().bytes || packets == most, "more bytes than were counted");
  }
  std::error_code error;
  std::filesystem::remove(path, error);
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const char* const name : {"as-documented.pcapng", "deviating.pcapng"}) {
    std::ifstream file(std::string(PCAPAUDIT_SAMPLES) + "/" + name, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    all.push_back(bytes.substr(0, 6000));
  }
  const auto word = [](std::uint32_t value) {
    std::string bytes;
    for (const int shift : {0, 8, 16, 24}) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  };
  std::string pcap =
      word(0xa1b2c3d4) + word(0x00040002) + word(0) + word(0) + word(65535) + word(1);
  for (std::uint32_t i = 0; i < 4; ++i) {
    pcap += word(1'700'000'000 + i) + word(i) + word(40) + word(60) + std::string(40, 'p');
  }
  all.push_back(pcap);
  return all;
}

}  // namespace pcapaudit::fuzz

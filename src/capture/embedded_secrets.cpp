// Looks for secrets at both ends of a file first; see the header.

#include "capture/embedded_secrets.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <utility>

namespace pcapaudit {
namespace {

constexpr std::uint32_t name_resolution = 4, interface_statistics = 5, decryption_secrets = 10;
constexpr std::uint32_t least_block = 12;
// Blocks behind the last packet: statistics of each interface, names, secrets.
constexpr int most_last_blocks = 4096;

struct Numbers {
  std::uint32_t big = 0, little = 0;
};
Numbers number_at(std::ifstream& file, std::uint64_t place) {
  std::array<char, 4> bytes{};
  file.seekg(static_cast<std::streamoff>(place));
  file.read(bytes.data(), bytes.size());
  const Bytes view = as_bytes(std::string_view(bytes.data(), bytes.size()));
  return {.big = ByteReader(view).u32(), .little = ByteReader(view).u32le()};
}

// Each block's length stands at its end, too: from the file's end back to the last packet.
bool ends_with_secrets(const std::string& path) {
  std::error_code error;
  std::uint64_t end = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  for (int i = 0; i < most_last_blocks && !error && file && end >= least_block; ++i) {
    const Numbers length = number_at(file, end - 4);
    const bool fits_little = length.little >= least_block && length.little <= end;
    const std::uint32_t size = fits_little ? length.little : length.big;
    if (size < least_block || size > end) return false;
    const Numbers type = number_at(file, end - size);
    const auto is = [&](std::uint32_t wanted) {
      return (fits_little ? type.little : type.big) == wanted;
    };
    if (is(decryption_secrets)) return true;
    if (!is(name_resolution) && !is(interface_statistics)) return false;
    end -= size;
  }
  return false;
}

}  // namespace

std::vector<CaptureSecrets> embedded_secrets(const std::string& path, bool all) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  const auto source = open_capture(path, {.filter = {}, .keep_secrets = true});
  if (!source) return {};
  const PacketView* packet = (*source)->next();
  const CaptureFacts& facts = (*source)->facts();
  if (facts.format != "pcapng") return {};
  if (all || !facts.secrets.empty() || ends_with_secrets(path)) {
    while (packet != nullptr) packet = (*source)->next();
  }
  return facts.secrets;
}

}  // namespace pcapaudit

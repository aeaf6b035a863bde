// A path, a directory or `-` to its packet sources.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "capture/file_source.hpp"
#include "capture/foreign_format.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint32_t pcap_magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1};
constexpr std::uint32_t pcapng_magic = 0x0a0d0d0a;  // the same in both byte orders

Result<std::vector<std::string>> files_of(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.')) {
      files.push_back(entry.path().string());
    }
  }
  if (error) return fail(fmt::format("{}: {}", directory, error.message()));
  if (files.empty()) return fail(fmt::format("{}: no file in this directory", directory));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<std::string>> expand_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> expanded;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (path != "-" && !std::filesystem::exists(status)) {
      return fail(fmt::format("{}: no such file", path), "check the path");
    }
    if (path == "-" || !std::filesystem::is_directory(status)) {
      expanded.push_back(path);
      continue;
    }
    auto files = files_of(path);
    if (!files) return std::unexpected(files.error());
    expanded.insert(expanded.end(), files->begin(), files->end());
  }
  return expanded;
}

Result<std::unique_ptr<PacketSource>> open_capture(const std::string& path,
                                                   const SourceOptions& options) {
  auto filter = PcapFilter::compile(options.filter);
  if (!filter) return std::unexpected(filter.error());
  auto stream = ByteStream::open(path, options);
  if (!stream) return std::unexpected(stream.error());
  const Bytes head = (*stream)->peek(foreign_format_size);
  if ((*stream)->damage()) return std::unexpected(*(*stream)->damage());
  if (head.empty()) return fail(fmt::format("{}: is empty", path));
  ByteReader in(head);
  const std::uint32_t magic = in.u32();
  if (magic == pcapng_magic) return open_pcapng(path, std::move(*stream), std::move(*filter));
  if (std::find(std::begin(pcap_magics), std::end(pcap_magics), magic) != std::end(pcap_magics)) {
    return open_pcap(path, std::move(*stream), std::move(*filter));
  }
  if (const ForeignFormat foreign = foreign_format(head); !foreign.name.empty()) {
    return fail(fmt::format("{}: is {}, which is not read", path, foreign.name),
                std::string(foreign.converter));
  }
  return fail(fmt::format("{}: is not a capture", path),
              "pcap and pcapng files are read, also compressed with gzip or zstd");
}

}  // namespace pcapaudit

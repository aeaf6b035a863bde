// A path, a directory or `-` to its packet sources.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "capture/file_source.hpp"
#include "capture/foreign_format.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint32_t pcap_magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1};
constexpr std::uint32_t pcapng_magic = 0x0a0d0d0a;  // the same in both byte orders

// Does a file begin as a capture does? One that cannot be read is left to whoever opens it.
bool is_capture(const std::string& path) {
  auto stream = ByteStream::open(path, {});
  if (!stream) return true;
  const Bytes head = (*stream)->peek(4);
  if ((*stream)->damage()) return true;
  ByteReader in(head);
  const std::uint32_t magic = in.u32();
  return in.ok() &&
         (magic == pcapng_magic || std::find(std::begin(pcap_magics), std::end(pcap_magics),
                                             magic) != std::end(pcap_magics));
}

// Folder by folder in name order, each file before what stands behind it.
Result<void> add_files_of(const std::string& directory, InputFiles& files) {
  std::vector<std::filesystem::directory_entry> entries;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.path().filename().string().starts_with('.')) entries.push_back(entry);
  }
  if (error) return fail(fmt::format("{}: {}", directory, error.message()));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path() < b.path(); });
  for (const auto& entry : entries) {
    const std::string path = entry.path().string();
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      if (auto added = add_files_of(path, files); !added) return added;
    } else if (entry.is_regular_file(error)) {
      (is_capture(path) ? files.captures : files.others).push_back(path);
    }
  }
  return {};
}

}  // namespace

Result<InputFiles> expand_paths(const std::vector<std::string>& paths) {
  InputFiles files;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (path != "-" && !std::filesystem::exists(status)) {
      return fail(fmt::format("{}: no such file", path), "check the path");
    }
    if (path == "-" || !std::filesystem::is_directory(status)) {
      files.captures.push_back(path);
      continue;
    }
    const std::size_t before = files.captures.size();
    if (auto added = add_files_of(path, files); !added) return std::unexpected(added.error());
    if (files.captures.size() == before) {
      return fail(fmt::format("{}: no capture in this directory or below it", path),
                  "pcap and pcapng files are read, also compressed with gzip or zstd");
    }
  }
  return files;
}

Result<void> check_filter(const std::string& filter) {
  const auto compiled = PcapFilter::compile(filter);
  if (!compiled) return std::unexpected(compiled.error());
  return {};
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
  if (magic == pcapng_magic) {
    return open_pcapng(path, std::move(*stream), std::move(*filter), options.keep_secrets);
  }
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

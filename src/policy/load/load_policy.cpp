// Names of packs and files to one policy: what is read, in which order.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/embedded.hpp"
#include "base/files/read_file.hpp"
#include "policy/load/policy_loader.hpp"

namespace pcapaudit {
namespace {

struct PolicyFile {
  std::unique_ptr<TomlReader> in;
  FileKind kind;
};

// A policy of ten thousand rows and a hundred thousand addresses takes 4 MB.
constexpr std::size_t largest_policy = 32 * 1024 * 1024;

std::string pack_names() {
  std::string names;
  for (const BuiltInPack& pack : built_in_packs()) {
    names += (names.empty() ? "" : ", ") + std::string(pack.id);
  }
  return names;
}

// A path wins over a built-in pack of the same name.
Result<std::unique_ptr<TomlReader>> open_policy(const std::string& name) {
  if (std::filesystem::is_regular_file(name)) {
    auto text = read_file(name, largest_policy);
    if (!text) return std::unexpected(text.error());
    return std::make_unique<TomlReader>(name, std::move(*text));
  }
  for (const BuiltInPack& pack : built_in_packs()) {
    if (pack.id == name) {
      return std::make_unique<TomlReader>(std::string(built_in_prefix) + name,
                                          std::string(pack.text));
    }
  }
  return fail(fmt::format("{}: no such policy file or built-in pack", name),
              fmt::format("built in are: {}", pack_names()));
}

FileKind kind_of(const TomlReader& in) {
  return in.root().contains("pack") ? FileKind::pack : FileKind::site;
}

// The files in reading order: the packs a site uses come before it, each once.
class Files {
 public:
  Result<void> add(const std::string& name) {
    if (!seen_.insert(name).second) return {};
    auto in = open_policy(name);
    if (!in) return std::unexpected(in.error());
    if ((*in)->error()) return std::unexpected(*(*in)->error());
    const FileKind kind = kind_of(**in);
    if (kind == FileKind::site) {
      for (const TomlReader::Word& use : (*in)->words_of((*in)->root(), "use")) {
        if (auto used = add_used(name, use); !used) {
          if (!used.error().where.empty()) return used;
          (*in)->report(use.place, used.error().what, used.error().hint);
          return std::unexpected(*(*in)->error());
        }
      }
    }
    files_.push_back({.in = std::move(*in), .kind = kind});
    return {};
  }

  std::vector<PolicyFile> sorted() && {
    std::stable_partition(files_.begin(), files_.end(),
                          [](const PolicyFile& file) { return file.kind == FileKind::pack; });
    return std::move(files_);
  }

 private:
  // A name in `use`: a pack beside the site file, or a built-in one.
  Result<void> add_used(const std::string& site, const TomlReader::Word& use) {
    const auto beside = std::filesystem::path(site).parent_path() / use.text;
    const std::string name = std::filesystem::is_regular_file(beside) ? beside.string() : use.text;
    auto in = open_policy(name);
    if (in && kind_of(**in) != FileKind::pack) {
      return fail(fmt::format("{}: is no pack", name), "only packs can be used");
    }
    return add(name);
  }

  std::set<std::string> seen_;
  std::vector<PolicyFile> files_;
};

Result<Policy> load(PolicyLoader loader, const std::vector<PolicyFile>& files, bool strict) {
  for (const PolicyFile& file : files) {
    if (file.kind == FileKind::site) loader.take_port_overrides(*file.in);
    if (file.in->error()) return std::unexpected(*file.in->error());
  }
  for (const PolicyFile& file : files) {
    if (auto added = loader.add(*file.in, file.kind); !added) return std::unexpected(added.error());
  }
  Sha256 digest;
  for (const auto& [name, text] : loader.files()) digest.add(as_bytes(text));
  return loader.finish(digest.hex(), strict);
}

}  // namespace

std::vector<BuiltInPack> built_in_packs() {
  std::vector<BuiltInPack> packs;
  for (const EmbeddedFile& file : packs_files()) {
    std::string_view id = file.name;
    id.remove_suffix(std::string_view(".toml").size());
    packs.push_back({.id = id, .text = file.text});
  }
  return packs;
}

Result<Policy> load_policy(const std::vector<std::string>& names, bool strict,
                           std::span<const std::string> own_applications) {
  Files files;
  for (const std::string& name : names) {
    if (auto added = files.add(name); !added) return std::unexpected(added.error());
  }
  PolicyLoader loader;
  std::string lines;
  for (const std::string& name : own_applications) lines.append(name).append(1, '\n');
  loader.give_applications(lines);
  return load(std::move(loader), std::move(files).sorted(), strict);
}

Result<Policy> load_policy_texts(const std::vector<std::pair<std::string, std::string>>& texts,
                                 bool strict) {
  PolicyLoader loader;
  std::vector<PolicyFile> files;
  for (const auto& [name, text] : texts) {
    if (name.starts_with(trust_prefix)) {
      loader.give_trust(name.substr(trust_prefix.size()), text);
      continue;
    }
    if (name == own_applications_file) {
      loader.give_applications(text);
      continue;
    }
    auto in = std::make_unique<TomlReader>(name, text);
    if (in->error()) return std::unexpected(*in->error());
    const FileKind kind = kind_of(*in);
    files.push_back({.in = std::move(in), .kind = kind});
  }
  return load(std::move(loader), files, strict);
}

}  // namespace pcapaudit

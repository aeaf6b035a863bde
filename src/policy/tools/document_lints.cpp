#include <filesystem>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/files/read_file.hpp"
#include "policy/load/policy_loader.hpp"
#include "policy/tools/policy_lines.hpp"
#include "policy/tools/policy_review.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t largest_document = std::size_t{64} << 20;  // as `policy import` reads

std::optional<std::string> find_document(const DocumentSource& document) {
  namespace fs = std::filesystem;
  const fs::path beside = fs::path(document.place.file).parent_path() / document.file;
  for (const fs::path& path : {beside, fs::path(document.file)}) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return path.string();
  }
  return std::nullopt;
}

}  // namespace

std::vector<Lint> document_lints(const Policy& policy) {
  PolicyLines lines(policy);
  std::vector<Lint> lints;
  for (const DocumentSource& document : policy.documents) {
    if (document.sha256.empty() || document.file.empty()) continue;
    if (document.place.file.starts_with(built_in_prefix)) continue;
    const auto add = [&](std::string what, std::string hint) {
      lints.push_back({.code = "L14",
                       .is_error = false,
                       .remark = lines.remark(document.place, "L14: " + what, std::move(hint))});
    };
    const auto path = find_document(document);
    const auto text =
        path ? read_file(*path, largest_document) : Result<std::string>(fail("it is not there"));
    if (!text) {
      add(fmt::format("document {} ({}) cannot be compared: {}", document.id, document.file,
                      path ? text.error().what : "it is not there"),
          "put it beside the pack, or correct its file");
    } else if (sha256_hex(as_bytes(*text)) != document.sha256) {
      add(fmt::format("document {} ({}) changed since the pack was made", document.id, *path),
          fmt::format("pcapaudit policy import {} -o new.toml, then policy diff {} new.toml", *path,
                      document.place.file));
    }
  }
  return lints;
}

}  // namespace pcapaudit

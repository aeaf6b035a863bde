// Reads captures and policy files again; see the header.

#include "store/ledger/ledger_inputs.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/digest.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> find_file(const std::string& name, const std::string& database) {
  std::error_code error;
  if (fs::is_regular_file(name, error)) return name;
  const fs::path beside = fs::path(database).parent_path() / fs::path(name).filename();
  if (fs::is_regular_file(beside, error)) return beside;
  return std::nullopt;
}

// Lower-case hex, or empty when it cannot be read.
std::string file_digest(const fs::path& path) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(piece);
  Sha256 sha;
  while (file.good()) {
    file.read(buffer.data(), std::ssize(buffer));
    const auto count = static_cast<std::size_t>(file.gcount());
    sha.add(as_bytes({buffer.data(), count}));
  }
  return file.eof() ? sha.hex() : "";
}

Check check_file(std::string what, const std::string& name, const std::string& digest,
                 const std::string& database) {
  Check check{.state = Check::State::not_checked, .what = std::move(what), .why = {}};
  const auto place = find_file(name, database);
  if (digest.empty()) {
    check.why = "its digest was not recorded";
  } else if (!place) {
    check.why = "it is not here";
  } else if (const std::string now = file_digest(*place); now.empty()) {
    check.why = "it cannot be read";
  } else if (now == digest) {
    check.state = Check::State::fits;
  } else {
    check.state = Check::State::differs;
    check.why = place->string() + " is not the file that was audited";
  }
  return check;
}

}  // namespace

void check_inputs(SQLite::Database& database, const std::string& path, std::vector<Check>& checks) {
  SQLite::Statement capture(database, "SELECT name, sha256 FROM capture ORDER BY id");
  while (capture.executeStep()) {
    const std::string name = capture.getColumn(0).getString();
    checks.push_back(check_file("capture " + name, name, capture.getColumn(1).getString(), path));
  }
  SQLite::Statement policy(database,
                           "SELECT name, text FROM policy_file WHERE name NOT LIKE 'built-in:%' "
                           "AND name NOT LIKE 'applications:%' "
                           "ORDER BY position");
  while (policy.executeStep()) {
    const std::string name = policy.getColumn(0).getString();
    const std::string digest = sha256_hex(as_bytes(policy.getColumn(1).getString()));
    checks.push_back(check_file("policy file " + name, name, digest, path));
  }
}

}  // namespace pcapaudit

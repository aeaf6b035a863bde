// Bytes as an audit database: a reader gives an answer or one error, and never writes.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "report/formats.hpp"
#include "report/report.hpp"
#include "support/hand_audit.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

std::string path_of(const char* name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(getpid()))).string();
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void run(Bytes input) {
  static const std::string path = path_of("database-");
  std::ofstream(path, std::ios::binary | std::ios::trunc) << as_text(input);
  if (const auto store = Store::open(path)) {
    (void)render_text(**store, {});
    (void)render_json(**store);
    if (const auto model = read_report_model(**store)) {
      for (const ReportFormat& format : report_formats()) (void)format.render(*model);
    }
    (void)(*store)->policy();
    (void)(*store)->each_flow("1", [](ClosedFlow&&) {});
  }
  require(bytes_of(path) == as_text(input), "reading does not write");
  for (const char* const beside : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + beside);
  }
}

std::vector<std::string> seeds() {
  const std::string path = path_of("database-seed-");
  std::filesystem::remove(path);
  {
    const auto store = test::hand_audit(test::hand_flows(), 100, path);
    require(store.has_value(), "the target's own audit is stored");
  }
  std::string bytes = bytes_of(path);
  std::filesystem::remove(path);
  return {std::move(bytes)};
}

}  // namespace pcapaudit::fuzz

// Every write of an audit fails once, or from then on: what is left is the old file, nothing, or a
// whole audit, and the failure is told.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include "report/report.hpp"
#include "support/failing_disk.hpp"
#include "support/hand_audit.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

using test::FailingDisk;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Folder : test::TempDir {
  std::string database() const { return file("audit.db"); }
};

// An audit by hand, over an existing one.
Result<void> audit(const std::string& path) {
  auto store = Store::create(path, /*overwrite=*/true);
  if (!store) return std::unexpected(store.error());
  if (auto done = (*store)->write_policy(test::hand_policy()); !done) return done;
  for (const AuditedFlow& flow : test::hand_flows()) {
    if (auto done = (*store)->accept({&flow, 1}); !done) return done;
  }
  return (*store)->finish({.tool_version = "0", .arguments = {}, .partial = false},
                          test::hand_captures());
}

std::string report_of(const std::string& path) {
  const auto store = Store::open(path);
  if (!store) return {};
  return render_json(**store).value_or("");
}

TEST_CASE("disk: whatever write fails, the old audit stays or the new one is whole") {
  const Folder folder;
  FailingDisk disk;
  REQUIRE(audit(folder.database()));
  const std::string before = bytes_of(folder.database());
  const std::string said = report_of(folder.database());
  REQUIRE(!said.empty());

  disk.fail_at(0, SQLITE_OK, FailingDisk::Until::once);
  REQUIRE(audit(folder.database()));
  const std::uint64_t calls = disk.calls();
  REQUIRE(calls > 10);

  for (const auto until : {FailingDisk::Until::once, FailingDisk::Until::for_good}) {
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
      for (std::uint64_t call = 1; call <= calls; ++call) {
        INFO("call " << call << " of " << calls << ", code " << code);
        disk.fail_at(call, code, until);
        const auto done = audit(folder.database());
        disk.fail_at(0, SQLITE_OK, FailingDisk::Until::once);
        if (!done) CHECK(!done.error().what.empty());
        CHECK(report_of(folder.database()) == said);
        if (!done) CHECK(bytes_of(folder.database()) == before);
        for (const auto& entry : std::filesystem::directory_iterator(
                 std::filesystem::path(folder.database()).parent_path())) {
          if (done) CHECK(entry.path() == folder.database());
        }
      }
    }
  }
}

}  // namespace
}  // namespace pcapaudit

// SQLite's own file methods, with a count before each that changes something.
#include "support/failing_disk.hpp"

#include <cstring>

#include <sqlite3.h>

namespace pcapaudit::test {
namespace {

struct State {
  std::uint64_t calls = 0, at = 0;
  int code = SQLITE_FULL;
  FailingDisk::Until until = FailingDisk::Until::once;

  bool fails() {
    ++calls;
    if (at == 0) return false;
    return until == FailingDisk::Until::once ? calls == at : calls >= at;
  }
};
// SQLite hands nothing of ours to the methods of a file.
State state;

sqlite3_vfs vfs;
sqlite3_vfs* real = nullptr;

// What SQLite allocates for a file: these, and behind them the real file.
struct File {
  sqlite3_file base;
  sqlite3_io_methods methods;
};
sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return state.fails() ? state.code
                       : real_of(file)->pMethods->xWrite(real_of(file), bytes, count, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return state.fails() ? SQLITE_IOERR_TRUNCATE
                       : real_of(file)->pMethods->xTruncate(real_of(file), size);
}
int sync(sqlite3_file* file, int flags) {
  return state.fails() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  auto* const mine = reinterpret_cast<File*>(file);
  mine->base.pMethods = nullptr;
  const int done = real->xOpen(real, name, real_of(file), flags, out);
  if (real_of(file)->pMethods == nullptr) return done;
  // Memory maps and shared memory of a live database are left out: rollback journals are enough.
  mine->methods = {
      .iVersion = 1,
      .xClose = [](sqlite3_file* it) { return real_of(it)->pMethods->xClose(real_of(it)); },
      .xRead =
          [](sqlite3_file* it, void* to, int count, sqlite3_int64 at) {
            return real_of(it)->pMethods->xRead(real_of(it), to, count, at);
          },
      .xWrite = write,
      .xTruncate = truncate,
      .xSync = sync,
      .xFileSize =
          [](sqlite3_file* it, sqlite3_int64* size) {
            return real_of(it)->pMethods->xFileSize(real_of(it), size);
          },
      .xLock = [](sqlite3_file* it,
                  int lock) { return real_of(it)->pMethods->xLock(real_of(it), lock); },
      .xUnlock = [](sqlite3_file* it,
                    int lock) { return real_of(it)->pMethods->xUnlock(real_of(it), lock); },
      .xCheckReservedLock =
          [](sqlite3_file* it, int* held) {
            return real_of(it)->pMethods->xCheckReservedLock(real_of(it), held);
          },
      .xFileControl =
          [](sqlite3_file* it, int what, void* with) {
            return real_of(it)->pMethods->xFileControl(real_of(it), what, with);
          },
      .xSectorSize =
          [](sqlite3_file* it) { return real_of(it)->pMethods->xSectorSize(real_of(it)); },
      .xDeviceCharacteristics =
          [](sqlite3_file* it) {
            return real_of(it)->pMethods->xDeviceCharacteristics(real_of(it));
          },
      .xShmMap = nullptr,
      .xShmLock = nullptr,
      .xShmBarrier = nullptr,
      .xShmUnmap = nullptr,
      .xFetch = nullptr,
      .xUnfetch = nullptr};
  mine->base.pMethods = &mine->methods;
  return done;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  return state.fails() ? SQLITE_IOERR_DELETE : real->xDelete(real, name, sync_folder);
}

}  // namespace

FailingDisk::FailingDisk() {
  state = {};
  real = sqlite3_vfs_find(nullptr);
  vfs = *real;
  vfs.zName = "failing";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  sqlite3_vfs_register(&vfs, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_register(real, 1);
  sqlite3_vfs_unregister(&vfs);
}

void FailingDisk::fail_at(std::uint64_t call, int code, Until until) {
  state = {.calls = 0, .at = call, .code = code, .until = until};
}

std::uint64_t FailingDisk::calls() const {
  return state.calls;
}

}  // namespace pcapaudit::test

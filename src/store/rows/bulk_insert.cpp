// A virtual table over rows in memory, as sqlite.org/vtab.html describes it; see the header.

#include "store/rows/bulk_insert.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

namespace pcapaudit::sqlite {
namespace {

// Bounds memory when a batch is large. A few dozen rows spread the cost of a statement already.
constexpr std::size_t rows_at_once = 512;

struct Cell {
  enum class Kind : std::uint8_t { null, number, text };
  Kind kind = Kind::null;
  std::uint32_t length = 0;  // of a text
  std::int64_t value = 0;    // the number, or where the text begins
};

}  // namespace

struct CollectedRows {
  std::size_t columns = 0;
  std::vector<Cell> cells;  // row by row
  std::string texts;        // of all cells

  void clear() {
    cells.clear();
    texts.clear();
  }
};

namespace {

// SQLite's objects are the first members, so that their addresses are ours.
struct RowsTable {
  sqlite3_vtab base{};
  const CollectedRows* rows = nullptr;
};
struct RowsCursor {
  sqlite3_vtab_cursor base{};
  const CollectedRows* rows = nullptr;
  std::size_t next_cell = 0;
};

int connect(sqlite3* database, void* rows, int, const char* const*, sqlite3_vtab** table, char**) {
  const auto* source = static_cast<const CollectedRows*>(rows);
  std::string columns = "c0";
  for (std::size_t i = 1; i < source->columns; ++i) columns += fmt::format(", c{}", i);
  const int result =
      sqlite3_declare_vtab(database, fmt::format("CREATE TABLE x ({})", columns).c_str());
  if (result != SQLITE_OK) return result;
  *table = &(new RowsTable{.base = {}, .rows = source})->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete reinterpret_cast<RowsTable*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info*) {
  return SQLITE_OK;  // from the first row to the last
}

int open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  *cursor = &(new RowsCursor{.base = {}, .rows = reinterpret_cast<RowsTable*>(table)->rows})->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete reinterpret_cast<RowsCursor*>(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  reinterpret_cast<RowsCursor*>(cursor)->next_cell = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  auto* at = reinterpret_cast<RowsCursor*>(cursor);
  at->next_cell += at->rows->columns;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  const auto* at = reinterpret_cast<RowsCursor*>(cursor);
  return at->next_cell >= at->rows->cells.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int index) {
  const auto* at = reinterpret_cast<RowsCursor*>(cursor);
  const Cell& cell = at->rows->cells[at->next_cell + static_cast<std::size_t>(index)];
  if (cell.kind == Cell::Kind::number) {
    sqlite3_result_int64(result, cell.value);
  } else if (cell.kind == Cell::Kind::text) {
    sqlite3_result_text(result, at->rows->texts.data() + cell.value, static_cast<int>(cell.length),
                        SQLITE_STATIC);
  }
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(reinterpret_cast<RowsCursor*>(cursor)->next_cell);
  return SQLITE_OK;
}

// Without xCreate a table of the module's name is there at once, and nobody can make another.
constexpr sqlite3_module rows_module() {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = row_id;
  return module;
}
constexpr sqlite3_module module_of_rows = rows_module();

}  // namespace

BulkInsert::BulkInsert(const SQLite::Database& database, std::string_view table,
                       std::string_view columns)
    : database_(database.getHandle()),
      module_(fmt::format("rows_of_{}", table)),
      rows_(std::make_unique<CollectedRows>(CollectedRows{
          .columns = static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ',')) + 1,
          .cells = {},
          .texts = {}})) {
  const int result =
      sqlite3_create_module_v2(database_, module_.c_str(), &module_of_rows, rows_.get(), nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(database_, result);
  // OR FAIL: the caller takes the transaction back, so the statement need not be able to.
  statement_ = std::make_unique<Insert>(
      database,
      fmt::format("INSERT OR FAIL INTO {} ({}) SELECT * FROM {}", table, columns, module_));
}

BulkInsert::~BulkInsert() {
  statement_.reset();
  sqlite3_create_module_v2(database_, module_.c_str(), nullptr, nullptr, nullptr);
}

void BulkInsert::begin_row() {
  if (rows_->cells.size() >= rows_at_once * rows_->columns) flush();
}

void BulkInsert::end_row() const {
  if (rows_->cells.size() % rows_->columns != 0) throw std::logic_error("a row of another table");
}

void BulkInsert::number(std::int64_t value) {
  rows_->cells.push_back({.kind = Cell::Kind::number, .length = 0, .value = value});
}

void BulkInsert::text(std::string_view value) {
  rows_->cells.push_back({.kind = Cell::Kind::text,
                          .length = static_cast<std::uint32_t>(value.size()),
                          .value = static_cast<std::int64_t>(rows_->texts.size())});
  rows_->texts += value;
}

void BulkInsert::null() {
  rows_->cells.emplace_back();
}

void BulkInsert::flush() {
  if (rows_->cells.empty()) return;
  try {
    statement_->run();
  } catch (...) {
    rows_->clear();
    throw;
  }
  rows_->clear();
}

}  // namespace pcapaudit::sqlite

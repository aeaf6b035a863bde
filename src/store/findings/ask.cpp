// One foreign statement, held to reading by SQLite's own authorizer.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/impl.hpp"

namespace pcapaudit {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// Pragmas that tell something; those of `by_value` set something when they are given a value.
constexpr std::array<std::string_view, 9> telling_pragmas = {
    "table_info",  "table_xinfo",     "table_list",  "index_list",     "index_info",
    "index_xinfo", "integrity_check", "quick_check", "compile_options"};
constexpr std::array<std::string_view, 4> by_value = {"user_version", "application_id",
                                                      "schema_version", "encoding"};

bool may_ask(const char* pragma, const char* value) {
  const std::string_view name = pragma;
  const auto is_name = [&](std::string_view it) { return sqlite3_stricmp(it.data(), pragma) == 0; };
  if (std::any_of(telling_pragmas.begin(), telling_pragmas.end(), is_name)) return true;
  return value == nullptr && !name.empty() &&
         std::any_of(by_value.begin(), by_value.end(), is_name);
}

// While it lives the connection answers questions and does nothing else.
class ReadOnly {
 public:
  explicit ReadOnly(sqlite3* connection) : connection_(connection) {
    sqlite3_set_authorizer(connection_, decide, this);
  }
  ~ReadOnly() { sqlite3_set_authorizer(connection_, nullptr, nullptr); }
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;

  const std::string& refused() const { return refused_; }  // what was tried, or empty

 private:
  static int decide(void* self, int action, const char* first, const char* second, const char*,
                    const char*) {
    auto& guard = *static_cast<ReadOnly*>(self);
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE:
        return SQLITE_OK;
      case SQLITE_UPDATE:
        // How SQLite announces a table-valued function at its first use. Nobody can update that
        // table: SQLite itself does not let statements modify it.
        if (sqlite3_stricmp(first, "sqlite_master") == 0) return SQLITE_OK;
        return guard.refuse("UPDATE");
      case SQLITE_FUNCTION:
        if (sqlite3_stricmp(second, "load_extension") != 0) return SQLITE_OK;
        return guard.refuse("load_extension()");
      case SQLITE_PRAGMA:
        if (may_ask(first, second)) return SQLITE_OK;
        return guard.refuse(fmt::format("PRAGMA {}", first));
      case SQLITE_ATTACH:
        return guard.refuse("ATTACH");
      case SQLITE_DETACH:
        return guard.refuse("DETACH");
      default:
        return guard.refuse("a statement that changes something");
    }
  }
  int refuse(std::string what) {
    if (refused_.empty()) refused_ = std::move(what);
    return SQLITE_DENY;
  }

  sqlite3* connection_;
  std::string refused_;
};

SqlCell cell_of(sqlite3_stmt* row, int column) {
  constexpr auto type_of = [](int type) {
    switch (type) {
      case SQLITE_INTEGER:
        return SqlCell::Type::integer;
      case SQLITE_FLOAT:
        return SqlCell::Type::real;
      case SQLITE_TEXT:
        return SqlCell::Type::text;
      case SQLITE_BLOB:
        return SqlCell::Type::blob;
      default:
        return SqlCell::Type::null;
    }
  };
  const SqlCell::Type type = type_of(sqlite3_column_type(row, column));
  if (type == SqlCell::Type::null) return {};
  // The order matters: asking for the bytes first would not count a number's text.
  const void* bytes = type == SqlCell::Type::blob ? sqlite3_column_blob(row, column)
                                                  : sqlite3_column_text(row, column);
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return {.type = type, .text = {static_cast<const char*>(bytes), length}};
}

// The line of `sql` that holds the byte `offset`, and a caret below it.
std::string excerpt(const std::string& sql, int offset) {
  if (offset < 0 || static_cast<std::size_t>(offset) > sql.size()) return {};
  const auto at = static_cast<std::size_t>(offset);
  const std::size_t before = at == 0 ? std::string::npos : sql.rfind('\n', at - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(sql.find('\n', at), sql.size());
  return fmt::format("  {}\n  {}^", sql.substr(begin, end - begin), std::string(at - begin, ' '));
}

// Behind the first statement only blanks, comments and semicolons may stand.
bool is_rest_empty(sqlite3* connection, const char* rest) {
  sqlite3_stmt* second = nullptr;
  while (*rest != '\0') {
    const char* const from = rest;
    const int code = sqlite3_prepare_v2(connection, from, -1, &second, &rest);
    const Statement owned(second);
    if (code != SQLITE_OK || owned != nullptr) return false;
  }
  return true;
}

// While it lives a statement ends when it has taken too much.
class Limits {
 public:
  Limits(sqlite3* connection, const AskLimits& limits)
      : connection_(connection), limits_(limits), begun_(Clock::now()) {
    constexpr int instructions = 10'000;  // a millisecond or less
    if (limits_.time.count() > 0)
      sqlite3_progress_handler(connection_, instructions, is_over, this);
    if (limits_.memory > 0) {
      before_ = sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(limits_.memory));
    }
  }
  ~Limits() {
    sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
    if (limits_.memory > 0) sqlite3_hard_heap_limit64(before_);
  }
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;

  bool has_enough_of(std::uint64_t rows) const { return limits_.rows > 0 && rows > limits_.rows; }
  // Why the statement ended with `code`, if it was by a limit.
  std::string reached(int code) const {
    if (code == SQLITE_INTERRUPT) return fmt::format("took more than {} s", limits_.time.count());
    if (code == SQLITE_NOMEM && limits_.memory > 0) {
      return fmt::format("took more than {} MiB of memory", limits_.memory >> 20);
    }
    if (code == SQLITE_ROW) return fmt::format("has more than {} rows", limits_.rows);
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;
  static int is_over(void* self) {
    const auto& it = *static_cast<const Limits*>(self);
    return Clock::now() - it.begun_ > it.limits_.time ? 1 : 0;
  }

  sqlite3* connection_;
  const AskLimits limits_;
  Clock::time_point begun_;
  sqlite3_int64 before_ = 0;
};

Result<void> hand_out(sqlite3* connection, sqlite3_stmt* statement, RowSink& sink,
                      const std::string& path, const Limits& limits) {
  std::vector<std::string> names;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    names.emplace_back(sqlite3_column_name(statement, i));
  }
  if (auto taken = sink.columns(names); !taken) return taken;
  std::vector<SqlCell> cells(names.size());
  int code = SQLITE_ROW;
  std::uint64_t rows = 0;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW && !limits.has_enough_of(++rows)) {
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = cell_of(statement, static_cast<int>(i));
    if (auto taken = sink.row(cells); !taken) return taken;
  }
  if (code == SQLITE_DONE) return {};
  if (const std::string reached = limits.reached(code); !reached.empty()) {
    return fail("the query " + reached, "narrow it with WHERE or LIMIT");
  }
  return fail(fmt::format("{}: {}", path, sqlite3_errmsg(connection)));
}

}  // namespace

Result<void> Store::ask(const std::string& sql, RowSink& sink, const AskLimits& asked) const try {
  sqlite3* const connection = impl_->database.getHandle();
  std::string views;
  for (const auto& row :
       query("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*' ORDER BY name")
           .value_or(Table{})
           .rows) {
    views += (views.empty() ? "the views are " : ", ") + row[0];
  }
  const ReadOnly guard(connection);
  const auto refusal = [&] {
    return fail(fmt::format("{} is refused: a query only reads", guard.refused()), views);
  };
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(connection, sql.c_str(), -1, &prepared, &rest);
  const Statement statement(prepared);
  if (code != SQLITE_OK) {
    if (!guard.refused().empty()) return refusal();
    return std::unexpected(Error{.what = fmt::format("SQL: {}", sqlite3_errmsg(connection)),
                                 .where = {},
                                 .excerpt = excerpt(sql, sqlite3_error_offset(connection)),
                                 .hint = views});
  }
  if (statement == nullptr) return fail("the query is empty", views);
  if (sqlite3_stmt_readonly(statement.get()) == 0) return fail("a query only reads", views);
  if (!is_rest_empty(connection, rest)) return fail("one statement at a time", views);
  const Limits limits(connection, asked);
  if (auto done = hand_out(connection, statement.get(), sink, impl_->path, limits); !done) {
    if (!guard.refused().empty()) return refusal();
    return done;
  }
  return {};
} catch (const std::exception& error) {
  return fail(fmt::format("{}: {}", impl_->path, error.what()));
}

}  // namespace pcapaudit

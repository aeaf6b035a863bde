// A redacted copy of an audit: every text cell is rewritten before anybody can ask for it.
//
// What a column holds is told by column_classes(). A column that it does not know (of a table that
// somebody added) is searched for addresses, dotted names and URIs.
#include <filesystem>
#include <map>

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/keyed_hash.hpp"
#include "store/impl.hpp"
#include "store/redaction/column_classes.hpp"
#include "store/redaction/pseudonyms.hpp"
#include "store/schema.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t shortest_key = 16;  // bytes

// Fields of app_field that say what is spoken, not who speaks.
constexpr std::string_view plain_fields[] = {"version",        "alpn",           "hidden_name",
                                             "cipher",         "group",          "retry",
                                             "starttls",       "record_version", "client_version",
                                             "server_version", "active_ports",   "passive_ports"};

using Classes = std::vector<ColumnClass>;

Holds kind_of(const Classes& classes, std::string_view table, std::string_view column) {
  for (const ColumnClass& it : classes) {
    if (it.table == table && it.column == column) return it.holds;
  }
  return Holds::patterns;
}

// Rewrites cells, each distinct one once.
class Rewriter {
 public:
  explicit Rewriter(Pseudonyms& pseudonyms) : pseudonyms_(pseudonyms) {}

  const std::string& rewrite(Holds holds, const std::string& text) {
    auto& known = known_[holds];
    const auto found = known.find(text);
    if (found != known.end()) return found->second;
    return known.emplace(text, fresh(holds, text)).first->second;
  }

 private:
  std::string fresh(Holds holds, const std::string& text) {
    switch (holds) {
      case Holds::keep:
        return text;
      case Holds::drop:
        return {};
      case Holds::address:
        return pseudonyms_.address(text);
      case Holds::name:
      case Holds::person:
      case Holds::names:  // each element comes by itself
        return pseudonyms_.name(text);
      case Holds::uris:
        return pseudonyms_.uri(text);
      case Holds::distinguished_name:
      case Holds::distinguished_names:
        return pseudonyms_.distinguished_name(text);
      case Holds::id:
        return pseudonyms_.id(text);
      case Holds::free_text:
      case Holds::app_value:
        return pseudonyms_.free_text(text);
      case Holds::number:
      case Holds::patterns:
        break;
    }
    return pseudonyms_.patterns(text);
  }

  Pseudonyms& pseudonyms_;
  std::map<Holds, std::unordered_map<std::string, std::string, KeyedHash, std::equal_to<>>> known_;
};

// SQL: redact(kind, text)
void redact(sqlite3_context* context, int, sqlite3_value** arguments) try {
  if (sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
  auto& rewriter = *static_cast<Rewriter*>(sqlite3_user_data(context));
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(arguments[1]));
  const std::string text(bytes, static_cast<std::size_t>(sqlite3_value_bytes(arguments[1])));
  const std::string& out =
      rewriter.rewrite(static_cast<Holds>(sqlite3_value_int(arguments[0])), text);
  sqlite3_result_text(context, out.data(), static_cast<int>(out.size()), SQLITE_TRANSIENT);
} catch (const std::exception& error) {
  sqlite3_result_error(context, error.what(), -1);
}

std::string plain_field_list() {
  std::string list;
  for (const std::string_view field : plain_fields) {
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", field);
  }
  return list;
}

bool is_list(Holds holds) {
  return holds == Holds::names || holds == Holds::uris || holds == Holds::distinguished_names;
}

// The new value of a column, in SQL.
std::string rewritten(Holds holds, const std::string& column) {
  const auto call = [](Holds kind, const std::string& value) {
    return fmt::format("redact({}, {})", static_cast<int>(kind), value);
  };
  if (is_list(holds)) {
    return fmt::format(
        "(SELECT coalesce(json_group_array({}), '[]') FROM (SELECT value FROM json_each({}) "
        "ORDER BY key))",
        call(holds, "value"), column);
  }
  if (holds == Holds::app_value) {
    return fmt::format("iif(name IN ({}), {}, {})", plain_field_list(),
                       call(Holds::free_text, column), call(Holds::name, column));
  }
  return call(holds, column);
}

using Database = SQLite::Database;

std::vector<std::string> texts(Database& database, const std::string& sql) {
  std::vector<std::string> list;
  SQLite::Statement row(database, sql);
  while (row.executeStep()) list.push_back(row.getColumn(0).getString());
  return list;
}

// The distinct values of a column; of a list, its elements.
std::vector<std::string> values_of(Database& database, const ColumnClass& it) {
  const std::string value = is_list(it.holds) ? "value" : std::string(it.column);
  return texts(
      database,
      fmt::format("SELECT DISTINCT {} FROM {}{} WHERE {} <> '' ORDER BY 1", value, it.table,
                  is_list(it.holds) ? fmt::format(", json_each({})", it.column) : "", value));
}

// What free text may repeat.
void learn(Database& database, Pseudonyms& pseudonyms) {
  for (const ColumnClass& it : column_classes()) {
    if (it.holds == Holds::name || it.holds == Holds::names) {
      for (const std::string& name : values_of(database, it)) pseudonyms.learn_name(name);
    } else if (it.holds == Holds::person) {
      for (const std::string& phrase : values_of(database, it)) pseudonyms.learn_phrase(phrase);
    } else if (it.holds == Holds::distinguished_name || it.holds == Holds::distinguished_names) {
      for (const std::string& name : values_of(database, it)) {
        for (const std::string& value : attribute_values(name)) pseudonyms.learn_phrase(value);
      }
    }
  }
  for (const std::string& name :
       texts(database,
             "SELECT DISTINCT value FROM app_field WHERE name IN ('name', 'sni') ORDER BY 1")) {
    pseudonyms.learn_name(name);
  }
  for (const std::string& word :
       texts(database,
             "SELECT lower(id) FROM role UNION SELECT lower(service) FROM flow UNION "
             "SELECT lower(app) FROM flow UNION SELECT lower(app) FROM rule ORDER BY 1")) {
    pseudonyms.keep_word(word);
  }
}

void rewrite_table(Database& database, const Classes& classes, const std::string& table) {
  std::string assignments;
  for (const std::string& column :
       texts(database, fmt::format("SELECT name FROM pragma_table_xinfo('{}') WHERE hidden = 0 "
                                   "AND type = 'TEXT' ORDER BY cid",
                                   table))) {
    const Holds holds = kind_of(classes, table, column);
    if (holds == Holds::keep) continue;
    assignments +=
        fmt::format("{}{} = {}", assignments.empty() ? "" : ", ", column, rewritten(holds, column));
  }
  if (!assignments.empty()) database.exec(fmt::format("UPDATE {} SET {}", table, assignments));
}

void rewrite(Database& database, Pseudonyms& pseudonyms) {
  Rewriter rewriter(pseudonyms);
  sqlite3_create_function_v2(database.getHandle(), "redact", 2, SQLITE_UTF8, &rewriter, redact,
                             nullptr, nullptr, nullptr);
  for (const std::string& name :
       texts(database, "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")) {
    database.exec(fmt::format("DROP TRIGGER {}", name));
  }
  const Classes classes = column_classes();
  SQLite::Transaction transaction(database);
  for (const std::string& table :
       texts(database,
             "SELECT name FROM sqlite_schema WHERE type = 'table' "
             "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")) {
    rewrite_table(database, classes, table);
  }
  transaction.commit();
  // The rewriter goes with this call; so does the function.
  sqlite3_create_function_v2(database.getHandle(), "redact", 2, SQLITE_UTF8, nullptr, nullptr,
                             nullptr, nullptr, nullptr);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open_redacted(const std::string& path,
                                                    const std::string& key) try {
  if (key.size() < shortest_key) {
    return fail(fmt::format("a key for pseudonyms has at least {} bytes", shortest_key),
                "openssl rand -hex 32 > redact.key");
  }
  auto real = open(path);
  if (!real) return real;
  // Without a name SQLite keeps it in memory, and beyond that in a file that nobody else can open.
  auto copy = std::make_unique<Impl>("", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  copy->path = path;
  copy->database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  SQLite::Backup backup(copy->database, (*real)->impl_->database);
  backup.executeStep();
  Pseudonyms pseudonyms(key);
  learn(copy->database, pseudonyms);
  rewrite(copy->database, pseudonyms);
  if (pseudonyms.collisions() > 0) {
    return fail("two different names have one pseudonym under this key", "take another key");
  }
  return std::unique_ptr<Store>(new Store(std::move(copy)));
} catch (const std::exception& error) {
  return fail(fmt::format("{}: {}", path, error.what()));
}

}  // namespace pcapaudit

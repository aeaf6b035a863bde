// The fields of a record by name, as the database has them, for whoever shows them.
//
// From the descriptors in record_columns.cpp; constants; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {

// What a value is where it is shown; a date is stored as a number. `inner` is for reading back.
enum class Shown : std::uint8_t { number, flag, text, list, date, inner };

// Takes them in the order of the columns. Texts live as long as the call; a list is JSON.
class FieldSink {
 public:
  virtual void number(std::string_view name, std::int64_t value) = 0;
  virtual void flag(std::string_view name, bool value) = 0;
  virtual void text(std::string_view name, std::string_view value) = 0;
  virtual void list(std::string_view name, std::string_view json) = 0;
  virtual void null(std::string_view name) = 0;

 protected:
  ~FieldSink() = default;
};

// Every field that is a column of the record's own tables.
void show_record(const AppRecord& record, FieldSink& out);

struct FieldName {
  std::string_view table, name;
  Shown shown = Shown::text;
};
// Of all records.
std::vector<FieldName> record_fields();

// The names of the records that are one row of one table; each has a view, "v_" and its name.
std::vector<std::string_view> plain_records();

}  // namespace pcapaudit

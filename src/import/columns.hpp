// What the columns of a port table are, by their headings, in the languages of documents that are
// read: English, German, French, Spanish, Italian, Japanese, Chinese.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "import/tables/document.hpp"

namespace pcapaudit {

enum class ColumnKind : std::uint8_t {
  none,
  from,
  to,
  peer,         // the other end, whichever it is: a direction tells
  system,       // the end that the table is about
  used_by,      // who uses the ports of the system that the table is about
  connection,   // both ends, with an arrow
  port,         // of the server
  source_port,  // not needed
  transport,
  app,
  direction,
  action,  // allowed or not
  mutual,
  notes,
  count_
};

ColumnKind column_kind(const std::string& heading);
std::string_view to_text(ColumnKind kind);

// The first column of each kind.
class Columns {
 public:
  std::optional<std::size_t> of(ColumnKind kind) const {
    return places_[static_cast<std::size_t>(kind)];
  }
  bool has(ColumnKind kind) const { return of(kind).has_value(); }
  void set(ColumnKind kind, std::size_t column) {
    auto& place = places_[static_cast<std::size_t>(kind)];
    if (kind != ColumnKind::none && !place) place = column;
  }
  // The cell of a row, "" when there is no such column.
  const std::string& cell(const TableRow& row, ColumnKind kind) const {
    const auto column = of(kind);
    return row.text(column ? *column : row.cells.size());
  }
  // Is what stands there understood? Notes are carried on as they are.
  bool reads(std::size_t column) const {
    for (std::size_t kind = 0; kind < places_.size(); ++kind) {
      if (places_[kind] == column && kind != static_cast<std::size_t>(ColumnKind::notes)) {
        return true;
      }
    }
    return false;
  }
  // What is needed for rows: ports and at least one end.
  bool is_enough() const;

 private:
  std::array<std::optional<std::size_t>, static_cast<std::size_t>(ColumnKind::count_)> places_{};
};

// Headings that a person named, by kind.
using NamedColumns = std::map<ColumnKind, std::string>;
std::optional<ColumnKind> parse_column_kind(std::string_view name);

// `matrix`: rows are sources, columns destinations, cells ports.
struct TableShape {
  std::size_t first_row = 0;  // behind the headings
  Columns columns;
  NamedColumns fixed;  // ends that are no headings: the same in every row
  bool matrix = false;
};
// nullopt: none of the first rows has headings that are understood.
std::optional<TableShape> shape_of(const DocumentTable& table, const NamedColumns& named = {});

}  // namespace pcapaudit

// One import: documents and policies in, rows, remarks and the draft out. Used by
// import_documents() only; import.cpp goes through the files, table_rows.cpp through their tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/columns.hpp"
#include "import/policies/foreign_policy.hpp"
#include "import/port_cell.hpp"
#include "import/roles.hpp"
#include "import/row_words.hpp"
#include "import/tables/document.hpp"
#include "policy/import.hpp"

namespace pcapaudit {

constexpr const char* left_out = "the row is left out";

class Importer {
 public:
  explicit Importer(const ImportOptions& options) : options_(options) {
    for (const auto& [name, heading] : options.columns) {
      if (const auto kind = parse_column_kind(name)) named_[*kind] = heading;
    }
  }

  Import take(const std::vector<ImportFile>& files);

 private:
  static ForeignFormat format_of(const ImportFile& file);
  // Of Aerleon: files of names, which its policies use.
  static bool is_definitions(const ImportFile& file);
  static std::string definitions_of(const std::vector<ImportFile>& files);

  void read_policy(ForeignFormat format, const std::string& definitions);

  void take_foreign();

  // Fields of exports are taken as they stand; one that no policy takes stops its row alone.
  void leave_out_unloadable(const std::vector<ImportFile>& files,
                            const std::map<std::string, ImportedRole>& own);

  void remark(std::uint32_t line, std::string what, std::string hint);
  void add_remark(std::uint32_t line, std::string what, std::string hint);

  void note_ends(const DocumentTable& table);

  // The number of rows that were read.
  std::size_t read_table(const DocumentTable& table);

  // The columns of `policy export`, in its order.
  static bool is_exported(const DocumentTable& table);

  std::size_t read_exported(const DocumentTable& table);

  // A table whose cells have arrows, whatever that column is called.
  static std::optional<TableShape> arrows_of(const DocumentTable& table);

  bool leave_out(const TableRow& row, std::string why);

  bool read_row(const TableRow& row, const Columns& columns);

  std::optional<Ends> ends_of(const TableRow& row, const Columns& columns, bool& both_ways);

  // The system that a table with one end is about has no name in it.
  std::string the_system(const TableRow& row);

  std::vector<std::string> roles(std::uint32_t line, const std::string& cell);

  void write_rows(const TableRow& row, const Ends& ends, const PortReading& ports,
                  const Columns& columns);

  // The rows from `first` on once more, the other way.
  void write_back(std::size_t first);

  void take_demands(const TableRow& row, const std::string& said, const Columns& columns,
                    ImportedRow& imported);

  void take_application(const TableRow& row, const std::string& said, ImportedRow& imported);

  std::size_t read_matrix_row(const TableRow& row, const TableRow& heading);

  const ImportOptions& options_;
  NamedColumns named_;
  NamedColumns fixed_;                // of the table that is read
  const ImportFile* file_ = nullptr;  // the one that is read; the caller's
  const DocumentTable* table_ = nullptr;
  std::string port_heading_;
  ImportedRoles roles_;
  ForeignPolicy foreign_;
  Import import_;
  std::size_t left_unsaid_ = 0;
  bool is_inventory_ = false;  // some file tells which address has which role
};

}  // namespace pcapaudit

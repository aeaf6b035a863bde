// Tables to rows: columns, ends, ports, demands; what is not understood is remarked.

#include "policy/import.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/columns.hpp"
#include "import/draft.hpp"
#include "import/port_cell.hpp"
#include "import/requirement.hpp"
#include "import/roles.hpp"
#include "import/row_words.hpp"
#include "import/tables/document.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

constexpr const char* left_out = "the row is left out";

// More than a person reads; the number of the others is told.
constexpr std::size_t max_remarks = 10'000;

constexpr std::size_t longest_quote = 500;  // of a cell in a remark

class Importer {
 public:
  explicit Importer(const ImportOptions& options) : options_(options) {
    for (const auto& [name, heading] : options.columns) {
      if (const auto kind = parse_column_kind(name)) named_[*kind] = heading;
    }
  }

  Import take(const std::vector<ImportFile>& files) {
    std::vector<Document> documents;
    for (const ImportFile& file : files) {
      documents.push_back(read_document(file.text));
      for (const DocumentTable& table : documents.back().tables) note_ends(table);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      file_ = &files[i];
      for (const DocumentRemark& it : documents[i].remarks) remark(it.line, it.what, it.hint);
      std::size_t rows = 0;
      for (std::size_t k = 0; k < documents[i].tables.size(); ++k) {
        if (options_.table == 0 || options_.table == k + 1)
          rows += read_table(documents[i].tables[k]);
      }
      if (rows == 0 && documents[i].remarks.empty()) {
        remark(1, "no port table in it", "a table has columns for source, destination and port");
      }
    }
    if (left_unsaid_ > 0) {
      add_remark(1, fmt::format("{} more remarks are not listed", left_unsaid_),
                 "import fewer documents");
    }
    const std::size_t names = roles_.own().size() + builtin_role_list().size();
    if (names > max_roles) {
      remark(1, fmt::format("the document names {} roles, and a policy holds {}", names, max_roles),
             "join roles in the draft, or import it in parts; the draft does not load as it is");
    }
    import_.draft = write_draft(files, import_.rows, roles_.own());
    return std::move(import_);
  }

 private:
  void remark(std::uint32_t line, std::string what, std::string hint) {
    if (import_.remarks.size() >= max_remarks) {
      ++left_unsaid_;
      return;
    }
    add_remark(line, std::move(what), std::move(hint));
  }
  void add_remark(std::uint32_t line, std::string what, std::string hint) {
    import_.remarks.push_back({.what = std::move(what),
                               .where = fmt::format("{}:{}:1", file_->name, line),
                               .hint = std::move(hint)});
  }

  void note_ends(const DocumentTable& table) {
    const auto shape = shape_of(table, named_);
    if (!shape || shape->matrix) return;
    for (std::size_t i = shape->first_row; i < table.rows.size(); ++i) {
      for (const ColumnKind kind : {ColumnKind::from, ColumnKind::to}) {
        roles_.note(shape->columns.cell(table.rows[i], kind));
      }
    }
  }

  // The number of rows that were read.
  std::size_t read_table(const DocumentTable& table) {
    if (table.rows.empty()) return 0;
    auto shape = shape_of(table, named_);
    if (!shape) shape = arrows_of(table);
    std::vector<std::string> headings;
    for (const DocumentCell& it : table.rows.front().cells) headings.push_back(one_line(it.text));
    if (!shape) {
      remark(table.line,
             fmt::format(
                 "this table is left out: its headings ({}) name no source, destination and port",
                 shortened(fmt::format("{}", fmt::join(headings, " | ")))),
             "--columns from=...,to=...,port=... names them");
      return 0;
    }
    table_ = &table;
    fixed_ = shape->fixed;
    for (const auto& [kind, end] : fixed_) {
      remark(table.line,
             fmt::format("\"{}\" is no heading of this table, and is the {} of all its rows", end,
                         to_text(kind)),
             "name a heading where that is not meant");
    }
    std::size_t read = 0;
    if (shape->matrix) {
      for (std::size_t i = shape->first_row; i < table.rows.size(); ++i) {
        read += read_matrix_row(table.rows[i], table.rows[shape->first_row - 1]);
      }
    } else {
      port_heading_ = table.rows[shape->first_row - 1].text(*shape->columns.of(ColumnKind::port));
      for (std::size_t i = shape->first_row; i < table.rows.size(); ++i) {
        if (read_row(table.rows[i], shape->columns)) ++read;
      }
    }
    return read;
  }

  // A table whose cells have arrows, whatever that column is called.
  static std::optional<TableShape> arrows_of(const DocumentTable& table) {
    if (table.rows.size() < 2) return std::nullopt;
    TableShape shape{.first_row = 1, .columns = {}, .fixed = {}};
    for (std::size_t k = 0; k < table.rows[1].cells.size(); ++k) {
      if (arrow_in(table.rows[1].text(k))) shape.columns.set(ColumnKind::connection, k);
    }
    for (std::size_t k = 0; k < table.rows[0].cells.size(); ++k) {
      const ColumnKind kind = column_kind(table.rows[0].text(k));
      if (kind != ColumnKind::connection) shape.columns.set(kind, k);
    }
    if (!shape.columns.has(ColumnKind::connection) || !shape.columns.is_enough())
      return std::nullopt;
    return shape;
  }

  static std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }
  static std::string shortened(const std::string& text) {
    return shorten_utf8(text, longest_quote);
  }

  static std::string all_cells(const TableRow& row) {
    std::vector<std::string> cells;
    for (const DocumentCell& it : row.cells) cells.push_back(one_line(it.text));
    return fmt::format("{}", fmt::join(cells, " | "));
  }

  bool leave_out(const TableRow& row, std::string why) {
    remark(row.line, std::move(why), left_out);
    return false;
  }

  static bool is_heading(const TableRow& row) {
    const std::string& first = row.text(0);
    return !first.empty() && row.cells.size() > 1 &&
           std::all_of(row.cells.begin() + 1, row.cells.end(),
                       [&](const DocumentCell& it) { return it.text.empty() || it.text == first; });
  }

  bool read_row(const TableRow& row, const Columns& columns) {
    const auto cell = [&](ColumnKind kind) -> const std::string& {
      return columns.cell(row, kind);
    };
    if (is_heading(row))
      return leave_out(row,
                       fmt::format("\"{}\" is a heading row", shortened(one_line(row.text(0)))));
    if (columns.has(ColumnKind::action)) {
      const Action action = action_of(cell(ColumnKind::action));
      if (action == Action::denied)
        return leave_out(row, "the row denies, and a policy lists what is allowed");
      if (action == Action::unknown) {
        return leave_out(row, fmt::format("the action \"{}\" is not understood",
                                          shortened(one_line(cell(ColumnKind::action)))));
      }
    }
    const PortReading ports =
        read_ports(cell(ColumnKind::port), cell(ColumnKind::transport), port_heading_);
    if (!ports.refused.empty()) return leave_out(row, one_line(ports.refused));
    bool both_ways = false;
    const auto ends = ends_of(row, columns, both_ways);
    if (!ends) return false;
    write_rows(row, *ends, ports, columns);
    if (both_ways) write_back(import_.rows.size() - ports.groups.size());
    return true;
  }

  std::optional<Ends> ends_of(const TableRow& row, const Columns& columns, bool& both_ways) {
    const auto cell = [&](ColumnKind kind) -> const std::string& {
      return columns.cell(row, kind);
    };
    const Way way = way_of(cell(ColumnKind::direction));
    Ends ends;
    const auto end = [&](ColumnKind kind) {
      const auto fixed = fixed_.find(kind);
      return fixed == fixed_.end() ? cell(kind) : fixed->second;
    };
    const auto has_end = [&](ColumnKind kind) {
      return columns.has(kind) || fixed_.contains(kind);
    };
    if (has_end(ColumnKind::from) && has_end(ColumnKind::to)) {
      ends = {.from = end(ColumnKind::from), .to = end(ColumnKind::to)};
      both_ways = way == Way::both;
      if (way == Way::perspective || way == Way::unknown) {
        remark(row.line,
               fmt::format("direction \"{}\": only from source to destination is written",
                           shortened(one_line(cell(ColumnKind::direction)))),
               "add the other way where it is meant");
      }
    } else if (columns.has(ColumnKind::connection)) {
      const auto arrow = arrow_in(cell(ColumnKind::connection));
      if (!arrow) {
        leave_out(row, fmt::format("\"{}\" has no arrow between a source or destination",
                                   shortened(one_line(cell(ColumnKind::connection)))));
        return std::nullopt;
      }
      ends = arrow->ends;
      both_ways = arrow->both_ways;
    } else if (columns.has(ColumnKind::peer) && columns.has(ColumnKind::direction)) {
      const std::string own =
          columns.has(ColumnKind::system) ? cell(ColumnKind::system) : the_system(row);
      if (way == Way::inbound) ends = {.from = cell(ColumnKind::peer), .to = own};
      if (way == Way::outbound) ends = {.from = own, .to = cell(ColumnKind::peer)};
      if (way == Way::both) ends = {.from = own, .to = cell(ColumnKind::peer)};
      both_ways = way == Way::both;
      if (ends.from.empty() && ends.to.empty()) {
        leave_out(row, fmt::format("the direction \"{}\" is not understood",
                                   shortened(one_line(cell(ColumnKind::direction)))));
        return std::nullopt;
      }
    } else if (columns.has(ColumnKind::direction)) {
      leave_out(row, "the row names one end of source or destination, and a direction in words");
      return std::nullopt;
    } else {
      ends = {.from = cell(ColumnKind::used_by), .to = the_system(row)};
    }
    if (ends.from.empty() || ends.to.empty()) {
      leave_out(row, "source or destination is empty");
      return std::nullopt;
    }
    return ends;
  }

  // The system that a table with one end is about has no name in it.
  std::string the_system(const TableRow& row) {
    const std::string title = table_->title.empty() ? "this system" : one_line(table_->title);
    remark(
        row.line,
        fmt::format("the table names one end alone; the other is the role of its heading, \"{}\"",
                    shortened(title)),
        "rename the role to what the section describes");
    return title;
  }

  std::vector<std::string> roles(std::uint32_t line, const std::string& cell) {
    ImportedRoles::Named named = roles_.take(cell);
    for (const std::string& name : named.fresh) {
      const ImportedRole& role = roles_.own().at(name);
      remark(line, fmt::format("\"{}\" is no role that is known", shortened(one_line(role.title))),
             fmt::format("it becomes the role {}", name));
    }
    return std::move(named.roles);
  }

  void write_rows(const TableRow& row, const Ends& ends, const PortReading& ports,
                  const Columns& columns) {
    const auto cell = [&](ColumnKind kind) -> const std::string& {
      return columns.cell(row, kind);
    };
    ImportedRow imported;
    imported.file = file_->name;
    imported.line = row.line;
    imported.cells = all_cells(row);
    imported.notes = cell(ColumnKind::notes);
    imported.from = roles(row.line, ends.from);
    imported.to = roles(row.line, ends.to);
    for (const std::string& doubt : ports.doubts) {
      remark(row.line, fmt::format("port: {}", one_line(doubt)),
             "compare the draft with the document");
    }
    const std::string said =
        cell(ColumnKind::transport) + " " + cell(ColumnKind::port) + " " + cell(ColumnKind::app);
    take_demands(row, said, columns, imported);
    take_application(row, said, imported);
    for (const PortGroup& group : ports.groups) {
      ImportedRow one = imported;
      one.ports = group.ports;
      one.transports = group.transports;
      if (one.transports.empty()) {
        one.transports = {Transport::tcp};
        remark(row.line,
               fmt::format("no transport in \"{}\"", shortened(one_line(cell(ColumnKind::port)))),
               "TCP is written; correct the draft");
      }
      import_.account.push_back(account_of(one, ends));
      import_.rows.push_back(std::move(one));
    }
  }

  static std::string account_of(const ImportedRow& row, const Ends& ends) {
    std::vector<std::string_view> transports;
    for (const Transport it : row.transports) transports.push_back(to_text(it));
    return fmt::format("{}:{}: \"{}\" is {}, \"{}\" is {}; {} {}; {}{}{}{}", row.file, row.line,
                       one_line(ends.from), fmt::join(row.from, " and "), one_line(ends.to),
                       fmt::join(row.to, " and "), fmt::join(transports, " and "),
                       to_text(row.ports), row.app,
                       row.mutual ? " with mutual TLS"
                       : row.tls  ? " with TLS"
                                  : "",
                       row.min_tls.empty() ? "" : " of at least ", row.min_tls);
  }

  // The rows from `first` on once more, the other way.
  void write_back(std::size_t first) {
    const std::size_t end = import_.rows.size();
    for (std::size_t i = first; i < end; ++i) {
      ImportedRow row = import_.rows[i];
      std::swap(row.from, row.to);
      import_.rows.push_back(std::move(row));
    }
  }

  void take_demands(const TableRow& row, const std::string& said, const Columns& columns,
                    ImportedRow& imported) {
    const Requirement demand = requirement_in(said);
    const Requirement own = mutual_column(columns.cell(row, ColumnKind::mutual));
    const Requirement noted = requirement_in(imported.notes);
    imported.tls = demand.tls || own.tls;
    imported.mutual = (demand.mutual || own.mutual) && !(own.denied_mutual && !demand.mutual);
    imported.min_tls = demand.min_version;
    for (const auto* it : {&demand, &own}) {
      for (const std::string& doubt : it->doubts)
        remark(row.line, doubt, "compare the draft with the document");
    }
    if (noted.mutual && !imported.mutual) {
      remark(row.line, "the notes speak of mutual TLS or client certificates, and none is written",
             "set tls = \"mutual\" where it is demanded");
    }
    if (!noted.min_version.empty() && imported.min_tls.empty()) {
      remark(row.line,
             fmt::format("the notes name TLS {}, and no version is written", noted.min_version),
             "add min_version to the row's profile where it is demanded");
    }
  }

  void take_application(const TableRow& row, const std::string& said, ImportedRow& imported) {
    std::vector<std::string> others;
    imported.app = application_in(said, others);
    if (imported.app == "http" &&
        std::find(others.begin(), others.end(), "https") != others.end()) {
      remark(row.line, "application: http and https are named; http is written",
             "write a row for each where both are meant");
    } else if (!others.empty()) {
      remark(row.line,
             fmt::format("application: {} is written, and {} is named as well", imported.app,
                         fmt::join(others, ", ")),
             "write a row for each");
    }
    if (imported.app.empty()) {
      imported.app = imported.tls ? "tls" : "unknown";
      if (!imported.tls) {
        remark(row.line, fmt::format("no application in \"{}\"", shortened(one_line(said))),
               "give app in the draft, or no flow will ever meet the row");
      }
    }
    if (!imported.tls || carries_profile(imported)) return;
    remark(
        row.line,
        fmt::format("application: {} with TLS; {} in clear is written", imported.app, imported.app),
        "write app = \"tls\" where it begins with TLS");
    if (imported.mutual) {
      remark(
          row.line,
          fmt::format("mutual TLS is demanded of {}, and cannot be written for it", imported.app),
          "write app = \"tls\" and tls = \"mutual\" where it begins with TLS");
    }
  }

  std::size_t read_matrix_row(const TableRow& row, const TableRow& heading) {
    std::size_t read = 0;
    if (is_heading(row)) {
      leave_out(row, fmt::format("\"{}\" is a heading row", shortened(one_line(row.text(0)))));
      return 0;
    }
    for (std::size_t k = 1; k < row.cells.size(); ++k) {
      const DocumentCell& it = row.cells[k];
      if (it.text.empty() || it.from_above || it.text == "-") continue;
      const PortReading ports = read_ports(it.text, {}, {});
      if (!ports.refused.empty()) {
        leave_out(row, one_line(ports.refused));
        continue;
      }
      if (row.text(0).empty() || heading.text(k).empty()) {
        leave_out(row, "source or destination is empty");
        continue;
      }
      TableRow cell = row;
      cell.cells = {{.text = it.text}};
      Columns columns;
      columns.set(ColumnKind::port, 0);
      write_rows(cell, {.from = row.text(0), .to = heading.text(k)}, ports, columns);
      ++read;
    }
    return read;
  }

  const ImportOptions& options_;
  NamedColumns named_;
  NamedColumns fixed_;                // of the table that is read
  const ImportFile* file_ = nullptr;  // the one that is read; the caller's
  const DocumentTable* table_ = nullptr;
  std::string port_heading_;
  ImportedRoles roles_;
  Import import_;
  std::size_t left_unsaid_ = 0;
};

}  // namespace

Result<Import> import_documents(const std::vector<ImportFile>& files,
                                const ImportOptions& options) {
  Import import = Importer(options).take(files);
  if (import.rows.empty()) {
    const Error& first = import.remarks.front();
    return std::unexpected(Error{.what = "no documented flow found: " + first.what,
                                 .where = first.where,
                                 .excerpt = {},
                                 .hint = first.hint});
  }
  return import;
}

}  // namespace pcapaudit

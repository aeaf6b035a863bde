// Tables to rows: columns, ends, ports, demands; what is not understood is remarked.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/draft.hpp"
#include "import/importer.hpp"
#include "import/requirement.hpp"
#include "import/words.hpp"

namespace pcapaudit {

void Importer::note_ends(const DocumentTable& table) {
  const auto shape = shape_of(table, named_);
  if (!shape || shape->matrix) return;
  for (std::size_t i = shape->first_row; i < table.rows.size(); ++i) {
    for (const ColumnKind kind : {ColumnKind::from, ColumnKind::to}) {
      roles_.note(shape->columns.cell(table.rows[i], kind));
    }
  }
}

std::size_t Importer::read_table(const DocumentTable& table) {
  if (table.rows.empty()) return 0;
  if (is_exported(table)) return read_exported(table);
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

std::optional<TableShape> Importer::arrows_of(const DocumentTable& table) {
  if (table.rows.size() < 2) return std::nullopt;
  TableShape shape{.first_row = 1, .columns = {}, .fixed = {}};
  for (std::size_t k = 0; k < table.rows[1].cells.size(); ++k) {
    if (arrow_in(table.rows[1].text(k))) shape.columns.set(ColumnKind::connection, k);
  }
  for (std::size_t k = 0; k < table.rows[0].cells.size(); ++k) {
    const ColumnKind kind = column_kind(table.rows[0].text(k));
    if (kind != ColumnKind::connection) shape.columns.set(kind, k);
  }
  if (!shape.columns.has(ColumnKind::connection) || !shape.columns.is_enough()) return std::nullopt;
  return shape;
}

bool Importer::leave_out(const TableRow& row, std::string why) {
  remark(row.line, std::move(why), left_out);
  return false;
}

bool Importer::read_row(const TableRow& row, const Columns& columns) {
  const auto cell = [&](ColumnKind kind) -> const std::string& { return columns.cell(row, kind); };
  if (is_heading(row))
    return leave_out(row, fmt::format("\"{}\" is a heading row", shortened(one_line(row.text(0)))));
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

std::optional<Ends> Importer::ends_of(const TableRow& row, const Columns& columns,
                                      bool& both_ways) {
  const auto cell = [&](ColumnKind kind) -> const std::string& { return columns.cell(row, kind); };
  const Way way = way_of(cell(ColumnKind::direction));
  Ends ends;
  const auto end = [&](ColumnKind kind) {
    const auto fixed = fixed_.find(kind);
    return fixed == fixed_.end() ? cell(kind) : fixed->second;
  };
  const auto has_end = [&](ColumnKind kind) { return columns.has(kind) || fixed_.contains(kind); };
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

std::string Importer::the_system(const TableRow& row) {
  const std::string title = table_->title.empty() ? "this system" : one_line(table_->title);
  remark(row.line,
         fmt::format("the table names one end alone; the other is the role of its heading, \"{}\"",
                     shortened(title)),
         "rename the role to what the section describes");
  return title;
}

std::vector<std::string> Importer::roles(std::uint32_t line, const std::string& cell) {
  ImportedRoles::Named named = roles_.take(cell);
  for (const std::string& name : named.fresh) {
    const ImportedRole& role = roles_.own().at(name);
    remark(line, fmt::format("\"{}\" is no role that is known", shortened(one_line(role.title))),
           fmt::format("it becomes the role {}", name));
  }
  return std::move(named.roles);
}

void Importer::write_rows(const TableRow& row, const Ends& ends, const PortReading& ports,
                          const Columns& columns) {
  const auto cell = [&](ColumnKind kind) -> const std::string& { return columns.cell(row, kind); };
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

void Importer::write_back(std::size_t first) {
  const std::size_t end = import_.rows.size();
  for (std::size_t i = first; i < end; ++i) {
    ImportedRow row = import_.rows[i];
    std::swap(row.from, row.to);
    import_.rows.push_back(std::move(row));
  }
}

void Importer::take_demands(const TableRow& row, const std::string& said, const Columns& columns,
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

void Importer::take_application(const TableRow& row, const std::string& said,
                                ImportedRow& imported) {
  std::vector<std::string> others;
  imported.app = application_in(said, others);
  if (imported.app == "http" && std::find(others.begin(), others.end(), "https") != others.end()) {
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
    remark(row.line,
           fmt::format("mutual TLS is demanded of {}, and cannot be written for it", imported.app),
           "write app = \"tls\" and tls = \"mutual\" where it begins with TLS");
  }
}

std::size_t Importer::read_matrix_row(const TableRow& row, const TableRow& heading) {
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

}  // namespace pcapaudit

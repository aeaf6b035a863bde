// Documentation to a draft pack: port tables of documents and policies of other tools become rows
// with their source.
//
// What cannot be read becomes a remark, never a guess; the draft is for a person to read.
// Deterministic; hostile files are bounded.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "base/digest.hpp"
#include "policy/policy.hpp"
#include "policy/tools/row_fields.hpp"

namespace pcapaudit {

struct ImportFile {
  std::string name, text;
};

struct ImportedRow {
  std::vector<std::string> from, to;  // roles
  std::vector<Transport> transports;
  PortRanges ports;
  std::string app;  // as in rows: "http", "https", "sip" ...
  bool tls = false, mutual = false;
  std::string min_tls;             // "1.2"; "" when no version is demanded
  std::string file, notes, cells;  // cells: the row as it was written
  std::uint32_t line = 0;

  // Of rows of policies; of tables where a column says it.
  std::string id, title, why, owner, approved, review;
  bool is_draft = false;  // approved = false
  // Of rows of our own exports, which are written as they stand.
  bool is_exact = false;
  std::string basis, expect;
  std::vector<std::string> profiles;
  Demands tls_demands, http_demands, schedule;
  bool wants_vip = false, allows_related = false, is_needed = false, is_discouraged = false;
};

// What a person says of tables that do not tell it themselves.
struct ImportOptions {
  // "from", "to", "port", "transport", "app", "direction", "action", "mutual" to the heading of its
  // column. A source or destination that is no heading is that end of every row.
  std::map<std::string, std::string> columns;
  std::size_t table = 0;  // this one of each document alone, from 1; 0: all
};

struct Import {
  std::vector<ImportedRow> rows;     // in the order of the files
  std::vector<std::string> account;  // a line for each row: where it stands, and what it became
  std::vector<Error> remarks;        // what was not read, with its place
  std::string draft;                 // the pack, TOML; equal rows of several files are one
  std::map<std::string, std::vector<std::string>>
      binds;  // addresses that the documents name, by role
};
// False in a program that leaves documents to another (src/cli/documents_program.hpp).
bool reads_documents();
Result<Import> import_documents(const std::vector<ImportFile>& files,
                                const ImportOptions& options = {});

}  // namespace pcapaudit

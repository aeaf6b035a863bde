// Files to rows and a draft: which is a document, which another tool's policy.

#include "policy/import.hpp"

#include <algorithm>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/draft.hpp"
#include "import/importer.hpp"

namespace pcapaudit {
namespace {

// More than a person reads; the number of the others is told.
constexpr std::size_t max_remarks = 10'000;

// A cell without the apostrophes that `policy export` puts before what a spreadsheet would run.
std::string without_guards(const std::string& cell) {
  std::string out;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const bool begins =
        i == 0 || std::string_view("; |\t").find(cell[i - 1]) != std::string_view::npos;
    const bool guards = cell[i] == '\'' && begins && i + 1 < cell.size() &&
                        std::string_view("=+-@'").find(cell[i + 1]) != std::string_view::npos;
    if (!guards) out += cell[i];
  }
  return out;
}

}  // namespace

Import Importer::take(const std::vector<ImportFile>& files) {
  const std::string definitions = definitions_of(files);
  std::vector<Document> documents;
  for (const ImportFile& file : files) {
    const bool is_policy = format_of(file) != ForeignFormat::none || is_definitions(file);
    documents.push_back(is_policy ? Document{} : read_document(file.text));
    for (const DocumentTable& table : documents.back().tables) note_ends(table);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    file_ = &files[i];
    if (is_definitions(files[i])) continue;
    if (const ForeignFormat format = format_of(files[i]); format != ForeignFormat::none) {
      read_policy(format, definitions);
      continue;
    }
    for (const DocumentRemark& it : documents[i].remarks) remark(it.line, it.what, it.hint);
    std::size_t rows = 0;
    for (std::size_t k = 0; k < documents[i].tables.size(); ++k) {
      if (options_.table == 0 || options_.table == k + 1)
        rows += read_table(documents[i].tables[k]);
    }
    if (rows == 0 && documents[i].remarks.size() == documents[i].prose) {
      remark(1, "no port table in it", "a table has columns for source, destination and port");
    }
  }
  if (left_unsaid_ > 0) {
    add_remark(1, fmt::format("{} more remarks are not listed", left_unsaid_),
               "import fewer documents");
  }
  std::map<std::string, ImportedRole> own = roles_.own();
  for (auto& [name, role] : foreign_.roles()) {
    auto& binds =
        own.emplace(name, ImportedRole{.title = role.title, .bind = {}}).first->second.bind;
    binds.insert(binds.end(), role.bind.begin(), role.bind.end());
  }
  for (const auto& [name, role] : own) {
    if (!role.bind.empty()) import_.binds[name] = role.bind;
  }
  if (import_.rows.empty() && is_inventory_ && !import_.binds.empty()) {
    import_.draft = write_bindings(files, own);
    return std::move(import_);
  }
  leave_out_unloadable(files, own);
  const std::size_t names = own.size() + builtin_role_list().size();
  if (names > max_roles) {
    remark(1, fmt::format("the document names {} roles, and a policy holds {}", names, max_roles),
           "join roles in the draft, or import it in parts; the draft does not load as it is");
  }
  if (!import_.rows.empty()) import_.draft = write_draft(files, import_.rows, own);
  return std::move(import_);
}

ForeignFormat Importer::format_of(const ImportFile& file) {
  return file.text.size() > max_document_bytes ? ForeignFormat::none : foreign_format_of(file.text);
}

bool Importer::is_definitions(const ImportFile& file) {
  return file.name.ends_with(".net") || file.name.ends_with(".svc");
}

std::string Importer::definitions_of(const std::vector<ImportFile>& files) {
  std::string text;
  for (const ImportFile& file : files) {
    if (is_definitions(file)) text += "\n# pcapaudit definitions\n" + file.text + "\n";
  }
  return text;
}

void Importer::read_policy(ForeignFormat format, const std::string& definitions) {
  is_inventory_ =
      is_inventory_ || format == ForeignFormat::netbox_csv || format == ForeignFormat::netbox_json;
  read_foreign_policy(
      format, format == ForeignFormat::aerleon ? file_->text + definitions : file_->text, foreign_);
  if (foreign_.rows().empty() && foreign_.remarks().empty() && !is_inventory_)
    foreign_.remark(1, "no rule in it allows anything", "a policy lists what is allowed");
  take_foreign();
}

void Importer::take_foreign() {
  for (ForeignRemark& it : foreign_.remarks())
    remark(it.line, std::move(it.what), std::move(it.hint));
  for (ImportedRow& row : foreign_.rows()) {
    row.file = file_->name;
    import_.account.push_back(account_of(row, {.from = fmt::format("{}", fmt::join(row.from, "+")),
                                               .to = fmt::format("{}", fmt::join(row.to, "+"))}));
    import_.rows.push_back(std::move(row));
  }
  foreign_.remarks().clear();
  foreign_.rows().clear();
}

void Importer::leave_out_unloadable(const std::vector<ImportFile>& files,
                                    const std::map<std::string, ImportedRole>& own) {
  if (own.size() + builtin_role_list().size() > max_roles) return;  // told, and does not load
  std::vector<ImportFile> names;
  for (const ImportFile& it : files) names.push_back({.name = it.name, .text = {}});
  std::vector<std::size_t> exact;
  for (std::size_t i = 0; i < import_.rows.size(); ++i) {
    if (import_.rows[i].is_exact) exact.push_back(i);
  }
  constexpr std::size_t together = 200;       // rows that are tried at once
  constexpr std::size_t most_tried = 20;      // that fail by themselves; the others are counted
  constexpr std::size_t most_failing = 2000;  // with none that loads: the document is no export
  std::set<std::size_t> bad;
  std::size_t untried = 0, good = 0;
  std::vector<std::span<const std::size_t>> open;
  for (std::size_t at = exact.size(); at > 0;) {
    const std::size_t begin = (at - 1) / together * together;
    open.push_back(std::span<const std::size_t>(exact).subspan(begin, at - begin));
    at = begin;
  }
  while (!open.empty()) {
    const std::span<const std::size_t> part = open.back();
    open.pop_back();
    const bool gives_up = good == 0 && bad.size() >= most_failing;
    std::vector<ImportedRow> rows;
    for (const std::size_t i : part) rows.push_back(import_.rows[i]);
    const auto loaded = gives_up ? Result<Policy>(fail(""))
                                 : load_policy_texts({{"draft", write_draft(names, rows, own)}});
    if (loaded) {
      good += part.size();
      continue;
    }
    if (part.size() > 1 && bad.size() < most_tried) {
      open.push_back(part.subspan(part.size() / 2));
      open.push_back(part.first(part.size() / 2));
      continue;
    }
    bad.insert(part.begin(), part.end());
    if (part.size() == 1)
      remark(rows[0].line, "no policy takes this row: " + one_line(loaded.error().what), left_out);
    else
      untried += part.size();
  }
  if (untried > 0) {
    remark(
        1,
        fmt::format("{} more rows are left out: among them are rows that no policy takes", untried),
        "correct those that are named");
  }
  std::size_t at = 0;
  std::erase_if(import_.rows, [&](const ImportedRow&) { return bad.contains(at++); });
}

void Importer::remark(std::uint32_t line, std::string what, std::string hint) {
  if (import_.remarks.size() >= max_remarks) {
    ++left_unsaid_;
    return;
  }
  add_remark(line, std::move(what), std::move(hint));
}

void Importer::add_remark(std::uint32_t line, std::string what, std::string hint) {
  import_.remarks.push_back({.what = std::move(what),
                             .where = fmt::format("{}:{}:1", file_->name, line),
                             .hint = std::move(hint)});
}

bool Importer::is_exported(const DocumentTable& table) {
  const auto& columns = row_columns();
  const TableRow& first = table.rows.front();
  return first.cells.size() == columns.size() &&
         std::equal(
             columns.begin(), columns.end(), first.cells.begin(),
             [](const std::string& name, const DocumentCell& it) { return it.text == name; });
}

std::size_t Importer::read_exported(const DocumentTable& table) {
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    std::map<std::string, std::string> fields;
    for (std::size_t k = 0; k < row_columns().size(); ++k)
      fields[row_columns()[k]] = without_guards(one_line(table.rows[i].text(k)));
    ImportedRow row;
    if (read_exported_fields(fields, table.rows[i].line, row, foreign_))
      foreign_.add(std::move(row));
  }
  const std::size_t read = foreign_.rows().size();
  take_foreign();
  return read;
}

bool reads_documents() {
  return true;
}

Result<Import> import_documents(const std::vector<ImportFile>& files,
                                const ImportOptions& options) {
  Import import = Importer(options).take(files);
  if (import.rows.empty() && import.draft.empty()) {
    if (import.remarks.empty()) return fail("nothing in it that a policy could say");
    const Error& first = import.remarks.front();
    return std::unexpected(Error{.what = "no documented flow found: " + first.what,
                                 .where = first.where,
                                 .excerpt = {},
                                 .hint = first.hint});
  }
  return import;
}

}  // namespace pcapaudit

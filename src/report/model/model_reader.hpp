// Reads the rows of a report: printable cells, the first failure kept, every value in one digest.
#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "report/model/model.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// One row; each call takes the next cell. What is taken goes into the report's digest.
class ModelRow {
 public:
  ModelRow(std::vector<std::string> cells, Sha256& sha) : cells_(std::move(cells)), sha_(&sha) {}

  std::string text();                    // printable
  std::string file();                    // the same, of a path only its last part
  std::vector<std::string> list();       // a JSON array; numbers as text
  std::vector<std::string> arguments();  // a JSON array, its paths as file()
  std::optional<Timestamp> time();       // nanoseconds
  std::optional<DateTime> date();        // seconds
  std::uint64_t number() { return as<std::uint64_t>(); }
  std::int64_t signed_number() { return as<std::int64_t>(); }
  // Role sets are stored as signed integers with the same bits.
  RoleSet roles() { return static_cast<RoleSet>(as<std::int64_t>()); }
  bool flag() { return number() != 0; }

 private:
  template <class T>
  T as() {  // 0 when the cell is NULL
    const std::string cell = take();
    T value = 0;
    std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return value;
  }
  std::string take();
  void hash(std::string_view value);

  std::vector<std::string> cells_;
  std::size_t next_ = 0;
  Sha256* sha_;
};

class ModelReader {
 public:
  ModelReader(const Store& store, const ReportLimits& asked) : limits(asked), store_(store) {}

  // All rows, or none after a failure. `sql` has an ORDER BY.
  std::vector<ModelRow> rows(const std::string& sql);
  // The one row of a query that always gives one; nothing after a failure.
  std::optional<ModelRow> row(const std::string& sql);

  // The first `limit` rows. The last column of `sql` is count(*) OVER (), and it ends in its
  // ORDER BY.
  template <class T, class Make>
  Listed<T> listed(const std::string& sql, std::size_t limit, const Make& make) {
    Listed<T> list;
    for (ModelRow& it : rows(sql + " LIMIT " + std::to_string(limit))) {
      list.rows.push_back(make(it));
      list.total = it.number();
    }
    return list;
  }

  // `sql` gives (key, name) for each flow: the commonest names of each key.
  std::map<std::string, Listed<NamedCount>> commonest(const std::string& sql);
  std::map<std::string, Listed<std::string>> commonest_names(const std::string& sql);

  const std::optional<Error>& error() const { return error_; }
  // What no audit writes: the database was changed by another hand.
  void refuse(std::string_view what);
  std::string digest() { return sha_.hex(); }  // once, at the end

  const ReportLimits limits;

 private:
  const Store& store_;
  std::optional<Error> error_;
  Sha256 sha_;
};

// "dir/a.pcap" to "a.pcap".
std::string without_folder(const std::string& path);

// Each reads its part of the model. The order matters: later parts use earlier ones.
void read_run(ModelReader& reader, ReportModel& model);
void read_coverage(ModelReader& reader, ReportModel& model);
void read_traffic(ModelReader& reader, ReportModel& model);
// All documented flows with their use, whatever the limits.
std::vector<ReportRule> read_rules(ModelReader& reader);
void read_register(ModelReader& reader, std::vector<ReportRule> rules, ReportModel& model);
void read_exceptions(ModelReader& reader, ReportModel& model);
void read_findings(ModelReader& reader, const std::vector<ReportRule>& rules, ReportModel& model);
void read_matrix(ModelReader& reader, ReportModel& model);
void read_tls(ModelReader& reader, ReportModel& model);
void read_facts(ModelReader& reader, ReportModel& model);
void read_undetermined(ModelReader& reader, ReportModel& model);
void read_annex(ModelReader& reader, ReportModel& model);
// From what was read before: the sentence on the first page, and what limits it.
ReportStatement make_statement(const ReportModel& model);

}  // namespace pcapaudit

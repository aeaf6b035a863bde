// Rows of the report's queries; see the header.

#include "report/model/model_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {
namespace {

constexpr std::size_t max_cell = 4096;  // a sentence with long names fits
constexpr std::size_t max_list = 4096;  // lists of the database hold 64 values; policies more

std::vector<std::string> parse_list(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> values;
  if (!json.is_array()) return values;
  for (const auto& value : json) {
    if (values.size() == max_list) break;
    values.push_back(value.is_string() ? clean_text(value.get_ref<const std::string&>(), max_cell)
                                       : value.dump());
  }
  return values;
}

}  // namespace

void ModelRow::hash(std::string_view value) {
  sha_->add(as_bytes(value));
  sha_->add(as_bytes(std::string_view("\0", 1)));  // values do not run into each other
}

std::string ModelRow::take() {
  hash(cells_[next_]);
  return std::move(cells_[next_++]);
}

std::string ModelRow::text() {
  return clean_text(take(), max_cell);
}

std::string ModelRow::file() {
  std::string name = without_folder(clean_text(cells_[next_++], max_cell));
  hash(name);
  return name;
}

std::vector<std::string> ModelRow::list() {
  return parse_list(take());
}

std::vector<std::string> ModelRow::arguments() {
  std::vector<std::string> values = parse_list(cells_[next_++]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_filter = i > 0 && values[i - 1] == "-f";
    if (!is_filter) values[i] = without_folder(values[i]);
    hash(values[i]);
  }
  return values;
}

std::optional<Timestamp> ModelRow::time() {
  if (!cells_[next_].empty()) return Timestamp{signed_number()};
  take();
  return std::nullopt;
}

std::optional<DateTime> ModelRow::date() {
  if (!cells_[next_].empty()) return within_years({signed_number()});
  take();
  return std::nullopt;
}

std::vector<ModelRow> ModelReader::rows(const std::string& sql) {
  if (error_) return {};
  auto table = store_.query(sql);
  if (!table) {
    error_ = table.error();
    return {};
  }
  std::vector<ModelRow> list;
  for (auto& row : table->rows) list.emplace_back(std::move(row), sha_);
  return list;
}

std::optional<ModelRow> ModelReader::row(const std::string& sql) {
  auto list = rows(sql);
  if (list.empty()) return std::nullopt;
  return std::move(list.front());
}

std::map<std::string, Listed<NamedCount>> ModelReader::commonest(const std::string& sql) {
  std::map<std::string, Listed<NamedCount>> lists;
  const std::string query = fmt::format(
      "WITH source (key, name) AS ({}) SELECT key, name, flows, total FROM ("
      "SELECT key, name, count(*) AS flows, count(*) OVER (PARTITION BY key) AS total, "
      "row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, name) AS place "
      "FROM source GROUP BY key, name) WHERE place <= {} ORDER BY key, place",
      sql, limits.names);
  for (ModelRow& it : rows(query)) {
    Listed<NamedCount>& list = lists[it.text()];
    std::string name = it.text();
    list.rows.push_back({.name = std::move(name), .count = it.number()});
    list.total = it.number();
  }
  return lists;
}

std::map<std::string, Listed<std::string>> ModelReader::commonest_names(const std::string& sql) {
  std::map<std::string, Listed<std::string>> lists;
  for (auto& [key, counted] : commonest(sql)) {
    Listed<std::string>& list = lists[key];
    list.total = counted.total;
    for (NamedCount& it : counted.rows) list.rows.push_back(std::move(it.name));
  }
  return lists;
}

std::string without_folder(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

void ModelReader::refuse(std::string_view what) {
  if (error_) return;
  error_ = Error{.what = fmt::format("the database holds {}, which no audit writes", what),
                 .hint = "it was changed by another hand; audit the captures again"};
}

}  // namespace pcapaudit

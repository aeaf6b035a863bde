// Rows as a table, JSON or CSV, while they come.

#include "report/text/query.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files/whole_file.hpp"
#include "base/text/text.hpp"
#include "report/escape.hpp"
#include "report/text/csv.hpp"
#include "store/output_place.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::json;

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// An answer on its way out. finish() comes after the last row.
class Answer : public RowSink {
 public:
  explicit Answer(const WriteText& write) : write_(write) {}
  virtual Result<void> finish() { return {}; }

 protected:
  Result<void> put(std::string_view text) { return write_(text); }

 private:
  const WriteText& write_;
};

class CsvAnswer final : public Answer {
 public:
  using Answer::Answer;
  Result<void> columns(const std::vector<std::string>& names) override {
    return put(csv_line(names));
  }
  Result<void> row(std::span<const SqlCell> cells) override { return put(csv_line(cells)); }
};

std::string json_string(std::string_view text) {
  return json_escaped(Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace));
}

class JsonAnswer final : public Answer {
 public:
  using Answer::Answer;
  // A second column of the same name is called name_2: an object has each key once.
  Result<void> columns(const std::vector<std::string>& names) override {
    for (const std::string& name : names) {
      std::string key = name;
      for (int i = 2; std::find(keys_.begin(), keys_.end(), key) != keys_.end(); ++i) {
        key = fmt::format("{}_{}", name, i);
      }
      keys_.push_back(key);
    }
    for (std::string& key : keys_) key = json_string(key);
    return put("[");
  }
  Result<void> row(std::span<const SqlCell> cells) override {
    std::string line = std::exchange(first_, false) ? "\n{" : ",\n{";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += fmt::format("{}{}: {}", i > 0 ? ", " : "", keys_[i], value(cells[i]));
    }
    return put(line + "}");
  }
  Result<void> finish() override { return put(first_ ? "]\n" : "\n]\n"); }

 private:
  static std::string value(const SqlCell& cell) {
    switch (cell.type) {
      case SqlCell::Type::null:
        return "null";
      case SqlCell::Type::integer:
        return std::string(cell.text);
      case SqlCell::Type::real: {
        // SQLite writes infinities as Inf, which JSON does not have.
        const Json number = Json::parse(cell.text, nullptr, /*allow_exceptions=*/false);
        return number.is_number() ? std::string(cell.text) : "null";
      }
      default:
        return json_string(cell_text(cell));
    }
  }
  std::vector<std::string> keys_;
  bool first_ = true;
};

// Columns get their width from the first rows; longer cells that come later push to the right.
class TableAnswer final : public Answer {
 public:
  using Answer::Answer;
  Result<void> columns(const std::vector<std::string>& names) override {
    Line heading;
    for (const std::string& name : names) {
      heading.cells.push_back(visible(name));
      widths_.push_back(0);
    }
    heading.right.assign(names.size(), false);
    return keep(std::move(heading));
  }
  Result<void> row(std::span<const SqlCell> cells) override {
    Line line;
    for (const SqlCell& cell : cells) {
      line.cells.push_back(visible(cell_text(cell)));
      line.right.push_back(cell.type == SqlCell::Type::integer || cell.type == SqlCell::Type::real);
    }
    return measuring_ ? keep(std::move(line)) : put(text(line));
  }
  Result<void> finish() override { return measuring_ ? flush() : Result<void>(); }

 private:
  static constexpr std::size_t measured_rows = 500;  // a few screens
  struct Line {
    std::vector<std::string> cells;
    std::vector<bool> right;
  };

  Result<void> keep(Line line) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      widths_[i] = std::max(widths_[i], width_of(line.cells[i]));
    }
    lines_.push_back(std::move(line));
    return lines_.size() > measured_rows ? flush() : Result<void>();
  }
  Result<void> flush() {
    measuring_ = false;
    std::string all;
    for (const Line& line : lines_) all += text(line);
    lines_.clear();
    return put(all);
  }
  std::string text(const Line& line) const {
    std::string text;
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const std::size_t width = width_of(line.cells[i]);
      const std::string blanks(widths_[i] > width ? widths_[i] - width : 0, ' ');
      text += line.right[i] ? blanks + line.cells[i] : line.cells[i] + blanks;
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

  std::vector<std::size_t> widths_;
  std::vector<Line> lines_;
  bool measuring_ = true;
};

std::unique_ptr<Answer> make_answer(const std::string& format, const WriteText& write) {
  if (format == "csv") return std::make_unique<CsvAnswer>(write);
  if (format == "json") return std::make_unique<JsonAnswer>(write);
  return std::make_unique<TableAnswer>(write);
}

// "1, 2, 3": all columns of a view, so that the order of its rows is fixed.
Result<std::string> every_column(const Store& store, const std::string& view) {
  const auto columns =
      store.query(fmt::format("SELECT cid FROM pragma_table_info('{}') ORDER BY cid", view));
  if (!columns) return std::unexpected(columns.error());
  std::string list;
  for (std::size_t i = 1; i <= columns->rows.size(); ++i) {
    list += (i > 1 ? ", " : "") + std::to_string(i);
  }
  return list;
}

Result<void> write_file(const std::string& path,
                        const std::function<Result<void>(const WriteText&)>& fill) {
  if (auto free = check_output(path, OutputKind::document, true, {}); !free) return free;
  auto file = WholeFile::create(path, for_owner_and_group);
  if (!file) return std::unexpected(file.error());
  if (auto filled = fill([&](std::string_view text) { return file->write(text); }); !filled) {
    return filled;
  }
  return file->take_place();
}

Result<void> write_view(const Store& store, const std::string& view, const std::string& path) {
  const auto order = every_column(store, view);
  if (!order) return std::unexpected(order.error());
  return write_file(path, [&](const WriteText& write) {
    return answer_query(store, fmt::format("SELECT * FROM {} ORDER BY {}", view, *order), "csv",
                        write);
  });
}

}  // namespace

Result<void> answer_query(const Store& store, const std::string& sql, const std::string& format,
                          const WriteText& write, const AskLimits& limits) {
  const std::unique_ptr<Answer> answer = make_answer(format, write);
  if (auto asked = store.ask(sql, *answer, limits); !asked) return asked;
  return answer->finish();
}

Result<void> write_csv(const Store& store, const Changes* changes, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(fmt::format("cannot make the folder {}: {}", folder, error.message()));
  const auto views = store.query(
      "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*' ORDER BY name");
  if (!views) return std::unexpected(views.error());
  for (const auto& row : views->rows) {
    const std::string path = (std::filesystem::path(folder) / (row[0] + ".csv")).string();
    if (auto written = write_view(store, row[0], path); !written) return written;
  }
  if (changes == nullptr) return {};
  return write_file((std::filesystem::path(folder) / "changes.csv").string(),
                    [&](const WriteText& write) { return write(render_changes_csv(*changes)); });
}

}  // namespace pcapaudit

// report: an audit database in the formats that were asked for, or as text.
#include <cstdio>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/files/read_file.hpp"
#include "base/text/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/reading.hpp"
#include "report/diff/diff.hpp"
#include "report/formats.hpp"
#include "report/report.hpp"
#include "report/text/query.hpp"

namespace pcapaudit {
namespace {

Result<ReportDress> read_dress(const Options& options) {
  ReportDress dress{.title = visible(options.title),
                    .classification = visible(options.classification),
                    .logo = {}};
  if (options.logo_file.empty()) return dress;
  constexpr std::size_t largest = std::size_t{16} << 20;  // logo_uri() says what is too large
  const auto bytes = read_file(options.logo_file, largest);
  if (!bytes) return std::unexpected(bytes.error());
  auto logo = logo_uri(*bytes);
  if (!logo) return fail(fmt::format("{}: {}", options.logo_file, logo.error().what));
  dress.logo = std::move(*logo);
  return dress;
}

// Every format that was asked for, each from the part of the audit that it wants to show.
CommandResult write_formats(const Store& store, const std::optional<Changes>& changes,
                            const Options& options) {
  auto dress = read_dress(options);
  if (!dress) return failure(dress.error(), ExitCode::usage);
  for (const ReportFormat& format : report_formats()) {
    const auto file = options.report_files.find(std::string(format.name));
    if (file == options.report_files.end()) continue;
    auto model = read_report_model(store, format.limits);
    if (!model) return failure(model.error(), ExitCode::usage);
    model->dress = *dress;
    if (changes) model->changes = to_report_changes(*changes, 5 * format.limits.rows);
    const auto written = write_out(options, file->second, format.render(*model));
    if (!written) return written;
  }
  return static_cast<int>(ExitCode::ok);
}

// Names of databases are typed by the user, and not shown where names are pseudonyms.
std::string shown_name(const Options& options, const std::string& path) {
  return options.redact_key_file.empty() ? path : "";
}

std::expected<std::optional<Changes>, CommandFailure> read_changes(const Store& store,
                                                                   const Options& options) {
  if (options.baseline.empty()) return std::nullopt;
  const auto older = open_store(options, options.baseline);
  if (!older) return std::unexpected(older.error());
  auto changes = compare(**older, shown_name(options, options.baseline), store,
                         shown_name(options, options.inputs.front()));
  if (!changes) return failure(changes.error(), ExitCode::usage);
  return std::move(*changes);
}

CommandResult print_report(const Store& store, const std::optional<Changes>& changes,
                           const Options& options) {
  const bool color = wants_color(options.color);
  auto text = render_text(
      store, {.database_name = shown_name(options, options.inputs.front()), .color = color});
  if (!text) return failure(text.error(), ExitCode::usage);
  if (changes) *text += "\nChanges\n" + render_changes_text(*changes, color);
  return print_out(*text);
}

// Two forms in one place would be neither, or the last one alone.
std::optional<std::string> place_of_two(const Options& options) {
  std::set<std::string> places;
  if (!options.json_file.empty()) places.insert(options.json_file);
  for (const auto& [format, file] : options.report_files) {
    if (!places.insert(file).second) return file;
  }
  return std::nullopt;
}

CommandResult report_of(const Store& store, const Options& options) {
  if (const auto place = place_of_two(options)) {
    return failure({.what = fmt::format("two forms are to go to {}",
                                        *place == "-" ? "standard output" : *place),
                    .hint = "give each a file of its own"},
                   ExitCode::usage);
  }
  const auto changes = read_changes(store, options);
  if (!changes) return std::unexpected(changes.error());
  if (options.report_files.empty() && options.json_file.empty() && options.csv_folder.empty()) {
    return print_report(store, *changes, options);
  }
  if (!options.report_files.empty()) {
    const auto written = write_formats(store, *changes, options);
    if (!written) return written;
  }
  if (!options.csv_folder.empty()) {
    const auto written = write_csv(store, *changes ? &**changes : nullptr, options.csv_folder);
    if (!written) return failure(written.error(), ExitCode::output);
  }
  if (options.json_file.empty()) return static_cast<int>(ExitCode::ok);
  const auto json = render_json(store, {.changes = *changes ? &**changes : nullptr, .exit = {}});
  if (!json) return failure(json.error(), ExitCode::usage);
  return write_out(options, options.json_file, *json);
}

}  // namespace

CommandResult run_report(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  return judged_as_far(**store, report_of(**store, options));
}

}  // namespace pcapaudit

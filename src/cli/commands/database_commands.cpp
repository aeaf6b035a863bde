// Questions to an audit database: explain, rules, replay, learn.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/reading.hpp"
#include "policy/import.hpp"
#include "report/draft/draft.hpp"
#include "report/text/explain.hpp"
#include "run/pipeline.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view database_magic("SQLite format 3\0", 16);  // sqlite.org/fileformat

std::string read_start(const std::string& path, std::size_t count) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};  // what a pipe gave would be gone
  std::string start(count, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(start.data(), static_cast<std::streamsize>(count));
  start.resize(static_cast<std::size_t>(in.gcount()));
  return start;
}

}  // namespace

CommandResult run_explain(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto text = explain(**store, options.subject);
  if (!text) return failure(text.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(*text));
}

CommandResult run_rules(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto text = render_rules(**store);
  if (!text) return failure(text.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(*text));
}

CommandResult run_replay(const Options& options) {
  const auto store = open_store(options, options.inputs.front());
  if (!store) return std::unexpected(store.error());
  const auto draft = load_policy(options.policies, options.strict);
  if (!draft) return failure(draft.error(), ExitCode::usage);
  const auto result = replay(**store, *draft);
  if (!result) return failure(result.error(), ExitCode::usage);
  return judged_as_far(**store, print_text(result->text));
}

// A database is asked as it is; captures are judged first, in memory, by no policy where none is
// named.
CommandResult run_learn(const Options& options) {
  auto store = Store::open(options.inputs.front());
  ExitCode code = ExitCode::ok;
  if (!store) {
    // A database that cannot be opened is no capture, either.
    const auto start = read_start(options.inputs.front(), database_magic.size());
    if (start == database_magic) return failure(store.error(), ExitCode::usage);
    auto audited = audit_in_memory(options);
    if (!audited) return std::unexpected(audited.error());
    store = std::move(audited->store);
    code = audited->code;
  }
  const auto unfinished = (*store)->unfinished();
  if (!unfinished) return failure(unfinished.error(), ExitCode::usage);
  if (*unfinished) print_warning({.what = **unfinished});
  const auto text = learn(**store);
  if (!text) return failure(text.error(), ExitCode::usage);
  const auto written = write_out(options, options.output, *text);
  if (!written) return written;
  return judged_as_far(**store, static_cast<int>(code));
}

// A site file for captures, and beside it a pack of the documents.
CommandResult run_init(const Options& options) {
  std::vector<DocumentPack> packs;
  std::vector<std::pair<std::string, std::string>> outputs;
  if (!options.documents.empty() && options.output == "-") {
    return failure({.what = "a site file of documents is two files",
                    .where = {},
                    .excerpt = {},
                    .hint = "name one: -o site.toml; the other is written beside it"},
                   ExitCode::usage);
  }
  if (!options.documents.empty()) {
    const auto files = read_documents(options.documents);
    if (!files) return failure(files.error(), ExitCode::usage);
    const auto imported = import_documents(*files);
    if (!imported) return failure(imported.error(), ExitCode::usage);
    if (!options.quiet) {
      for (const Error& remark : imported->remarks) print_warning(remark);
    }
    const auto path = std::filesystem::path(options.output).replace_extension(".documents.toml");
    packs.push_back(
        {.file = path.filename().string(), .text = imported->draft, .binds = imported->binds});
    outputs.emplace_back(path.string(), imported->draft);
  }
  const auto audited = audit_in_memory(options);
  if (!audited) return std::unexpected(audited.error());
  const auto text = begin_site(*audited->store, packs);
  if (!text) return failure(text.error(), ExitCode::usage);
  outputs.emplace_back(options.output, *text);
  for (const auto& [path, content] : outputs) {
    if (auto written = write_out(options, path, content); !written) return written;
  }
  return static_cast<int>(audited->code);
}

}  // namespace pcapaudit

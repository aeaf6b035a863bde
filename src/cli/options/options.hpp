// What the user typed, checked and typed. CLI11 is seen by the files that build it only.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "monitor/monitor.hpp"
#include "policy/judge/question.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {

enum class Command : std::uint8_t {
  audit,
  inspect,
  report,
  policy_list,
  policy_show,
  policy_check,
  policy_plan,
  policy_apps,
  policy_test,
  policy_export,
  policy_import,
  policy_diff,
  explain,
  why,
  rules,
  replay,
  learn,
  init,
  query,
  diff,
  sign,
  verify,
  evidence,
  monitor
};
enum class When : std::uint8_t { automatic, always, never };

// One --decision, with the --note behind it.
struct DecisionWords {
  std::string decision, note;
};

struct Options {
  Command command = Command::audit;
  std::vector<std::string> inputs;  // captures, or the database of `report`
  std::vector<std::string> policies;
  std::string output;  // database; empty: kept in memory
  std::string filter;  // BPF
  DecodeOptions decode;
  std::string format = "text";                           // text, json; inspect: table, jsonl
  std::string json_file;                                 // report --json
  std::map<std::string, std::string> report_files;       // report: format name to file
  std::string csv_folder;                                // report --csv
  std::string baseline;                                  // report: database of an earlier audit
  std::string html_file;                                 // diff --html
  std::string redact_key_file;                           // report, query, diff
  std::string reviewer, key_file, sign_time, sign_note;  // sign
  std::vector<DecisionWords> decisions;                  // sign, in the order given
  std::vector<std::string> public_keys;                  // verify --key
  std::string title, classification, logo_file;          // what the site puts on its report
  bool strict = false;                                   // rows and prose of the documentation only
  unsigned query_seconds = 60;                           // query
  std::string subject;                                   // explain: finding or flow; query: SQL
  Question question;                                     // why
  std::vector<std::string> from;  // evidence: captures to read instead of the recorded ones
  MonitorOptions monitor;         // monitor: what is its own
  std::vector<std::string> interfaces;
  std::uint32_t snap_length = 262'144;
  std::string buffer = "64M", rotate, budget, keep_free = "256M", evidence_memory = "64M", memory;
  std::string alert_format;      // "": what fits the sink
  unsigned alert_repeat = 3600;  // seconds
  Severity fail_on = Severity::medium;
  double max_loss_percent = 1.0;
  std::vector<std::string> accepted_reasons;  // of undetermined flows
  unsigned threads = 1;
  When progress = When::automatic;
  When color = When::automatic;
  std::vector<std::string> documents;  // init
  std::string import_columns;          // policy import: "from=Source,to=Target,port=Port"
  std::size_t import_table = 0;        // 0: all
  bool explain = false;                // policy import
  std::string at;                      // policy check: the day to look at dates from
  bool force = false, quiet = false, verbose = false;
};

// Parses the command line. Help, the version and usage errors are printed here; then the
// exit code is the answer.
std::expected<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace pcapaudit

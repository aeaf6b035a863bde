// Everything that a report says, read from an audit database once, as plain values.
//
// Renderers (HTML, and other formats) are pure functions of a ReportModel: what is said is
// decided here, how it looks there. Whoever called read_report_model() owns the model; it holds no
// connection, and many threads may read it at once.
//
// Text is printable UTF-8 (see clean_text) of at most 4096 bytes and still hostile: names, hosts,
// paths and user agents come from the wire, titles and reasons from files. A renderer escapes all
// of it. Files are named without their folders, so that a report does not depend on where they lay.
// Times are instants of the capture, never of a clock. Bytes are lengths on the wire. Lists are in
// the order in which they are read, gravest or busiest first where that means something; each list
// that can grow with the input is a Listed, cut at ReportLimits, and knows how many there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/result.hpp>
#include <pcapaudit/base/time.hpp>

#include "report/model/model_evidence.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// How many rows of each kind a report shows. The defaults keep it below 60 printed pages and 5 MB.
struct ReportLimits {
  std::size_t roles = 24;            // sides of the matrix: more is not legible on A4
  std::size_t pairs = 120;           // role pairs with their rows and findings
  std::size_t cards = 40;            // findings told in full, two a page
  std::size_t short_findings = 160;  // further findings in one line each
  std::size_t rules = 220;           // the register
  std::size_t rows = 40;             // any other table
  std::size_t captures = 40;         // bars of the time line
  std::size_t names = 5;             // hosts, names and flows inside of one row
  bool operator==(const ReportLimits&) const = default;
};

// What a site puts on its report; nothing here changes a verdict.
struct ReportDress {
  std::string title;           // empty: the renderer's own
  std::string classification;  // "CONFIDENTIAL": on the first page and on each printed page
  std::string logo;            // a data: URI of PNG, JPEG or SVG, or empty
  bool operator==(const ReportDress&) const = default;
};

struct ReportPack {
  std::string id, title, revision;
  bool operator==(const ReportPack&) const = default;
};

// The audit itself.
struct ReportRun {
  std::optional<Timestamp> first, last;  // of any flow
  std::string tool_version;
  std::vector<std::string> arguments;  // what changes the result
  std::string policy_digest, site, owner, timezone, product;
  std::vector<std::string> profiles;
  std::vector<ReportPack> packs;
  bool partial = false;  // an input was damaged, or the run was interrupted
  bool open = false;     // live and not closed: a monitor writes it, or was killed
  std::optional<Timestamp> findings_until;  // of an open one: flows after this are in none
  bool strict = false;                      // rows and prose of the documentation only
  bool judge_all = false;                   // else only flows with a bound role
  VerdictCounts flows;
  std::uint64_t bytes = 0;  // of all flows
  bool operator==(const ReportRun&) const = default;
};

// The whole report in one sentence, with what limits it in further ones.
struct ReportStatement {
  enum class Kind : std::uint8_t {
    deviates,      // traffic that is not documented came through
    stopped,       // such traffic was tried, and nothing came through
    undetermined,  // none seen, but part of the traffic could not be judged
    documented,    // all that was judged is documented
    no_evidence,   // nothing was judged
  };
  Kind kind = Kind::no_evidence;
  std::string sentence;
  std::vector<std::string> limits;  // a sentence each: loss, damage, hidden certificates ...
  bool operator==(const ReportStatement&) const = default;
};

struct MatrixRole {
  std::string id, title;
  bool seen = false;
  std::uint64_t flows = 0;  // with an end in it
  bool operator==(const MatrixRole&) const = default;
};

// One pair of roles, in one direction. A flow of an address with several roles counts in
// the pairs of each.
struct MatrixCell {
  // What stands in the cell; when several apply, the last of them.
  enum class State : std::uint8_t {
    not_observable,  // documented, and one of the roles was never seen
    unseen,          // documented, both roles seen, no flow used it
    seen,            // documented and seen
    waived,          // an exception covers what was seen
    undetermined,    // seen, and could not be judged
    blocked,         // not documented, tried, and nothing came through
    violation,       // not as documented, and it came through
  };
  enum class Sight : std::uint8_t { never, one_way, both };
  std::size_t from = 0, to = 0;  // in ReportMatrix::roles
  State state = State::unseen;
  Sight sight = Sight::never;
  bool documented = false;
  VerdictCounts flows;
  std::uint64_t blocked = 0;  // violations that were blocked or refused
  std::uint64_t gaps = 0, one_sided = 0, hidden = 0;
  Listed<std::string> rules, findings;  // ids
  bool operator==(const MatrixCell&) const = default;
};

struct ReportMatrix {
  Listed<MatrixRole> roles;
  std::vector<MatrixCell> cells;  // those of shown roles in which something stands, by from and to
  Listed<std::size_t> told;       // of these, the ones to tell in full, gravest first
  bool operator==(const ReportMatrix&) const = default;
};

struct RuleSource {
  std::string document, title, lines;
  bool operator==(const RuleSource&) const = default;
};

// One documented flow, and what was seen of it.
struct ReportRule {
  // As v_rule_usage.status.
  enum class Status : std::uint8_t {
    used,
    unused,
    undetermined_only,
    window_too_short,
    not_observable
  };
  std::string id, pack, title, from, to, transports, ports, app;
  std::string need, why, owner, approved, review, expect, basis, overridden, file;
  std::uint64_t line = 0;
  bool needed = false, discouraged = false;
  std::vector<RuleSource> sources;
  std::vector<std::string> doubts;  // ids
  std::uint64_t flows = 0, bytes = 0;
  std::optional<Timestamp> first, last;
  Status status = Status::unused;
  bool operator==(const ReportRule&) const = default;
};

struct ReportFlow {
  std::uint64_t id = 0, first_packet = 0, packets = 0, bytes = 0;
  std::string capture, client, server, transport, outcome;
  std::uint64_t client_port = 0, server_port = 0;
  Timestamp first;
  std::string wireshark;  // display filter
  bool operator==(const ReportFlow&) const = default;
};

struct ReportFinding {
  // `ports`: "443", "1-1024 (1024 ports)"; `server_port` only when it is one.
  std::string id, kind, title, severity, client, server, transports, service, outcome, text,
      subject, ports;
  std::uint64_t server_port = 0, flows = 0;
  std::optional<Timestamp> first, last;
  bool came_through = false;  // not only attempts that were blocked or refused
  bool violates = false;      // else a remark on traffic that is allowed, or on the inventory
  bool operator==(const ReportFinding&) const = default;
};

// A finding in full.
struct ReportCard {
  ReportFinding finding;
  std::string row, failing_field, expected, observed;  // `row` fails, or comes nearest
  bool row_is_nearest = false;  // else the flow met the row's ends and port and broke it
  std::optional<ReportRule> documented;
  std::string mistake;  // what explains it
  std::vector<std::string> remedies;
  std::uint64_t packets = 0, bytes = 0;
  std::vector<NamedCount> outcomes;     // flows, gravest first
  Listed<NamedCount> clients, servers;  // addresses, with flows
  Listed<ReportFlow> evidence;          // the first flows
  bool operator==(const ReportCard&) const = default;
};

struct ReportFindings {
  std::vector<NamedCount> severities;  // findings, gravest first; all five
  std::uint64_t total = 0, came_through = 0, stopped = 0, remarks = 0;
  std::vector<ReportCard> cards;
  Listed<ReportFinding> others;  // those without a card
  bool operator==(const ReportFindings&) const = default;
};

struct ReportRegister {
  Listed<ReportRule> rules;
  std::uint64_t used = 0, unused = 0, undetermined_only = 0, window_too_short = 0,
                not_observable = 0;
  std::uint64_t needed_unused = 0;
  Listed<ReportRule> open;  // all that are not used, needed ones first
  bool operator==(const ReportRegister&) const = default;
};

struct CoveredTraffic {
  std::string kind, client, server, service;
  std::uint64_t server_port = 0, flows = 0;
  bool operator==(const CoveredTraffic&) const = default;
};

struct ReportException {
  std::string id, reason, owner, approver, ticket, created, expires, place;
  std::vector<std::string> waives;
  std::uint64_t flows = 0, problems = 0, flows_per_day = 0;
  std::optional<Timestamp> first, last;
  Listed<CoveredTraffic> covered;
  bool operator==(const ReportException&) const = default;
};

// What differs from an earlier audit. Whoever compares two databases fills it in.
// unseen: it is not in the newer audit, and that one is not whole, so that nothing is said to be
// gone.
enum class ChangeKind : std::uint8_t { added, changed, gone, unseen };
std::string_view to_text(ChangeKind kind);  // "new", "changed", "gone", "not seen"

struct ReportChange {
  using Kind = ChangeKind;
  Kind kind = Kind::added;
  std::string what;  // "finding", "documented flow", "host", "certificate"
  std::string id, text;
  bool operator==(const ReportChange&) const = default;
};

struct ReportChanges {
  std::string baseline;  // its period, as text
  Listed<ReportChange> changes;
  bool operator==(const ReportChanges&) const = default;
};

// Which section answers an auditor's question. The wording is "supports", never "fulfils".
struct CrosswalkRow {
  std::string control, question, supports;
  std::vector<std::string> sections;  // keys: "coverage", "matrix", "findings", "register" ...
  bool operator==(const CrosswalkRow&) const = default;
};

struct Definition {
  std::string name, value, meaning;
  bool operator==(const Definition&) const = default;
};

struct ReportRole {
  std::string id, title, host, pack;
  std::vector<std::string> addresses;  // "vip 10.1.2.10/32"
  bool seen = false, optional = false;
  bool operator==(const ReportRole&) const = default;
};

struct ReportDocument {
  std::string id, title, file, sha256, modified;
  bool operator==(const ReportDocument&) const = default;
};

struct ReportDoubt {
  std::string id, text;
  Listed<std::string> rules;
  bool operator==(const ReportDoubt&) const = default;
};

struct ReportFlag {
  std::string id, ask;
  bool value = false, answered = false;  // by the site; else the default
  bool operator==(const ReportFlag&) const = default;
};

struct ReportAnnex {
  std::vector<Definition> counters, words;
  Listed<ReportRole> roles;
  Listed<ReportDocument> documents;
  Listed<ReportDoubt> doubts;
  Listed<ReportFlag> flags;
  Listed<std::string> policy_files;
  bool operator==(const ReportAnnex&) const = default;
};

struct ReportModel {
  ReportDress dress;
  ReportRun run;
  ReportStatement statement;
  ReportCoverage coverage;
  ReportMatrix matrix;
  ReportFindings findings;
  ReportRegister rules;
  Listed<ReportException> exceptions;
  ReportTls tls;
  ReportFacts facts;
  ReportUndetermined undetermined;
  ReportTraffic traffic;
  std::optional<ReportChanges> changes;
  std::vector<CrosswalkRow> crosswalk;
  ReportAnnex annex;
  // SHA-256, lower-case hex, over every value that was read for this report, in order: the same
  // rows under the same limits give the same digest, and a changed row another one.
  std::string digest;
  bool operator==(const ReportModel&) const = default;
};

// Reads everything but `dress` and `changes`. Takes seconds for a database of a million flows;
// memory is bounded by the limits and by the number of distinct role pairs, rows and findings.
// Fails only when the database cannot be read.
Result<ReportModel> read_report_model(const Store& store, const ReportLimits& limits = {});

}  // namespace pcapaudit

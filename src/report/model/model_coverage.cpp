// How far the captures can be trusted, and how the traffic spread over their time.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "report/model/model_reader.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::int64_t most_parts = 96;  // of a time line: as many columns as can be told apart
constexpr std::size_t most_silent = 24;  // stretches of one capture
constexpr std::int64_t minute = 60;

// Seconds a part, so that people can read the axis. Whole minutes for all but short times: the
// database knows bytes by the minute.
std::int64_t part_seconds(std::int64_t span) {
  constexpr std::int64_t hour = 60 * minute, day = 24 * hour;
  constexpr std::array steps = {std::int64_t{1},
                                std::int64_t{2},
                                std::int64_t{5},
                                std::int64_t{10},
                                std::int64_t{15},
                                std::int64_t{30},
                                minute,
                                2 * minute,
                                5 * minute,
                                10 * minute,
                                15 * minute,
                                30 * minute,
                                hour,
                                2 * hour,
                                3 * hour,
                                6 * hour,
                                12 * hour,
                                day,
                                2 * day,
                                7 * day,
                                14 * day,
                                28 * day,
                                91 * day,
                                364 * day};
  const std::int64_t least = span > 10 * minute ? minute : 1;
  const auto* const found = std::find_if(steps.begin(), steps.end(), [&](std::int64_t it) {
    return it >= least && span / it < most_parts;
  });
  return found == steps.end() ? span / most_parts + 1 : *found;
}

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  return (value / step - (value % step < 0 ? 1 : 0)) * step;
}

struct Axis {
  std::int64_t origin = 0, step = 1;  // seconds
  std::size_t parts = 0;
};

Axis axis_of(TimeSpan time) {
  const std::int64_t from = floor_to(time.from.ns, ns_per_second) / ns_per_second;
  const std::int64_t to = floor_to(time.to.ns, ns_per_second) / ns_per_second;
  Axis axis;
  axis.step = part_seconds(to - from + 1);
  axis.origin = floor_to(from, axis.step);
  axis.parts = static_cast<std::size_t>((to - axis.origin) / axis.step) + 1;
  return axis;
}

std::string part_sql(const Axis& axis, const char* nanoseconds) {
  return fmt::format("({} - {}) / {}", nanoseconds, axis.origin * ns_per_second,
                     axis.step * ns_per_second);
}

// Stretches of whole minutes without a packet of any flow, in order of time.
std::vector<TimeSpan> silent_stretches(ModelReader& reader) {
  std::vector<TimeSpan> stretches;
  for (ModelRow& it :
       reader.rows("SELECT before, minute FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) "
                   "AS before "
                   "FROM (SELECT DISTINCT minute FROM traffic)) WHERE minute - before > 1 "
                   "ORDER BY minute")) {
    constexpr std::int64_t unit = minute * ns_per_second;
    const std::int64_t before = it.signed_number();
    stretches.push_back({.from = {(before + 1) * unit}, .to = {it.signed_number() * unit}});
  }
  return stretches;
}

void add_silence(const std::vector<TimeSpan>& stretches, ReportCapture& capture) {
  if (!capture.first || !capture.last) return;
  for (const TimeSpan& it : stretches) {
    if (it.from < *capture.first || it.to > *capture.last) continue;
    capture.silent.rows.push_back(it);
    capture.silent_minutes +=
        static_cast<std::uint64_t>((it.to.ns - it.from.ns) / ns_per_second / minute);
  }
  auto& rows = capture.silent.rows;
  capture.silent.total = rows.size();
  if (rows.size() <= most_silent) return;
  std::stable_sort(rows.begin(), rows.end(), [](const TimeSpan& a, const TimeSpan& b) {
    return a.to.ns - a.from.ns > b.to.ns - b.from.ns;
  });
  rows.resize(most_silent);
  std::sort(rows.begin(), rows.end(),
            [](const TimeSpan& a, const TimeSpan& b) { return a.from < b.from; });
}

ReportCapture read_capture(ModelRow& it) {
  ReportCapture capture;
  capture.name = it.file();
  capture.sha256 = it.text();
  capture.format = it.text();
  capture.link_types = it.text();
  capture.damage = it.text();
  for (std::uint64_t* count :
       {&capture.packets, &capture.bytes, &capture.decoded, &capture.truncated, &capture.dropped,
        &capture.filtered, &capture.duplicates, &capture.fragments, &capture.reassembled,
        &capture.incomplete}) {
    *count = it.number();
  }
  capture.first = it.time();
  capture.last = it.time();
  return capture;
}

void add_losses(ModelReader& reader, ReportCoverage& coverage) {
  if (!coverage.time) return;
  const Axis axis = axis_of(*coverage.time);
  for (ModelRow& it :
       reader.rows(fmt::format("SELECT capture, {} AS part, count(*) FROM flow WHERE gaps > 0 "
                               "GROUP BY capture, part ORDER BY capture, part",
                               part_sql(axis, "first")))) {
    const std::size_t capture = it.number();
    const std::int64_t at = axis.origin + it.signed_number() * axis.step;
    const std::uint64_t flows = it.number();
    if (capture >= coverage.captures.rows.size()) continue;
    coverage.captures.rows[capture].losses.push_back({.at = {at * ns_per_second}, .flows = flows});
  }
}

// What a capture says of itself that limits what can be concluded.
void read_notes(ModelReader& reader, ReportCoverage& coverage) {
  for (ModelRow& it : reader.rows(
           "SELECT name, packets, truncated, snap_length, without_time, coalesce(same_as, ''), "
           "coalesce(overlaps, '') FROM capture ORDER BY id")) {
    const std::string name = it.file();
    const std::uint64_t packets = it.number(), cut = it.number(), snap = it.number(),
                        timeless = it.number();
    const std::string same = it.file(), overlaps = it.file();
    if (cut > 0 && snap > 0) {
      coverage.notes.push_back(fmt::format("{} keeps {} bytes of a packet: {} of {} were cut.",
                                           name, snap, grouped(cut), grouped(packets)));
    }
    if (timeless > 0) {
      coverage.notes.push_back(
          fmt::format("{} packets of {} say not when they came.", grouped(timeless), name));
    }
    if (!same.empty())
      coverage.notes.push_back(fmt::format("{} is the same file as {}.", name, same));
    if (!overlaps.empty()) {
      coverage.notes.push_back(
          fmt::format("{} and {} hold some of the same packets.", name, overlaps));
    }
  }
}

// What was not read, and why, by name.
void read_unread_inputs(ModelReader& reader, ReportCoverage& coverage) {
  for (ModelRow& it :
       reader.rows("SELECT name, damage FROM capture WHERE damage IS NOT NULL ORDER BY id")) {
    const std::string name = it.file();
    coverage.notes.push_back(fmt::format("{} is damaged: {}.", name, it.text()));
  }
  const Listed<std::string> skipped = reader.listed<std::string>(
      "SELECT value, count(*) OVER () FROM run, json_each(run.skipped) ORDER BY value",
      reader.limits.names, [](ModelRow& it) { return it.file(); });
  if (skipped.total == 0) return;
  std::string names = fmt::format("{}", fmt::join(skipped.rows, ", "));
  if (skipped.cut() > 0) names += fmt::format(" and {} more", grouped(skipped.cut()));
  coverage.notes.push_back(fmt::format("Not read, as no capture: {}.", names));
}

// What was read inside of TLS, where secrets were given.
void read_decryption(ModelReader& reader, ReportCoverage& coverage) {
  std::uint64_t opened = 0, closed = 0;
  std::string reasons;
  for (ModelRow& it :
       reader.rows("SELECT coalesce(not_decrypted, ''), sum(flows) FROM v_decryption "
                   "GROUP BY 1 ORDER BY 2 DESC, 1")) {
    const std::string why = it.text();
    const std::uint64_t flows = it.number();
    if (why.empty()) {
      opened += flows;
      continue;
    }
    closed += flows;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", why, grouped(flows));
  }
  if (opened + closed == 0) return;
  coverage.notes.push_back(
      fmt::format("Secrets opened {}{}.", counted(opened, "TLS connection", "TLS connections"),
                  closed == 0 ? "" : fmt::format(", and not {} ({})", grouped(closed), reasons)));
}

void read_captures(ModelReader& reader, ReportCoverage& coverage) {
  coverage.captures = reader.listed<ReportCapture>(
      "SELECT name, sha256, format, link_types, damage, packets, bytes, decoded, truncated, "
      "dropped, filtered, duplicates, fragments, reassembled, incomplete, first, last, "
      "count(*) OVER () FROM capture ORDER BY id",
      reader.limits.captures, read_capture);
  const std::vector<TimeSpan> stretches = silent_stretches(reader);
  for (ReportCapture& it : coverage.captures.rows) add_silence(stretches, it);
  if (auto it = reader.row("SELECT min(first), max(last) FROM (SELECT first, last FROM capture "
                           "UNION ALL SELECT min(nullif(first, 0)), max(nullif(last, 0)) FROM "
                           "flow_group) ORDER BY 1")) {
    const auto from = it->time(), to = it->time();
    if (from && to) coverage.time = TimeSpan{.from = *from, .to = *to};
  }
  add_losses(reader, coverage);
  read_notes(reader, coverage);
  read_decryption(reader, coverage);
  read_unread_inputs(reader, coverage);
}

std::vector<std::string> role_ids(ModelReader& reader, const std::string& where) {
  std::vector<std::string> ids;
  for (ModelRow& it :
       reader.rows("SELECT id FROM role WHERE NOT builtin AND " + where + " ORDER BY number")) {
    ids.push_back(it.text());
  }
  return ids;
}

}  // namespace

namespace {

// Sums over packets and flows.
void read_sums(ModelReader& reader, ReportCoverage& coverage) {
  if (auto it = reader.row("SELECT sum(packets), sum(dropped), sum(truncated), sum(duplicates), "
                           "sum(fragments), sum(incomplete) FROM capture ORDER BY 1")) {
    coverage.packets = it->number();
    coverage.dropped = it->number();
    coverage.truncated = it->number();
    coverage.duplicates = it->number();
    coverage.fragments = it->number();
    coverage.incomplete = it->number();
  }
  if (auto it = reader.row(
          "SELECT CAST(sum(blind_seconds) AS INTEGER), sum(evicted_flows), sum(capped_flows) "
          "FROM v_capture ORDER BY 1")) {
    coverage.blind_seconds = it->number();
    coverage.evicted_flows = it->number();
    coverage.capped_flows = it->number();
  }
  if (auto it = reader.row(
          "SELECT sum(gaps), (SELECT count(*) FROM flow_row WHERE gaps > 0), "
          "sum(flows) FILTER (WHERE outcome = 'one-sided'), "
          "sum(flows) FILTER (WHERE outcome = 'midstream'), "
          "sum(flows) FILTER (WHERE app IN ('tls', 'quic', 'dtls', 'ssh')), "
          "sum(flows) FILTER (WHERE app = 'unknown'), sum(flows) FILTER (WHERE app = 'none'), "
          "sum(flows) FILTER (WHERE verdict = 'allowed' AND reason = 'tls13-indicated') "
          "FROM flow_group ORDER BY 1")) {
    coverage.gaps = it->number();
    coverage.gap_flows = it->number();
    coverage.one_sided = it->number();
    coverage.midstream = it->number();
    coverage.encrypted = it->number();
    coverage.unknown_application = it->number();
    coverage.no_payload = it->number();
    coverage.by_record_sizes = it->number();
  }
  if (auto it = reader.row(
          "SELECT (SELECT count(*) FROM flow WHERE reason = 'certificate-hidden' OR id IN "
          "(SELECT flow FROM tls WHERE mutual_reason = 'tls13-encrypted' "
          "OR mutual LIKE 'indicated%')), "
          "count(DISTINCT iif(hidden_name IS NOT NULL, flow, NULL)), "
          "count(DISTINCT iif(resumed, flow, NULL)) FROM tls ORDER BY 1")) {
    coverage.hidden_certificates = it->number();
    coverage.hidden_names = it->number();
    coverage.resumed = it->number();
  }
}

}  // namespace

void read_coverage(ModelReader& reader, ReportModel& model) {
  ReportCoverage& coverage = model.coverage;
  read_captures(reader, coverage);
  read_sums(reader, coverage);
  for (ModelRow& it : reader.rows("SELECT issue, sum(packets) FROM decode_issue GROUP BY issue "
                                  "ORDER BY 2 DESC, 1")) {
    std::string name = it.text();
    coverage.decode_issues.push_back({.name = std::move(name), .count = it.number()});
  }
  for (ModelRow& it :
       reader.rows("SELECT cause, ended, passed_over FROM v_unread ORDER BY cause")) {
    UnreadCount one;
    one.cause = it.text();
    one.ended = it.number();
    one.passed = it.number();
    coverage.unread.push_back(std::move(one));
  }
  const std::string bound = "EXISTS (SELECT 1 FROM role_address WHERE role_address.role = number)";
  coverage.unseen_roles = role_ids(reader, "NOT seen AND " + bound);
  coverage.unbound_roles = role_ids(
      reader, "NOT " + bound +
                  " AND EXISTS (SELECT 1 FROM rule WHERE ((from_roles | to_roles) >> number) & 1)");
}

void read_traffic(ModelReader& reader, ReportModel& model) {
  if (!model.run.first || !model.run.last) return;
  ReportTraffic& traffic = model.traffic;
  const Axis axis = axis_of({.from = *model.run.first, .to = *model.run.last});
  traffic.from = Timestamp{axis.origin * ns_per_second};
  traffic.seconds_per_part = axis.step;
  traffic.begun.resize(axis.parts);
  for (ModelRow& it : reader.rows(fmt::format(
           "SELECT {} AS part, count(*), count(*) FILTER (WHERE verdict = 'allowed'), "
           "count(*) FILTER (WHERE verdict = 'violation'), "
           "count(*) FILTER (WHERE verdict = 'waived'), "
           "count(*) FILTER (WHERE verdict = 'undetermined'), "
           "count(*) FILTER (WHERE verdict = 'ignored') FROM flow GROUP BY part ORDER BY part",
           part_sql(axis, "first")))) {
    const std::uint64_t number = it.number();
    if (number >= traffic.begun.size()) return reader.refuse("flows outside of the run's time");
    VerdictCounts& part = traffic.begun[number];
    for (std::uint64_t* count : {&part.flows, &part.allowed, &part.violation, &part.waived,
                                 &part.undetermined, &part.ignored}) {
      *count = it.number();
    }
  }
  const std::string names = "coalesce(client_set.names, ''), coalesce(server_set.names, '')";
  const std::string sets =
      "FROM traffic LEFT JOIN role_set AS client_set ON client_set.roles = traffic.client_roles "
      "LEFT JOIN role_set AS server_set ON server_set.roles = traffic.server_roles ";
  traffic.pairs = reader.listed<TrafficLine>(
      fmt::format("SELECT {}, sum(bytes) AS sum_bytes, sum(packets), count(*) OVER () {} "
                  "GROUP BY client_roles, server_roles ORDER BY sum_bytes DESC, 1, 2",
                  names, sets),
      reader.limits.names, [](ModelRow& it) {
        TrafficLine line;
        line.client = it.text();
        line.server = it.text();
        line.bytes = it.number();
        line.packets = it.number();
        return line;
      });
  if (axis.step < minute) return;
  traffic.bytes.resize(axis.parts);
  for (TrafficLine& it : traffic.pairs.rows) it.parts.resize(axis.parts);
  for (ModelRow& it :
       reader.rows(fmt::format("SELECT (minute * 60 - {}) / {} AS part, {}, sum(bytes) {} "
                               "GROUP BY part, client_roles, server_roles ORDER BY part, 2, 3",
                               axis.origin, axis.step, names, sets))) {
    const std::size_t part = it.number();
    const std::string client = it.text(), server = it.text();
    const std::uint64_t bytes = it.number();
    if (part >= axis.parts) continue;
    traffic.bytes[part] += bytes;
    for (TrafficLine& line : traffic.pairs.rows) {
      if (line.client == client && line.server == server) line.parts[part] += bytes;
    }
  }
}

}  // namespace pcapaudit

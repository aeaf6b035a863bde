// Picks the packets of a finding; see the header.

#include "monitor/live/evidence.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text/address_port.hpp"
#include "capture/packet_source.hpp"
#include "net/decoder.hpp"

namespace pcapaudit {
namespace {

FlowKey key_without_identifier(Transport transport, Endpoint a, Endpoint b) {
  if (transport == Transport::icmp) a.port = b.port = 0;
  return {.one = a, .other = b, .transport = transport};
}

std::string end_text(const Endpoint& end) {
  return address_and_port(to_text(end.address), end.port);
}

std::string file_comment(const EvidenceSubject& subject) {
  return fmt::format("Evidence for {} ({}), {} of {} flows: {}", subject.finding, subject.kind,
                     subject.flows.size(), subject.flows_in_all, subject.text);
}

std::uint64_t number_of(const std::string& cell) {
  std::uint64_t value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

Endpoint endpoint(const std::string& address, const std::string& port) {
  return {.address = IpAddress::parse(address).value_or(IpAddress{}),
          .port = static_cast<std::uint16_t>(number_of(port))};
}

// A flow belongs to the findings with the kinds of its problems, not only of the gravest.
constexpr const char* flows_of_finding =
    "SELECT DISTINCT flow.id, flow.transport, flow.client, flow.client_port, flow.server, "
    "flow.server_port, flow.first, flow.last FROM flow "
    "CROSS JOIN finding_cause AS cause ON cause.client_roles = flow.client_roles "
    "AND cause.server_roles = flow.server_roles AND cause.service = flow.service "
    "AND cause.server_port = flow.server_port AND cause.subject = '' AND EXISTS (SELECT 1 "
    "FROM problem WHERE problem.flow = flow.id AND problem.kind = cause.kind "
    "AND problem.exception IS NULL) "
    "WHERE cause.finding = '{}' AND flow.verdict <> 'ignored' ORDER BY flow.id LIMIT {}";
constexpr const char* one_flow =
    "SELECT id, transport, client, client_port, server, server_port, first, last FROM flow "
    "WHERE id = {} ORDER BY id";

Result<void> read_flows(const Store& store, const std::string& sql, EvidenceSubject& subject) {
  const auto table = store.query(sql);
  if (!table) return std::unexpected(table.error());
  for (const auto& row : table->rows) {
    subject.flows.push_back({.id = number_of(row[0]),
                             .transport = parse_transport(row[1]).value_or(Transport::tcp),
                             .client = endpoint(row[2], row[3]),
                             .server = endpoint(row[4], row[5]),
                             .first = {std::stoll(row[6])},
                             .last = {std::stoll(row[7])}});
  }
  return {};
}

Result<EvidenceSubject> subject_of_flow(const Store& store, std::uint64_t flow) {
  EvidenceSubject subject;
  subject.finding = fmt::format("flow {}", flow);
  subject.kind = "one flow";
  if (auto read = read_flows(store, fmt::format(one_flow, flow), subject); !read) {
    return std::unexpected(read.error());
  }
  if (subject.flows.empty()) {
    return fail(fmt::format("no flow {} in this audit", flow), "v_flow lists the flows");
  }
  subject.flows_in_all = 1;
  return subject;
}

}  // namespace

FlowKey evidence_key(const Decoded& packet) {
  if (!packet.quoted) {
    return key_without_identifier(packet.transport, {packet.source, packet.source_port},
                                  {packet.destination, packet.destination_port});
  }
  const QuotedPacket& quoted = *packet.quoted;
  return key_without_identifier(quoted.transport, {quoted.source, quoted.source_port},
                                {quoted.destination, quoted.destination_port});
}

EvidenceSlice::EvidenceSlice(EvidenceSubject subject, const EvidenceLimits& limits,
                             std::string_view version)
    : subject_(std::move(subject)),
      limits_(limits),
      writer_(fmt::format("pcapaudit {}", version), file_comment(subject_)),
      taken_(subject_.flows.size()) {
  for (std::size_t i = 0; i < subject_.flows.size(); ++i) {
    const EvidenceFlow& flow = subject_.flows[i];
    flows_.emplace(key_without_identifier(flow.transport, flow.client, flow.server), i);
  }
}

void EvidenceSlice::add(const PacketView& packet, const Decoded& decoded,
                        const std::string& capture) {
  const auto [from, to] = flows_.equal_range(evidence_key(decoded));
  for (auto it = from; it != to; ++it) {
    const EvidenceFlow& flow = subject_.flows[it->second];
    if (packet.time < flow.first || packet.time > flow.last) continue;
    std::uint64_t& taken = taken_[it->second];
    if (taken >= limits_.packets_per_flow ||
        writer_.bytes().size() + packet.bytes.size() > limits_.bytes) {
      ++left_out_;
      return;
    }
    ++taken;
    writer_.add(packet, capture, comment_of(flow, taken, packet, capture));
    return;
  }
}

std::string EvidenceSlice::comment_of(const EvidenceFlow& flow, std::uint64_t place,
                                      const PacketView& packet, const std::string& capture) const {
  std::string text = fmt::format("{}: flow {}, its packet {}; packet {} of {}", subject_.finding,
                                 flow.id, place, packet.number, capture);
  if (place > 1) return text;
  return text + fmt::format("; {} to {} {}; {}", end_text(flow.client), end_text(flow.server),
                            to_text(flow.transport), subject_.text);
}

std::vector<std::uint64_t> EvidenceSlice::flows_without_packets() const {
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i] == 0) ids.push_back(subject_.flows[i].id);
  }
  return ids;
}

Result<EvidenceSubject> evidence_subject(const Store& store, const std::string& id,
                                         const EvidenceLimits& limits) {
  if (const auto flow = whole_number(id)) return subject_of_flow(store, *flow);
  const auto finding = store.find_finding(id);
  if (!finding) return std::unexpected(finding.error());
  const auto found = store.query(fmt::format(
      "SELECT kind, text, flows FROM v_finding WHERE finding = '{}' ORDER BY 1, 2", *finding));
  if (!found) return std::unexpected(found.error());
  EvidenceSubject subject;
  subject.finding = *finding;
  subject.kind = found->rows[0][0];
  subject.text = found->rows[0][1];
  subject.flows_in_all = number_of(found->rows[0][2]);
  if (auto read = read_flows(store, fmt::format(flows_of_finding, *finding, limits.flows), subject);
      !read) {
    return std::unexpected(read.error());
  }
  if (subject.flows.empty()) {
    return fail(fmt::format("{} ({}) rests on no single flow", *finding, subject.kind),
                fmt::format("pcapaudit explain DB {} tells what it rests on", *finding));
  }
  return subject;
}

// A flow may go on in the captures behind the one it began in; what covers its time is asked too.
Result<std::vector<RecordedCapture>> captures_of(const Store& store,
                                                 const EvidenceSubject& subject) {
  std::string ids;
  for (const EvidenceFlow& flow : subject.flows) {
    ids += (ids.empty() ? "" : ",") + std::to_string(flow.id);
  }
  const auto table = store.query(
      fmt::format("SELECT name, sha256 FROM capture WHERE same_as IS NULL AND EXISTS (SELECT 1 "
                  "FROM flow WHERE flow.id IN ({}) "
                  "AND (flow.capture = capture.id "
                  "OR capture.name = (SELECT same_as FROM capture AS copy WHERE copy.id = "
                  "flow.capture) OR (flow.first <= capture.last AND flow.last >= "
                  "capture.first))) ORDER BY id",
                  ids));
  if (!table) return std::unexpected(table.error());
  std::vector<RecordedCapture> captures;
  for (const auto& row : table->rows) captures.push_back({.name = row[0], .sha256 = row[1]});
  return captures;
}

Result<std::string> add_capture(const std::string& path, const DecodeOptions& decode,
                                EvidenceSlice& slice) {
  auto source = open_capture(path, {});
  if (!source) return std::unexpected(source.error());
  Decoder decoder(decode);
  while (const PacketView* packet = (*source)->next()) {
    if (const auto decoded = decoder.decode(*packet)) slice.add(*packet, *decoded, path);
  }
  return (*source)->facts().sha256;
}

}  // namespace pcapaudit

// The status as Prometheus text. Source: Prometheus exposition formats, text version 0.0.4.
#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "monitor/host/seconds.hpp"
#include "monitor/status.hpp"

namespace pcapaudit {
namespace {

// Label values: backslash, quotation mark and line feed are escaped; the rest is made printable.
std::string label(std::string_view name, std::string_view value) {
  std::string text;
  for (const char c : clean_text(value)) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return fmt::format("{}=\"{}\"", name, text);
}

class Metrics {
 public:
  // Starts a metric: all its samples follow.
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = fmt::format("pcapaudit_{}", name);
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help, type);
  }
  template <class T>
  void sample(T value, const std::string& labels = {}) {
    text_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                            : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  template <class T>
  void one(std::string_view name, std::string_view type, std::string_view help, T value) {
    begin(name, type, help);
    sample(value);
  }
  std::string take() && { return std::move(text_); }

 private:
  std::string name_, text_;
};

void add_interfaces(Metrics& metrics, const MonitorStatus& status) {
  const auto each = [&](const char* name, const char* type, const char* help, auto value) {
    metrics.begin(name, type, help);
    for (const InterfaceStatus& it : status.interfaces) {
      metrics.sample(value(it), label("interface", it.name));
    }
  };
  using Interface = const InterfaceStatus&;
  each("packets_total", "counter", "Packets taken from the interface.",
       [](Interface it) { return it.packets; });
  each("bytes_total", "counter", "Bytes on the wire of those packets.",
       [](Interface it) { return it.bytes; });
  each("interface_up", "gauge", "1 while the interface can be read.",
       [](Interface it) { return it.up ? 1 : 0; });
  each("blind_seconds_total", "counter", "Time in which the interface was down.",
       [](Interface it) { return seconds(it.blind_ns); });
  metrics.begin("packets_lost_total", "counter",
                "Packets that were not judged in full, by where they were lost.");
  for (const InterfaceStatus& it : status.interfaces) {
    const std::string interface = label("interface", it.name);
    metrics.sample(it.nic_dropped, interface + ",stage=\"nic\"");
    metrics.sample(it.kernel_dropped, interface + ",stage=\"kernel\"");
    metrics.sample(it.truncated, interface + ",stage=\"snaplen\"");
  }
}

void add_judgement(Metrics& metrics, const MonitorStatus& status) {
  metrics.begin("decode_issues_total", "counter", "Packets that gave no flow, by reason.");
  for (std::size_t i = 0; i < decode_issue_count; ++i) {
    metrics.sample(status.decode_issues[i], label("issue", to_text(static_cast<DecodeIssue>(i))));
  }
  metrics.one("duplicate_packets_total", "counter", "Second copies of packets.", status.duplicates);
  metrics.one("stream_gaps_total", "counter", "Places where bytes of TCP streams are missing.",
              status.gaps);
  metrics.one("open_flows", "gauge", "Flows that have not ended.", status.open_flows);
  metrics.one("flows_evicted_total", "counter",
              "Flows that ended early because --max-flows or --memory was reached.",
              status.flows_evicted);
  metrics.one("flows_capped_total", "counter",
              "Flows of which a cap of reassembly, dissection or --memory was reached.",
              status.flows_capped);
  metrics.one("flows_not_written_total", "counter", "Flows that the failed database did not take.",
              status.flows_not_written);
  metrics.one("writer_wait_seconds_total", "counter", "Time the capture waited for the database.",
              seconds(status.writer_wait_ns));
  metrics.begin("flows_total", "counter", "Flows that ended, by verdict.");
  for (std::size_t i = 0; i < status.verdicts.size(); ++i) {
    metrics.sample(status.verdicts[i], label("verdict", to_text(static_cast<VerdictKind>(i))));
  }
  metrics.begin("findings_total", "counter", "Flows with a finding, by severity and kind.");
  for (const auto& [key, count] : status.findings) {
    metrics.sample(count, label("severity", to_text(key.first)) + "," + label("kind", key.second));
  }
}

void add_times(Metrics& metrics, const MonitorStatus& status) {
  const auto each = [&](const char* name, const char* key, const char* help, const auto& times) {
    metrics.begin(name, "gauge", help);
    for (const auto& [id, time] : times) metrics.sample(seconds(time.ns), label(key, id));
  };
  each("rule_last_seen_timestamp_seconds", "rule", "When a documented flow was last used.",
       status.rule_last_seen);
  metrics.begin("cert_not_after_timestamp_seconds", "gauge",
                "Earliest end of the server certificates that a role presented.");
  for (const auto& [role, end] : status.certificate_ends) {
    metrics.sample(end.seconds, label("role", role));
  }
  each("waiver_expiry_timestamp_seconds", "id", "End of an exception.", status.exception_ends);
}

void add_program(Metrics& metrics, const MonitorStatus& status) {
  metrics.begin("policy_info", "gauge", "The policy that judges now.");
  metrics.sample(1, label("rev", status.policy_digest) + "," + label("site", status.site));
  metrics.one("policy_loaded_timestamp_seconds", "gauge", "When it was loaded.",
              seconds(status.policy_loaded.ns));
  metrics.one("policy_reload_failed_total", "counter", "Reloads that kept the old policy.",
              status.policy_reloads_failed);
  metrics.one("db_queue_depth", "gauge",
              "Hand-overs to the database, ten in a second, not yet written.", status.queued);
  metrics.one("db_bytes", "gauge", "Size of the current database.", status.database_bytes);
  metrics.one("disk_free_bytes", "gauge", "Room left where the database lies.", status.disk_free);
  metrics.one("evidence_bytes", "gauge", "Bytes of packets kept in memory.", status.evidence_bytes);
  metrics.one("evidence_slices_total", "counter", "Slices written for findings.",
              status.evidence_slices);
  metrics.one("evidence_left_out_total", "counter", "Flows of findings that got no slice.",
              status.evidence_left_out);
  metrics.begin("alerts_total", "counter", "Alerts, by what became of them.");
  metrics.sample(status.alerts_sent, "result=\"sent\"");
  metrics.sample(status.alerts_lost, "result=\"lost\"");
  metrics.sample(status.alerts_withheld, "result=\"withheld\"");
  metrics.one("start_timestamp_seconds", "gauge", "When the program started.",
              seconds(status.started.ns));
  metrics.begin("build_info", "gauge", "The program.");
  metrics.sample(1, label("version", status.version));
}

}  // namespace

std::string render_metrics(const MonitorStatus& status) {
  Metrics metrics;
  add_interfaces(metrics, status);
  add_judgement(metrics, status);
  add_times(metrics, status);
  add_program(metrics, status);
  return std::move(metrics).take();
}

}  // namespace pcapaudit

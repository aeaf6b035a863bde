// Tables with fixed columns: OpenShift's communication matrix and NetBox's lists, as CSV.
#include <fmt/format.h>

#include "import/policies/commatrix.hpp"
#include "import/policies/inventory.hpp"
#include "import/tables/document.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

constexpr const char* left_out = "the row is left out";

// The columns of a CSV file by their folded headings.
class CsvRows {
 public:
  explicit CsvRows(std::string_view text) { read_csv_table(text, document_); }

  std::size_t size() const {
    return document_.tables.empty() ? 0 : document_.tables.front().rows.size();
  }
  std::uint32_t line(std::size_t row) const { return rows()[row].line; }
  std::string cell(std::size_t row, std::initializer_list<std::string_view> headings) const {
    for (const std::string_view heading : headings) {
      for (std::size_t k = 0; k < rows()[0].cells.size(); ++k) {
        if (fold(rows()[0].text(k)) == heading) return rows()[row].text(k);
      }
    }
    return {};
  }
  const std::vector<DocumentRemark>& remarks() const { return document_.remarks; }

 private:
  const std::vector<TableRow>& rows() const { return document_.tables.front().rows; }
  Document document_;
};

}  // namespace

void Commatrix::add(const CommatrixLine& it) {
  const auto refuse = [&](const std::string& why) { out_.remark(it.line, why, left_out); };
  const std::string direction = fold(it.direction);
  if (direction != "ingress")
    return refuse(fmt::format("direction \"{}\": the matrix does not say where to", it.direction));
  const auto transport = parse_transport(fold(it.protocol));
  if (!transport || !has_ports(*transport))
    return refuse(fmt::format("protocol \"{}\" is not understood", it.protocol));
  ImportedRow row;
  row.line = it.line;
  row.ports = ports_in(it.port);
  if (row.ports.empty()) return refuse(fmt::format("port \"{}\" is not understood", it.port));
  if (it.node_role.empty()) return refuse("the row names no node role");
  row.transports = {*transport};
  row.from = {"any"};
  const std::string& what = it.service.empty() ? it.pod : it.service;
  const bool is_plain = it.name_space.empty() && what.empty();
  row.to = {is_plain ? out_.own_role(it.node_role)
                     : out_.role(fmt::format("{} / {} ({})", it.name_space, what, it.node_role))};
  row.app = "unknown";
  row.title = it.optional.empty() ? "" : "optional: " + it.optional;
  row.cells = fmt::format("{} | {} | {} | {} | {} | {} | {} | {}", it.direction, it.protocol,
                          it.port, it.name_space, it.service, it.pod, it.node_role, it.optional);
  out_.remark(it.line, "source: the matrix does not name who asks; any is written",
              "narrow it to the role that needs the port");
  ++count_;
  out_.add(std::move(row));
}

void Commatrix::finish() {
  if (count_ > 0)
    out_.remark(1,
                fmt::format("application: the matrix names none; \"unknown\" is written in {} rows",
                            count_),
                no_app_hint);
}

void read_commatrix_csv(std::string_view text, ForeignPolicy& out) {
  const CsvRows rows(text);
  Commatrix matrix(out);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    matrix.add({.line = rows.line(i),
                .direction = rows.cell(i, {"direction"}),
                .protocol = rows.cell(i, {"protocol"}),
                .port = rows.cell(i, {"port"}),
                .name_space = rows.cell(i, {"namespace"}),
                .service = rows.cell(i, {"service"}),
                .pod = rows.cell(i, {"pod"}),
                .node_role = rows.cell(i, {"node role", "noderole"}),
                .optional = rows.cell(i, {"optional"})});
  }
  matrix.finish();
}

void add_inventory(const InventoryEntry& it, ForeignPolicy& out) {
  const auto refuse = [&](const std::string& why) { out.remark(it.line, why, "it is left out"); };
  if (it.address.empty()) return refuse("the entry has no address");
  const std::string status = fold(it.status);
  if (!status.empty() && status != "active" && status != "dhcp" && status != "slaac")
    return refuse(fmt::format("{} is {}", it.address, it.status));
  // Roles of addresses tell how an address is used, not whose it is.
  const bool is_use = is_one_of(
      fold(it.role), {"vip", "vrrp", "hsrp", "glbp", "carp", "anycast", "secondary", "loopback"});
  if (it.role.empty() || is_use) {
    return refuse(fmt::format("{}{} has no role{}", it.address,
                              it.name.empty() ? "" : " (" + it.name + ")",
                              is_use ? fmt::format(", only the use {}", it.role) : ""));
  }
  // A host's address carries the length of its network; a prefix has no bits behind its length.
  const std::size_t slash = it.address.find('/');
  const bool is_network = Subnet::parse(it.address).has_value();
  const std::string address = is_network ? it.address : it.address.substr(0, slash);
  if (!Subnet::parse(address)) return refuse(fmt::format("\"{}\" is no address", it.address));
  if (!it.vrf.empty())
    out.remark(it.line,
               fmt::format("{} is of VRF {}, and policies know one space of addresses", it.address,
                           it.vrf),
               "seen_on tells networks apart");
  out.bind(out.role(it.role), address);
}

void read_netbox_csv(std::string_view text, ForeignPolicy& out) {
  const CsvRows rows(text);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    add_inventory({.line = rows.line(i),
                   .address = rows.cell(i, {"prefix", "address", "ip address", "primary ip"}),
                   .role = rows.cell(i, {"role", "device role"}),
                   .status = rows.cell(i, {"status"}),
                   .vrf = rows.cell(i, {"vrf"}),
                   .name = rows.cell(i, {"name", "dns name", "dns_name"})},
                  out);
  }
}

}  // namespace pcapaudit

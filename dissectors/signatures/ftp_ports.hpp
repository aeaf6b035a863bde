// Ports that an FTP control connection announces for its data connections.
//
// Sources: RFC 959 4.1.2 (PORT), RFC 1123 4.1.2.6 (how a 227 is read), RFC 2428 (EPRT, 229).
// The addresses beside the ports are not kept: a data connection is between the hosts of its
// control connection (RFC 2577 3 on what else "bounces"), and translators rewrite them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit {

// The port that one line announces: a command of the client, or a reply of the server.
std::optional<std::uint16_t> announced_port(Direction dir, std::string_view line);

class FtpPorts {
 public:
  // More are not kept (2 KiB a direction); a session of a thousand files is long.
  static constexpr std::size_t cap = 1024;

  // Whole lines of one direction. A port beyond the cap becomes a hole of the direction's account.
  void read(Direction dir, std::string_view lines, RecordSink& out);
  // "40000,40001", ascending; "" without any.
  std::string text(Direction dir) const;

 private:
  std::array<std::vector<std::uint16_t>, 2> ports_;  // sorted, distinct
};

}  // namespace pcapaudit

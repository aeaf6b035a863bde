// The table; see the header. Sources: with the tests, signatures_*.cpp.

#include "dissectors/signatures/signature_table.hpp"

#include "dissectors/signatures/signatures.hpp"

namespace pcapaudit::signature {
namespace {

constexpr Row rows[] = {
    {"ssh", over_tcp, ssh, nullptr, true},
    {"proxy-protocol", over_tcp, proxy_header, nullptr, false, Ends::once},
    {"ftp", over_tcp, ftp_client, ftp_server, false, Ends::line},
    {"smtp", over_tcp, smtp_client, smtp_server, false, Ends::line},
    {"pop3", over_tcp, nullptr, pop3_server, false, Ends::line},
    {"imap", over_tcp, imap_client, imap_server, false, Ends::line},
    {"rtsp", over_tcp, rtsp_client, rtsp_server},
    {"xmpp", over_tcp, xmpp, nullptr, true, Ends::tag},
    {"vnc", over_tcp, nullptr, vnc},
    {"bittorrent", over_tcp, bittorrent, nullptr, true},
    {"syslog", over_tcp, syslog_stream, nullptr},
    {"smb", over_tcp, smb, nullptr, true},
    {"netbios", over_tcp, netbios_session, nullptr, true},
    {"msrpc", over_tcp, msrpc, nullptr, true},
    {"rdp", over_tcp, rdp_client, rdp_server, false, Ends::tpkt},
    {"ldap", over_tcp, ldap, nullptr, true, Ends::ber},
    {"kerberos", over_tcp, kerberos_tcp, nullptr, true},
    {"tds", over_tcp, tds_client, tds_server},
    {"postgresql", over_tcp, postgresql, nullptr, false, Ends::postgres},
    {"mysql", over_tcp, nullptr, mysql_server, false, Ends::mysql},
    {"ms-turn", over_tcp, ms_turn, nullptr, true},
    {"stun", over_tcp | over_udp, stun, nullptr, true},
    {"dns", over_tcp, dns_tcp, nullptr, true},
    {"socks", over_tcp, socks_client, nullptr, false, Ends::socks},
    {"stun", over_udp, classic_stun, nullptr, true},
    {"dtls", over_udp, dtls, nullptr, true},
    {"ssdp", over_udp, ssdp, nullptr, true},
    {"syslog", over_udp, syslog_datagram, nullptr},
    {"dhcp", over_udp, dhcp, nullptr, true},
    {"ldap", over_udp, ldap, nullptr, true},
    {"snmp", over_udp, snmp, nullptr, true},
    {"kerberos", over_udp, kerberos_message, nullptr, true},
    {"netbios", over_udp, netbios_datagram, nullptr, true},
    {"netbios", over_udp, netbios_names, nullptr, true},
    {"dns", over_udp, dns_udp, nullptr, true},
    {"radius", over_udp, radius, nullptr, true},
    {"ntp", over_udp, ntp, nullptr, true},
    {"msrpc", over_udp, msrpc_datagram, nullptr, true},
    {"rtcp", over_udp, rtcp, nullptr, true},
    {"rtp", over_udp, rtp, nullptr, true},
};

}  // namespace

std::span<const Row> all_rows() {
  return rows;
}

Match match(Bytes prefix, Carrier carrier) {
  Match best;
  for (const Row& row : rows) {
    if ((row.carriers & static_cast<std::uint8_t>(carrier)) == 0) continue;
    const Kind client = row.client != nullptr ? row.client(prefix) : Kind::not_mine;
    const Kind server = row.server != nullptr ? row.server(prefix) : Kind::not_mine;
    if (client == Kind::mine || server == Kind::mine) {
      const auto speaker = row.either_side        ? Probe::Speaker::either
                           : client == Kind::mine ? Probe::Speaker::client
                                                  : Probe::Speaker::server;
      return {.probe = Probe::mine(speaker), .row = &row};
    }
    if (client == Kind::need_more || server == Kind::need_more) best.probe = Probe::need_more();
  }
  return best;
}

}  // namespace pcapaudit::signature

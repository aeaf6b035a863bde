// Tests of first bytes, one function for each protocol and side; the table of them is
// signature_table.
//
// Each answers whether the prefix (of a stream) or the datagram is surely of its protocol, may
// become so with more bytes, or is not. `prefix` is never empty. Pure.
#pragma once

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::signature {

using Kind = Probe::Kind;

// Text protocols (signatures_text.cpp).
Kind ssh(Bytes prefix);
Kind smtp_server(Bytes prefix);
Kind smtp_client(Bytes prefix);
Kind ftp_server(Bytes prefix);
Kind ftp_client(Bytes prefix);
Kind pop3_server(Bytes prefix);
Kind imap_server(Bytes prefix);
Kind imap_client(Bytes prefix);
Kind rtsp_client(Bytes prefix);
Kind rtsp_server(Bytes prefix);
Kind xmpp(Bytes prefix);
Kind vnc(Bytes prefix);
Kind ssdp(Bytes prefix);
Kind bittorrent(Bytes prefix);
Kind syslog_datagram(Bytes prefix);
Kind syslog_stream(Bytes prefix);
Kind proxy_header(Bytes prefix);

// Binary protocols on streams (signatures_stream.cpp).
Kind smb(Bytes prefix);
Kind netbios_session(Bytes prefix);
Kind msrpc(Bytes prefix);
Kind rdp_client(Bytes prefix);
Kind rdp_server(Bytes prefix);
Kind ldap(Bytes prefix);
Kind kerberos_tcp(Bytes prefix);
Kind tds_client(Bytes prefix);
Kind tds_server(Bytes prefix);
Kind ssh_packet(Bytes window);  // the first one, behind the version line
Kind dns_tcp(Bytes prefix);
Kind ms_turn(Bytes prefix);
Kind postgresql(Bytes prefix);
Kind mysql_server(Bytes prefix);
Kind socks_client(Bytes prefix);

// Datagrams (signatures_datagram.cpp).
Kind dns_udp(Bytes prefix);
Kind stun(Bytes prefix);
Kind classic_stun(Bytes prefix);
Kind dtls(Bytes prefix);
Kind ntp(Bytes prefix);
Kind dhcp(Bytes prefix);
Kind snmp(Bytes prefix);
Kind radius(Bytes prefix);
Kind netbios_datagram(Bytes prefix);
Kind netbios_names(Bytes prefix);
Kind msrpc_datagram(Bytes prefix);
Kind kerberos_message(Bytes message);
Kind rtcp(Bytes prefix);
Kind rtp(Bytes prefix);  // plausible only: the dissector looks at several

// The first question's name of a DNS message, or "" (RFC 1035 4.1.4).
std::string dns_question(Bytes message);
Kind dns_message(Bytes message);
// A refusal without the question (RFC 1035 4.1.1: a format error, say).
bool is_bare_dns_answer(Bytes message);
// What stands behind the last record; empty when the message does not end within its bytes.
Bytes behind_dns_message(Bytes message);
// The next message on a connection that is DNS, behind its length; more is wanted up to the end of
// its first question.
Kind dns_tcp_next(Bytes window);
// Nothing but line ends, blanks and zeros, which keep a way open.
bool is_blank(Bytes datagram);
// A blank one, or by its first byte: STUN, ZRTP, DTLS, TURN, RTP or RTCP (RFC 7983 7).
bool beside_media(Bytes datagram);

// "mine" when `text` begins with one of `words`; "need_more" when it may still become one.
Kind begins(std::string_view text, std::initializer_list<std::string_view> words);

}  // namespace pcapaudit::signature

// Text protocols by their greetings and first commands.
//
// Sources: RFC 4253 (SSH), 5321 (SMTP), 959 (FTP), 1939 (POP3), 9051 (IMAP), 2326 (RTSP), 6120
// (XMPP), 6143 (RFB), 5424 and 3164 (syslog), 6587 (syslog over TCP); the PROXY protocol's paper.
#include <algorithm>
#include <cctype>

#include <pcapaudit/app/header_lines.hpp>

#include "dissectors/signatures/signatures.hpp"

namespace pcapaudit::signature {
namespace {

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
    if (equal_ignoring_case(text.substr(at, word.size()), word)) return true;
  }
  return false;
}

// A reply line "NNN text" or "NNN-text" whose text holds one of `words`, ignoring case.
Kind greeting(Bytes prefix, std::string_view code, std::initializer_list<std::string_view> words) {
  const std::string_view text = as_text(prefix);
  if (!text.starts_with(code)) return code.starts_with(text) ? Kind::need_more : Kind::not_mine;
  const std::size_t end = text.find('\n');
  constexpr std::size_t longest_reply = 512;  // RFC 5321 4.5.3.1.5
  if (end == std::string_view::npos) {
    return text.size() < longest_reply ? Kind::need_more : Kind::not_mine;
  }
  if (text.size() > 3 && text[3] != ' ' && text[3] != '-') return Kind::not_mine;
  const bool named = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return contains_ignoring_case(text, word);
  });
  return named ? Kind::mine : Kind::not_mine;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "<34>" and what must follow it: a version (RFC 5424), a month (RFC 3164), or in a datagram any
// text: many devices put a number or a name of their own there.
bool is_syslog(std::string_view text, bool any_text) {
  if (!text.starts_with('<')) return false;
  const std::size_t end = text.find('>');
  constexpr std::size_t longest_priority = 4;  // "<191"
  if (end == std::string_view::npos || end < 2 || end > longest_priority) return false;
  unsigned priority = 0;
  for (const char c : text.substr(1, end - 1)) {
    if (!is_digit(c)) return false;
    priority = priority * 10 + static_cast<unsigned>(c - '0');
  }
  const std::string_view rest = text.substr(end + 1);
  if (priority > 191) return false;
  if (rest.starts_with("1 ")) return true;
  constexpr std::size_t enough = 16;
  if (any_text && rest.size() >= enough) {
    const std::string_view start = rest.substr(0, enough);
    if (std::all_of(start.begin(), start.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) {
      return true;
    }
  }
  constexpr std::string_view months[] = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                         "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  return std::any_of(std::begin(months), std::end(months),
                     [&](std::string_view month) { return rest.starts_with(month); });
}

}  // namespace

Kind begins(std::string_view text, std::initializer_list<std::string_view> words) {
  Kind best = Kind::not_mine;
  for (const std::string_view word : words) {
    if (text.starts_with(word)) return Kind::mine;
    if (word.starts_with(text)) best = Kind::need_more;
  }
  return best;
}

Kind ssh(Bytes prefix) {
  return begins(as_text(prefix), {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-"});
}
Kind smtp_server(Bytes prefix) {
  return greeting(prefix, "220", {"smtp", "postfix", "exim", "sendmail"});
}
Kind smtp_client(Bytes prefix) {
  return begins(as_text(prefix), {"EHLO ", "HELO ", "ehlo ", "helo ", "Ehlo ", "LHLO "});
}
Kind ftp_server(Bytes prefix) {
  return greeting(prefix, "220", {"ftp", "filezilla"});
}
// USER begins POP3 sessions, too; these begin FTP only.
Kind ftp_client(Bytes prefix) {
  return begins(as_text(prefix), {"AUTH TLS\r\n", "AUTH SSL\r\n", "USER anonymous\r\n"});
}
Kind pop3_server(Bytes prefix) {
  const Kind kind = begins(as_text(prefix), {"+OK "});
  if (kind != Kind::mine) return kind;
  return as_text(prefix).find('\n') == std::string_view::npos && prefix.size() < 512
             ? Kind::need_more
             : Kind::mine;
}
Kind imap_server(Bytes prefix) {
  return begins(as_text(prefix), {"* OK ", "* PREAUTH ", "* OK [CAPABILITY"});
}
// A tag of letters and digits, a blank, a command that only IMAP has.
Kind imap_client(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const std::size_t blank = text.find(' ');
  constexpr std::size_t longest_tag = 12;
  const std::string_view tag = text.substr(0, blank);
  const bool is_tag = tag.size() <= longest_tag && std::all_of(tag.begin(), tag.end(), [](char c) {
                        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.';
                      });
  const bool numbered = std::any_of(tag.begin(), tag.end(), is_digit);
  if (!is_tag || blank == std::string_view::npos || !numbered) return Kind::not_mine;
  const std::string_view rest = text.substr(blank + 1);
  if (rest.empty()) return Kind::not_mine;
  return begins(rest, {"CAPABILITY\r\n", "capability\r\n", "STARTTLS\r\n", "AUTHENTICATE "});
}
Kind rtsp_client(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return Kind::not_mine;
  return text.substr(0, end).ends_with(" RTSP/1.0") ? Kind::mine : Kind::not_mine;
}
Kind rtsp_server(Bytes prefix) {
  return begins(as_text(prefix), {"RTSP/1.0 "});
}
Kind xmpp(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const Kind kind = begins(text, {"<?xml version=", "<stream:stream"});
  if (kind != Kind::mine) return kind;
  if (text.find("http://etherx.jabber.org/streams") != std::string_view::npos) return Kind::mine;
  constexpr std::size_t patience = 512;
  return text.size() < patience ? Kind::need_more : Kind::not_mine;
}
Kind vnc(Bytes prefix) {
  return begins(as_text(prefix), {"RFB 003."});
}
Kind ssdp(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const Kind search = begins(text, {"M-SEARCH * HTTP/1.1\r\n", "NOTIFY * HTTP/1.1\r\n"});
  if (search == Kind::mine) return search;
  const bool answer =
      text.starts_with("HTTP/1.1 200 OK\r\n") &&
      (contains_ignoring_case(text, "\nst:") || contains_ignoring_case(text, "\nusn:"));
  return answer ? Kind::mine : Kind::not_mine;
}
Kind bittorrent(Bytes prefix) {
  return begins(as_text(prefix), {"\x13"
                                  "BitTorrent protocol"});
}
Kind syslog_datagram(Bytes prefix) {
  return is_syslog(as_text(prefix), true) ? Kind::mine : Kind::not_mine;
}
// "123 <34>1 ..." (RFC 6587 3.4.1), or a plain message on a line of its own.
Kind syslog_stream(Bytes prefix) {
  std::string_view text = as_text(prefix);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  constexpr std::size_t most_digits = 5;
  if (digits > most_digits) return Kind::not_mine;
  if (digits > 0) {
    if (text.size() < digits + 2) return Kind::not_mine;
    if (text[digits] != ' ') return Kind::not_mine;
    text.remove_prefix(digits + 1);
  }
  constexpr std::size_t enough = 10;
  if (!text.starts_with('<')) return Kind::not_mine;
  if (text.size() < enough && text.find_first_not_of("<>0123456789 ") == std::string_view::npos) {
    return Kind::need_more;
  }
  return is_syslog(text, false) ? Kind::mine : Kind::not_mine;
}
// What a load balancer puts before the connection that it passes on.
Kind proxy_header(Bytes prefix) {
  using namespace std::string_view_literals;
  const Kind text = begins(as_text(prefix), {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"});
  if (text == Kind::mine) return text;
  const Kind binary = begins(as_text(prefix), {"\r\n\r\n\0\r\nQUIT\n"sv});
  return binary == Kind::not_mine ? text : binary;
}

}  // namespace pcapaudit::signature

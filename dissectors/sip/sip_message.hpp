// SIP messages as facts: start lines, header fields, transactions, session descriptions.
//
// Framing is the caller's: it hands over one message at a time, however it travelled.
// Source: RFC 3261, RFC 8866 (SDP).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {

struct SipStart {
  bool request = false;
  bool plain = true;         // one blank between the words, as RFC 3261 7.1 and 7.2 write it
  std::string_view method;   // of a request
  std::uint32_t status = 0;  // of a response
};

// `line` may still end with CR. Blanks in any number may stand between and behind the words.
std::optional<SipStart> parse_sip_start(std::string_view line);

// Do these bytes begin a message on a stream? Undecided prefixes and line ends alone need more.
// Who asks is not told: both ends of SIP send requests.
Probe probe_sip_stream(std::string_view prefix);
// Does this datagram (or WebSocket message) hold one? A keep-alive (RFC 5626 3.5.1) needs more.
Probe probe_sip_whole(std::string_view message);

// Line ends and zero bytes at the front of `text`, which keep connections alive.
std::size_t keep_alive_size(std::string_view text);

// Where the first line of `text` that is a start line begins, behind its first `from` bytes, or
// text.size(). `open`: a last line that may become one counts.
std::size_t find_sip_start(std::string_view text, std::size_t from, bool open);

class SipReader {
 public:
  // MESSAGE with pictures stays below it; more is no SIP.
  static constexpr std::size_t max_body = 16 * 1024 * 1024;
  // Transactions remembered. A proxy has some tens open with one peer; an old one is forgotten.
  static constexpr std::size_t max_transactions = 256;

  struct Head {
    std::string_view failure;         // empty: none
    std::string_view doubt;           // why peers may read it otherwise; empty: none
    std::optional<std::size_t> body;  // Content-Length; nullopt: none that can be believed
    bool unframed = false;            // lengths that contradict each other, or are none
    bool describes_media = false;     // the body is worth reading
    bool holds_messages = false;      // the body may hold messages of its own (RFC 3420)
  };
  // A message up to its empty line, or what there is of it.
  Head read_head(std::string_view head);
  void read_body(std::string_view body);

  // `transport` when no Via told it.
  SipFacts take(std::string_view transport);

 private:
  struct Message {
    bool request = false;
    std::uint32_t status = 0;
    bool via_seen = false;
    std::string branch, method;  // of the top Via and CSeq: the transaction (RFC 3261 17.1.3)
  };
  struct Transaction {
    std::size_t hash = 0;
    bool answered = false;
  };

  void take_field(const HeaderLine& line, Message& message);
  void take_lync_field(const HeaderLine& line);
  void take_via(std::string_view value, Message& message);
  void note_transaction(const Message& message);

  SipFacts facts_;
  TextList cseq_methods_;
  std::vector<Transaction> transactions_;
  std::size_t transactions_seen_ = 0;
};

}  // namespace pcapaudit

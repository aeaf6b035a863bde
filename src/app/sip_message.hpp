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
  std::string_view method;   // of a request
  std::uint32_t status = 0;  // of a response
};

// `line` may still end with CR.
std::optional<SipStart> parse_sip_start(std::string_view line);

// Do these bytes begin a message on a stream? Undecided prefixes need more.
Probe probe_sip_stream(std::string_view prefix);
// Does this datagram (or WebSocket message) hold one?
Probe probe_sip_whole(std::string_view message);

class SipReader {
 public:
  // MESSAGE with pictures stays below it; more is no SIP.
  static constexpr std::size_t max_body = 16 * 1024 * 1024;
  // Transactions remembered. A proxy has some tens open with one peer; an old one is forgotten.
  static constexpr std::size_t max_transactions = 256;

  struct Head {
    std::string_view failure;      // empty: none
    std::size_t body = 0;          // Content-Length
    bool describes_media = false;  // the body is worth reading
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

// One rule for each kind of evidence, over the account and the facts; see the header.

#include "policy/judge/evidence.hpp"

#include <algorithm>

namespace pcapaudit {
namespace {

constexpr std::size_t client = 0, server = 1;  // as ClosedFlow::account

// Values of all HTTP records of the flow are complete: every head was read, and no list was full.
// A text as long as clean_text() makes them may have been longer.
constexpr std::size_t longest_text = 1024;
constexpr std::size_t longest_character = 4;  // of UTF-8: the last one may not have fitted

template <class List>
bool is_complete(const ClosedFlow& flow, List list) {
  return std::all_of(flow.records.begin(), flow.records.end(), [&](const AppRecord& record) {
    const auto* http = std::get_if<HttpFacts>(&record);
    return http == nullptr || ((*http).*list).more == 0;
  });
}

bool has_whole_texts(const ClosedFlow& flow, TextList HttpFacts::* list) {
  return is_complete(flow, list) &&
         std::all_of(flow.records.begin(), flow.records.end(), [&](const AppRecord& record) {
           const auto* http = std::get_if<HttpFacts>(&record);
           if (http == nullptr) return true;
           const auto& values = ((*http).*list).values;
           return std::all_of(values.begin(), values.end(), [](const std::string& text) {
             return text.size() + longest_character <= longest_text;
           });
         });
}

// Reading stopped at bytes that may have been anything, or passed over some. Cut packets and bytes
// that are missing at the end hide heads, but they do not contradict the application that was
// recognised. `is_outside`: what was decrypted does not matter.
bool is_given_up(const ReadAccount& account, bool is_outside) {
  if (account.hole == Unread::unknown_start || account.hole == Unread::foreign) return true;
  if (account.hole == Unread::inside && !is_outside) return true;
  switch (account.end) {
    case Unread::inside:
      return !is_outside;
    case Unread::malformed:
    case Unread::over_cap:
    case Unread::unknown_start:
    case Unread::foreign:
    case Unread::gap:
      return true;
    default:
      return false;
  }
}

// Without a certificate: TLS 1.3 encrypts it, a resumed session has none, and what was before the
// capture is not this capture's to tell. All else that hides it is a loss.
bool is_certificate_lost(const ClosedFlow& flow) {
  constexpr std::uint16_t tls13 = 0x0304;
  const TlsFacts* tls = flow.tls();
  if (tls == nullptr || !tls->server_chain.empty() || tls->resumed) return false;
  const bool is_hidden = tls->server_hello && tls->version >= tls13;
  if (is_hidden) return false;
  const ReadAccount& account = flow.account[server];
  // The hello came behind the capture's begin, so the certificate would have, too.
  if (account.hole == Unread::joined && tls->server_hello) return true;
  const auto is_loss = [](Unread it) { return it != Unread::none && it != Unread::joined; };
  return is_loss(account.hole) || is_loss(account.end);
}

Reason unless(bool whole, Reason reason) {
  return whole ? Reason::none : reason;
}

}  // namespace

bool is_lossless(const ReadAccount& account) {
  const auto is_loss = [](Unread it) {
    return it == Unread::snap_length || it == Unread::gap || it == Unread::tail_lost ||
           it == Unread::joined || it == Unread::over_cap;
  };
  return !is_loss(account.hole) && !is_loss(account.end);
}

Reason missing(Evidence evidence, const ClosedFlow& flow) {
  const bool requests = flow.account[client].is_whole();
  const bool responses = flow.account[server].is_whole();
  const TlsFacts* tls = flow.tls();
  switch (evidence) {
    case Evidence::paths:
      return unless(requests && has_whole_texts(flow, &HttpFacts::paths), Reason::requests_unread);
    case Evidence::hosts:
      return unless(requests && has_whole_texts(flow, &HttpFacts::hosts), Reason::requests_unread);
    case Evidence::credentials:
      return unless(requests, Reason::requests_unread);
    case Evidence::answers:
      return unless(responses && is_complete(flow, &HttpFacts::statuses) &&
                        is_complete(flow, &HttpFacts::locations),
                    Reason::responses_unread);
    case Evidence::application:
    case Evidence::outside: {
      const bool is_outside = evidence == Evidence::outside;
      return unless(!is_given_up(flow.account[client], is_outside) &&
                        !is_given_up(flow.account[server], is_outside),
                    Reason::application_unread);
    }
    case Evidence::client_hello:
      return unless(tls != nullptr && tls->client_hello, Reason::tls_not_seen);
    case Evidence::server_hello:
      return unless(tls != nullptr && tls->server_hello, Reason::tls_not_seen);
    case Evidence::certificate:
      return unless(!is_certificate_lost(flow), Reason::certificate_unread);
    case Evidence::opener:
      return unless(
          flow.transport != Transport::tcp || flow.direction_basis != DirectionBasis::first_packet,
          Reason::direction_unknown);
  }
  return Reason::none;
}

}  // namespace pcapaudit

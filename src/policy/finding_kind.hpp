// Kinds of findings: everything that is known of each, in one table.
//
// A new kind is one line of the enum and one of the table; the schema's CHECK and docs/verdicts.md
// name it too, which tests hold against the table. Values and views of constants; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pcapaudit {

// Ordered: a later value is graver.
enum class Severity : std::uint8_t { info, low, medium, high, critical };
std::string_view to_text(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

enum class FindingKind : std::uint8_t {
  // Violations:
  undocumented,         // no documented flow matches
  reversed_direction,   // the documented flow exists, the other way round
  wrong_application,    // address, port and direction fit; the bytes are something else
  not_mutual,           // the row asks for mutual TLS; it was declined or not asked for
  old_tls,              // below the row's min_version
  expired_certificate,  // server or client certificate not valid at capture time
  outside_schedule,     // the row fits, at another time
  wrong_name,           // the server certificate names none of the row's names, or not the SNI
  wrong_sni,            // the client asks for a name that is not among the row's names
  wrong_issuer,         // the server certificate comes from another issuer than the row asks for
  wrong_key_usage,      // the client certificate is not made for client authentication
  no_encryption,        // TLS with a suite that encrypts nothing
  forged_proof,         // a signature of the handshake does not fit the certificate that was shown
  anonymous_cipher,     // TLS with a suite in which nobody proves who he is
  untrusted_certificate,  // a chain that does not lead to the row's trust anchors
  wrong_cipher,           // a suite that the row does not allow
  wrong_key_exchange,     // a key exchange that the row does not allow, or a smaller group
  http_path,              // a path that the row denies, or does not list
  http_host,              // a host that the row does not list
  no_redirect,            // an answer that is no redirect to HTTPS where nothing else is documented
  clear_credentials,      // credentials that anyone on the way could read
  link_chatter,           // what hosts call out to their link: mDNS, LLMNR, SSDP, DHCP, NetBIOS
  // Remarks on allowed flows:
  discouraged,           // the documentation advises against it here
  vip_bypass,            // a pool member was addressed instead of the VIP
  weak_tls,              // below the row's warn_below
  weak_key,              // a certificate's key is too short
  flawed_chain,          // certificates sent in the wrong order, signed weakly, or valid too long
  weak_cipher,           // RC4, 3DES, export and the like
  weak_key_exchange,     // without forward secrecy, or in a small group
  expiring_certificate,  // the certificate ends within the row's min_days_left
  outside_purpose,       // hosts or paths outside what the row is for, which it only reports
  exception_expired,     // an exception would cover this, and was not in force
  // Of the whole run:
  inner_without_outer,   // the proxy went inside without a request from outside
  wrong_inner_leg,       // a request from outside went on to another port than documented
  needed_not_seen,       // a needed documented flow was never seen although both roles were
  role_contradiction,    // a host behaves like another role than its own
  unknown_host,          // a host without a role, seen with one that has a role
  exception_unused,      // an exception that covered nothing
  exception_over_limit,  // an exception that covered more than its limit on a day
};
constexpr std::size_t finding_kind_count = 39;

struct FindingKindFacts {
  // A violation or a remark is found at a flow; the others when all flows are looked at together.
  enum class Nature : std::uint8_t { violation, remark, run_violation, run_remark };

  FindingKind kind;
  Nature nature;
  Severity severity;       // unless a policy says otherwise
  std::string_view name;   // "reversed-direction"
  std::string_view alias;  // another name that policies may use, "tls.not-mutual"; or empty
  std::string_view title, remedy;
  // What is wrong, with {rule} (the row), {why} (what was expected and seen) and {subject}. Empty
  // for what speaks of a host or an exception.
  std::string_view complaint;
};
const FindingKindFacts& facts_of(FindingKind kind);

std::string_view to_text(FindingKind kind);
// Its name or its alias.
std::optional<FindingKind> parse_finding_kind(std::string_view text);
bool is_violation(FindingKind kind);  // of a flow
bool is_of_run(FindingKind kind);
// Traffic is not as documented, found at a flow or when all are looked at together.
bool deviates(FindingKind kind);

}  // namespace pcapaudit

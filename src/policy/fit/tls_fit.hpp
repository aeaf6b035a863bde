// Does a TLS handshake meet what a row asks of TLS?
#pragma once

#include <vector>

#include "policy/judge/verdict.hpp"

namespace pcapaudit {

struct TlsFit {
  std::vector<Problem> problems;  // kind, field, expected, observed; the rest is the caller's
  Reason open = Reason::none;     // a requirement that could not be seen, so was not met
  bool certificate_hidden = false;
  bool is_indicated = false;  // the client's certificate, by record sizes, which the row accepts
};

// What every row asks that wants TLS, and what its profile demands. Certificates are judged at the
// time of the flow's first packet.
TlsFit fit_tls(const DocumentedFlow& row, const ClosedFlow& flow);

}  // namespace pcapaudit

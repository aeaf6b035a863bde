-- Flows as they were seen on the wire, and how they were judged.

-- A set of roles, as bits (bit i is role i), with its printed form.
CREATE TABLE role_set (
  roles INTEGER PRIMARY KEY,
  names TEXT NOT NULL  -- ids joined by '+', in the order of the role table
) STRICT;

-- What flows have in common. `id` is the first eight bytes of a digest of the other columns.
CREATE TABLE flow_kind (
  id            INTEGER PRIMARY KEY,
  capture       INTEGER NOT NULL,     -- capture.id that holds the flow's first packet
  transport     TEXT    NOT NULL,     -- 'tcp', 'udp', 'icmp', 'esp', ..., or an IP protocol's number
  direction_basis TEXT  NOT NULL CHECK (direction_basis IN (
                    'syn', 'content', 'port', 'first-packet')),
  outcome       TEXT    NOT NULL CHECK (outcome IN (
                    'data', 'handshake', 'refused', 'blocked', 'one-sided', 'midstream')),
  vlans         TEXT    NOT NULL,     -- JSON list of ids
  tunnel        TEXT,                 -- outermost tunnel that carried it, or NULL
  icmp_type     INTEGER NOT NULL,
  icmp_code     INTEGER NOT NULL,
  app           TEXT    NOT NULL,     -- what the bytes are; 'unknown', or 'none' without payload
  server_app    TEXT,                 -- what the server speaks when it is something else
  client_roles  INTEGER NOT NULL REFERENCES role_set (roles),
  server_roles  INTEGER NOT NULL REFERENCES role_set (roles),
  service       TEXT    NOT NULL,     -- the documentation's name for it; '' when none
  basis         TEXT    NOT NULL CHECK (basis IN ('content', 'partial', 'port', 'none')),
  verdict       TEXT    NOT NULL CHECK (verdict IN (
                    'allowed', 'violation', 'waived', 'undetermined', 'ignored')),
  rule          TEXT,                 -- rule.id it met, or fits while failing a requirement
  reason        TEXT    CHECK (reason IN (
                    'no-payload', 'unknown-application', 'one-sided', 'direction-unknown',
                    'tls13-encrypted', 'tls13-indicated', 'tls13-indicated-absent', 'resumed',
                    'midstream', 'gap', 'truncated',
                    'renegotiated', 'aborted', 'forged', 'unverifiable', 'unknown-host', 'certificate-hidden', 'tls-handshake-not-seen',
                    'requests-unread', 'responses-unread', 'application-unread',
                    'certificate-unread', 'time-unknown')),
  exception     TEXT,                 -- of a waived flow: exception.id
  grounds       INTEGER               -- its problems and nearest rows; NULL without any
) STRICT;

-- What a flow has for itself. Read it through the view flow.
CREATE TABLE flow_row (
  id            INTEGER PRIMARY KEY,  -- number of its first packet in the whole run
  kind          INTEGER NOT NULL REFERENCES flow_kind (id),
  first_packet  INTEGER NOT NULL,     -- number within its capture, as Wireshark counts
  client        TEXT    NOT NULL,     -- address of who opened it
  client_port   INTEGER NOT NULL,     -- 0 where the transport has no ports
  server        TEXT    NOT NULL,
  server_port   INTEGER NOT NULL,     -- the same
  packets_c2s   INTEGER NOT NULL,     -- client to server; s2c: server to client
  packets_s2c   INTEGER NOT NULL,
  bytes_c2s     INTEGER NOT NULL,     -- lengths on the wire
  bytes_s2c     INTEGER NOT NULL,
  payload_c2s   INTEGER NOT NULL,
  payload_s2c   INTEGER NOT NULL,
  first         INTEGER NOT NULL,     -- 0: no packet has a time, as nobody knows (NULL in texts)
  last          INTEGER NOT NULL,
  gaps          INTEGER NOT NULL,     -- places where bytes of the stream are missing
  retransmitted INTEGER NOT NULL,     -- TCP segments
  duplicates    INTEGER NOT NULL,     -- second copies of packets, in no other number
  malformed_why TEXT,                 -- first complaint of a dissector
  tunnel_id     INTEGER               -- VNI, key, TEID or session of the outermost tunnel that has one
) STRICT;

-- A flow as a whole. Times as text are computed only when they are asked for.
CREATE VIEW flow AS
SELECT flow_row.id, flow_kind.capture, flow_row.first_packet, flow_kind.transport, flow_row.client,
       flow_row.client_port, flow_row.server, flow_row.server_port, flow_kind.direction_basis,
       flow_kind.outcome, flow_row.packets_c2s, flow_row.packets_s2c, flow_row.bytes_c2s,
       flow_row.bytes_s2c, flow_row.payload_c2s, flow_row.payload_s2c, flow_row.gaps,
       flow_row.retransmitted, flow_row.duplicates, flow_kind.vlans, flow_kind.tunnel,
       flow_row.tunnel_id,
       flow_kind.icmp_type, flow_kind.icmp_code, flow_kind.app, flow_kind.server_app,
       flow_row.malformed_why, flow_kind.client_roles, flow_kind.server_roles, flow_kind.service,
       flow_kind.basis, flow_kind.verdict, flow_kind.rule, flow_kind.reason, flow_row.first,
       flow_row.last, flow_kind.exception, flow_kind.grounds,
       strftime('%Y-%m-%dT%H:%M:%S', nullif(flow_row.first, 0) / 1000000000 - (flow_row.first % 1000000000 < 0),
                'unixepoch')
         || printf('.%09dZ', (flow_row.first % 1000000000 + 1000000000) % 1000000000) AS first_text,
       strftime('%Y-%m-%dT%H:%M:%S', nullif(flow_row.last, 0) / 1000000000 - (flow_row.last % 1000000000 < 0),
                'unixepoch')
         || printf('.%09dZ', (flow_row.last % 1000000000 + 1000000000) % 1000000000) AS last_text
  FROM flow_row CROSS JOIN flow_kind ON flow_kind.id = flow_row.kind;

-- Flows of one kind to one server port, summed up.
CREATE TABLE flow_sum (
  kind         INTEGER NOT NULL REFERENCES flow_kind (id),
  server_port  INTEGER NOT NULL,
  flows        INTEGER NOT NULL,
  packets_c2s  INTEGER NOT NULL,
  packets_s2c  INTEGER NOT NULL,
  bytes_c2s    INTEGER NOT NULL,
  bytes_s2c    INTEGER NOT NULL,
  gaps         INTEGER NOT NULL,
  first_flow   INTEGER NOT NULL,  -- lowest flow.id
  first        INTEGER NOT NULL,
  last         INTEGER NOT NULL,
  PRIMARY KEY (kind, server_port)
) STRICT, WITHOUT ROWID;

-- The same with the columns of the kind: reports need not look at every flow.
CREATE VIEW flow_group AS
SELECT flow_sum.*, flow_kind.transport, flow_kind.outcome, flow_kind.app, flow_kind.client_roles,
       flow_kind.server_roles, flow_kind.service, flow_kind.verdict, flow_kind.rule,
       flow_kind.reason, flow_kind.exception, flow_kind.grounds,
       strftime('%Y-%m-%dT%H:%M:%S', nullif(flow_sum.first, 0) / 1000000000 - (flow_sum.first % 1000000000 < 0),
                'unixepoch')
         || printf('.%09dZ', (flow_sum.first % 1000000000 + 1000000000) % 1000000000) AS first_text,
       strftime('%Y-%m-%dT%H:%M:%S', nullif(flow_sum.last, 0) / 1000000000 - (flow_sum.last % 1000000000 < 0),
                'unixepoch')
         || printf('.%09dZ', (flow_sum.last % 1000000000 + 1000000000) % 1000000000) AS last_text
  FROM flow_sum JOIN flow_kind ON flow_kind.id = flow_sum.kind;

-- Oddities of a flow; only those that occurred.
CREATE TABLE flow_anomaly (
  flow    INTEGER NOT NULL REFERENCES flow_row (id),
  anomaly TEXT    NOT NULL CHECK (anomaly IN (
            'gap', 'overlap-conflict', 'reassembly-cap', 'window-cap', 'truncated', 'malformed',
            'protocol-mismatch', 'port-reuse', 'out-of-window', 'fragment-overlap',
            'tiny-fragment', 'fragment-lost', 'evicted', 'memory')),
  count   INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (flow, anomaly)
) STRICT, WITHOUT ROWID;

-- Documented flows that a flow matches beside flow.rule.
CREATE TABLE also_matched (
  flow INTEGER NOT NULL REFERENCES flow_row (id),
  rule TEXT    NOT NULL,
  PRIMARY KEY (flow, rule)
) STRICT, WITHOUT ROWID;

-- All documented flows that a flow matches, whatever the verdict. (A flow whose direction is
-- unknown names the row that it would match the other way round.)
CREATE VIEW flow_rule AS
SELECT id AS flow, rule FROM flow WHERE rule IS NOT NULL AND reason IS NOT 'direction-unknown'
UNION ALL SELECT flow, rule FROM also_matched;

-- What is wrong with flows, gravest first (number 0). Allowed flows can have problems too. Flows
-- with the same problems and nearest rows share them: flow.grounds names the set.
CREATE TABLE ground_problem (
  grounds  INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  kind     TEXT    NOT NULL CHECK (kind IN (
             'undocumented', 'reversed-direction', 'wrong-application', 'outside-schedule',
             'not-mutual', 'old-tls', 'expired-certificate', 'wrong-name', 'wrong-sni',
             'wrong-issuer', 'wrong-key-usage', 'no-encryption', 'forged-proof', 'anonymous-cipher',
             'untrusted-certificate', 'wrong-cipher', 'wrong-key-exchange', 'http-path', 'http-host', 'no-redirect',
             'clear-credentials', 'link-chatter', 'discouraged', 'vip-bypass', 'weak-tls', 'weak-key', 'flawed-chain', 'weak-cipher', 'weak-key-exchange',
             'expiring-certificate', 'outside-purpose', 'exception-expired')),
  severity TEXT    NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
  rule     TEXT,  -- the row that fails
  field    TEXT   CHECK (field IN ('from', 'to', 'transport', 'port', 'direction', 'application', 'mutual',
                                   'tls-version', 'certificate', 'schedule', 'name', 'issuer',
                                   'key', 'path', 'host', 'answer', 'credentials', 'cipher',
                                   'key-exchange')),
  expected TEXT,
  observed TEXT,
  mistake  TEXT,  -- mistake.id that explains it
  exception TEXT, -- exception.id that covers it: then it is no finding
  PRIMARY KEY (grounds, number)
) STRICT, WITHOUT ROWID;

-- The documented rows that come nearest, best first (number 0).
CREATE TABLE ground_near_miss (
  grounds  INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  rule     TEXT    NOT NULL,
  field    TEXT    CHECK (field IN ('from', 'to', 'transport', 'port', 'direction', 'application', 'mutual',
                                   'tls-version', 'certificate', 'schedule', 'name', 'issuer',
                                   'key', 'path', 'host', 'answer', 'credentials', 'cipher',
                                   'key-exchange')),
  expected TEXT,
  observed TEXT,
  PRIMARY KEY (grounds, number)
) STRICT, WITHOUT ROWID;

-- The same for each flow.
CREATE VIEW problem AS
SELECT flow.id AS flow, ground_problem.number, ground_problem.kind, ground_problem.severity,
       ground_problem.rule, ground_problem.field, ground_problem.expected, ground_problem.observed,
       ground_problem.mistake, ground_problem.exception
  FROM flow JOIN ground_problem ON ground_problem.grounds = flow.grounds;

CREATE VIEW near_miss AS
SELECT flow.id AS flow, ground_near_miss.number, ground_near_miss.rule, ground_near_miss.field,
       ground_near_miss.expected, ground_near_miss.observed
  FROM flow JOIN ground_near_miss ON ground_near_miss.grounds = flow.grounds;

-- Sums for each minute of capture time and pair of role sets.
CREATE TABLE traffic (
  minute       INTEGER NOT NULL,  -- whole minutes since 1970-01-01T00:00Z
  client_roles INTEGER NOT NULL,
  server_roles INTEGER NOT NULL,
  packets      INTEGER NOT NULL,  -- both directions
  bytes        INTEGER NOT NULL,
  flows        INTEGER NOT NULL,  -- flows with at least one packet in this minute
  PRIMARY KEY (minute, client_roles, server_roles)
) STRICT, WITHOUT ROWID;

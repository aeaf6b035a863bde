-- What dissectors found out. `number` counts the records of one flow from 0: a connection
-- that turns into another protocol leaves one record for each.

CREATE TABLE tls (
  flow                    INTEGER NOT NULL REFERENCES flow_row (id),
  number                  INTEGER NOT NULL,
  version                 TEXT,     -- negotiated: 'TLSv1.2'; NULL when not seen
  offered_version         TEXT,     -- highest that the client offered
  sni                     TEXT,
  alpn                    TEXT,     -- chosen by the server
  alpn_offered            TEXT    NOT NULL,  -- JSON list
  cipher_id               TEXT,     -- '0xc02f', NULL when no ServerHello was seen
  cipher                  TEXT,     -- IANA's name
  resumed                 INTEGER CHECK (resumed IN (0, 1)),
  established             INTEGER NOT NULL CHECK (established IN (0, 1)),
  certificate_requested   INTEGER CHECK (certificate_requested IN (0, 1)),
  client_certificate_sent INTEGER CHECK (client_certificate_sent IN (0, 1)),
  client_certificate_verify INTEGER NOT NULL CHECK (client_certificate_verify IN (0, 1)),
  mutual                  TEXT    NOT NULL CHECK (mutual IN (
                            'proven', 'declined', 'not-requested', 'indicated',
                            'indicated-absent', 'undeterminable')),
  mutual_reason           TEXT    CHECK (mutual_reason IN (
                            'tls13-encrypted', 'resumed', 'midstream', 'gap', 'truncated',
                            'renegotiated', 'aborted', 'forged', 'unverifiable')),
  mutual_sizes            TEXT    CHECK (mutual_sizes IN (  -- what the sizes of records fit
                            'rsa-1024', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'rsa-8192',
                            'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'ed25519', 'ed448',
                            'not-requested', 'declined', 'early-data', 'post-handshake',
                            'hidden-hello', 'unknown-suite', 'gap', 'unfinished', 'alert',
                            'unanswered', 'joined-split-or-padded')),
  client_proof            TEXT    CHECK (client_proof IN (  -- CertificateVerify, where asked
                            'verified', 'forged', 'unverifiable', 'incomplete')),
  server_proof            TEXT    CHECK (server_proof IN (  -- ServerKeyExchange
                            'verified', 'forged', 'unverifiable', 'incomplete')),
  stapled                 TEXT    CHECK (stapled IN ('good', 'revoked', 'unknown', 'unreadable')),
  acceptable_issuers      TEXT    NOT NULL,  -- JSON list of RFC 2253 texts
  decrypted               INTEGER NOT NULL CHECK (decrypted IN (0, 1)),  -- all that was there
  not_decrypted           TEXT    CHECK (not_decrypted IN (  -- why, where secrets were given
                            'no-key', 'one-side', 'keys-do-not-fit', 'unsupported-suite', 'gap',
                            'no-hello', 'altered', 'over-cap')),
  ja3                     TEXT,
  ja4                     TEXT,
  alerts                  TEXT    NOT NULL,  -- JSON list of 'client fatal 42' and the like
  key_exchange_group      TEXT,     -- IANA's name; NULL when unknown or none
  hidden_name             TEXT    CHECK (hidden_name IN ('esni', 'ech')),
  early_data              INTEGER NOT NULL CHECK (early_data IN (0, 1)),  -- 0-RTT was offered
  retry_request           INTEGER NOT NULL CHECK (retry_request IN (0, 1)),
  renegotiated            INTEGER NOT NULL CHECK (renegotiated IN (0, 1)),
  key_exchange_group_id   INTEGER NOT NULL,  -- 0 when unknown or none
  dh_bits                 INTEGER NOT NULL,  -- of the prime in a finite-field exchange; 0 as above
  client_hello_whole      INTEGER NOT NULL CHECK (client_hello_whole IN (0, 1)),
  server_hello_whole      INTEGER NOT NULL CHECK (server_hello_whole IN (0, 1)),
  client_handshake_read   INTEGER NOT NULL CHECK (client_handshake_read IN (0, 1)),
  server_handshake_read   INTEGER NOT NULL CHECK (server_handshake_read IN (0, 1)),
  data_before_handshake   INTEGER NOT NULL CHECK (data_before_handshake IN (0, 1)),
  PRIMARY KEY (flow, number)
) STRICT, WITHOUT ROWID;

-- A certificate, once, however often it was presented.
CREATE TABLE certificate (
  sha256              TEXT PRIMARY KEY,  -- of the DER, lower-case hex
  subject             TEXT    NOT NULL,  -- RFC 2253 text
  issuer              TEXT    NOT NULL,
  serial              TEXT    NOT NULL,
  san                 TEXT    NOT NULL,  -- JSON list
  key_type            TEXT    NOT NULL,
  key_bits            INTEGER NOT NULL,
  signature_algorithm TEXT    NOT NULL,
  extended_key_usage  TEXT    NOT NULL,  -- JSON list
  der                 TEXT    NOT NULL,  -- its bytes in lower-case hex; '' when not kept
  not_before          INTEGER,  -- seconds since 1970, years 0 to 9999; NULL: not readable
  not_after           INTEGER,
  not_before_text     TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S.000000000Z', not_before, 'unixepoch')),
  not_after_text      TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S.000000000Z', not_after, 'unixepoch'))
) STRICT, WITHOUT ROWID;

-- Who presented which certificate: position 0 is the peer's own, then its issuers.
CREATE TABLE tls_certificate (
  flow        INTEGER NOT NULL REFERENCES flow_row (id),
  number      INTEGER NOT NULL,  -- of the tls record
  side        TEXT    NOT NULL CHECK (side IN ('client', 'server')),
  position    INTEGER NOT NULL,
  certificate TEXT    NOT NULL REFERENCES certificate (sha256),
  PRIMARY KEY (flow, number, side, position)
) STRICT, WITHOUT ROWID;

-- What HTTP conversations have in common; as flow_kind.
CREATE TABLE http_kind (
  id                    INTEGER PRIMARY KEY,
  version               TEXT,
  methods               TEXT    NOT NULL,  -- this and all below: JSON lists of distinct values
  hosts                 TEXT    NOT NULL,
  statuses              TEXT    NOT NULL,
  user_agents           TEXT    NOT NULL,
  servers               TEXT    NOT NULL,
  locations             TEXT    NOT NULL,
  authorization_schemes TEXT    NOT NULL,
  credentials_in_clear  INTEGER NOT NULL CHECK (credentials_in_clear IN (0, 1)),
  upgraded_to           TEXT
) STRICT;

CREATE TABLE http_row (
  flow      INTEGER NOT NULL REFERENCES flow_row (id),
  number    INTEGER NOT NULL,
  kind      INTEGER NOT NULL REFERENCES http_kind (id),
  requests  INTEGER NOT NULL,
  responses INTEGER NOT NULL,
  paths     TEXT    NOT NULL,  -- without query
  more      INTEGER NOT NULL,  -- values that did not fit into the lists
  more_in   TEXT,              -- JSON: of methods, hosts, paths, statuses, user_agents, servers,
                               -- locations, authorization_schemes; NULL: all fitted
  PRIMARY KEY (flow, number)
) STRICT, WITHOUT ROWID;

CREATE VIEW http AS
SELECT http_row.flow, http_row.number, http_kind.version, http_row.requests, http_row.responses,
       http_kind.methods, http_kind.hosts, http_row.paths, http_kind.statuses,
       http_kind.user_agents, http_kind.servers, http_kind.locations,
       http_kind.authorization_schemes, http_row.more, http_row.more_in, http_kind.credentials_in_clear,
       http_kind.upgraded_to
  FROM http_row CROSS JOIN http_kind ON http_kind.id = http_row.kind;

CREATE TABLE sip (
  flow         INTEGER NOT NULL REFERENCES flow_row (id),
  number       INTEGER NOT NULL,
  transport    TEXT,                       -- 'TCP', 'UDP', 'TLS', 'WS'
  requests     INTEGER NOT NULL,
  responses    INTEGER NOT NULL,
  methods      TEXT    NOT NULL,           -- JSON lists of distinct values
  statuses     TEXT    NOT NULL,
  user_agents  TEXT    NOT NULL,
  servers      TEXT    NOT NULL,
  from_domains TEXT    NOT NULL,
  to_domains   TEXT    NOT NULL,
  more         INTEGER NOT NULL,           -- values that did not fit into the lists
  lync_signs   INTEGER NOT NULL CHECK (lync_signs IN (0, 1)),
  transactions INTEGER NOT NULL,           -- distinct requests
  answered     INTEGER NOT NULL,           -- of these, with a final answer
  media        TEXT    NOT NULL,           -- JSON list of 'audio 192.0.2.1:5004' from SDP
  more_in      TEXT,                       -- JSON: of methods, statuses, user_agents, servers,
                                           -- from_domains, to_domains, media; NULL: all fitted
  PRIMARY KEY (flow, number)
) STRICT, WITHOUT ROWID;

-- Facts of all other protocols, as named fields.
CREATE TABLE app_field (
  flow     INTEGER NOT NULL REFERENCES flow_row (id),
  number   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  protocol TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  value    TEXT    NOT NULL,
  PRIMARY KEY (flow, number, position)
) STRICT, WITHOUT ROWID;

-- The policy that judged, and the findings that came of it.

CREATE TABLE policy (
  id        INTEGER PRIMARY KEY CHECK (id = 1),  -- one policy judged the run
  digest    TEXT    NOT NULL,  -- SHA-256 over all files' texts, lower-case hex
  site_name TEXT    NOT NULL,
  owner     TEXT    NOT NULL,
  timezone  TEXT    NOT NULL,
  product   TEXT    NOT NULL,
  profiles  TEXT    NOT NULL,  -- JSON list
  judge_all INTEGER NOT NULL CHECK (judge_all IN (0, 1)),
  strict    INTEGER NOT NULL CHECK (strict IN (0, 1))  -- rows and prose only
) STRICT;

CREATE TABLE pack (
  position INTEGER PRIMARY KEY,  -- in the order given
  id       TEXT NOT NULL,
  title    TEXT NOT NULL,
  revision TEXT NOT NULL
) STRICT;

CREATE TABLE role (
  number   INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 63),  -- bit in role sets; 0 is `any`
  id       TEXT    NOT NULL,
  title    TEXT    NOT NULL,
  host     TEXT    NOT NULL,
  pack     TEXT    NOT NULL,
  builtin  INTEGER NOT NULL CHECK (builtin IN (0, 1)),
  optional INTEGER NOT NULL CHECK (optional IN (0, 1)),
  seen     INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1))  -- at an end of any flow at all
) STRICT;

CREATE TABLE role_address (
  role   INTEGER NOT NULL REFERENCES role (number),
  use    TEXT    NOT NULL CHECK (use IN ('address', 'vip', 'member', 'snat', 'public')),
  subnet TEXT    NOT NULL,
  PRIMARY KEY (role, use, subnet)
) STRICT, WITHOUT ROWID;

-- One documented flow.
CREATE TABLE rule (
  id          TEXT    PRIMARY KEY,
  position    INTEGER NOT NULL,  -- in file order
  pack        TEXT    NOT NULL,
  title       TEXT    NOT NULL,
  from_roles  INTEGER NOT NULL,
  to_roles    INTEGER NOT NULL,
  from_names  TEXT    NOT NULL,  -- ids joined by '+'
  to_names    TEXT    NOT NULL,
  transports  TEXT    NOT NULL,  -- joined by '+'
  ports       TEXT    NOT NULL,  -- '80,443,50000-59999'; '' when the row names none
  app         TEXT    NOT NULL,
  need        TEXT    NOT NULL,  -- expression as written
  needed      INTEGER NOT NULL CHECK (needed IN (0, 1)),
  discouraged INTEGER NOT NULL CHECK (discouraged IN (0, 1)),
  wants_vip   INTEGER NOT NULL CHECK (wants_vip IN (0, 1)),
  basis       TEXT    NOT NULL,  -- 'row', 'prose', 'site', ...
  doubts      TEXT    NOT NULL,  -- JSON list of doubt.id
  why         TEXT    NOT NULL,
  owner       TEXT    NOT NULL,
  approved    TEXT    NOT NULL,
  review      TEXT    NOT NULL,
  file        TEXT    NOT NULL,
  line        INTEGER NOT NULL,
  expect      TEXT    NOT NULL,  -- 'hourly', ..., 'rare'; '' when unsaid
  overridden  TEXT    NOT NULL   -- why a site narrowed or re-rated it; '' when it did not
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_source (
  rule     TEXT    NOT NULL REFERENCES rule (id),
  position INTEGER NOT NULL,
  document TEXT    NOT NULL,  -- document.id
  lines    TEXT    NOT NULL,
  PRIMARY KEY (rule, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
  position INTEGER PRIMARY KEY,
  id       TEXT NOT NULL,
  title    TEXT NOT NULL,
  file     TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  modified TEXT NOT NULL
) STRICT;

CREATE TABLE doubt (
  id   TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mistake (
  position INTEGER PRIMARY KEY,
  id       TEXT NOT NULL,
  say      TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical'))
) STRICT;

CREATE TABLE flag (
  id       TEXT PRIMARY KEY,
  ask      TEXT    NOT NULL,
  value    INTEGER NOT NULL CHECK (value IN (0, 1)),
  answered INTEGER NOT NULL CHECK (answered IN (0, 1))  -- by the site; else the default
) STRICT, WITHOUT ROWID;

-- Findings that somebody has taken responsibility for, with an end.
CREATE TABLE exception (
  id            TEXT    PRIMARY KEY,
  position      INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  owner         TEXT    NOT NULL,
  approver      TEXT    NOT NULL,
  ticket        TEXT    NOT NULL,
  created       TEXT    NOT NULL,  -- dates of the site's time zone
  expires       TEXT    NOT NULL,
  waives        TEXT    NOT NULL,  -- JSON list of kinds
  flows_per_day INTEGER NOT NULL,  -- 0: no limit
  place         TEXT    NOT NULL   -- file:line
) STRICT, WITHOUT ROWID;

-- The policy's own words, so that it can be applied again.
CREATE TABLE policy_file (
  position INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  text     TEXT NOT NULL
) STRICT;

-- Which inner row a proxy uses for the requests of an outer one.
CREATE TABLE mapping (
  position   INTEGER PRIMARY KEY,
  id         TEXT NOT NULL,
  outer_rule TEXT NOT NULL,
  inner_rule TEXT NOT NULL,
  hosts      TEXT NOT NULL  -- JSON list; empty: all
) STRICT;

-- Flows from the proxy inwards, with the request from outside that was open when they began.
CREATE TABLE leg (
  mapping    TEXT    NOT NULL,
  inner_flow INTEGER NOT NULL REFERENCES flow_row (id),
  outer_flow INTEGER REFERENCES flow_row (id),
  status     TEXT    NOT NULL CHECK (status IN ('ok', 'no-outer', 'wrong-port', 'health-test', 'open')),
  PRIMARY KEY (mapping, inner_flow)
) STRICT, WITHOUT ROWID;

-- Roles that would explain a host's undocumented flows, and how many of them.
CREATE TABLE resemblance (
  address TEXT    NOT NULL,
  role    TEXT    NOT NULL,
  flows   INTEGER NOT NULL,
  PRIMARY KEY (address, role)
) STRICT, WITHOUT ROWID;

-- Problems of one cause, or of one matter: many ports or hosts with the same problem (a scan).
CREATE TABLE finding (
  id            TEXT    NOT NULL,  -- 'V-' and the start of SHA-256 of the cause
  cause         TEXT    PRIMARY KEY,  -- 'kind|client roles|server roles|service|port'
  kind          TEXT    NOT NULL CHECK (kind IN (
             'undocumented', 'reversed-direction', 'wrong-application', 'outside-schedule',
             'not-mutual', 'old-tls', 'expired-certificate', 'wrong-name', 'wrong-sni',
             'wrong-issuer', 'wrong-key-usage', 'no-encryption', 'forged-proof', 'anonymous-cipher',
             'untrusted-certificate', 'wrong-cipher', 'wrong-key-exchange', 'http-path', 'http-host', 'no-redirect',
             'clear-credentials', 'link-chatter', 'discouraged', 'vip-bypass', 'weak-tls', 'weak-key', 'flawed-chain', 'weak-cipher', 'weak-key-exchange',
             'expiring-certificate', 'outside-purpose', 'exception-expired',
             'inner-without-outer', 'wrong-inner-leg', 'needed-not-seen', 'role-contradiction',
             'unknown-host', 'exception-unused', 'exception-over-limit')),
  severity      TEXT    NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
  client_roles  INTEGER NOT NULL,
  server_roles  INTEGER NOT NULL,
  client_names  TEXT    NOT NULL,
  server_names  TEXT    NOT NULL,
  transports    TEXT    NOT NULL,     -- distinct, sorted, joined by '+'
  service       TEXT    NOT NULL,     -- '' when none
  server_port   INTEGER NOT NULL,     -- 0 when none or several
  ports         TEXT    NOT NULL,     -- '443', '1-1024 (1024 ports)'; '' when none
  causes        INTEGER NOT NULL,     -- ports or hosts that it speaks of; 1 when it is no matter
  outcome       TEXT    CHECK (outcome IN (  -- the most serious one; NULL without flows
                  'data', 'handshake', 'midstream', 'one-sided', 'refused', 'blocked')),
  flows         INTEGER NOT NULL,
  nearest_rule  TEXT,                 -- of the first flow, with the three below
  failing_field TEXT,
  expected      TEXT,
  observed      TEXT,
  mistake       TEXT,
  text          TEXT    NOT NULL,     -- for people
  first         INTEGER,
  last          INTEGER,
  rank          INTEGER NOT NULL,     -- lower is told first, in every list
  subject       TEXT,                 -- host, exception or mapping, of findings of the whole run
  first_text    TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', first / 1000000000 - (first % 1000000000 < 0), 'unixepoch')
    || iif(first IS NULL, NULL,
           printf('.%09dZ', (first % 1000000000 + 1000000000) % 1000000000))),
  last_text     TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', last / 1000000000 - (last % 1000000000 < 0), 'unixepoch')
    || iif(last IS NULL, NULL,
           printf('.%09dZ', (last % 1000000000 + 1000000000) % 1000000000)))
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_by_id ON finding (id);

-- Which finding a cause became, or became part of. A flow belongs to the finding of the cause with
-- the kind of its problem and its own role sets, service and server port.
CREATE TABLE finding_cause (
  kind         TEXT    NOT NULL,
  client_roles INTEGER NOT NULL,
  server_roles INTEGER NOT NULL,
  service      TEXT    NOT NULL,
  server_port  INTEGER NOT NULL,
  subject      TEXT    NOT NULL,  -- '' for flows; else host, exception or mapping, or a needed row
  own_id       TEXT    NOT NULL,  -- what its id is when it stands for itself
  finding      TEXT    NOT NULL,  -- finding.id
  PRIMARY KEY (client_roles, server_roles, service, server_port, subject, kind)
) STRICT, WITHOUT ROWID;

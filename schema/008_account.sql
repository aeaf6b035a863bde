-- What was not read of flows, and what they carried beside their application. Few flows have rows.

-- A direction of which not everything was read. `hole`: the first place where messages may have
-- begun unseen, though reading went on behind it; `ended`: from there on nothing was read. Places
-- are payload bytes of the direction before them.
CREATE TABLE read_account (
  flow      INTEGER NOT NULL REFERENCES flow_row (id),
  direction TEXT    NOT NULL CHECK (direction IN ('c2s', 's2c')),
  hole      TEXT    CHECK (hole IN (
              'malformed', 'over-cap', 'unknown-start', 'foreign', 'snap-length', 'gap',
              'tail-lost', 'unfinished', 'joined', 'inside')),
  hole_at   INTEGER,
  ended     TEXT    CHECK (ended IN (
              'malformed', 'over-cap', 'unknown-start', 'foreign', 'snap-length', 'gap',
              'tail-lost', 'unfinished', 'joined', 'inside')),
  ended_at  INTEGER,
  why       TEXT,  -- of `ended`, or else of `hole`: the dissector's words
  CHECK (coalesce(hole, ended) IS NOT NULL),
  PRIMARY KEY (flow, direction)
) STRICT, WITHOUT ROWID;

-- Other applications of a flow, in order: behind a handover (CONNECT, an upgrade, STARTTLS), where
-- its own framing broke, or on the same ports.
CREATE TABLE other_app (
  flow     INTEGER NOT NULL REFERENCES flow_row (id),
  position INTEGER NOT NULL,
  app      TEXT    NOT NULL,
  PRIMARY KEY (flow, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_account AS
SELECT read_account.flow, capture.name AS capture, read_account.direction, read_account.hole,
       read_account.hole_at, read_account.ended, read_account.ended_at, read_account.why,
       flow.app, flow.verdict, flow.malformed_why AS malformed
  FROM read_account
  JOIN flow ON flow.id = read_account.flow
  LEFT JOIN capture ON capture.id = flow.capture;

CREATE VIEW v_other_app AS
SELECT other_app.flow, capture.name AS capture, other_app.position, flow.app AS first_app,
       other_app.app
  FROM other_app
  JOIN flow ON flow.id = other_app.flow
  LEFT JOIN capture ON capture.id = flow.capture;

-- Flows that were not read whole, by cause.
CREATE VIEW v_unread AS
SELECT cause, count(DISTINCT iif(is_end, flow, NULL)) AS ended,
       count(DISTINCT iif(is_end, NULL, flow)) AS passed_over
  FROM (SELECT flow, ended AS cause, 1 AS is_end FROM read_account WHERE ended IS NOT NULL
        UNION ALL
        SELECT flow, hole, 0 FROM read_account WHERE hole IS NOT NULL)
 GROUP BY cause;

CREATE VIEW v_anomaly AS
SELECT flow_anomaly.flow, capture.name AS capture, flow_anomaly.anomaly, flow_anomaly.count
  FROM flow_anomaly
  JOIN flow ON flow.id = flow_anomaly.flow
  LEFT JOIN capture ON capture.id = flow.capture;

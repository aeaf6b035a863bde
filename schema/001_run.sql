-- The audit itself: one row for the run, one for each input.
--
-- In every file of this folder: times are nanoseconds since 1970-01-01T00:00Z (UTC) and every
-- time `x` has a generated column `x_text` with the same instant as RFC 3339 text. The
-- text has a fixed width, so it sorts as the time does. Lists are JSON arrays in TEXT columns.

CREATE TABLE run (
  id           INTEGER PRIMARY KEY CHECK (id = 1),  -- one run in one database
  tool_version TEXT    NOT NULL,
  arguments    TEXT    NOT NULL,  -- JSON list: what changes the result (inputs, policy, filter)
  skipped      TEXT    NOT NULL,  -- JSON list: files of folders that are no captures
  partial      INTEGER NOT NULL CHECK (partial IN (0, 1)),  -- an input was damaged, or interrupted
  closed       INTEGER NOT NULL CHECK (closed IN (0, 1)),  -- 0: being written, or the writer was killed
  findings_until INTEGER,  -- not closed: flows that were stored later are in no finding yet
  writer_wait_ns INTEGER NOT NULL,  -- live: the capture waited so long for the database
  findings_until_text TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', findings_until / 1000000000 - (findings_until % 1000000000 < 0), 'unixepoch')
    || iif(findings_until IS NULL, NULL, printf('.%09dZ', findings_until % 1000000000)))
) STRICT;

CREATE TABLE capture (
  id         INTEGER PRIMARY KEY,  -- position on the command line, from 0
  name       TEXT    NOT NULL,
  sha256     TEXT    NOT NULL,     -- of the file as stored, lower-case hex; '' when unknown
  format     TEXT    NOT NULL,     -- 'pcap', 'pcapng', 'live'
  link_types TEXT    NOT NULL,     -- numbers of tcpdump.org/linktypes.html, distinct, joined by ','
  packets    INTEGER NOT NULL,     -- after the filter
  bytes      INTEGER NOT NULL,     -- on the wire, of those packets
  decoded    INTEGER NOT NULL,     -- packets that belong to a flow
  truncated  INTEGER NOT NULL,     -- packets shorter than on the wire
  dropped    INTEGER NOT NULL,     -- as the capture itself reports
  dropped_kernel    INTEGER NOT NULL,  -- of those, live: the kernel's buffer was full
  dropped_interface INTEGER NOT NULL,  -- of those, live: lost by the interface itself
  filtered   INTEGER NOT NULL,     -- left out by the filter
  without_time INTEGER NOT NULL,   -- packets of which nobody knows when they came
  snap_length INTEGER NOT NULL,    -- bytes that the capture keeps of a packet; 0: all, or unknown
  same_as    TEXT,                 -- an input before it that holds the same, NULL when none
  overlaps   TEXT,                 -- an input before it that holds some of its packets
  duplicates INTEGER NOT NULL,     -- second copies of packets (mirrored twice), counted nowhere else
  fragments  INTEGER NOT NULL,     -- IP fragments
  reassembled INTEGER NOT NULL,    -- datagrams put together from them
  incomplete INTEGER NOT NULL,     -- datagrams whose fragments did not all come
  damage     TEXT,                 -- why reading stopped early; NULL when it did not
  first      INTEGER,
  last       INTEGER,
  first_text TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', first / 1000000000 - (first % 1000000000 < 0), 'unixepoch')
    || iif(first IS NULL, NULL,
           printf('.%09dZ', (first % 1000000000 + 1000000000) % 1000000000))),
  last_text  TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', last / 1000000000 - (last % 1000000000 < 0), 'unixepoch')
    || iif(last IS NULL, NULL,
           printf('.%09dZ', (last % 1000000000 + 1000000000) % 1000000000)))
) STRICT;

-- Times in which a live interface could not be read.
CREATE TABLE blind (
  capture    INTEGER NOT NULL REFERENCES capture (id),
  first      INTEGER NOT NULL,
  last       INTEGER NOT NULL,
  why        TEXT    NOT NULL,
  first_text TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', first / 1000000000 - (first % 1000000000 < 0), 'unixepoch')
    || printf('.%09dZ', first % 1000000000)),
  last_text  TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', last / 1000000000 - (last % 1000000000 < 0), 'unixepoch')
    || printf('.%09dZ', last % 1000000000)),
  PRIMARY KEY (capture, first)
) STRICT, WITHOUT ROWID;

-- Packets that gave no flow, by reason; only reasons that occurred.
CREATE TABLE decode_issue (
  capture INTEGER NOT NULL REFERENCES capture (id),
  issue   TEXT    NOT NULL CHECK (issue IN (
            'not-ip', 'fragment', 'unsupported-link', 'truncated', 'malformed', 'nesting-cap',
            'bad-checksum', 'encrypted', 'aggregate')),
  packets INTEGER NOT NULL CHECK (packets > 0),
  PRIMARY KEY (capture, issue)
) STRICT, WITHOUT ROWID;

-- Who reviewed the audit, and what was decided: rows are only ever added.
--
-- Each row's hash covers its own fields and the hash of the row before, and is signed. How both are
-- made, so that others can check them: docs/ledger.md.

CREATE TABLE ledger (
  number     INTEGER PRIMARY KEY CHECK (number > 0),  -- from 1, without a hole
  at         INTEGER NOT NULL,  -- nanoseconds UTC, as the signer's clock had it
  kind       TEXT    NOT NULL CHECK (kind IN ('decision', 'sign-off')),
  reviewer   TEXT    NOT NULL,
  finding    TEXT,              -- decision: finding.id
  decision   TEXT    CHECK (decision IN ('accept', 'fix', 'exception')),
  note       TEXT    NOT NULL,
  digests    TEXT,              -- sign-off: JSON object, table to SHA-256 of its rows
  public_key TEXT    NOT NULL,  -- Ed25519, hex
  previous   TEXT    NOT NULL,  -- hash of the row before; 64 zeros in the first
  hash       TEXT    NOT NULL,  -- SHA-256, lower-case hex
  signature  TEXT    NOT NULL,  -- Ed25519 of what was hashed, hex
  at_text    TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', at / 1000000000 - (at % 1000000000 < 0), 'unixepoch')
    || printf('.%09dZ', (at % 1000000000 + 1000000000) % 1000000000)),
  CHECK ((kind = 'decision') = (finding IS NOT NULL AND decision IS NOT NULL)),
  CHECK ((kind = 'sign-off') = (digests IS NOT NULL))
) STRICT;

-- Against mistakes; against intent there are the hashes and signatures.
CREATE TRIGGER ledger_row_stays BEFORE UPDATE ON ledger
BEGIN
  SELECT raise(ABORT, 'the ledger is only ever added to');
END;
CREATE TRIGGER ledger_row_is_kept BEFORE DELETE ON ledger
BEGIN
  SELECT raise(ABORT, 'the ledger is only ever added to');
END;

-- Decisions and sign-offs in their order.
CREATE VIEW v_ledger AS
SELECT number, at_text AS at, kind, reviewer, finding, decision, note, public_key, hash
  FROM ledger;

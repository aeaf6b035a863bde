-- Live: packets that were lost, by minute. Only minutes with loss.
CREATE TABLE loss (
  capture     INTEGER NOT NULL REFERENCES capture (id),
  minute      INTEGER NOT NULL,  -- its beginning
  packets     INTEGER NOT NULL CHECK (packets > 0),
  minute_text TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%dT%H:%M:%S', minute / 1000000000 - (minute % 1000000000 < 0), 'unixepoch')
    || printf('.%09dZ', minute % 1000000000)),
  PRIMARY KEY (capture, minute)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_loss AS
SELECT capture.name AS capture, loss.minute_text AS minute, loss.packets
  FROM loss JOIN capture ON capture.id = loss.capture;

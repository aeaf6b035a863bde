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

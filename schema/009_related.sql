-- Flows that another one announced: FTP data and SIP media, found when the audit is closed.

-- `side`: the end of the flow that was announced. `kind`: 'audio', 'video', ... of SIP; of FTP who
-- listens: 'active' (the client of the control connection), 'passive' (its server).
CREATE TABLE related (
  flow       INTEGER NOT NULL REFERENCES flow_row (id),
  related_to INTEGER NOT NULL REFERENCES flow_row (id),  -- the control connection
  how        TEXT    NOT NULL CHECK (how IN ('ftp-data', 'sip-media')),
  side       TEXT    NOT NULL CHECK (side IN ('client', 'server')),
  kind       TEXT    NOT NULL,
  PRIMARY KEY (flow, related_to, side, kind)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_related AS
SELECT DISTINCT related.flow, related.related_to, related.how, data.app, data.verdict, data.rule,
       control.app AS control_app, control.verdict AS control_verdict, control.rule AS control_rule
  FROM related
  JOIN flow AS data ON data.id = related.flow
  JOIN flow AS control ON control.id = related.related_to;

-- UDP flows to or from an endpoint that a SIP session description named: whose media they are.
CREATE VIEW v_media AS
SELECT related.flow, media.client, media.client_port, media.server, media.server_port, media.app,
       related.kind,
       iif(related.side = 'client',
           iif(instr(media.client, ':'), '[' || media.client || ']', media.client)
             || ':' || media.client_port,
           iif(instr(media.server, ':'), '[' || media.server || ']', media.server)
             || ':' || media.server_port) AS endpoint,
       related.related_to AS sip_flow
  FROM related
  JOIN flow AS media ON media.id = related.flow
 WHERE related.how = 'sip-media';

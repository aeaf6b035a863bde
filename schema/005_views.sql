-- The stable views: what reports and other people's queries may rely on.
--
-- Names and columns stay; new ones may be added. Times are RFC 3339 text in UTC. A port
-- of 0 (ICMP has none) and an empty text are NULL here.

CREATE VIEW v_run AS
SELECT (SELECT min(first_text) FROM flow_group) AS first,
       (SELECT max(last_text) FROM flow_group) AS last,
       run.tool_version,
       run.arguments,
       policy.digest AS policy_digest,
       (SELECT group_concat(id || iif(revision = '', '', ' ' || revision), ', ')
          FROM (SELECT id, revision FROM pack ORDER BY position)) AS packs,
       nullif(policy.site_name, '') AS site,
       run.partial,
       (SELECT count(*) FROM capture) AS captures,
       (SELECT coalesce(sum(packets), 0) FROM capture) AS packets,
       total.flows, total.allowed, total.violation, total.waived, total.undetermined,
       total.ignored,
       (SELECT count(*) FROM finding) AS findings,
       run.closed,
       run.findings_until_text AS findings_until,
       run.writer_wait_ns / 1e9 AS writer_wait_seconds,
       run.skipped
  FROM run
  LEFT JOIN policy ON policy.id = run.id
  JOIN (SELECT coalesce(sum(flows), 0) AS flows,
               coalesce(sum(flows) FILTER (WHERE verdict = 'allowed'), 0) AS allowed,
               coalesce(sum(flows) FILTER (WHERE verdict = 'violation'), 0) AS violation,
               coalesce(sum(flows) FILTER (WHERE verdict = 'waived'), 0) AS waived,
               coalesce(sum(flows) FILTER (WHERE verdict = 'undetermined'), 0) AS undetermined,
               coalesce(sum(flows) FILTER (WHERE verdict = 'ignored'), 0) AS ignored
          FROM flow_group) AS total;

CREATE VIEW v_capture AS
SELECT name, sha256, link_types AS link_type, packets, bytes, dropped, truncated,
       damage IS NOT NULL AS damaged, damage, format, decoded, filtered,
       first_text AS first, last_text AS last, duplicates, fragments, reassembled, incomplete, dropped_kernel, dropped_interface,
       (SELECT coalesce(sum(blind.last - blind.first), 0) / 1e9 FROM blind
         WHERE blind.capture = capture.id) AS blind_seconds,
       (SELECT count(*) FROM flow_anomaly JOIN flow ON flow.id = flow_anomaly.flow
         WHERE flow.capture = capture.id AND anomaly = 'evicted') AS evicted_flows,
       (SELECT count(DISTINCT flow.id) FROM flow_anomaly JOIN flow ON flow.id = flow_anomaly.flow
         WHERE flow.capture = capture.id AND anomaly IN ('reassembly-cap', 'window-cap', 'memory'))
         AS capped_flows,
       nullif(snap_length, 0) AS snap_length, without_time, same_as, overlaps
  FROM capture
 ORDER BY id;

CREATE VIEW v_blind AS
SELECT capture.name AS capture, blind.first_text AS first, blind.last_text AS last, blind.why
  FROM blind JOIN capture ON capture.id = blind.capture;

CREATE VIEW v_decode_issue AS
SELECT capture.name AS capture, decode_issue.issue, decode_issue.packets
  FROM decode_issue JOIN capture ON capture.id = decode_issue.capture;

-- One row for each flow. `finding` is the finding of its gravest problem.
CREATE VIEW v_flow AS
SELECT flow.id AS flow, capture.name AS capture, flow.first_text AS first,
       flow.last_text AS last, flow.transport, flow.client,
       nullif(flow.client_port, 0) AS client_port, flow.server,
       nullif(flow.server_port, 0) AS server_port, client_set.names AS client_role,
       server_set.names AS server_role, flow.app, nullif(flow.service, '') AS service,
       flow.basis, flow.outcome, flow.verdict, flow.rule, finding_cause.finding, flow.reason,
       flow.packets_c2s, flow.packets_s2c, flow.bytes_c2s, flow.bytes_s2c, flow.gaps,
       tls.version AS tls_version, tls.sni, tls.mutual, flow.first_packet, flow.duplicates, flow.exception
  FROM flow
  LEFT JOIN capture ON capture.id = flow.capture
  LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles
  LEFT JOIN problem ON problem.flow = flow.id AND flow.verdict <> 'ignored'
                   AND problem.number = (SELECT min(number) FROM problem AS own
                                          WHERE own.flow = flow.id AND own.exception IS NULL)
  LEFT JOIN finding_cause ON finding_cause.kind = problem.kind
                         AND finding_cause.client_roles = flow.client_roles
                         AND finding_cause.server_roles = flow.server_roles
                         AND finding_cause.service = flow.service
                         AND finding_cause.server_port = flow.server_port
                         AND finding_cause.subject = ''
  LEFT JOIN tls ON tls.flow = flow.id
               AND tls.number = (SELECT min(number) FROM tls AS own WHERE own.flow = flow.id);

CREATE VIEW v_finding AS
SELECT id AS finding, kind, severity, client_names AS client_role, server_names AS server_role,
       nullif(service, '') AS service, nullif(server_port, 0) AS server_port, outcome, flows,
       first_text AS first, last_text AS last, nearest_rule, failing_field, mistake, text,
       expected, observed, subject, rank, nullif(ports, '') AS ports, causes
  FROM finding;

-- The two legs of requests through the proxy. 'wrong-port': the inner one is undocumented.
CREATE VIEW v_leg AS
SELECT leg.mapping, leg.status, leg.inner_flow, inside.client AS proxy, inside.server AS inner_server,
       inside.server_port AS inner_port, inside.first_text AS inner_first, leg.outer_flow,
       outside.client AS outer_client, outside.server AS outer_server,
       outside.server_port AS outer_port, outside.first_text AS outer_first
  FROM leg
  JOIN flow AS inside ON inside.id = leg.inner_flow
  LEFT JOIN flow AS outside ON outside.id = leg.outer_flow;

-- An exception, and what it covered. `unused`: nothing at all.
CREATE VIEW v_exception AS
SELECT exception.id AS exception, exception.reason, exception.owner, exception.approver,
       exception.ticket, exception.created, exception.expires, exception.waives,
       exception.flows_per_day, coalesce(covered.flows, 0) AS flows,
       coalesce(covered.problems, 0) AS problems, covered.first, covered.last,
       iif(covered.flows > 0, 'used', 'unused') AS status, exception.place
  FROM exception
  LEFT JOIN (SELECT one.exception, sum(one.flows) AS flows, sum(one.problems) AS problems,
                    min(one.first) AS first, max(one.last) AS last
               FROM (SELECT ground_problem.exception, flow_group.flows,
                            flow_group.flows * count(*) AS problems,
                            flow_group.first_text AS first, flow_group.last_text AS last
                       FROM flow_group
                       JOIN ground_problem ON ground_problem.grounds = flow_group.grounds
                      WHERE ground_problem.exception IS NOT NULL
                      GROUP BY ground_problem.exception, flow_group.kind,
                               flow_group.server_port) AS one
              GROUP BY one.exception) AS covered ON covered.exception = exception.id;

-- Only allowed and waived flows use a documented flow; one that fits and fails a requirement
-- (mutual TLS, version, certificate) does not. A flow that matches several rows uses them all.
-- The status is decided here and nowhere else:
-- 'undetermined-only': flows met it, and none of them could be judged;
-- 'not-observable': a role of one side was at no end of any flow (`any` is seen with any flow);
-- 'window-too-short': the audit is shorter than the rhythm in which such flows come;
-- 'unused': nothing of that excuses it.
CREATE VIEW v_rule_usage AS
SELECT rule.id AS rule, rule.pack, rule.from_names AS from_role, rule.to_names AS to_role,
       rule.transports AS transport, nullif(rule.ports, '') AS ports, rule.app, rule.needed,
       coalesce(usage.flows, 0) AS flows, usage.first, usage.last,
       CASE WHEN usage.flows > 0 THEN 'used'
            WHEN usage.undetermined > 0 THEN 'undetermined-only'
            WHEN NOT EXISTS (SELECT 1 FROM role WHERE seen AND (rule.from_roles >> number) & 1)
              OR NOT EXISTS (SELECT 1 FROM role WHERE seen AND (rule.to_roles >> number) & 1)
            THEN 'not-observable'
            WHEN rule.expect = 'rare' OR period.seconds < CASE rule.expect
                   WHEN 'hourly' THEN 3600 WHEN 'daily' THEN 86400 WHEN 'weekly' THEN 7 * 86400
                   WHEN 'monthly' THEN 31 * 86400 ELSE 0 END
            THEN 'window-too-short'
            ELSE 'unused' END AS status,
       coalesce(usage.undetermined, 0) AS undetermined
  FROM rule
  JOIN (SELECT coalesce(max(nullif(last, 0)) - min(nullif(first, 0)), 0) / 1000000000 AS seconds
          FROM flow_sum) AS period
  LEFT JOIN (SELECT rule, sum(flows) FILTER (WHERE judged) AS flows,
                    sum(flows) FILTER (WHERE NOT judged) AS undetermined,
                    min(first) FILTER (WHERE judged) AS first,
                    max(last) FILTER (WHERE judged) AS last
               FROM (SELECT rule, flows, first_text AS first, last_text AS last,
                            verdict <> 'undetermined' AS judged FROM flow_group
                      WHERE verdict IN ('allowed', 'waived', 'undetermined')
                        AND reason IS NOT 'direction-unknown'
                     UNION ALL
                     SELECT also_matched.rule, 1, flow.first_text, flow.last_text,
                            flow.verdict <> 'undetermined'
                       FROM also_matched JOIN flow ON flow.id = also_matched.flow
                      WHERE flow.verdict IN ('allowed', 'waived', 'undetermined'))
              GROUP BY rule) AS usage ON usage.rule = rule.id;

-- Ignored flows are out of the audit and not counted. `blocked`: violations that were
-- blocked or refused; they are counted under `violation` too.
CREATE VIEW v_role_matrix AS
SELECT client_set.names AS from_role, server_set.names AS to_role,
       nullif(flow.service, '') AS service, nullif(flow.server_port, 0) AS port,
       coalesce(sum(flow.flows) FILTER (WHERE flow.verdict = 'allowed'), 0) AS allowed,
       coalesce(sum(flow.flows) FILTER (WHERE flow.verdict = 'violation'), 0) AS violation,
       coalesce(sum(flow.flows) FILTER (WHERE flow.verdict = 'waived'), 0) AS waived,
       coalesce(sum(flow.flows) FILTER (WHERE flow.verdict = 'undetermined'), 0) AS undetermined,
       coalesce(sum(flow.flows) FILTER (WHERE flow.verdict = 'violation'
                          AND flow.outcome IN ('blocked', 'refused')), 0) AS blocked
  FROM flow_group AS flow
  LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles
 WHERE flow.verdict <> 'ignored'
 GROUP BY client_set.names, server_set.names, flow.service, flow.server_port;

-- Role pairs that no documented flow joins in this direction, whatever the port. What is not
-- blocked, refused or established was seen only in part. Bit 0 of a rule's roles is `any`.
CREATE VIEW v_negative AS
SELECT client_set.names AS from_role, server_set.names AS to_role, sum(flow.flows) AS attempts,
       coalesce(sum(flow.flows) FILTER (WHERE flow.outcome = 'blocked'), 0) AS blocked,
       coalesce(sum(flow.flows) FILTER (WHERE flow.outcome = 'refused'), 0) AS refused,
       coalesce(sum(flow.flows) FILTER (WHERE flow.outcome IN ('data', 'handshake')), 0) AS established
  FROM flow_group AS flow
  LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles
 WHERE flow.verdict <> 'ignored'
   AND NOT EXISTS (SELECT 1 FROM rule
                    -- 1: `any`; 32: `any-internal`, which is every role but those of 1001
                    WHERE rule.from_roles & (flow.client_roles | 1 | iif(flow.client_roles & ~1001, 32, 0))
                      AND rule.to_roles & (flow.server_roles | 1 | iif(flow.server_roles & ~1001, 32, 0)))
 GROUP BY client_set.names, server_set.names;

CREATE VIEW v_tls AS
SELECT tls.flow, flow.client, flow.server, nullif(flow.server_port, 0) AS server_port,
       tls.version, tls.offered_version, tls.sni, tls.alpn, tls.alpn_offered, tls.cipher,
       tls.cipher_id, tls.resumed, tls.established, tls.certificate_requested,
       tls.client_certificate_sent, tls.mutual, tls.mutual_reason,
       server_leaf.certificate AS server_certificate,
       client_leaf.certificate AS client_certificate, tls.ja3, tls.ja4, tls.alerts,
       tls.key_exchange_group, tls.hidden_name, tls.early_data, tls.retry_request,
       tls.renegotiated, tls.dh_bits, tls.client_proof, tls.server_proof, tls.stapled, tls.acceptable_issuers,
       tls.client_handshake_read, tls.server_handshake_read, tls.mutual_sizes,
       tls.decrypted, tls.not_decrypted
  FROM tls
  JOIN flow ON flow.id = tls.flow
  LEFT JOIN tls_certificate AS server_leaf
    ON server_leaf.flow = tls.flow AND server_leaf.number = tls.number
   AND server_leaf.side = 'server' AND server_leaf.position = 0
  LEFT JOIN tls_certificate AS client_leaf
    ON client_leaf.flow = tls.flow AND client_leaf.number = tls.number
   AND client_leaf.side = 'client' AND client_leaf.position = 0;

-- `server_flows` and `client_flows`: flows in which it was the peer's own certificate;
-- `issuer_flows`: flows in which it came behind one as an issuer.
CREATE VIEW v_certificate AS
SELECT certificate.sha256, certificate.subject, certificate.issuer, certificate.san,
       certificate.not_before_text AS not_before, certificate.not_after_text AS not_after,
       certificate.serial, certificate.key_type, certificate.key_bits,
       certificate.signature_algorithm, certificate.extended_key_usage,
       count(DISTINCT iif(shown.side = 'server' AND shown.position = 0, shown.flow, NULL))
         AS server_flows,
       count(DISTINCT iif(shown.side = 'client' AND shown.position = 0, shown.flow, NULL))
         AS client_flows,
       count(DISTINCT iif(shown.position > 0, shown.flow, NULL)) AS issuer_flows,
       min(flow.first_text) AS first, max(flow.last_text) AS last
  FROM certificate
  JOIN tls_certificate AS shown ON shown.certificate = certificate.sha256
  JOIN flow ON flow.id = shown.flow
 GROUP BY certificate.sha256;

CREATE VIEW v_http AS
SELECT http.flow, flow.client, flow.server, nullif(flow.server_port, 0) AS server_port,
       http.version, http.requests, http.responses, http.methods, http.hosts, http.paths,
       http.statuses, http.user_agents, http.servers, http.locations,
       http.authorization_schemes, http.more, http.credentials_in_clear, http.upgraded_to
  FROM http JOIN flow ON flow.id = http.flow;

CREATE VIEW v_sip AS
SELECT sip.flow, flow.client, flow.server, nullif(flow.server_port, 0) AS server_port,
       sip.transport, sip.requests, sip.responses, sip.methods, sip.statuses, sip.user_agents,
       sip.servers, sip.from_domains, sip.to_domains, sip.more, sip.lync_signs,
       sip.transactions, sip.answered, sip.media
  FROM sip JOIN flow ON flow.id = sip.flow;

CREATE VIEW v_app_field AS
SELECT app_field.flow, app_field.protocol, app_field.name, app_field.value
  FROM app_field;

-- Addresses whose only role is unknown-internal (bit 2). A service is offered when the host
-- answered as its server; it is used when the host was its client, answered or not.
CREATE VIEW v_unknown_host AS
WITH contact AS (
  SELECT server AS address, 'offers' AS side, packets_s2c > 0 AND outcome <> 'refused' AS counts,
         service, app, transport, server_port, first_text, last_text
    FROM flow WHERE server_roles = 4
  UNION ALL
  SELECT client, 'uses', 1, service, app, transport, server_port, first_text, last_text
    FROM flow WHERE client_roles = 4
), label AS (
  SELECT DISTINCT address, side,
         CASE WHEN service <> '' THEN service || ' '
              WHEN app NOT IN ('none', 'unknown') THEN app || ' '
              ELSE '' END || transport || iif(server_port = 0, '', '/' || server_port) AS name
    FROM contact WHERE counts
), list AS (
  SELECT DISTINCT address, side,
         group_concat(name, ', ') OVER (
           PARTITION BY address, side ORDER BY name
           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS names
    FROM label
), host AS (
  SELECT address, count(*) AS flows, min(first_text) AS first, max(last_text) AS last
    FROM contact GROUP BY address
)
SELECT host.address, offered.names AS offers, used.names AS uses, host.flows, host.first, host.last,
       (SELECT role FROM resemblance WHERE resemblance.address = host.address
         ORDER BY resemblance.flows DESC, role LIMIT 1) AS resembles
  FROM host
  LEFT JOIN list AS offered ON offered.address = host.address AND offered.side = 'offers'
  LEFT JOIN list AS used ON used.address = host.address AND used.side = 'uses';

CREATE VIEW v_traffic AS
SELECT strftime('%Y-%m-%dT%H:%M:%S', nullif(traffic.minute, 0) * 60, 'unixepoch') || '.000000000Z' AS minute,
       client_set.names AS client_role, server_set.names AS server_role, traffic.packets,
       traffic.bytes, traffic.flows
  FROM traffic
  LEFT JOIN role_set AS client_set ON client_set.roles = traffic.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = traffic.server_roles;

-- How far a role pair was seen: 'both' directions, or only packets 'to-server' or 'to-client'
-- in all its flows together. `gaps`: places where bytes of TCP streams are missing.
CREATE VIEW v_coverage AS
SELECT client_set.names AS client_role, server_set.names AS server_role,
       CASE WHEN sum(flow.packets_c2s) > 0 AND sum(flow.packets_s2c) > 0 THEN 'both'
            WHEN sum(flow.packets_c2s) > 0 THEN 'to-server'
            ELSE 'to-client' END AS directions,
       sum(flow.flows) AS flows,
       coalesce(sum(flow.flows) FILTER (WHERE flow.outcome = 'one-sided'), 0) AS one_sided,
       min(flow.first_text) AS first, max(flow.last_text) AS last, sum(flow.gaps) AS gaps
  FROM flow_group AS flow
  LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles
 GROUP BY client_set.names, server_set.names;

-- TLS of a role pair, where secrets were given: decrypted, or why not all of it.
CREATE VIEW v_decryption AS
SELECT client_set.names AS client_role, server_set.names AS server_role, tls.decrypted,
       tls.not_decrypted, count(*) AS flows
  FROM tls
  JOIN flow ON flow.id = tls.flow
  LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles
  LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles
 WHERE tls.decrypted = 1 OR tls.not_decrypted IS NOT NULL
 GROUP BY client_set.names, server_set.names, tls.decrypted, tls.not_decrypted;

# What is done, and the verdict that it must get: one `expect` line for every flow, in order.
# shellcheck shell=bash

internet=203.0.113.9 proxy_ext=198.51.100.40 proxy_int=172.25.33.40 director=10.1.2.11
frontend=10.1.3.11 edge=172.25.33.10 owa=10.1.4.5 client=10.20.5.5 unknown=10.50.1.1

# expect CLIENT SERVER TRANSPORT PORT APP SERVICE VERDICT RULE KIND OUTCOME MUTUAL REASON
# The capture, the step and what was done come from the variables of the step.
expect() {
  local IFS=$'\t'
  printf '%s\n' "$capture_name	$step	$1	$2	$3	$4	$5	$6	$7	$8	$9	${10}	${11}	${12}	$what" \
    >>"$work/expected.tsv"
}

# fetch HOST URL ADDRESS [OPTION...]: a request to a name at an address.
fetch() {
  local host=$1 url=$2 address=$3
  shift 3
  in_host "$host" curl -sk -o /dev/null --max-time 10 --connect-to "::$address:" \
    -A 'laboratory' "$@" "$url" || echo "  (curl answers $? in $step)"
}
tls12=(--tlsv1.2 --tls-max 1.2)

sip_relay() { # HOST TARGET: the host's server sends OPTIONS to the target over TLS
  printf '%s\r\n' "OPTIONS sip:probe@$2:5061;transport=tls SIP/2.0" \
    "Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK-$RANDOM$RANDOM" "Max-Forwards: 10" \
    "From: <sip:lab@contoso.example>;tag=$RANDOM" "To: <sip:probe@contoso.example>" \
    "Call-ID: $RANDOM$RANDOM@contoso.example" "CSeq: 1 OPTIONS" "Content-Length: 0" "" >"$work/options"
  # One write is one datagram, which the shell's own printf would not give.
  in_host "$1" bash -c "cat '$work/options' >/dev/udp/127.0.0.1/5060"
  sleep 4.5 # the connection ends after three idle seconds
}

mtls_client() { # HOST SERVER PORT CERTIFICATE
  (echo hello; sleep 0.5) | in_host "$1" openssl s_client -connect "$2:$3" -tls1_2 \
    -cert "$work/tls/$4.pem" -key "$work/tls/$4.key" -keylogfile "$SSLKEYLOGFILE" >/dev/null 2>&1 || true
}

https() { expect "$1" "$2" tcp "$3" tls HTTPS allowed "$4" - data not-requested -; }
http() { expect "$1" "$2" tcp "$3" http HTTP allowed "$4" - data - -; }
sip_mtls() { expect "$1" "$2" tcp 5061 tls SIP/MTLS allowed "$3" - data proven -; }

documented() {
  step=redirect what="browser types http://, is sent to https"
  fetch internet http://meet.contoso.example/ $proxy_ext
  http $internet $proxy_ext 80 rp-ext-80

  step=autodiscover-fe what="Autodiscover over HTTP, published to the Front End"
  fetch internet http://lyncdiscover.contoso.example/autodiscover/autodiscoverservice.svc/root $proxy_ext
  http $internet $proxy_ext 80 rp-ext-80
  http $proxy_int $frontend 8080 rp-int-8080

  step=autodiscover-dir what="Autodiscover over HTTP, published to the Director"
  fetch internet http://lyncdiscover.fabrikam.example/autodiscover/autodiscoverservice.svc/root $proxy_ext
  http $internet $proxy_ext 80 rp-ext-80
  http $proxy_int $director 8080 rp-int-8080

  step=meet what="meeting join, published to the Director"
  fetch internet https://meet.contoso.example/meet $proxy_ext "${tls12[@]}"
  https $internet $proxy_ext 443 rp-ext-443
  https $proxy_int $director 4443 rp-int-4443

  step=webext what="web services, published to the Front End"
  fetch internet https://webext.contoso.example/abs/handler $proxy_ext "${tls12[@]}"
  https $internet $proxy_ext 443 rp-ext-443
  https $proxy_int $frontend 4443 rp-int-4443

  step=owa what="Office Web Apps, published"
  fetch internet https://officewebapps01.contoso.example/m/Presenter.aspx $proxy_ext "${tls12[@]}"
  https $internet $proxy_ext 443 rp-ext-443
  https $proxy_int $owa 443 rp-owa-443

  step=meet-tls13 what="meeting join with TLS 1.3: certificates hidden, no mutual TLS asked"
  fetch internet https://meet.contoso.example/meet $proxy_ext --tlsv1.3
  expect $internet $proxy_ext tcp 443 tls HTTPS allowed rp-ext-443 - data undeterminable tls13-encrypted
  https $proxy_int $director 4443 rp-int-4443

  step=client-owa what="internal client to Office Web Apps"
  fetch client https://officewebapps01.contoso.example/m/Presenter.aspx $owa "${tls12[@]}"
  https $client $owa 443 cli-owa-443

  step=client-dir what="internal client to the Director's web services"
  fetch client http://dir.contoso.example/ $director
  http $client $director 80 cli-dir-80
  fetch client https://dir.contoso.example/ $director "${tls12[@]}"
  https $client $director 443 cli-dir-443

  step=dir-fe what="Director to Front End"
  fetch director https://fe1.contoso.example:444/ $frontend "${tls12[@]}"
  https $director $frontend 444 dir-fe-444

  step=sip what="SIP between servers, mutual TLS"
  sip_relay edge $director
  sip_mtls $edge $director edge-dir-5061
  sip_relay edge $frontend
  sip_mtls $edge $frontend edge-fe-5061
  sip_relay director $edge
  sip_mtls $director $edge dir-edge-5061
  sip_relay frontend $edge
  sip_mtls $frontend $edge fe-edge-5061

  step=logging what="centralized logging, mutual TLS"
  local port
  for port in 50001 50002 50003; do
    mtls_client frontend $edge $port frontend
    expect $frontend $edge tcp $port tls MTLS allowed cls-edge - data proven -
  done
}

steps_as_documented() {
  capture_name=$1.pcapng
  documented
}

steps_deviating() {
  capture_name=$1.pcapng
  documented

  step=mapping-missing what="the proxy reaches the Director's internal web site"
  fetch proxy https://meet.contoso.example/ $director "${tls12[@]}" --interface $proxy_int
  expect $proxy_int $director tcp 443 tls HTTPS violation - undocumented data not-requested -

  step=plain-http-4443 what="plain HTTP where HTTPS is documented"
  fetch proxy http://meet.contoso.example:4443/meet $director --interface $proxy_int
  expect $proxy_int $director tcp 4443 http HTTP violation rp-int-4443 wrong-application data - -

  step=expired what="the Front End shows a certificate that ended in 2020"
  fetch proxy https://old.contoso.example:4443/ $frontend "${tls12[@]}" --interface $proxy_int
  expect $proxy_int $frontend tcp 4443 tls HTTPS violation rp-int-4443 expired-certificate data not-requested -

  step=tls10 what="TLS 1.0 on the public listener"
  fetch internet https://meet.contoso.example/meet $proxy_ext --tlsv1.0 --tls-max 1.0 \
    --ciphers 'DEFAULT:@SECLEVEL=0'
  expect $internet $proxy_ext tcp 443 tls HTTPS violation rp-ext-443 old-tls data not-requested -
  https $proxy_int $director 4443 rp-int-4443

  step=reversed what="the Director opens a connection to the proxy"
  fetch director https://proxy.contoso.example:4443/ $proxy_int "${tls12[@]}"
  expect $director $proxy_int tcp 4443 tls HTTPS violation - reversed-direction data not-requested -

  step=unknown-444 what="an unknown host to the Front End"
  fetch unknown https://fe1.contoso.example:444/ $frontend "${tls12[@]}"
  expect $unknown $frontend tcp 444 tls HTTPS violation - undocumented data not-requested -

  step=declined what="SIP over TLS, the client has no certificate when asked"
  in_host edge openssl s_client -connect $frontend:5061 -tls1_2 -keylogfile "$SSLKEYLOGFILE" \
    </dev/null >/dev/null 2>&1 || true
  expect $edge $frontend tcp 5061 tls SIP/TLS violation edge-fe-5061 not-mutual data declined -

  step=not-requested what="SIP over TLS, the server does not ask for a certificate"
  stop sip-director
  sip_server director $director no "tls:$director:5061" "udp:$director:5060" "tcp:$director:5060"
  sip_relay edge $director
  expect $edge $director tcp 5061 tls SIP/TLS violation edge-dir-5061 not-mutual data not-requested -

  step=sip-5060 what="plain SIP from an unknown host"
  in_host unknown sipsak -s sip:probe@$director:5060 >/dev/null || echo "  (sipsak answers $?)"
  expect $unknown $director udp 5060 sip SIP violation - undocumented data - -
  in_host unknown sipsak -E tcp -s sip:probe@$director:5060 >/dev/null || echo "  (sipsak answers $?)"
  expect $unknown $director tcp 5060 sip SIP violation - undocumented data - -

  step=plain-sip-5061 what="plain SIP where SIP over mutual TLS is documented"
  stop sip-frontend
  sip_server frontend $frontend yes "tcp:$frontend:5061"
  in_host edge sipsak -E tcp -s sip:probe@$frontend:5061 >/dev/null || echo "  (sipsak answers $?)"
  expect $edge $frontend tcp 5061 sip SIP violation edge-fe-5061 wrong-application data - -

  step=ssh-443 what="SSH on the HTTPS port of Office Web Apps"
  stop nginx-owa
  ssh-keygen -q -t ed25519 -N '' -f "$work/hostkey"
  mkdir -p /run/sshd
  serve sshd owa /usr/sbin/sshd -D -e -f /dev/null -h "$work/hostkey" -o PidFile=none \
    -o ListenAddress=$owa -p 443
  wait_for_port owa $owa 443
  in_host client ssh-keyscan -t ed25519 -p 443 $owa >/dev/null 2>&1 || true
  expect $client $owa tcp 443 ssh SSH violation cli-owa-443 wrong-application data - -

  step=tls13-mutual what="mutual TLS 1.3: the certificates are encrypted"
  stop sip-edge
  serve tls13 edge openssl s_server -accept $edge:5061 -tls1_3 -rev \
    -cert "$work/tls/edge.pem" -key "$work/tls/edge.key" -CAfile "$work/tls/ca.pem" -Verify 2
  wait_for_port edge $edge 5061
  (echo hello; sleep 0.5) | in_host frontend openssl s_client -connect $edge:5061 -tls1_3 \
    -cert "$work/tls/frontend.pem" -key "$work/tls/frontend.key" \
    -keylogfile "$work/deviating-tls13.keys" >/dev/null 2>&1 || true
  expect $frontend $edge tcp 5061 tls SIP/TLS undetermined fe-edge-5061 tls13-encrypted data undeterminable tls13-encrypted

  step=refused what="an attempt that the server refuses"
  in_host client timeout 4 bash -c "</dev/tcp/$frontend/1433" 2>/dev/null || true
  expect $client $frontend tcp 1433 none - violation - undocumented refused - -

  step=blocked what="an attempt that is not answered"
  ip -n "${prefix}frontend" route add blackhole $unknown/32
  in_host unknown timeout 4 bash -c "</dev/tcp/$frontend/3389" 2>/dev/null || true
  expect $unknown $frontend tcp 3389 none - violation - undocumented blocked - -
}

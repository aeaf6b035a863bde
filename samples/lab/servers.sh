# nginx as the web servers, Kamailio as the SIP servers, openssl s_server for the logging ports.
# shellcheck shell=bash

declare -A server_pids=()

# serve NAME HOST COMMAND...: keeps a server in the foreground of the background.
serve() {
  local name=$1 host=$2
  shift 2
  env -u SSLKEYLOGFILE ip netns exec "$prefix$host" "$@" >"$work/$name.log" 2>&1 </dev/null &
  server_pids[$name]=$!
}

stop() {
  local pid=${server_pids[$1]}
  # env and ip become the server, so the pid is the server's.
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "server_pids[$1]"
}

wait_for_port() { # HOST ADDRESS PORT
  for _ in $(seq 100); do
    in_host "$1" ss -Hlnt "src $2 and sport = :$3" | grep -q . && return
    sleep 0.1
  done
  echo "lab: nothing listens on $2:$3" >&2
  tail -n 5 "$work"/*.log >&2
  exit 1
}

nginx_head() { # HOST
  mkdir -p "$work/$1"
  cat <<CNF
daemon off;
worker_processes 1;
pid $work/$1/nginx.pid;
error_log $work/$1/error.log;
user root;
events {}
http {
  access_log off;
  client_body_temp_path $work/$1/body;
  proxy_temp_path $work/$1/proxy;
  fastcgi_temp_path $work/$1/fastcgi;
  uwsgi_temp_path $work/$1/uwsgi;
  scgi_temp_path $work/$1/scgi;
  server_tokens off;
  keepalive_timeout 0;
  ssl_session_cache off;
  ssl_session_tickets off;
  ssl_protocols TLSv1 TLSv1.2 TLSv1.3;
  ssl_ciphers ALL:@SECLEVEL=0;
CNF
}

site() { # LISTEN [NAME [CERTIFICATE]]: a web site that answers every request
  local listen=$1 name=${2:-_} certificate=${3:-}
  echo "  server { listen $listen; server_name $name;"
  [ -n "$certificate" ] &&
    echo "    ssl_certificate $work/tls/$certificate.pem; ssl_certificate_key $work/tls/$certificate.key;"
  echo "    location / { default_type text/html; return 200 '<html>Lync</html>'; } }"
}

publish() { # LISTEN NAME TARGET: a publishing rule of the reverse proxy
  echo "  server { listen $1; server_name $2;"
  case $1 in *ssl*)
    echo "    ssl_certificate $work/tls/proxy.pem; ssl_certificate_key $work/tls/proxy.key;"
    ;;
  esac
  cat <<CNF
    location / {
      proxy_pass $3;
      proxy_bind 172.25.33.40;
      proxy_set_header Host \$host;
      proxy_ssl_protocols TLSv1.2;
      proxy_ssl_session_reuse off;
    }
  }
CNF
}

web_servers() {
  {
    nginx_head proxy
    echo '  server { listen 198.51.100.40:80 default_server; return 301 https://$host$request_uri; }'
    publish "198.51.100.40:80" lyncdiscover.contoso.example http://10.1.3.11:8080
    publish "198.51.100.40:80" lyncdiscover.fabrikam.example http://10.1.2.11:8080
    publish "198.51.100.40:443 ssl" meet.contoso.example https://10.1.2.11:4443
    publish "198.51.100.40:443 ssl" webext.contoso.example https://10.1.3.11:4443
    publish "198.51.100.40:443 ssl" officewebapps01.contoso.example https://10.1.4.5:443
    site "172.25.33.40:4443 ssl" _ proxy
    echo "}"
  } >"$work/proxy.conf"
  {
    nginx_head director
    for port in 80 8080; do site "10.1.2.11:$port"; done
    for port in 443 4443; do site "10.1.2.11:$port ssl" _ director; done
    echo "}"
  } >"$work/director.conf"
  {
    nginx_head frontend
    site "10.1.3.11:8080"
    for port in 444 4443; do site "10.1.3.11:$port ssl" _ frontend; done
    site "10.1.3.11:4443 ssl" old.contoso.example expired
    echo "}"
  } >"$work/frontend.conf"
  {
    nginx_head owa
    site "10.1.4.5:443 ssl" _ owa
    echo "}"
  } >"$work/owa.conf"
  local host
  for host in proxy director frontend owa; do
    serve "nginx-$host" "$host" nginx -p "$work/$host" -c "$work/$host.conf" -e "$work/$host/error.log"
  done
}

# sip_server HOST ADDRESS MUTUAL [LISTEN...]: MUTUAL yes asks for client certificates.
sip_server() {
  local host=$1 address=$2 mutual=$3
  shift 3
  local listen
  cat >"$work/$host-tls.cfg" <<CNF
[server:default]
method = TLSv1.2
certificate = $work/tls/$host.pem
private_key = $work/tls/$host.key
ca_list = $work/tls/ca.pem
verify_certificate = $mutual
require_certificate = $mutual
[client:default]
method = TLSv1.2
certificate = $work/tls/$host.pem
private_key = $work/tls/$host.key
ca_list = $work/tls/ca.pem
verify_certificate = no
require_certificate = no
CNF
  {
    echo "debug=0"
    echo "log_stderror=yes"
    echo "children=1"
    echo "tcp_children=1"
    echo "tcp_connection_lifetime=3"
    echo "auto_aliases=no"
    echo "listen=udp:127.0.0.1:5060"
    if [ $# -eq 0 ]; then set -- "tls:$address:5061"; fi
    for listen in "$@"; do echo "listen=$listen"; done
    cat <<CNF
enable_tls=yes
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tls.so"
modparam("tls", "config", "$work/$host-tls.cfg")
# A request from this host itself is relayed to where its URI points; others are answered.
request_route {
  if (\$si == "127.0.0.1") {
    t_relay();
    exit;
  }
  sl_send_reply("200", "OK");
}
CNF
  } >"$work/$host-sip.cfg"
  serve "sip-$host" "$host" kamailio -DD -E -m 64 -M 8 -f "$work/$host-sip.cfg" -P "$work/$host-sip.pid" -Y "$work/$host"
  for listen in "$@"; do
    case $listen in udp:*) ;; *) wait_for_port "$host" "$address" "${listen##*:}" ;; esac
  done
}

start_servers() {
  web_servers
  wait_for_port proxy 198.51.100.40 443
  wait_for_port director 10.1.2.11 4443
  wait_for_port frontend 10.1.3.11 444
  wait_for_port owa 10.1.4.5 443
  mkdir -p "$work/edge"
  sip_server director 10.1.2.11 yes
  sip_server frontend 10.1.3.11 yes
  sip_server edge 172.25.33.10 yes
  local port
  for port in 50001 50002 50003; do
    serve "logging-$port" edge openssl s_server -accept "172.25.33.10:$port" -tls1_2 -rev \
      -cert "$work/tls/edge.pem" -key "$work/tls/edge.key" -CAfile "$work/tls/ca.pem" -Verify 2
    wait_for_port edge 172.25.33.10 "$port"
  done
}

stop_servers() {
  local name
  for name in "${!server_pids[@]}"; do stop "$name"; done
}

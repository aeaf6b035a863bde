# The network of the lab, its servers, its clients, and the list of flows each step is to leave behind.

prefix=pcaplab
client_outside=203.0.113.9
proxy_ext=198.51.100.40
proxy_int=172.25.33.40
director=10.1.2.11
front_end=10.1.3.11
edge=172.25.33.10
office_web_apps=10.1.4.5
client_inside=10.20.5.5
unknown=10.50.1.1
director_sip_listens_plain="listen=tls:$director:5061
listen=udp:$director:5060
listen=tcp:$director:5060"

declare -A addresses=(
    [internet]=$client_outside [proxy]="$proxy_ext $proxy_int" [director]=$director [front-end]=$front_end
    [edge]=$edge [office-web-apps]=$office_web_apps [client]=$client_inside [unknown]=$unknown
)
declare -A servers=() # name -> process id

die() { echo "lab: $*" >&2; exit 1; }
inside() { local host=$1; shift; ip netns exec "$prefix-$host" "$@"; }

# ---- network ----------------------------------------------------------------------------------------

quiet_interface() { # namespace, interface: no IPv6, no offload
    ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1" 2>/dev/null || true
    ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1 || true
}

network_up() {
    local host address bridge=$prefix-bridge
    ip netns add "$bridge"
    ip -n "$bridge" link set lo up
    ip -n "$bridge" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    quiet_interface "$bridge" br0
    ip -n "$bridge" link set br0 up
    for host in "${!addresses[@]}"; do
        ip netns add "$prefix-$host"
        ip -n "$bridge" link add "to-${host:0:12}" type veth peer name eth0 netns "$prefix-$host"
        quiet_interface "$bridge" "to-${host:0:12}"
        quiet_interface "$prefix-$host" eth0
        ip -n "$bridge" link set "to-${host:0:12}" master br0 up
        ip -n "$prefix-$host" link set lo up
        for address in ${addresses[$host]}; do
            ip -n "$prefix-$host" address add "$address/32" dev eth0
        done
        ip -n "$prefix-$host" link set eth0 up
        ip -n "$prefix-$host" route add default dev eth0
        inside "$host" sysctl -qw net.ipv4.tcp_syn_retries=2
        inside "$host" sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0 2>/dev/null || true # older kernels have no such switch
    done
}

network_down() {
    local space process
    for space in $(ip netns list | awk -v p="$prefix-" 'index($1, p) == 1 {print $1}'); do
        for process in $(ip netns pids "$space"); do kill -KILL "$process" 2>/dev/null || true; done
        ip netns delete "$space" || true
    done
}

wait_until() { # what, seconds, command...
    local what=$1 tenths=$(($2 * 10))
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((tenths-- > 0)) || die "no $what in time"
        sleep 0.1
    done
}

listens() { # host, address, port
    [ -n "$(inside "$1" ss -Htln "src $2 and sport = :$3")" ]
}

connections_gone() { # host
    [ -z "$(inside "$1" ss -Htn state established)" ]
}

all_quiet() {
    local host
    for host in "${!addresses[@]}"; do wait_until "end of the connections of $host" 15 connections_gone "$host"; done
}

# ---- servers ----------------------------------------------------------------------------------------

fill() { # template, output, NAME=value...
    local text pair
    text=$(<"$lab/$1")
    local output=$2
    shift 2
    for pair in "$@" WORK="$work" PROXY_EXT="$proxy_ext" PROXY_INT="$proxy_int" DIRECTOR="$director" \
        FRONT_END="$front_end" EDGE="$edge" OFFICE_WEB_APPS="$office_web_apps"; do
        text=${text//"@${pair%%=*}@"/"${pair#*=}"}
    done
    ! grep -q '@[A-Z_]*@' <<<"$text" || die "$output: a placeholder is left"
    printf '%s\n' "$text" >"$output"
}

start() { # name, host, command...
    local name=$1 host=$2
    shift 2
    ip netns exec "$prefix-$host" "$@" >>"$work/$name.out" 2>&1 </dev/null &
    servers[$name]=$!
}

stop() { # name
    kill -TERM "${servers[$1]}" 2>/dev/null || true
    wait "${servers[$1]}" 2>/dev/null || true
    unset "servers[$1]"
}

stop_all() {
    local name
    for name in "${!servers[@]}"; do stop "$name"; done
}

start_web() { # host, [one more server block]
    local host=$1 address=${addresses[$1]}
    fill nginx-web.conf "$work/$host.conf" ROLE="$host" ADDRESS="$address" SECOND_SERVER="${2-}"
    start "web-$host" "$host" nginx -p "$work" -e "$work/$host.log" -c "$work/$host.conf"
    wait_until "web service on $host" 5 listens "$host" "$address" 4443
}

start_proxy() { # NAME=value...
    fill nginx-proxy.conf "$work/proxy.conf" "$@"
    start proxy proxy nginx -p "$work" -e "$work/proxy.log" -c "$work/proxy.conf"
    wait_until "reverse proxy" 5 listens proxy "$proxy_ext" 443
}

start_sip() { # host, asks for a certificate yes|no, requires it yes|no, [method], [listen lines]
    local host=$1 address=${addresses[$1]} method=${4-TLSv1.2}
    local listen=${5:-listen=tls:$address:5061}
    fill tls.cfg "$work/$host-tls.cfg" ROLE="$host" METHOD="$method" ASK="$2" REQUIRE="$3"
    fill kamailio.cfg "$work/$host-sip.cfg" ROLE="$host" ADDRESS="$address" LISTEN="$listen"
    mkdir -p "$work/$host-run"
    start "sip-$host" "$host" kamailio -DD -E -m 32 -M 8 -w "$work" -Y "$work/$host-run" -f "$work/$host-sip.cfg"
    wait_until "SIP server on $host" 10 listens "$host" "$address" 5061
}

start_logging_agent() { # port: TLS with a required client certificate; answers each line reversed
    start "logging-$1" edge openssl s_server -quiet -accept "$edge:$1" -tls1_2 -no_ticket -Verify 3 \
        -verify_return_error -cert "$work/pki/edge.crt" -cert_chain "$work/pki/issuing/ca.pem" \
        -key "$work/pki/edge.key" -CAfile "$work/pki/internal-ca.pem" -rev
    wait_until "logging agent" 5 listens edge "$edge" "$1"
}

# ---- clients ----------------------------------------------------------------------------------------

fetch() { # host, expected status, address to connect to, URL, curl options...
    local host=$1 status=$2 to=$3 url=$4 port got
    shift 4
    port=$(sed -E 's#^https?://[^/:]+(:([0-9]+))?/.*#\2#' <<<"$url")
    [ -n "$port" ] || case $url in https:*) port=443 ;; *) port=80 ;; esac
    got=$(SSLKEYLOGFILE=$keys inside "$host" curl -sS -o "$work/body" -w '%{http_code}' --max-time 10 --noproxy '*' \
        --http1.1 -A "lab client" --cacert "$work/trusted.pem" --connect-to "::$to:$port" "$@" "$url") ||
        die "$step: curl $url failed"
    [ "$got" = "$status" ] || die "$step: $url answered $got, expected $status"
}

sip_text() { # method, host that asks, name asked, transport, port, [body]
    local method=$1 from=${addresses[$2]} to=$3 transport=$4 body=${6-}
    printf '%s sip:%s SIP/2.0\r\n' "$method" "$to"
    printf 'Via: SIP/2.0/%s %s:%s;rport;branch=z9hG4bK%s\r\n' "$transport" "$from" "$5" "$RANDOM$RANDOM"
    printf 'Max-Forwards: 70\r\nFrom: <sip:%s@contoso.example>;tag=%s\r\nTo: <sip:%s>\r\n' "$2" "$RANDOM" "$to"
    printf 'Call-ID: %s@contoso.example\r\nCSeq: 1 %s\r\n' "$RANDOM$RANDOM" "$method"
    [ -z "$body" ] || printf 'Content-Type: text/plain\r\n'
    printf 'Content-Length: %s\r\n\r\n%s' "${#body}" "$body"
}

answered_200() { # file
    grep -qa '^SIP/2.0 200 ' "$1" || die "$step: SIP request not answered 200"
}

sip_relay() { # host, name asked, method, [body]: by the SIP server of the host, over TLS
    sip_text "$3" "$1" "$2" UDP 5070 "${4-}" >"$work/request" # from a file it is one write, one datagram
    inside "$1" bash -c 'exec 3<>/dev/udp/127.0.0.1/5060; cat >&3; timeout 5 head -n 1 <&3' \
        <"$work/request" >"$work/answer" || die "$step: no answer"
    answered_200 "$work/answer"
    wait_until "end of the SIP connection" 15 connections_gone "$1"
}

sip_over_tls() { # host, address, name asked, s_client options...: with the key log in $keys
    local host=$1 to=$2 name=$3
    shift 3
    (sip_text OPTIONS "$host" "$name" TLS 5061; sleep 1) |
        inside "$host" openssl s_client -connect "$to:5061" -quiet -no_ign_eof -keylogfile "$keys" \
            -servername "$name" -verify 3 -CAfile "$work/pki/internal-ca.pem" "$@" >"$work/answer" 2>"$work/s_client.log" || true
    answered_200 "$work/answer"
}

own_certificate() { # host: s_client options that present the certificate of the host
    echo "-cert $work/pki/$1.crt -cert_chain $work/pki/issuing/ca.pem -key $work/pki/$1.key"
}

sip_plain() { # host, tcp|udp, address, port, name asked
    sip_text OPTIONS "$1" "$5" "${2^^}" 5070 >"$work/request"
    inside "$1" bash -c "exec 3<>/dev/$2/$3/$4; cat >&3; timeout 5 head -n 1 <&3" \
        <"$work/request" >"$work/answer" || die "$step: no answer"
    answered_200 "$work/answer"
}

ask_logging_agent() { # port
    # shellcheck disable=SC2046
    (echo "state of scenario AlwaysOn"; sleep 0.5) |
        inside front-end openssl s_client -connect "$edge:$1" -tls1_2 -quiet -no_ign_eof -keylogfile "$keys" \
            $(own_certificate front-end) -CAfile "$work/pki/internal-ca.pem" >"$work/answer" 2>"$work/s_client.log" || true
    grep -q 'nOsyawlA' "$work/answer" || die "$step: logging agent did not answer"
}

# ---- bookkeeping ------------------------------------------------------------------------------------

step() { # slug: what follows belongs to it
    all_quiet
    sleep 0.2
    step=$1
    echo "  $step"
    printf '%s\t%s\n' "$(date +%s.%N)" "$step" >>"$work/$capture.begins"
}

flow() { # suffix or -, client, server, transport, port, app, service, verdict, rule, kind, outcome, mutual, reason, what
    local name=$step
    [ "$1" = - ] || name=$step.$1
    shift
    local IFS=$'\t'
    printf '%s\n' "$capture"$'\t'"$step"$'\t'"$name"$'\t'"$*" >>"$work/flows.tsv"
}

capture_on() {
    ip netns exec "$prefix-bridge" tcpdump -q -n -i br0 -s 0 -U --immediate-mode -w "$work/$capture.pcap" ip \
        2>"$work/tcpdump.log" &
    servers[capture]=$!
    wait_until "capture" 5 grep -q 'listening on' "$work/tcpdump.log"
}

capture_off() {
    all_quiet
    sleep 1
    stop capture
    grep -q '^0 packets dropped by kernel' "$work/tcpdump.log" || die "the capture lost packets"
}

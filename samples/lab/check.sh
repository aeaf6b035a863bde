# Publishes the captures, pairs every expected flow with exactly one conversation, and compares what the steps
# meant to do with what tshark reads in the packets.

decode=()
for decode_port in 444 4443 50001 50002 50003; do decode+=(-d "tcp.port==$decode_port,tls"); done

read_capture() { # capture, tshark options...
    local file=$samples/$1.pcapng
    shift
    tshark -n -r "$file" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE "$@" 2>>"$work/tshark.log"
}

# One line per conversation: start, transport, client, client port, server, server port, bytes from the client,
# bytes from the server, marks (S = connection accepted, R = reset before any data, C c = end from client, server),
# first bytes of the client, stream.
conversations() { # capture
    read_capture "$1" -T fields -E separator=/t -e frame.time_epoch -e ip.src -e ip.dst -e tcp.stream -e tcp.srcport \
        -e tcp.dstport -e tcp.len -e tcp.flags.str -e tcp.payload -e udp.stream -e udp.srcport -e udp.dstport -e udp.length \
        -e udp.payload | awk -F'\t' -v OFS='\t' '
        $4 != "" { key = "tcp" $4; from = $5; to = $6; size = $7; data = $9 }
        $4 == "" && $10 != "" { key = "udp" $10; from = $11; to = $12; size = $13 - 8; data = $14 }
        $4 == "" && $10 == "" { key = "other" NR; from = to = "-"; size = 0; data = "" }
        !(key in start) {
            order[++count] = key; start[key] = $1; first[key] = $2; second[key] = $3
            port[key] = from; peer[key] = to; up[key] = down[key] = 0
        }
        {
            forward = ($2 == first[key] && from == port[key])
            if (forward) up[key] += size; else down[key] += size
            if (forward && size > 0 && !(key in opening)) opening[key] = substr(data, 1, 16)
            if ($8 != "") {
                if (!forward && $8 ~ /S/ && $8 ~ /A/) mark[key] = mark[key] "S"
                if (!forward && $8 ~ /R/ && up[key] + down[key] == 0) mark[key] = mark[key] "R"
                if ($8 ~ /F/) mark[key] = mark[key] (forward ? "C" : "c")
            }
        }
        END {
            for (i = 1; i <= count; ++i) {
                key = order[i]
                print start[key], substr(key, 1, 3), first[key], port[key], second[key], peer[key], up[key], down[key], \
                    (mark[key] == "" ? "-" : mark[key]), (opening[key] == "" ? "-" : opening[key]), key
            }
        }'
}

# One line per TLS connection: stream, then what its handshake shows as words.
handshakes() { # capture
    read_capture "$1" "${decode[@]}" -Y tls -T fields -E separator=/t -e tcp.stream -e tcp.srcport -e tls.handshake.type \
        -e tls.handshake.version -e tls.handshake.extensions.supported_version -e tls.record.content_type \
        -e tls.handshake.certificates_length -e x509af.utcTime -e tls.handshake.extensions_alpn_str \
        -e tls.record.opaque_type | awk -F'\t' '
        !($1 in client) { client[$1] = $2; order[++count] = $1 }
        {
            side = $2 == client[$1] ? "client" : "server"
            kinds = split($3, kind, ",")
            for (i = 1; i <= kinds; ++i) {
                if (kind[i] == 2) { split($4, version, ","); hello[$1] = $5 != "" ? $5 : version[1] }
                if (kind[i] == 2 && $9 != "") word[$1] = word[$1] " alpn"
                if (kind[i] == 11) { n = split($7, length_, ","); word[$1] = word[$1] " " side (length_[n] == 0 ? "-no" : "") "-certificate" }
                if (kind[i] == 13) word[$1] = word[$1] " request"
                if (kind[i] == 15) word[$1] = word[$1] " " side "-proof"
            }
            records = split($6 ($6 != "" && $10 != "" ? "," : "") $10, record, ",")
            for (i = 1; i <= records; ++i) {
                if (record[i] == 20) word[$1] = word[$1] " " side "-finished"
                if (record[i] == 23 && !(($1 side) in said)) { said[$1 side]; word[$1] = word[$1] " " side "-data" }
            }
            if (index($8, "20-12-31 23:59:59")) word[$1] = word[$1] " ended-2020"
        }
        END { for (i = 1; i <= count; ++i) print "tcp" order[i] "\t" hello[order[i]] word[order[i]] " " }'
}

expected_header="capture	step	client	client_port	server	transport	server_port	app	service	verdict	rule	kind	outcome	mutual	mutual_reason	what"

pair() { # capture: expected rows, with stream and marks appended; fails unless flows and conversations are one to one
    conversations "$1" >"$work/$1.conversations"
    awk -F'\t' -v OFS='\t' -v capture="$1" '
        FILENAME ~ /begins$/ { begins[$2] = $1; if (last != "") ends[last] = $1; last = $2; next }
        FILENAME ~ /flows.tsv$/ {
            if ($1 != capture) next
            if ($3 in seen) { print "two flows are called " $3 > "/dev/stderr"; bad = 1 }
            seen[$3]
            key = $6 SUBSEP $4 SUBSEP $5 SUBSEP $7
            wanted[key, ++count[key]] = $0
            next
        }
        {
            key = $2 SUBSEP $3 SUBSEP $5 SUBSEP $6
            if (++taken[key] > count[key]) { print "not expected: " $0 > "/dev/stderr"; bad = 1; next }
            split(wanted[key, taken[key]], w, "\t")
            if ($1 < begins[w[2]] || (w[2] in ends && $1 > ends[w[2]])) { print w[3] ": outside its step" > "/dev/stderr"; bad = 1 }
            print w[1] ".pcapng", w[3], w[4], $4, w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15], w[16], $7, $8, $9, $10, $11
        }
        END {
            for (key in count) if (taken[key] < count[key]) { gsub(SUBSEP, " ", key); print "not captured: " key > "/dev/stderr"; bad = 1 }
            exit bad
        }' "$work/$1.begins" "$work/flows.tsv" "$work/$1.conversations"
}

publish() {
    local name
    for name in as-documented deviating; do
        editcap -F pcapng "$work/$name.pcap" "$samples/$name.pcapng"
        cp "$work/$name.keys" "$samples/$name.keys"
    done
    cp "$work/deviating-tls13.keys" "$samples/deviating-tls13.keys"
    chmod 644 "$samples"/*.pcapng "$samples"/*.keys
}

# Every claim of a row that the packets themselves can confirm.
check_facts() { # capture
    handshakes "$1" >"$work/$1.handshakes"
    awk -F'\t' '
        function fail(what) { print $1 " " $2 ": " what " [" $19 " " $20 " " $17 "/" $18 "; " shown "]" > "/dev/stderr"; bad = 1 }
        function has(word) { return index(shown, " " word " ") > 0 }
        FILENAME ~ /handshakes$/ { tls[$1] = " " $2; next }
        {
            shown = $8 == "tls" ? tls[$21] : ""
            if ($13 == "data" && ($17 == 0 || $18 == 0)) fail("no data in both directions")
            if ($13 == "data" && $6 == "tcp" && ($19 !~ /S/ || $19 !~ /C/ || $19 !~ /c/)) fail("not opened and closed cleanly")
            if ($13 == "refused" && $19 !~ /R/) fail("not reset")
            if ($13 == "blocked" && ($17 + $18 > 0 || $19 != "-")) fail("answered")
            if ($13 != "data" && $17 + $18 > 0) fail("carries data")
            if ($8 == "tls" && $20 !~ /^1603/) fail("does not begin as TLS")
            if ($8 == "http" && $20 !~ /^474554/) fail("does not begin as HTTP")
            if ($8 == "sip" && $20 !~ /^4f5054494f4e53/) fail("does not begin as SIP")
            if ($8 == "ssh" && $20 !~ /^5353482d/) fail("does not begin as SSH")
            if ($8 == "tls") {
                if (!has("client-data") || !has("server-data")) fail("no application data")
                if (!has("client-finished") || !has("server-finished")) fail("handshake not complete")
                hidden = $14 == "undeterminable" || $14 ~ /^indicated/
                if (hidden != has("0x0304")) fail("TLS 1.3 or not")
                if (($12 == "old-tls") != has("0x0301")) fail("TLS 1.0 or not")
                if (!hidden && !has("server-certificate")) fail("no server certificate")
                if (($14 == "proven" || $14 == "declined") != has("request")) fail("certificate requested or not")
                if (($14 == "proven") != (has("client-certificate") && has("client-proof"))) fail("client certificate or not")
                if (($14 == "declined") != has("client-no-certificate")) fail("declined or not")
                if (($12 == "expired-certificate") != has("ended-2020")) fail("expired certificate or not")
            }
        }
        END { exit bad }' "$work/$1.handshakes" "$work/$1.paired" || die "$1: packets and expected.tsv disagree"
}

check_all() {
    local name found rule
    for name in as-documented deviating; do
        pair "$name" >"$work/$name.paired" || die "$name: flows and conversations do not pair"
        check_facts "$name"
        found=$(read_capture "$name" -Y 'ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0' | wc -l)
        [ "$found" = 0 ] || die "$name: $found packets with a wrong checksum"
        found=$(read_capture "$name" -Y '(tcp.analysis.retransmission || tcp.analysis.duplicate_ack || tcp.analysis.lost_segment) && tcp.dstport!=3389' | wc -l)
        [ "$found" = 0 ] || die "$name: $found packets lost or captured twice"
        found=$(stat -c %s "$samples/$name.pcapng")
        [ "$found" -lt 2000000 ] || die "$name: $found bytes"
        for rule in rp-ext-80 rp-ext-443 rp-int-8080 rp-int-4443 rp-owa-443 cli-owa-443 dir-fe-444 cli-dir-80 cli-dir-443 \
            edge-dir-5061 edge-fe-5061 dir-edge-5061 fe-edge-5061 cls-edge; do
            awk -F'\t' -v rule=$rule '$10 == "allowed" && $11 == rule { found = 1 } END { exit !found }' "$work/$name.paired" ||
                die "$name: no allowed flow of $rule"
        done
    done
    ! awk -F'\t' '$10 != "allowed"' "$work/as-documented.paired" | grep . || die "as-documented holds a deviation"
    { echo "$expected_header"; cut -f 1-16 "$work/as-documented.paired" "$work/deviating.paired"; } >"$samples/expected.tsv"
    chmod 644 "$samples/expected.tsv"
    echo "  $(($(wc -l <"$samples/expected.tsv") - 1)) flows, $(stat -c '%n %s' "$samples"/*.pcapng | sed 's#.*/##' | paste -sd' ')"
}

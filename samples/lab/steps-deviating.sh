# One step per deviation.

deviations() {
    local logged=$keys
    step proxy-to-internal-site
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS allowed rp-ext-443 - data not-requested - "dial-in page, mapped to a wrong port behind the proxy"
    flow inner "$proxy_int" "$director" tcp 443 tls HTTPS violation - undocumented data not-requested - "proxy to the Director's internal site, 443 in place of 4443"
    fetch internet 200 "$proxy_ext" https://dialin.contoso.example/dialin/ --tls-max 1.2

    step plain-http-on-4443
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS allowed rp-ext-443 - data not-requested - "Autodiscover, mapped without TLS behind the proxy"
    flow inner "$proxy_int" "$director" tcp 4443 http HTTP violation rp-int-4443 wrong-application data - - "proxy speaks plain HTTP to 4443, answered 400"
    fetch internet 400 "$proxy_ext" https://lyncdiscover.contoso.example/autodiscover --tls-max 1.2

    step expired-certificate
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS allowed rp-ext-443 - data not-requested - "meeting page of the second SIP domain"
    flow inner "$proxy_int" "$front_end" tcp 4443 tls HTTPS violation rp-int-4443 expired-certificate data not-requested - "the Front End shows a certificate that ended on 2020-12-31"
    fetch internet 200 "$proxy_ext" https://meet.fabrikam.example/meet/ben/K2R7 --tls-max 1.2

    step tls10-outside
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS violation rp-ext-443 old-tls data not-requested - "public listener accepts TLS 1.0"
    flow inner "$proxy_int" "$director" tcp 4443 tls HTTPS allowed rp-int-4443 - data not-requested - "the same request, sent on by the proxy with TLS 1.2"
    fetch internet 200 "$proxy_ext" https://meet.contoso.example/meet/anna/R7K2 \
        --tlsv1.0 --tls-max 1.0 --ciphers DEFAULT@SECLEVEL=0

    step director-to-proxy
    flow - "$director" "$proxy_int" tcp 4443 tls HTTPS violation - reversed-direction data not-requested - "Director opens 4443 to the proxy"
    fetch director 200 "$proxy_int" https://rp01.contoso.example:4443/ --tls-max 1.2

    step unknown-to-front-end
    flow - "$unknown" "$front_end" tcp 444 tls HTTPS violation - undocumented data not-requested - "unknown host to the port between Director and Front End"
    fetch unknown 200 "$front_end" https://fe01.contoso.example:444/ucwa/v1/state --tls-max 1.2

    step sip-udp
    flow - "$unknown" "$director" udp 5060 sip SIP violation - undocumented data - - "plain SIP from an unknown host"
    sip_plain unknown udp "$director" 5060 dir01.contoso.example
    step sip-tcp
    flow - "$unknown" "$director" tcp 5060 sip SIP violation - undocumented data - - "plain SIP from an unknown host"
    sip_plain unknown tcp "$director" 5060 dir01.contoso.example

    step plain-sip-on-5061
    flow - "$edge" "$front_end" tcp 5061 sip SIP violation edge-fe-5061 wrong-application data - - "SIP without TLS on the port of SIP over MTLS"
    stop sip-front-end
    start_sip front-end yes yes TLSv1.2 "listen=tcp:$front_end:5061"
    sip_plain edge tcp "$front_end" 5061 fe01.contoso.example
    stop sip-front-end
    start_sip front-end yes yes

    step certificate-not-requested
    flow - "$edge" "$director" tcp 5061 tls SIP/TLS violation edge-dir-5061 not-mutual data not-requested - "the Director does not ask for a client certificate"
    stop sip-director
    start_sip director no no
    sip_relay edge dir01.contoso.example OPTIONS

    step certificate-declined
    flow - "$edge" "$director" tcp 5061 tls SIP/TLS violation edge-dir-5061 not-mutual data declined - "the Director asks, the Edge Server presents none, the Director goes on"
    stop sip-director
    start_sip director yes no
    sip_over_tls edge "$director" dir01.contoso.example -tls1_2
    stop sip-director
    start_sip director yes yes

    step tls13-mutual
    flow - "$front_end" "$edge" tcp 5061 tls SIP/TLS undetermined fe-edge-5061 tls13-indicated data indicated - "mutual in fact, by the sizes of its records; keys in a file of their own"
    stop sip-edge
    start_sip edge yes yes TLSv1.2+
    keys=$work/deviating-tls13.keys
    # shellcheck disable=SC2046
    sip_over_tls front-end "$edge" edge01.contoso.example -tls1_3 $(own_certificate front-end)
    keys=$logged
    stop sip-edge
    start_sip edge yes yes

    step ssh-on-443
    flow - "$client_inside" "$director" tcp 443 ssh SSH violation cli-dir-443 wrong-application data - - "an SSH server in place of the web service"
    stop web-director
    start ssh director "$(command -v sshd)" -D -e -f "$work/sshd_config"
    wait_until "SSH server" 5 listens director "$director" 443
    inside client ssh -F none -p 443 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o GlobalKnownHostsFile=/dev/null -o IdentityAgent=none -i "$work/ssh-client-key" admin@"$director" true \
        2>"$work/ssh.log" </dev/null || grep -q 'Permission denied' "$work/ssh.log" || die "$step: no SSH answer"
    stop ssh
    start_web director

    step refused
    flow - "$client_inside" "$front_end" tcp 1433 none - violation - undocumented refused - - "closed port, answered with RST"
    ! inside client timeout 3 bash -c "exec 3<>/dev/tcp/$front_end/1433" 2>/dev/null || die "$step: port 1433 is open"

    step unanswered
    flow - "$unknown" "$front_end" tcp 3389 none - violation - undocumented blocked - - "dropped by a packet filter on the Front End"
    inside front-end nft -f - <<<'table ip lab { chain in { type filter hook input priority 0; tcp dport 3389 drop; }; }'
    ! inside unknown timeout 4 bash -c "exec 3<>/dev/tcp/$front_end/3389" 2>/dev/null || die "$step: port 3389 is open"
    inside front-end nft delete table ip lab
}

# One step per documented flow. The outer connection to the reverse proxy and the inner one behind it are two flows.

mutual_sip() { # client, server, rule, what
    flow - "$1" "$2" tcp 5061 tls SIP/MTLS allowed "$3" - data proven - "$4"
}

published_page() { # suffix of the inner rule's server, port, inner rule, what is asked
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS allowed rp-ext-443 - data not-requested - "$4"
    flow inner "$proxy_int" "$1" tcp "$2" tls HTTPS allowed "$3" - data not-requested - "the same request, sent on by the proxy"
}

documented_reverse_proxy() {
    step redirect
    flow - "$client_outside" "$proxy_ext" tcp 80 http HTTP allowed rp-ext-80 - data - - "browser on port 80, sent to HTTPS"
    fetch internet 301 "$proxy_ext" http://meet.contoso.example/meet/anna/R7K2
    step autodiscover-front-end
    flow outer "$client_outside" "$proxy_ext" tcp 80 http HTTP allowed rp-ext-80 - data - - "Autodiscover without TLS"
    flow inner "$proxy_int" "$front_end" tcp 8080 http HTTP allowed rp-int-8080 - data - - "the same request, sent on by the proxy"
    fetch internet 200 "$proxy_ext" http://lyncdiscover.contoso.example/autodiscover
    step autodiscover-director
    flow outer "$client_outside" "$proxy_ext" tcp 80 http HTTP allowed rp-ext-80 - data - - "Autodiscover without TLS"
    flow inner "$proxy_int" "$director" tcp 8080 http HTTP allowed rp-int-8080 - data - - "the same request, sent on by the proxy"
    fetch internet 200 "$proxy_ext" http://lyncdiscover.fabrikam.example/autodiscover
    step meet
    published_page "$director" 4443 rp-int-4443 "meeting page"
    fetch internet 200 "$proxy_ext" https://meet.contoso.example/meet/anna/R7K2 --tls-max 1.2
    step address-book
    published_page "$front_end" 4443 rp-int-4443 "address book file of 24 KiB"
    fetch internet 200 "$proxy_ext" https://webext.contoso.example/abs/F-1299.lsabs --tls-max 1.2
    step director-web
    published_page "$director" 4443 rp-int-4443 "UCWA request to the Director"
    fetch internet 200 "$proxy_ext" https://webdirext.contoso.example/ucwa/v1/applications --tls-max 1.2
    step office-web-apps
    published_page "$office_web_apps" 443 rp-owa-443 "Office Web Apps discovery"
    fetch internet 200 "$proxy_ext" https://officewebapps01.contoso.example/hosting/discovery --tls-max 1.2
    step client-office-web-apps
    flow - "$client_inside" "$office_web_apps" tcp 443 tls HTTPS allowed cli-owa-443 - data not-requested - "internal client, Office Web Apps"
    fetch client 200 "$office_web_apps" https://officewebapps01.contoso.example/hosting/discovery --tls-max 1.2
}

documented_tls13() {
    step tls13-outside
    flow outer "$client_outside" "$proxy_ext" tcp 443 tls HTTPS allowed rp-ext-443 - data undeterminable tls13-encrypted "dial-in page over TLS 1.3"
    flow inner "$proxy_int" "$director" tcp 4443 tls HTTPS allowed rp-int-4443 - data not-requested - "the same request, sent on by the proxy with TLS 1.2"
    fetch internet 200 "$proxy_ext" https://dialin.contoso.example/dialin/ --tlsv1.3
}

documented_director() {
    local port
    step client-director-http
    flow - "$client_inside" "$director" tcp 80 http HTTP allowed cli-dir-80 - data - - "internal client, Director web services"
    fetch client 200 "$director" http://dir01.contoso.example/meet/anna/R7K2
    step client-director-https
    flow - "$client_inside" "$director" tcp 443 tls HTTPS allowed cli-dir-443 - data not-requested - "internal client, Director web services"
    fetch client 200 "$director" https://dir01.contoso.example/meet/anna/R7K2 --tls-max 1.2
    step director-front-end
    flow - "$director" "$front_end" tcp 444 tls HTTPS allowed dir-fe-444 - data not-requested - "Director to Front End"
    fetch director 200 "$front_end" https://fe01.contoso.example:444/ucwa/v1/state --tls-max 1.2
    step edge-director-sip
    mutual_sip "$edge" "$director" edge-dir-5061 "MESSAGE, answered 200"
    sip_relay edge dir01.contoso.example MESSAGE "Edge to Director"
    step edge-front-end-sip
    mutual_sip "$edge" "$front_end" edge-fe-5061 "MESSAGE, answered 200"
    sip_relay edge fe01.contoso.example MESSAGE "Edge to Front End"
    step director-edge-sip
    mutual_sip "$director" "$edge" dir-edge-5061 "OPTIONS, answered 200"
    sip_relay director edge01.contoso.example OPTIONS
    step front-end-edge-sip
    mutual_sip "$front_end" "$edge" fe-edge-5061 "OPTIONS, answered 200"
    sip_relay front-end edge01.contoso.example OPTIONS
    for port in 50001 50002 50003; do
        step "logging-$port"
        flow - "$front_end" "$edge" tcp "$port" tls MTLS allowed cls-edge - data proven - "logging agent on the Edge Server"
        ask_logging_agent "$port"
    done
}

documented_sip_with_keys() {
    step edge-director-sip-keys
    mutual_sip "$edge" "$director" edge-dir-5061 "OPTIONS, answered 200; its keys are in the key log"
    # shellcheck disable=SC2046
    sip_over_tls edge "$director" dir01.contoso.example -tls1_2 $(own_certificate edge)
    step front-end-edge-sip-keys
    mutual_sip "$front_end" "$edge" fe-edge-5061 "OPTIONS, answered 200; its keys are in the key log"
    # shellcheck disable=SC2046
    sip_over_tls front-end "$edge" edge01.contoso.example -tls1_2 $(own_certificate front-end)
}

"""Which handshakes the laboratory makes."""
import pki
from stacks import NSS_KINDS, Call

ASKED = " asks"


def _usual(client, servers, kinds, chains, times):
    """Given with each kind of key and length of chain; declined and not requested as often as is said."""
    for server in servers:
        for kind in kinds:
            for chain in chains:
                yield Call("given", client, server + ASKED, key=kind, chain=chain)
        for _ in range(times):
            yield Call("declined", client, server + ASKED)
            yield Call("not requested", client, server)


def _openssl_suites(kinds, chains):
    for suite in ("aes128", "chacha", "ccm", "ccm8"):
        for kind in kinds:
            for chain in chains if suite == "aes128" else (1,):
                yield Call("given", "openssl", f"openssl asks {suite}", key=kind, chain=chain,
                           options=SUITES[suite][1])
        yield Call("declined", "openssl", f"openssl asks {suite}", options=SUITES[suite][1])
        yield Call("not requested", "openssl", f"openssl not {suite}", options=SUITES[suite][1])


_NAMES = {"aes128": "TLS_AES_128_GCM_SHA256", "chacha": "TLS_CHACHA20_POLY1305_SHA256", "ccm": "TLS_AES_128_CCM_SHA256",
          "ccm8": "TLS_AES_128_CCM_8_SHA256"}
SUITES = {short: (short, ("-ciphersuites", name)) for short, name in _NAMES.items()}


def _three(what, client, server, options, key="ecdsa-256", **more):
    """Given, declined and not requested under special conditions."""
    yield Call(f"{what}, given", client, server + ASKED, key=key, options=options, **more)
    yield Call(f"{what}, declined", client, server + ASKED, options=options, **more)
    yield Call(f"{what}, not requested", client, server, options=options, **more)


def _special(keys):
    retry = ("-groups", "X25519:P-384")
    for key in keys:
        yield Call("retried, given", "openssl", "openssl asks retry", key=key, options=retry)
        yield Call("split, given", "openssl", "openssl asks", key=key, chain=3, options=("-max_send_frag", "512"))
        yield Call("refused", "openssl", "openssl refuses", key=key)
        yield Call("refused", "openssl", "openssl refuses padded", key=key)
        for zeros in ("16", "100", "512"):
            yield Call("padded, given", "openssl", "openssl asks", key=key, options=("-record_padding", zeros))
    for _ in range(3):
        yield Call("retried, declined", "openssl", "openssl asks retry", options=retry)
        yield Call("retried, not requested", "openssl", "openssl not retry", options=retry)
        yield Call("resumed", "openssl", "openssl", first=("-no_ign_eof",), wait=0.4)
        yield Call("resumed", "openssl", "openssl asks", key=keys[0], first=("-no_ign_eof",), wait=0.4)
        yield Call("resumed", "gnutls", "gnutls", options=("--resume",), wait=0.4)
        yield Call("early data", "openssl", "openssl early", first=("-no_ign_eof",), wait=0.4, options=("-early_data", "FILE"))
        # Another server cannot read the ticket: it passes over the early data and makes a whole handshake.
        for server, key in (("openssl", ""), ("openssl asks", ""), ("openssl asks", keys[0])):
            yield Call("early data refused", "openssl", server, key=key, first=("-no_ign_eof",), wait=0.4,
                       first_server="openssl early", options=("-early_data", "FILE"))
        yield Call("early data", "gnutls", "gnutls early", options=("--resume", "--earlydata", "FILE"), wait=0.4)
        yield Call("asked later, given", "openssl", "openssl later", key=keys[0], options=("-enable_pha",), wait=0.8,
                   remark="c\n")
        yield Call("asked later, declined", "openssl", "openssl later", options=("-enable_pha",), wait=0.8, remark="c\n")
    for zeros in ("16", "100", "512", "1024"):
        yield Call("padded, declined", "openssl", "openssl asks", options=("-record_padding", zeros))
        yield Call("padded, not requested", "openssl", "openssl", options=("-record_padding", zeros))
    yield from _three("may be asked later", "openssl", "openssl", ("-enable_pha",))
    yield from _three("may be asked later", "gnutls", "gnutls", ("--post-handshake-auth",))


SPECIAL_SERVERS = {
    "openssl asks retry": ("-groups", "P-384"), "openssl not retry": ("-groups", "P-384"),
    "openssl refuses": (), "openssl refuses padded": ("-record_padding", "512"),
    "openssl early": ("-early_data", "-max_early_data", "16384"), "openssl later": ("later",),
    "gnutls early": ("--earlydata", "--maxearlydata", "16384"),
}


def short():
    keys = tuple(pki.KEYS)
    servers = {"openssl": (), "openssl asks": (), "gnutls": (), "gnutls asks": (), **SPECIAL_SERVERS}
    calls = [call for client in ("openssl", "gnutls")
             for call in _usual(client, ["openssl", "gnutls"], keys, (1,), 1)]
    calls += [call for call in _special(keys[:1])]
    return servers, calls


def full(stacks):
    keys = tuple(pki.KEYS)
    servers = {f"{stack}{asks}": () for stack in ("openssl", "gnutls", "nss", "go", "java", "nginx") if stack in stacks
               for asks in ("", ASKED)}
    servers.update(SPECIAL_SERVERS)
    for suite, options in SUITES.values():
        servers[f"openssl asks {suite}"] = servers[f"openssl not {suite}"] = options
    plan = {"openssl": ("openssl", "gnutls", "go", "java", "nginx", "nss"), "gnutls": ("openssl", "gnutls", "go", "nginx"),
            "nss": ("openssl", "gnutls", "go"), "go": ("openssl", "gnutls", "go"), "wolfssl": ("openssl", "gnutls"),
            "java": ("openssl", "gnutls", "go"), "chromium": ("openssl", "nginx")}
    calls = []
    for client, wanted in plan.items():
        if client not in stacks:
            continue
        if client == "chromium":  # it takes seconds for each
            calls += [Call("not requested", client, server) for server in wanted for _ in range(2)]
            calls += [Call("given", client, server + ASKED, key=key)
                      for server in wanted for key in ("rsa-2048", "ecdsa-256")]
            calls += [Call("declined", client, server + ASKED) for server in wanted]
            continue
        kinds = NSS_KINDS if client == "nss" else keys
        calls += _usual(client, [it for it in wanted if it in stacks], kinds, pki.CHAINS, 4)
    calls += _openssl_suites(keys, pki.CHAINS)
    calls += _special(keys)
    return servers, calls

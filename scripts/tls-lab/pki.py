"""Keys and certificates of the TLS laboratory: a root, two authorities below it, a server, and clients
with each kind of key and chains of one to three certificates. All by the openssl program."""
import pathlib
import subprocess

KEYS = {
    "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa-4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "ecdsa-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ecdsa-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["-algorithm", "ED25519"],
}
CHAINS = (1, 2, 3)
PASSWORD = "laboratory"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Pki:
    """Makes its files in `folder`; `keys` are the kinds of client keys."""

    def __init__(self, folder, keys=tuple(KEYS)):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.keys = keys
        self._key("ca", "ecdsa-256")
        openssl("req", "-x509", "-new", "-key", self.path("ca.key"), "-subj", "/CN=Lab Root", "-days", 30,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.path("ca.pem"))
        for name, issuer in (("issuing-1", "ca"), ("issuing-2", "issuing-1")):
            self._key(name, "ecdsa-256")
            self._certificate(name, issuer, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        self._key("server", "ecdsa-256")
        self._certificate("server", "ca", "subjectAltName=DNS:server.example\nextendedKeyUsage=serverAuth\n")
        self._pkcs12("server", "server", ())
        self._join("trust", ("ca", "issuing-1", "issuing-2"))
        for kind in keys:
            self._key(kind, kind)
            for length, issuers in ((1, ()), (2, ("issuing-1",)), (3, ("issuing-2", "issuing-1"))):
                name = f"{kind}-{length}"
                self._certificate(name, issuers[0] if issuers else "ca",
                                  f"subjectAltName=DNS:{name}.example\nextendedKeyUsage=clientAuth\n", kind)
                self._join(f"{name}-chain", (name, *issuers))
                self._pkcs12(name, kind, issuers)

    def path(self, name):
        return self.folder / name

    def chain(self, kind, length):
        return self.path(f"{kind}-{length}-chain.pem")

    def key(self, kind):
        return self.path(f"{kind}.key")

    def pkcs12(self, kind, length):
        return self.path(f"{kind}-{length}.p12")

    def _key(self, name, kind):
        openssl("genpkey", *KEYS[kind], "-out", self.path(f"{name}.key"))

    def _certificate(self, name, issuer, extensions, key=None):
        request, extfile = self.path("request.pem"), self.path("extensions.cnf")
        extfile.write_text(extensions)
        openssl("req", "-new", "-key", self.path(f"{key or name}.key"), "-subj", f"/CN={name}.example",
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.path(f"{issuer}.pem"),
                "-CAkey", self.path(f"{issuer}.key"), "-CAcreateserial", "-days", 20, "-sha256",
                "-extfile", extfile, "-out", self.path(f"{name}.pem"))

    def _join(self, name, parts):
        self.path(f"{name}.pem").write_text("".join(self.path(f"{part}.pem").read_text() for part in parts))

    def _pkcs12(self, name, key, issuers):
        extra = []
        if issuers:
            self._join("issuers", issuers)
            extra = ["-certfile", self.path("issuers.pem")]
        openssl("pkcs12", "-export", "-inkey", self.path(f"{key}.key"), "-in", self.path(f"{name}.pem"), *extra,
                "-name", name, "-passout", f"pass:{PASSWORD}", "-out", self.path(f"{name}.p12"))

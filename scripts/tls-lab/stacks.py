"""TLS stacks of the laboratory: how each is started as a server, and as a client that makes one handshake.

A server has a port of its own and logs its secrets, or its clients do. A client is a function of a Call that
returns when the connection is over. All of them run in the laboratory's network namespace.
"""
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import time

import pki

HERE = pathlib.Path(__file__).resolve().parent
NSS_KINDS = [kind for kind in pki.KEYS if kind != "ed25519"]  # NSS 3.87 has no EdDSA
PATIENCE = 15  # seconds that a client may take


@dataclasses.dataclass
class Call:
    """One connection: from which client to which server, and what it is to show."""
    what: str                  # the row of the table: "given", "declined", "retried, given", ...
    client: str
    server: str
    address: str = ""          # of its own, by which its flow is found again
    key: str = ""              # kind of key, empty: no certificate
    chain: int = 1
    options: tuple = ()        # of the client program
    first: tuple = ()          # options of a connection made before it, whose session it offers again
    first_server: str = ""     # the server of that one, when it is another
    wait: float = 0.15         # seconds until the client's input ends
    remark: str = ""           # what the server is told on its input meanwhile


class Laboratory:
    def __init__(self, folder, keys, stacks):
        self.folder = pathlib.Path(folder)
        self.pki = pki.Pki(self.folder / "pki", keys)
        self.secrets = self.folder / "secrets"
        self.secrets.mkdir()
        self.servers, self.ports = {}, {}
        self.log = open(self.folder / "stacks.log", "ab")
        self.clients = {"openssl": self.openssl, "gnutls": self.gnutls, "nss": self.nss, "go": self.go,
                        "wolfssl": self.wolfssl, "chromium": self.chromium}
        self._make_programs(stacks)

    # ---- programs of our own around libraries ----

    def _make_programs(self, stacks):
        run = lambda *command, **more: subprocess.run(command, check=True, stdout=self.log, stderr=self.log, **more)
        if "go" in stacks:
            run("go", "build", "-o", self.folder / "lab-go", HERE / "lab.go",
                env={**os.environ, "GO111MODULE": "off", "GOCACHE": str(self.folder / "go")})
        if "wolfssl" in stacks:
            run("gcc", "-O1", "-o", self.folder / "lab-wolf", HERE / "wolf.c", "-lwolfssl")
        if "java" in stacks:
            run("javac", "-d", self.folder / "java", HERE / "Jsse.java")
        if "nss" in stacks:
            self._nss_database("nss", [f"{kind}-{length}" for kind in NSS_KINDS for length in pki.CHAINS] + ["server"])
            self._nss_database("nss-none", [])
        if "chromium" in stacks:
            self._select_certificates()

    def _select_certificates(self):
        """Chromium shows a certificate without asking anybody only by a policy, which has one place in the file
        system: in this mount namespace a folder of ours lies over it."""
        managed = self.folder / "chromium" / "policies" / "managed"
        managed.mkdir(parents=True)
        rule = json.dumps({"pattern": "*", "filter": {}})
        (managed / "laboratory.json").write_text(json.dumps({"AutoSelectCertificateForUrls": [rule]}))
        subprocess.run(["mount", "--bind", self.folder / "chromium", "/etc/chromium"], check=True)

    def _nss_database(self, name, identities):
        folder = self.folder / name
        folder.mkdir(parents=True)
        run = lambda *command: subprocess.run(command, check=True, stdout=self.log, stderr=self.log)
        run("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{folder}", "-n", "root", "-t", "CT,C,C", "-i", self.pki.path("ca.pem"))
        for identity in identities:
            run("pk12util", "-i", self.pki.path(f"{identity}.p12"), "-d", f"sql:{folder}", "-W", pki.PASSWORD, "-K", "")

    # ---- servers ----

    def serve(self, name, *options):
        """Starts the server `name` ("openssl asks" and the like) on the next port."""
        port = 4001 + len(self.ports)
        self.ports[name] = port
        stack = name.split()[0]
        command = getattr(self, f"_{stack}_server")(name, port, name.split()[1] if " " in name else "", options)
        environment = {**os.environ, "SSLKEYLOGFILE": str(self.secrets / f"server-{port}")}
        self.servers[name] = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=self.log,
                                              stderr=self.log, env=environment)

    def _openssl_server(self, _, port, asks, options):
        ask = {"asks": ["-verify", 5], "requires": ["-Verify", 5], "refuses": ["-Verify", 5, "-verify_return_error"]}
        authorities = [] if asks == "refuses" else ["-CAfile", self.pki.path("trust.pem")]
        plain = [] if "-early_data" in options or "later" in options else ["-rev"]
        return ["openssl", "s_server", "-accept", port, "-tls1_3", "-cert", self.pki.path("server.pem"), "-key",
                self.pki.path("server.key"), "-keylogfile", self.secrets / f"server-{port}", *authorities,
                *ask.get(asks, []), *plain, *(it for it in options if it != "later")]

    def _gnutls_server(self, _, port, asks, options):
        ask = [] if asks == "asks" else ["--disable-client-cert"]
        return ["gnutls-serv", "--echo", "--port", port, "--x509certfile", self.pki.path("server.pem"),
                "--x509keyfile", self.pki.path("server.key"), *ask, *options]

    def _go_server(self, _, port, asks, options):
        return [self.folder / "lab-go", "server", port, self.pki.path("server.pem"), self.pki.path("server.key"),
                "request" if asks == "asks" else "none", self.secrets / f"server-{port}", *options]

    def _nss_server(self, _, port, asks, options):
        return ["selfserv", "-d", self.folder / "nss", "-n", "server", "-e", "server", "-p", port,
                "-V", "tls1.3:tls1.3", *(["-r"] if asks == "asks" else []), *options]

    def _java_server(self, _, port, asks, options):
        return ["java", "-cp", self.folder / "java", "Jsse", "server", port, self.pki.path("server.p12"),
                "request" if asks == "asks" else "none", *options]

    def _nginx_server(self, name, port, asks, options):
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        verify = f"ssl_verify_client optional_no_ca; ssl_client_certificate {self.pki.path('trust.pem')};"
        (folder / "nginx.conf").write_text(f"""daemon off; master_process off; user root;
pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen {port} ssl; ssl_protocols TLSv1.3; ssl_certificate {self.pki.path('server.pem')};
    ssl_certificate_key {self.pki.path('server.key')}; {verify if asks == 'asks' else ''}
    location / {{ return 200 "$ssl_client_verify\\n"; }} }} }}
""")
        return ["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"]

    def wait_for_servers(self, seconds=20):
        """Until every port is listened on, as the kernel tells it: no connection is made for that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            listening = set()
            for table in ("/proc/net/tcp", "/proc/net/tcp6"):
                for line in open(table).readlines()[1:]:
                    words = line.split()
                    if words[3] == "0A":
                        listening.add(int(words[1].rsplit(":", 1)[1], 16))
            missing = [name for name, port in self.ports.items() if port not in listening]
            if not missing:
                return
            time.sleep(0.05)
        raise SystemExit(f"tls-lab: servers did not begin to listen: {', '.join(missing)}; see {self.folder}/stacks.log")

    def stop(self):
        for server in self.servers.values():
            server.terminate()
        for server in self.servers.values():
            server.wait()

    # ---- clients ----

    def call(self, call):
        self.clients[call.client](call)

    def _talk(self, call, command, environment=None):
        """Runs a client that reads its input: "ping", and the end after a while."""
        client = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=self.log, stderr=self.log,
                                  env={**os.environ, **(environment or {})})
        try:
            client.stdin.write(b"ping\n")
            client.stdin.flush()
            time.sleep(call.wait)
            if call.remark:
                self.servers[call.server].stdin.write(call.remark.encode())
                self.servers[call.server].stdin.flush()
                time.sleep(call.wait)
            client.stdin.close()
            client.wait(PATIENCE)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            client.kill()
            client.wait()

    def openssl(self, call):
        session = self.folder / f"session-{call.address}"
        common = ["-tls1_3", "-servername", "server.example", "-keylogfile", self.secrets / f"client-{call.address}"]
        connect = lambda server: ["openssl", "s_client", "-connect", f"{call.address}:{self.ports[server]}", *common]
        command = connect(call.server)
        if call.key:
            command += ["-cert", self.pki.path(f"{call.key}-{call.chain}.pem"), "-key", self.pki.key(call.key),
                        "-cert_chain", self.pki.chain(call.key, call.chain)]
        if call.first:
            self._talk(call, [*connect(call.first_server or call.server), "-sess_out", session, *call.first])
            command += ["-sess_in", session]
        options = list(call.options)
        if "-early_data" in options:
            (self.folder / "early").write_text("ping early\n")
            options[options.index("-early_data") + 1] = str(self.folder / "early")
        self._talk(call, [*command, *options])

    def gnutls(self, call):
        command = ["gnutls-cli", "--no-ca-verification", "--port", self.ports[call.server], "--sni-hostname",
                   "server.example"]
        options = list(call.options)
        if "--priority" not in options:
            options += ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"]
        if call.key:
            command += ["--x509certfile", self.pki.chain(call.key, call.chain), "--x509keyfile", self.pki.key(call.key)]
        if "--earlydata" in options:
            (self.folder / "early").write_text("ping early\n")
            options[options.index("--earlydata") + 1] = str(self.folder / "early")
        self._talk(call, [*command, *options, call.address],
                   {"SSLKEYLOGFILE": str(self.secrets / f"client-{call.address}")})

    def nss(self, call):
        nick = ["-d", self.folder / "nss", "-n", f"{call.key}-{call.chain}"] if call.key else \
            ["-d", self.folder / "nss-none"]
        self._talk(call, ["tstclnt", "-h", call.address, "-p", self.ports[call.server], "-V", "tls1.3:tls1.3", "-o",
                          *nick, *call.options], {"SSLKEYLOGFILE": str(self.secrets / f"client-{call.address}")})

    def go(self, call):
        self._talk(call, [self.folder / "lab-go", "client", f"{call.address}:{self.ports[call.server]}",
                          *self._chain_and_key(call)])

    def wolfssl(self, call):
        self._talk(call, [self.folder / "lab-wolf", call.address, self.ports[call.server], *self._chain_and_key(call)])

    def _chain_and_key(self, call):
        return [self.pki.chain(call.key, call.chain), self.pki.key(call.key)] if call.key else ["-", "-"]

    def java(self, calls):
        """All of them in one virtual machine, which takes its time to start."""
        lines = [f"{it.address} {self.ports[it.server]} {self.pki.pkcs12(it.key, it.chain) if it.key else '-'}"
                 for it in calls]
        subprocess.run(["java", "-cp", self.folder / "java", "Jsse", "client"], input="\n".join(lines).encode() + b"\n",
                       stdout=self.log, stderr=self.log, timeout=PATIENCE * len(calls))

    def chromium(self, call):
        """A browser with a home of its own; with a certificate, by a policy that selects it."""
        home = self.folder / f"home-{call.address}"
        url = f"https://{call.address}:{self.ports[call.server]}/"
        self._nss_database(home / ".pki" / "nssdb", [f"{call.key}-{call.chain}"] if call.key else [])
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors",
                   "--disable-background-networking", "--disable-quic", f"--user-data-dir={home}/profile",
                   f"--ssl-key-log-file={self.secrets}/client-{call.address}", "--dump-dom", *call.options, url]
        try:
            subprocess.run(command, stdout=self.log, stderr=self.log, timeout=2 * PATIENCE,
                           env={**os.environ, "HOME": str(home)})
        except subprocess.TimeoutExpired:
            pass
        shutil.rmtree(home, ignore_errors=True)


def is_there(stack):
    """Is the stack's program or library installed?"""
    programs = {"openssl": ["openssl"], "gnutls": ["gnutls-cli", "gnutls-serv"], "nss": ["tstclnt", "selfserv"],
                "go": ["go"], "wolfssl": ["gcc"], "java": ["java", "javac"], "nginx": ["nginx"],
                "chromium": ["chromium", "certutil"]}
    header = pathlib.Path("/usr/include/wolfssl/ssl.h")
    there = {"wolfssl": header.exists(), "chromium": pathlib.Path("/etc/chromium").is_dir()}
    return all(map(shutil.which, programs[stack])) and there.get(stack, True)

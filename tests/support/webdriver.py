"""Chromium without a window, driven over WebDriver with the standard library alone."""
import base64
import json
import re
import shutil
import subprocess
import urllib.request


def is_available():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One session. Close it: the driver and the browser end with it."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        port = next(m[1] for line in self.driver.stdout
                    if (m := re.search(r"started successfully on port (\d+)", line)))
        self.base = f"http://127.0.0.1:{port}"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                            "--disable-background-networking", "--disable-component-update"]}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})["sessionId"]

    def close(self):
        try:
            self.command("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)["value"]

    def command(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def devtools(self, command, **parameters):
        return self.command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, file):
        """Opens a file; answers the addresses that were asked for and what the console said."""
        self.log("browser"), self.log("performance")
        self.command("POST", "/url", {"url": file.resolve().as_uri()})
        events = [json.loads(it["message"])["message"] for it in self.log("performance")]
        asked = [it["params"]["request"]["url"] for it in events if it["method"] == "Network.requestWillBeSent"]
        return asked, self.log("browser")

    def log(self, kind):
        return self.command("POST", "/se/log", {"type": kind})

    def script(self, code, *arguments):
        return self.command("POST", "/execute/sync", {"script": code, "args": list(arguments)})

    def promise(self, code):
        """The value of a promise."""
        self.command("POST", "/timeouts", {"script": 280_000})
        wrapped = f"const done = arguments[arguments.length - 1]; ({code}).then(done, e => done(String(e)));"
        return self.command("POST", "/execute/async", {"script": wrapped, "args": []})

    def show(self, width, scheme="light"):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                      mobile=False)
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def pdf(self):
        printed = self.devtools("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(printed["data"])

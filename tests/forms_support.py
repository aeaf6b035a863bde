"""What the tests of a finished audit share: the program, the samples, an audit of each sample in a folder of its own."""
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SAMPLES = (pathlib.Path(it).resolve() for it in sys.argv[1:3])


def run(*arguments, cwd=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, cwd=cwd, timeout=120)


def rows(database, sql):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()


def change(database, *statements):
    """Edits a database behind the program's back; the ledger's own triggers are in the way of that."""
    connection = sqlite3.connect(database)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(*((statement,) if isinstance(statement, str) else statement))
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        """One audit of each sample, for all tests of the class."""
        cls.directory = tempfile.TemporaryDirectory()
        cls.shared = pathlib.Path(cls.directory.name)
        for name in ("deviating", "as-documented"):
            shutil.copy(SAMPLES / f"{name}.pcapng", cls.shared)
            shutil.copy(SAMPLES / "site.toml", cls.shared)
            run("audit", f"{name}.pcapng", "-p", "site.toml", "-o", f"{name}.db", "-q", cwd=cls.shared)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def setUp(self):
        """A folder of its own, with the deviating audit and what it was made from."""
        own = tempfile.TemporaryDirectory()
        self.addCleanup(own.cleanup)
        self.tmp = pathlib.Path(own.name)
        for name in ("deviating.pcapng", "site.toml", "deviating.db", "as-documented.db"):
            shutil.copy(self.shared / name, self.tmp)
        self.db = self.tmp / "deviating.db"

    def good(self, *arguments, code=0):
        done = run(*arguments, cwd=self.tmp)
        self.assertEqual(done.returncode, code, done.stderr.decode() + done.stdout.decode())
        return done.stdout.decode()


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=1)

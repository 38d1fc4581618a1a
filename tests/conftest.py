"""Fixtures for all storeys of tests: stores, servers, golden files, and no skips in CI.

Knows what a test may ask for. Must never know how a server is started: tests/services.py does.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import pytest
import structlog
import trustme
from playwright.sync_api import Browser
from sqlalchemy import URL, Compiled, Dialect, Engine, create_engine

from feeds.storage import engines
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from tests import order, services, smtp

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
IN_CI = os.environ.get("CI") == "true"

# The settings of whoever runs the tests stay outside.
for _name in [name for name in os.environ if name.startswith("FIELDFARE_")]:
    del os.environ[_name]

# What tests write is gone after them: it stands in memory where there is room, as on a disk each
# PostgreSQL database takes ten times as long.
_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2_000_000_000
_IS_USABLE = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
if "TMPDIR" not in os.environ and _IS_USABLE and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# To print the values of each frame of a traceback takes longer than most tests.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

# A submission must not depend on chance; elsewhere chance may find something new.
hypothesis.settings.register_profile("house", deadline=None, derandomize=IN_CI)
hypothesis.settings.register_profile(
    "few", hypothesis.settings.get_profile("house"), max_examples=10
)
hypothesis.settings.load_profile("house")


class SmtpServerFactory(Protocol):
    """Starts a mail server that does as told (tests/smtp.py); it ends with the test."""

    def __call__(
        self,
        *,
        security: smtp.Security = "none",
        logins: dict[str, str] | None = None,
        script: smtp.Script = smtp.as_usual,
    ) -> smtp.SmtpServer: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    help_ = "write tests/golden anew from what the code gives now"
    parser.addoption("--regenerate", action="store_true", help=help_)


def pytest_configure(config: pytest.Config) -> None:
    if IN_CI and config.getoption("--regenerate"):
        raise pytest.UsageError("--regenerate would let every golden test pass: not in CI")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: nobody looks there for garbage again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)  # hypothesis marks its own first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = order.dealt(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lines are counted of the tests that count them, with all that these set up.

    What is made once counts as covered whether or not a test that is not traced asked first.
    """
    coverage = item.config.pluginmanager.get_plugin("_cov")
    if coverage is None or coverage.cov_controller is None:
        return
    counting = coverage.cov_controller
    if not order.counts_lines(item):
        if counting.started:
            counting.pause()
    elif not counting.started:
        order.forget_what_was_made_once()
        counting.resume()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _fail_skipped_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_skipped_in_ci(report)
    return report


def _fail_skipped_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if services.NOT_HERE in str(why):
            return  # Forbidden
        report.outcome = "failed"
        report.longrepr = f"nothing is skipped in CI. {why}"


@contextmanager
def _skip_where_missing() -> Iterator[None]:
    try:
        yield
    except services.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def program() -> Callable[[str, str], str]:
    """Finds a program by its name, and says which Debian package has it where it is missing."""

    def find(name: str, package: str) -> str:
        with _skip_where_missing():
            return services.program(name, package)

    return find


@pytest.fixture(scope="session")
def osce() -> Taxonomy:
    """The taxonomy that is delivered."""
    path = ROOT / "config" / "taxonomies" / "osce.toml"
    return Taxonomy.from_toml(path.read_text("utf-8"))


@pytest.fixture(scope="session")
def few_topics() -> Taxonomy:
    """Some of its topics, for what does not depend on how many there are."""
    return Taxonomy.from_toml((ROOT / "tests" / "few_topics.toml").read_text("utf-8"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compares bytes with a file in tests/golden; `pytest --regenerate` writes it instead."""

    def check(name: str, actual: bytes) -> None:
        path = GOLDEN / name
        if request.config.getoption("--regenerate"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual)
        assert path.exists(), f"no tests/golden/{name}: `pytest --regenerate` writes it"
        # By lines, so that a failure shows the line that differs.
        assert actual.splitlines(keepends=True) == path.read_bytes().splitlines(keepends=True)

    return check


# -- Stores ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def statements() -> Iterator[None]:
    """A statement is compiled once for all stores of an engine, though each test opens its own.

    A process has one store otherwise; for so many, to compile takes a tenth of the time.
    """
    dialects: dict[str, Dialect] = {}
    compiled: dict[Any, Compiled] = {}

    def create(url: URL, **options: Any) -> Engine:
        engine = create_engine(url, execution_options={"compiled_cache": compiled}, **options)
        engine.dialect = dialects.setdefault(engine.dialect.name, engine.dialect)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", create)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[services.Postgres]:
    """A PostgreSQL server of this worker's own."""
    with _skip_where_missing(), services.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_that_keeps() -> Iterator[services.Postgres]:
    """One whose processes may be killed without loss of what was committed."""
    with _skip_where_missing(), services.postgres(*services.KEEPS_WHAT_IS_COMMITTED) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: services.Postgres) -> str:
    """The name of a PostgreSQL database with today's schema, to be copied."""
    postgres.create("migrated")
    _migrate(postgres.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with today's schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database.open(url, VERSIONS)
    database.migrate()
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each of the two engines a store runs on, by turns."""
    name: str = request.param
    return name


@pytest.fixture
def empty_database_url(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a store with nothing in it, not even a schema."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server: services.Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def database_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a store with today's schema and no rows."""
    if engine == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        yield f"sqlite:///{copy}"
        return
    server: services.Postgres = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open store with today's schema and no rows, on each engine by turns."""
    opened = Database.open(database_url, VERSIONS)
    yield opened
    opened.close()


# -- Mail and browser ------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def authority(tmp_path_factory: pytest.TempPathFactory) -> trustme.CA:
    """Who signs the certificates of this run's mail servers, and whom alone its clients trust.

    To read all authorities of the world takes a client 30 ms of CPU.
    """
    signing = trustme.CA()
    certificate = tmp_path_factory.mktemp("authority") / "authority.pem"
    signing.cert_pem.write_to_path(str(certificate))
    os.environ["SSL_CERT_FILE"] = str(certificate)
    return signing


@pytest.fixture
def smtp_server(authority: trustme.CA) -> Iterator[SmtpServerFactory]:
    """Mail servers that do as told, with certificates that this process trusts."""
    with ExitStack() as servers:

        def start(
            *,
            security: smtp.Security = "none",
            logins: dict[str, str] | None = None,
            script: smtp.Script = smtp.as_usual,
        ) -> smtp.SmtpServer:
            return servers.enter_context(
                smtp.smtp_server(authority, security=security, logins=logins, script=script)
            )

        yield start


@pytest.fixture
def smtp_sink() -> Iterator[Callable[..., services.Address]]:
    """Starts Postfix's smtp-sink with the options given (smtp-sink(1)); it ends with the test."""
    with ExitStack() as servers:

        def start(*options: str) -> services.Address:
            with _skip_where_missing():
                return servers.enter_context(services.smtp_sink(*options))

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of one module.

    Not for the session: while Playwright runs, an event loop counts as running in this thread,
    and asyncio.run refuses to start another one.
    """
    with _skip_where_missing(), services.chromium() as opened:
        yield opened

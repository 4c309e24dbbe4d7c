"""The deciding options of ctlock, with their defaults."""

from dataclasses import dataclass, field

from words import HOUR, MINUTE


@dataclass
class Options:
    ttl: int = 6 * HOUR
    window: int = 15 * MINUTE
    grace: int = 10 * MINUTE
    settle: int = HOUR
    max_sessions: int = None  # None: any number
    max_window: int = None
    issuers: tuple = ()
    adopt: bool = False
    private_ip: str = "endpoint"  # or "any"
    presigned: str = "info"  # or "alert"
    trust_accounts: tuple = ()
    info: bool = False
    show_suppressed: bool = False
    min_severity: str = "low"
    once: bool = False
    exceptions: object = None  # exceptions.Exceptions
    agents: object = None  # agents.Listed, or None without --user-agents


@dataclass
class Counts:
    """What --counts writes."""

    records: int = 0
    issues: int = 0
    calls: int = 0  # judged
    unknown: int = 0
    late: int = 0
    late_behind: int = 0  # seconds, the most late one, behind the newest
    repeated: int = 0  # records dropped as repetitions
    malformed: int = 0
    changes: int = 0  # address changes applied
    changes_ignored: int = 0  # of them, those that did not fit
    alerts: dict = field(default_factory=dict)  # by kind, printed or not, each uid once
    alerts_repeated: int = 0  # a uid that was there before
    alerts_once: int = 0  # of alerts, held back by --once
    alerts_below: int = 0  # of alerts, held back by --min-severity
    suppressed: int = 0
    info: dict = field(default_factory=dict)  # by kind, printed or not
    rows_made: int = 0
    rows_live: int = 0
    rows_evicted: int = 0  # by --max-sessions
    early: int = 0  # events that left the window early, by --max-window

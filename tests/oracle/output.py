"""The lines of `ctlock --format json`, and the uid (section 3, after the rules)."""

from siphash import siphash24
from words import format_time, to_bytes


def printable(text):
    """A byte that is not UTF-8 has no name in JSON: U+FFFD."""
    return None if text is None else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def uid(session, kind, source, event_id):
    """A hash of session, kind, source and eventID, each preceded by its length as 8 bytes."""
    data = b""
    for part in (session.arn, kind, source.text, event_id):
        part = to_bytes(part)
        data += len(part).to_bytes(8, "little") + part
    return f"{siphash24(data):016x}"


class View:
    """Both sides of a call as they were before its own effects: an alert names the source and each
    locked address, and for either how many other live sessions hold it and whose section 4 says it
    is."""

    def __init__(self, call, row, table, book):
        def whose(who, slot):
            """The session's own instance if it is known to that; else the instance if exactly one has
            it."""
            if who is None:
                return None
            owners = book.owners(who, slot)
            if row.instance is not None and row.instance in owners:
                return row.instance
            return next(iter(owners)) if len(owners) == 1 else None

        source = call.source
        self.source_sessions = 0
        if not source.is_service:
            self.source_sessions = table.other_holders(row, source.who, source.slot)
        self.source_known = whose(source.who, source.slot)
        self.locked = [
            {
                "address": printable(str(a.who)),
                "slot": a.slot,
                "since": format_time(a.since),
                "last": format_time(a.last),
                "event_id": printable(a.event_id or None),
                "sessions": table.other_holders(row, a.who, a.slot),
                "known": printable(whose(a.who, a.slot)),
            }
            for a in row.addresses
        ]


def line(type_, kind, severity, call, view, exception=None, ended=None):
    session = call.session
    fields = {
        "type": type_,
        "time": format_time(call.time),
        "kind": kind,
        "severity": severity,
        "account": session.account,
        "role": session.role,
        "instance": session.instance,
        "session": session.arn,
        "source": call.source_text,
        "locked": view.locked,
        "source_sessions": view.source_sessions,
        "source_known": view.source_known,
        "event_id": call.event_id,
        "event_name": call.event_name,
        "event_source": call.event_source,
        "region": call.region,
        "user_agent": call.user_agent,
        "access_key_id": call.access_key_id,
        "error_code": call.error_code,
        "vpc_endpoint": call.vpc_endpoint_id,
        "vpc_endpoint_account": call.vpc_endpoint_account,
        "ec2_role_delivery": call.ec2_role_delivery,
        "ended": None if ended is None else format_time(ended),
        "late": call.late,
        "exception": exception,
        "file": call.file,
        "uid": uid(session, kind, call.source, call.event_id),
    }
    return {k: printable(v) if isinstance(v, str) else v for k, v in fields.items()}

"""Section 3 of DETECTION.md: judging a call. The first rule that fits gives the verdict."""

from dataclasses import dataclass

import agents
from output import View, line, uid
from words import IPV6, PRIVATE, PUBLIC

SEVERITIES = ("low", "medium", "high", "critical")
SEVERITY = {
    "use-after-terminate": "critical",
    "use-while-stopped": "critical",
    "ip-mismatch": "high",
    "foreign-vpc-endpoint": "high",
    "console-use": "high",
    "private-ip-mismatch": "medium",
    "new-path": "medium",
    "user-agent": "low",
}
MISMATCHES = ("ip-mismatch", "private-ip-mismatch")


@dataclass
class Verdict:
    """What a rule says of a call. accepted: rules 6 to 9 took the source for the session's own."""

    info: str = None
    alert: str = None
    accepted: bool = False


FINE = Verdict(accepted=True)


def is_get_caller_identity(call):
    return call.does("sts.amazonaws.com", "GetCallerIdentity")


def is_forwardable(call):
    """Rule 8: signed here and sent from elsewhere, by no SDK."""
    return is_get_caller_identity(call) and not agents.sent_by_sdk(call.user_agent)


def is_presigned(call):
    """Rule 3, but for what the row has seen."""
    return call.auth_method == "QueryString" and call.event_name in (
        "GetObject",
        "HeadObject",
        "PutObject",
        "UploadPart",
    )


class Judge:
    def __init__(self, options, table, book, counts, emit):
        self.options = options
        self.table = table
        self.book = book
        self.counts = counts
        self.emit = emit

    def call(self, call):
        """Judge one call. True if it raised an alert, repeated or not, printed or not."""
        row = self.table.row(call.session) or self.adopt(call)
        if row is None:
            if call.session.instance is not None:
                self.counts.unknown += 1
            return False
        self.counts.calls += 1
        judged = JudgedCall(self, call, row)
        judged.run()
        return judged.has_alerted

    def adopt(self, call):
        """Section 2, --adopt. A late call adopts nothing, nor does one that is presigned where those are
        judged (rule 3)."""
        if not self.options.adopt or call.late or not self.table.may_adopt(call):
            return None
        if self.options.presigned == "alert" and self.may_be_presigned(call):
            return None
        return self.table.make(call)

    @staticmethod
    def is_console(call):
        """Rule 1."""
        return call.session.instance is not None and (
            call.from_console
            or call.does("signin.amazonaws.com", "ConsoleLogin", "GetSigninToken", "SwitchRole")
        )

    @staticmethod
    def is_service(call):
        """Rule 2."""
        return call.source.is_service or bool(call.invoked_by)

    def may_be_presigned(self, call):
        """Rule 3 is reached, and fits but for what the row has seen."""
        return is_presigned(call) and not self.is_console(call) and not self.is_service(call)


class JudgedCall:
    def __init__(self, judge, call, row):
        self.judge, self.call, self.row = judge, call, row
        self.options, self.table, self.book = judge.options, judge.table, judge.book
        self.view = View(call, row, self.table, self.book)
        self.has_alerted = False
        self.ended = None  # when the instance ended, where rule 4 says so
        self.presigned = (
            self.options.presigned == "alert"
            and judge.may_be_presigned(call)
            and call.source not in row.alerted_sources
        )
        # Adopts, locks, adds, replaces, spends, takes, makes firm, remembers the last use. A late call
        # does not; a presigned one that is judged does not either.
        self.acts = not call.late and not self.presigned

    def run(self):
        verdict = self.first_rule_that_fits()
        if verdict.info:
            self.inform(verdict.info)
        if verdict.alert:
            self.raise_alert(verdict.alert)
        if verdict.accepted:
            if self.options.adopt:
                self.table.extend_accepted(self.row, self.call)
            listed = self.options.agents
            if listed is not None and not listed.has(agents.family(self.call.user_agent)):
                self.raise_alert("user-agent")

    def first_rule_that_fits(self):
        for rule in (
            self.rule_1_console,
            self.rule_2_service,
            self.rule_3_presigned,
            self.rule_4_after_the_end,
            self.rule_5_foreign_endpoint,
            self.rule_6_locked,
            self.rule_7_known,
            self.rule_8_first,
            self.rule_9_credited,
        ):
            verdict = rule()
            if verdict is not None:
                return verdict
        return self.rule_10_alert()

    # --- Rules 1 to 5 ---------------------------------------------------------------------------

    def rule_1_console(self):
        return Verdict(alert="console-use") if self.judge.is_console(self.call) else None

    def rule_2_service(self):
        return Verdict(info="service-call") if self.judge.is_service(self.call) else None

    def rule_3_presigned(self):
        if self.options.presigned != "info" or not is_presigned(self.call):
            return None
        return None if self.call.source in self.row.alerted_sources else Verdict(info="presigned")

    def rule_4_after_the_end(self):
        instance, time = self.row.instance, self.call.time
        if instance is None:
            return None
        issues = [r.last_issue for r in self.table.rows_of(instance) if r.last_issue is not None]
        issues += self.book.issued.get(instance, [])
        end = self.book.terminated.get(instance)
        if end is not None and time - end > self.options.grace and not any(i > end for i in issues):
            self.ended = end
            return Verdict(alert="use-after-terminate")
        stop, start = self.book.stopped.get(instance), self.book.started.get(instance)
        if stop is not None and time - stop > self.options.grace:
            if not any(i > stop for i in issues) and not (start is not None and start > stop):
                self.ended = stop
                return Verdict(alert="use-while-stopped")
        return None

    def rule_5_foreign_endpoint(self):
        account, row = self.call.vpc_endpoint_account or "", self.row
        is_account = len(account) == 12 and account.isascii() and account.isdigit()
        if not is_account or account == self.call.session.account:
            return None
        if account in self.options.trust_accounts or account in row.endpoint_accounts:
            return None
        if not self.options.trust_accounts and (
            row.first_lock is None or self.call.time - row.first_lock <= self.options.settle
        ):
            if self.acts:
                row.endpoint_accounts.add(account)
            return None
        return Verdict(alert="foreign-vpc-endpoint")

    # --- Rules 6 and 7 --------------------------------------------------------------------------

    def rule_6_locked(self):
        call, address = self.call, self.row.find(self.call.source)
        if address is None:
            return None
        if not self.acts:
            return FINE
        address.last = max(address.last, call.time)
        if not is_get_caller_identity(call):
            address.provisional = False
        if call.source.slot == PRIVATE and call.vpc_endpoint and call.vpc_endpoint not in address.endpoints:
            address.endpoints.add(call.vpc_endpoint)
            if call.time > self.row.first_lock + self.options.settle:
                return Verdict(info="new-vpc-endpoint", accepted=True)
        return FINE

    def rule_7_known(self):
        source = self.call.source
        if not self.book.is_known(self.row.instance, source.who, source.slot):
            return None
        if self.acts:
            self.row.add(source, self.call)
        return FINE

    # --- Rule 8 ---------------------------------------------------------------------------------

    def may_be_learnt(self):
        """A private source reaches AWS through an endpoint and no other way."""
        return (
            self.call.source.slot != PRIVATE
            or bool(self.call.vpc_endpoint)
            or self.options.private_ip == "any"
        )

    def rule_8_first(self):
        if not self.may_be_learnt():
            return None
        if any(a.slot == self.call.source.slot for a in self.row.addresses):
            return self.relock()
        if self.is_excepted():
            return self.first_excepted()
        if self.is_late_slot():
            return self.first_in_late_slot()
        if is_forwardable(self.call):
            return Verdict(info="forwarded")
        self.lock()
        return FINE

    def is_late_slot(self):
        """The row has had an address in another slot for longer than --settle, or an excepted call has
        used this slot."""
        slot = self.call.source.slot
        return slot in self.row.excepted_slots or any(
            self.call.time - a.since > self.options.settle for a in self.row.addresses if a.slot != slot
        )

    def first_in_late_slot(self):
        if self.call.source.slot == PRIVATE:
            if is_forwardable(self.call):
                return Verdict(info="forwarded")
            self.lock()
            return Verdict(info="new-path", accepted=True) if self.acts else FINE
        if not is_forwardable(self.call):
            self.lock()
        return Verdict(alert="new-path")

    def lock(self):
        if self.acts:
            self.spend_association_credit()
            self.row.add(self.call.source, self.call, provisional=is_get_caller_identity(self.call))

    def spend_association_credit(self):
        """Locking public spends one unused AssociateAddress credit, if there is one."""
        call = self.call
        if call.source.slot == PUBLIC:
            credit = self.book.credit(self.row.instance, PUBLIC, call.time)
            if credit is not None and credit.association is not None:
                self.book.spend(self.row.instance, PUBLIC, call.source, call)

    def relock(self):
        """The first call that is no GetCallerIdentity and comes from another source of the slot replaces
        a provisional address."""
        call = self.call
        if is_get_caller_identity(call) or self.is_excepted():
            return None
        for address in self.row.addresses:
            if address.slot == call.source.slot and address.provisional:
                if call.time - address.since <= self.options.settle:
                    return self.replace(address)
        return None

    def replace(self, address):
        if not self.acts:
            return FINE
        self.row.addresses.remove(address)
        if not self.book.relearn(self.row.instance, address.who, self.call.source, self.call):
            self.spend_association_credit()
        self.row.add(self.call.source, self.call)
        return Verdict(info="relock", accepted=True)

    # --- Rules 9 and 10 -------------------------------------------------------------------------

    def rule_9_credited(self):
        call, slot = self.call, self.call.source.slot
        if self.book.credit(self.row.instance, slot, call.time) is None or not self.may_be_learnt():
            return None
        if self.is_excepted():
            self.mark_slot()
        elif self.acts:
            self.book.spend(self.row.instance, slot, call.source, call)
            self.row.add(call.source, call)
        return FINE

    def mismatch(self):
        return "private-ip-mismatch" if self.call.source.slot == PRIVATE else "ip-mismatch"

    def rule_10_alert(self):
        if self.excepts(self.mismatch()):
            self.mark_slot()
        return Verdict(alert=self.mismatch())

    # --- Exceptions -----------------------------------------------------------------------------

    def exception(self, kind):
        rules = self.options.exceptions
        return None if rules is None else rules.find(self.call, kind)

    def excepts(self, kind):
        return self.exception(kind) is not None

    def is_excepted(self):
        """Exceptions keep rules 8 and 9 from locking, adding or spending for an excepted source."""
        return self.excepts(self.mismatch()) or self.excepts("new-path")

    def mark_slot(self):
        if self.acts:
            self.row.excepted_slots.add(self.call.source.slot)

    def first_excepted(self):
        """Rule 8 for an excepted source: nothing is locked, and the slot is used by an excepted call."""
        late_slot = self.is_late_slot()
        self.mark_slot()
        if late_slot and self.call.source.slot in (PUBLIC, IPV6):
            return Verdict(alert="new-path")
        return FINE

    # --- What is told ---------------------------------------------------------------------------

    def severity(self, kind):
        """Low beats medium: a mismatch or new-path that is a GetCallerIdentity sent by no SDK, is
        presigned, or whose source is held by 3 or more other live sessions."""
        if kind not in MISMATCHES + ("new-path",):
            return SEVERITY[kind]
        if is_forwardable(self.call) or self.presigned or self.view.source_sessions >= 3:
            return "low"
        if kind in MISMATCHES and is_get_caller_identity(self.call):
            return "medium"
        return SEVERITY[kind]

    def is_told(self, severity):
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.options.min_severity)

    def inform(self, kind):
        counts = self.judge.counts.info
        counts[kind] = counts.get(kind, 0) + 1
        if self.options.info:
            self.judge.emit(line("info", kind, None, self.call, self.view))

    def suppress(self, kind, severity, rule):
        self.judge.counts.suppressed += 1
        if self.options.show_suppressed and self.is_told(severity):
            self.judge.emit(line("suppressed", kind, severity, self.call, self.view, rule.where, self.ended))

    def raise_alert(self, kind):
        """An alert, or the suppression that an exception makes of it."""
        severity, rule = self.severity(kind), self.exception(kind)
        if rule is not None:
            self.suppress(kind, severity, rule)
            return
        self.has_alerted = True
        self.tell(kind, severity)
        if not self.presigned:
            self.row.alerted_sources.add(self.call.source)

    def tell(self, kind, severity):
        """The same uid is not printed twice while the row lives; --once and --min-severity hold back
        what is counted all the same."""
        counts, row, call = self.judge.counts, self.row, self.call
        name = uid(call.session, kind, call.source, call.event_id)
        if name in row.uids and call.event_id:  # without one, the uid does not tell calls apart
            counts.alerts_repeated += 1
            return
        row.uids.add(name)
        counts.alerts[kind] = counts.alerts.get(kind, 0) + 1
        once = (kind, call.source, severity)
        if self.options.once and once in row.once:
            counts.alerts_once += 1
            return
        row.once.add(once)
        if self.is_told(severity):
            self.judge.emit(line("alert", kind, severity, call, self.view, ended=self.ended))
        else:
            counts.alerts_below += 1

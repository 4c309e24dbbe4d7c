/* exception_rule: one rule of --exceptions, its text and what it fits; DETECTION section 6. */
#ifndef CTLOCK_EXCEPTION_RULE_H
#define CTLOCK_EXCEPTION_RULE_H

#include "ctlock/alert.h"
#include "ctlock/buf.h"
#include "ctlock/cidr.h"
#include "ctlock/ip.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The texts of a rule; absent (p NULL) where it has none. The first six are the selectors of the
 * line form, in the order of their names. */
enum exception_part {
    EP_ACCOUNT,
    EP_ROLE,
    EP_INSTANCE,
    EP_EVENT,
    EP_KIND,
    EP_EXP,
    EP_PARTITION, /* told by a role ARN only */
    EP_TEXT,      /* the rule as written, without comment */
    EP_COUNT
};
enum { EXCEPTION_SELECTORS = EP_EXP + 1 };

struct exception_rule {
    struct cidr range;
    struct str part[EP_COUNT]; /* views; the maker of the rule says into what */
    int64_t expires_s;         /* first second after its last day, or TIME_NONE */
    bool covers[KIND_COUNT];   /* the kinds of alerts that kind= matches, or those by default */
};

/* A rule without selectors, its range and texts not set: it covers ip-mismatch,
 * private-ip-mismatch, new-path and user-agent (DETECTION section 3), and never expires. */
struct exception_rule exception_rule_plain(void);

/* Read `CIDR [SELECTOR=VALUE]…`, line without its comment and white space around it. The parts are
 * views into line. False, with the reason (safe to print, without file and line) appended. */
bool exception_rule_parse(struct str line, struct exception_rule *out, struct buf *why);

/* What a rule is held against. */
struct exception_query {
    struct ip ip; /* family 0 matches nothing */
    struct str partition, account, role, instance;
    struct str event_source, event_name; /* event= matches `ec2:RunInstances` (the source up to its
                                            first dot) or `RunInstances` */
    enum alert_kind kind;
    int64_t time_s; /* eventTime */
};

/* May some call have this account? False, with the reason (safe to print) appended, if not. */
bool exception_rule_may_be_account(struct str account, struct buf *why);

/* True when all of the rule fits, its range included. */
bool exception_rule_fits(const struct exception_rule *rule, const struct exception_query *q);

/* Append a text from a file, for a message: safe, in quotes where needed, cut where very long. */
void exception_rule_quote(struct buf *why, struct str text);

#endif

/* judge: what a call is, by the first rule that fits; DETECTION section 3. Decides; changes
 * nothing. */
#ifndef CTLOCK_JUDGE_H
#define CTLOCK_JUDGE_H

#include "ctlock/addressbook.h"
#include "ctlock/alert.h"
#include "ctlock/exceptions.h"
#include "ctlock/locktable.h"
#include "ctlock/useragents.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct judge_options {
    int64_t ttl_s;
    int64_t grace_s;
    int64_t settle_s;
    bool private_ip_any;  /* --private-ip=any */
    bool presigned_alert; /* --presigned=alert */
    const struct str *trusted_accounts;
    size_t n_trusted_accounts;
    struct exceptions *exceptions;       /* may be NULL; report counts their matches */
    const struct useragents *useragents; /* NULL: families are not checked */
};

/* What a judge looks at. Not changed by it. */
struct judge {
    const struct judge_options *opt;
    const struct locktable *table;
    const struct addressbook *book;
};

/* A call and what follows from it alone. */
struct call {
    const struct event *event;
    struct row *row;
    struct lock_source source;
    struct str instance;     /* absent for a session that is no instance's */
    struct str vpc_endpoint; /* absent unless it starts with `vpce-` */
    bool is_identity;        /* GetCallerIdentity */
    bool by_sdk;             /* only known if is_identity */
    bool presigned;          /* rule 3 fits, and --presigned=alert sent it on */
    bool has_effects;        /* it may adopt, lock, add, replace, spend: not late, not presigned */
};

enum verdict_class { VERDICT_FINE, VERDICT_INFO, VERDICT_ALERT, VERDICT_SUPPRESSED };

/* What the verdict does to the row and the book. */
enum verdict_effect {
    EFFECT_NONE,
    EFFECT_USE,   /* the lock on the source was used: last, firm, endpoint */
    EFFECT_LOCK,  /* lock the source; in the public slot that spends an AssociateAddress credit */
    EFFECT_ADD,   /* lock the source, which is known to be the instance's */
    EFFECT_SPEND, /* lock the source and spend the credit that it stands on */
    EFFECT_RELOCK /* the source replaces a provisional lock of its slot */
};

struct verdict {
    enum verdict_class class;
    enum alert_kind kind;   /* unless VERDICT_FINE */
    enum severity severity; /* of an alert or a suppression */
    int64_t ended_s; /* by rule 4: when the instance was terminated or stopped; else TIME_NONE */
    long exception;  /* rule that suppressed it, or kept it from locking; else -1 */
    enum verdict_effect effect;
    struct lock *lock; /* that EFFECT_USE uses or EFFECT_RELOCK replaces; of the row, which it is
                          for the effect to change */
    bool accepted;     /* by rules 6 to 9, without alert */
    bool provisional;  /* of EFFECT_LOCK */
    bool take_endpoint_account;
    bool except_slot; /* an excepted call used this slot */
};

/* Take a call apart. */
struct call judge_call(const struct event *e, struct row *row);

/* The record is of a request that a presigned URL can be (rule 3). */
bool judge_is_presigned(const struct event *e);

/* *v is the verdict by rules 1 to 10. c->presigned and c->has_effects may be changed by rule 3. */
void judge_decide(const struct judge *j, struct call *c, struct verdict *v);

/* The second look at an accepted call (DETECTION section 5): true when its family is not listed, *v
 * being the user-agent alert or its suppression. *nomem is set when memory ran out. */
bool judge_user_agent(const struct judge *j, const struct call *c, struct verdict *v, bool *nomem);

/* The mark that a row gets when this source has alerted. */
uint64_t judge_alerted_mark(const struct lock_source *s);

#endif

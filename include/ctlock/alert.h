/* alert: one line of output and its two formats. */
#ifndef CTLOCK_ALERT_H
#define CTLOCK_ALERT_H

#include "ctlock/buf.h"
#include "ctlock/event.h"
#include "ctlock/lock.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum alert_type { ALERT_ALERT, ALERT_INFO, ALERT_SUPPRESSED };
enum { ALERT_TYPE_COUNT = 3 };

/* DETECTION section 3. new-path and what stands before it can alert; new-path and what stands
 * behind it can be informational. */
enum alert_kind {
    KIND_CONSOLE_USE,
    KIND_USE_AFTER_TERMINATE,
    KIND_USE_WHILE_STOPPED,
    KIND_FOREIGN_VPC_ENDPOINT,
    KIND_IP_MISMATCH,
    KIND_PRIVATE_IP_MISMATCH,
    KIND_USER_AGENT,
    KIND_NEW_PATH,
    KIND_SERVICE_CALL,
    KIND_PRESIGNED,
    KIND_NEW_VPC_ENDPOINT,
    KIND_FORWARDED,
    KIND_RELOCK,
    KIND_COUNT
};

enum severity { SEVERITY_NONE, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum { SEVERITY_COUNT = 5 };

/* Names as they are printed, such as "ip-mismatch", "high". */
const char *alert_kind_name(enum alert_kind kind);
const char *severity_name(enum severity severity);

/* False where no severity has this name. */
bool severity_parse(struct str name, enum severity *out);

/* One of the addresses that the session is locked to. */
struct alert_lock {
    const struct lock *lock;
    uint32_t sessions; /* other live sessions that hold it */
    struct str known;  /* the instance that it is known to be of, or absent */
};

/* Everything points into memory of others and is valid while the alert is being handed over. */
struct alert {
    enum alert_type type;
    enum alert_kind kind;
    enum severity severity; /* SEVERITY_NONE for ALERT_INFO */
    const struct event *event;
    int64_t ended_s; /* when the instance was terminated or stopped, where that is why; else
                        TIME_NONE */
    const struct alert_lock *locked;
    size_t n_locked;
    uint32_t source_sessions;
    struct str source_known;
    struct str exception; /* FILE:LINE of the rule that suppressed it, or absent */
    struct str file;      /* name of the input */
    uint64_t uid;
};

/* Append the line, newline included. Text from records is made safe here (text.h). colour puts the
 * type and the severity between terminal escapes. */
void alert_format_text(const struct alert *a, bool colour, struct buf *out);
void alert_format_json(const struct alert *a, struct buf *out);

#endif

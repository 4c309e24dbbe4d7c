/* options: the command line. */
#ifndef CTLOCK_OPTIONS_H
#define CTLOCK_OPTIONS_H

#include "ctlock/alert.h"
#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTLOCK_VERSION "0.1.0"

enum options_colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Texts of an option that can repeat; they point into argv. */
struct options_list {
    struct str *item;
    size_t n;
};

struct options {
    bool json;
    unsigned jobs; /* 0: not given */
    int64_t ttl_s, window_s, grace_s, settle_s;
    uint64_t max_sessions, max_window;
    int64_t linger_s; /* -1: not given */
    struct options_list issuers, trusted_accounts, exceptions, useragents;
    bool adopt, private_ip_any, presigned_alert;
    bool check_config;
    bool show_suppressed, info, once, table, list_user_agents;
    enum severity min_severity;
    int exit_code;
    bool quiet, no_progress;
    const char *stats_json; /* NULL: not wanted */
    const char *state;      /* NULL: none */
    bool state_reset, flush;
    enum options_colour colour;
    bool no_sandbox;
    bool no_prefilter; /* --no-prefilter: look at every record in full, for tests */
    char *const *operands;
    size_t n_operands;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_HELP,    /* --help */
    OPTIONS_VERSION, /* --version */
    OPTIONS_WRONG    /* *why says what and, where it helps, the nearest name */
};

/* Read the command line; argv must outlive *o, which is for options_free in any case. */
enum options_result options_parse(int argc, char **argv, struct options *o, struct buf *why);
void options_free(struct options *o);

/* What --help prints. */
extern const char options_help[];

#endif

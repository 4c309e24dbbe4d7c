#include "ctlock/options.h"

#include "ctlock/duration.h"
#include "ctlock/nearest.h"
#include "ctlock/session.h"
#include "ctlock/text.h"

#include <getopt.h>
#include <stdlib.h>

const char options_help[] =
    "Usage: ctlock [OPTION]... [FILE|DIR|-]...\n"
    "Alert when an EC2 instance's role credentials are used from somewhere else.\n"
    "Reads CloudTrail, gzipped or not; standard input where no FILE is given.\n"
    "\n"
    "Detection    --ttl D (6h)  --window D (15m)  --grace D (10m)  --settle D (1h)\n"
    "             --linger D  --issuer NAME...  --adopt  --private-ip=endpoint|any\n"
    "             --presigned=info|alert  --trust-account ID...\n"
    "Known good   --exceptions FILE...  --user-agents FILE...  --check-config\n"
    "Output       -f, --format text|json  --min-severity low|medium|high|critical\n"
    "             --once  --info  --show-suppressed  --color auto|always|never\n"
    "             --table  --list-user-agents  --stats-json FILE\n"
    "             -q, --quiet  --no-progress  --exit-code N (with alerts; not 1-3)\n"
    "Memory       --state FILE  --state-reset  --flush\n"
    "             --max-sessions N (4000000)  --max-window N (2000000)\n"
    "Other        -j, --jobs N  --no-sandbox  -h, --help  -V, --version\n"
    "\n"
    "Durations D: 90s 1h30m 2d. Exit: 0 ran, 1 output lost, 2 usage, 3 ran, but some\n"
    "input was unreadable. The manual, ctlock(1), says the rest.\n"
    "\n"
    "  aws s3 cp s3://trail/AWSLogs/.../x.json.gz - | ctlock\n"
    "  ctlock --format json /archive/AWSLogs >alerts.ndjson\n"
    "  ctlock -q --min-severity medium --exit-code 10 /dumps/yesterday /dumps/today\n";

/* Options that have a value, and those that have none but --help and --version. Each has its case
 * in a switch over its kind: the compiler warns where one is missing. */
enum value_option {
    OPT_FORMAT = 'f',
    OPT_JOBS = 'j',
    OPT_TTL = 256,
    OPT_WINDOW,
    OPT_LINGER,
    OPT_GRACE,
    OPT_SETTLE,
    OPT_ISSUER,
    OPT_PRIVATE_IP,
    OPT_PRESIGNED,
    OPT_TRUST_ACCOUNT,
    OPT_EXCEPTIONS,
    OPT_USER_AGENTS,
    OPT_MIN_SEVERITY,
    OPT_EXIT_CODE,
    OPT_STATS_JSON,
    OPT_COLOR,
    OPT_STATE,
    OPT_MAX_SESSIONS,
    OPT_MAX_WINDOW
};

enum flag_option {
    OPT_QUIET = 'q',
    OPT_ADOPT = 512,
    OPT_CHECK_CONFIG,
    OPT_SHOW_SUPPRESSED,
    OPT_LIST_USER_AGENTS,
    OPT_INFO,
    OPT_ONCE,
    OPT_TABLE,
    OPT_NO_PROGRESS,
    OPT_NO_PREFILTER,
    OPT_STATE_RESET,
    OPT_FLUSH,
    OPT_NO_SANDBOX
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"ttl", required_argument, NULL, OPT_TTL},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"linger", required_argument, NULL, OPT_LINGER},
    {"grace", required_argument, NULL, OPT_GRACE},
    {"settle", required_argument, NULL, OPT_SETTLE},
    {"issuer", required_argument, NULL, OPT_ISSUER},
    {"adopt", no_argument, NULL, OPT_ADOPT},
    {"private-ip", required_argument, NULL, OPT_PRIVATE_IP},
    {"presigned", required_argument, NULL, OPT_PRESIGNED},
    {"trust-account", required_argument, NULL, OPT_TRUST_ACCOUNT},
    {"exceptions", required_argument, NULL, OPT_EXCEPTIONS},
    {"check-config", no_argument, NULL, OPT_CHECK_CONFIG},
    {"show-suppressed", no_argument, NULL, OPT_SHOW_SUPPRESSED},
    {"user-agents", required_argument, NULL, OPT_USER_AGENTS},
    {"list-user-agents", no_argument, NULL, OPT_LIST_USER_AGENTS},
    {"info", no_argument, NULL, OPT_INFO},
    {"min-severity", required_argument, NULL, OPT_MIN_SEVERITY},
    {"once", no_argument, NULL, OPT_ONCE},
    {"table", no_argument, NULL, OPT_TABLE},
    {"exit-code", required_argument, NULL, OPT_EXIT_CODE},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"stats-json", required_argument, NULL, OPT_STATS_JSON},
    {"color", required_argument, NULL, OPT_COLOR},
    {"no-progress", no_argument, NULL, OPT_NO_PROGRESS},
    {"no-prefilter", no_argument, NULL, OPT_NO_PREFILTER},
    {"state", required_argument, NULL, OPT_STATE},
    {"state-reset", no_argument, NULL, OPT_STATE_RESET},
    {"flush", no_argument, NULL, OPT_FLUSH},
    {"max-sessions", required_argument, NULL, OPT_MAX_SESSIONS},
    {"max-window", required_argument, NULL, OPT_MAX_WINDOW},
    {"no-sandbox", no_argument, NULL, OPT_NO_SANDBOX},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* The option being read, for messages. */
struct reading {
    const char *name;
    const char *value;
    struct buf *why;
};

static bool wrong(struct reading *g, const char *reason)
{
    buf_puts(g->why, "--");
    buf_puts(g->why, g->name);
    buf_puts(g->why, ": '");
    text_plain(g->why, str_of(g->value));
    buf_puts(g->why, "' ");
    buf_puts(g->why, reason);
    return false;
}

/* Which of the names the value is; -1 and a message where it is none. */
static int choose(struct reading *g, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_of(g->value), str_of(names[i])))
            return (int)i;
    (void)wrong(g, "is not one of");
    for (size_t i = 0; i < n; i++) {
        buf_putc(g->why, ' ');
        buf_puts(g->why, names[i]);
    }
    return -1;
}

/* One of two words. */
static bool read_either(struct reading *g, const char *off, const char *on, bool *out)
{
    const char *const names[] = {off, on};
    int i = choose(g, names, 2);
    *out = i == 1;
    return i >= 0;
}

static bool read_duration(struct reading *g, int64_t *out)
{
    return duration_parse(str_of(g->value), out) ||
           wrong(g, "is not a duration such as 90s, 15m, 1h30m or 2d");
}

static bool read_number(struct reading *g, long min, long max, long *out)
{
    long n = 0;
    const char *p = g->value;
    /* What is too great stays so, and is read to its end. */
    for (; *p >= '0' && *p <= '9'; p++)
        n = n <= max / 10 ? n * 10 + (*p - '0') : max + 1;
    *out = n;
    if (*p || p == g->value)
        return wrong(g, "is not a number");
    return (n >= min && n <= max) || wrong(g, "is out of range");
}

static bool add(struct reading *g, struct options_list *list)
{
    struct str *item = realloc(list->item, (list->n + 1) * sizeof *item);
    if (!item)
        return wrong(g, "cannot be kept: out of memory");
    list->item = item;
    list->item[list->n++] = str_of(g->value);
    return *g->value || wrong(g, "must not be empty");
}

static bool read_account(struct reading *g, struct options *o)
{
    if (!session_is_account(str_of(g->value)))
        return wrong(g, "is not an account id of 12 digits");
    return add(g, &o->trusted_accounts);
}

static bool read_exit_code(struct reading *g, struct options *o)
{
    long n;
    if (!read_number(g, 0, 255, &n))
        return false;
    o->exit_code = (int)n;
    return !(n >= 1 && n <= 3) || wrong(g, "means something else already (0, or 4 to 255)");
}

static bool read_severity(struct reading *g, struct options *o)
{
    return severity_parse(str_of(g->value), &o->min_severity) ||
           wrong(g, "is not one of low medium high critical");
}

static bool read_colour(struct reading *g, struct options *o)
{
    static const char *const names[] = {"auto", "always", "never"};
    int i = choose(g, names, 3);
    o->colour = (enum options_colour)i;
    return i >= 0;
}

static bool read_jobs(struct reading *g, struct options *o)
{
    long n;
    if (!read_number(g, 1, 1024, &n))
        return false;
    o->jobs = (unsigned)n;
    return true;
}

/* More would not fit any machine. */
static bool read_limit(struct reading *g, uint64_t *out)
{
    long n;
    if (!read_number(g, 1, 1000000000, &n))
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool take_value(struct reading *g, struct options *o, enum value_option which)
{
    switch (which) {
    case OPT_FORMAT:
        return read_either(g, "text", "json", &o->json);
    case OPT_JOBS:
        return read_jobs(g, o);
    case OPT_TTL:
        return read_duration(g, &o->ttl_s) && (o->ttl_s > 0 || wrong(g, "keeps no row"));
    case OPT_WINDOW:
        return read_duration(g, &o->window_s);
    case OPT_LINGER:
        return read_duration(g, &o->linger_s);
    case OPT_GRACE:
        return read_duration(g, &o->grace_s);
    case OPT_SETTLE:
        return read_duration(g, &o->settle_s);
    case OPT_MAX_SESSIONS:
        return read_limit(g, &o->max_sessions);
    case OPT_MAX_WINDOW:
        return read_limit(g, &o->max_window);
    case OPT_ISSUER:
        return add(g, &o->issuers);
    case OPT_PRIVATE_IP:
        return read_either(g, "endpoint", "any", &o->private_ip_any);
    case OPT_PRESIGNED:
        return read_either(g, "info", "alert", &o->presigned_alert);
    case OPT_TRUST_ACCOUNT:
        return read_account(g, o);
    case OPT_EXCEPTIONS:
        return add(g, &o->exceptions);
    case OPT_USER_AGENTS:
        return add(g, &o->useragents);
    case OPT_MIN_SEVERITY:
        return read_severity(g, o);
    case OPT_EXIT_CODE:
        return read_exit_code(g, o);
    case OPT_STATS_JSON:
        o->stats_json = g->value;
        return (*g->value && strcmp(g->value, "-") != 0) || wrong(g, "is not the name of a file");
    case OPT_STATE:
        o->state = g->value;
        return (*g->value && strcmp(g->value, "-") != 0) || wrong(g, "is not the name of a file");
    case OPT_COLOR:
        break;
    }
    return read_colour(g, o);
}

/* The switch that an option without a value sets. */
static bool *flag_of(struct options *o, enum flag_option which)
{
    switch (which) {
    case OPT_ADOPT:
        return &o->adopt;
    case OPT_CHECK_CONFIG:
        return &o->check_config;
    case OPT_SHOW_SUPPRESSED:
        return &o->show_suppressed;
    case OPT_LIST_USER_AGENTS:
        return &o->list_user_agents;
    case OPT_INFO:
        return &o->info;
    case OPT_ONCE:
        return &o->once;
    case OPT_TABLE:
        return &o->table;
    case OPT_NO_PREFILTER:
        return &o->no_prefilter;
    case OPT_NO_SANDBOX:
        return &o->no_sandbox;
    case OPT_NO_PROGRESS:
        return &o->no_progress;
    case OPT_STATE_RESET:
        return &o->state_reset;
    case OPT_FLUSH:
        return &o->flush;
    case OPT_QUIET:
        break;
    }
    return &o->quiet;
}

static const char *long_name(int which)
{
    const struct option *l = long_options;
    while (l->name && l->val != which)
        l++;
    return l->name;
}

static void say_short(struct buf *why)
{
    char name[2] = {(char)optopt, '\0'};
    buf_putc(why, '-');
    text_plain(why, (struct str){name, 1});
}

/* An option that lacks its value is the last of the command line. */
static void say_missing(const char *given, struct buf *why)
{
    if (given[0] == '-' && given[1] == '-')
        text_plain(why, str_of(given));
    else
        say_short(why);
    buf_puts(why, " needs a value");
}

/* The beginning of several options. False where it is of none. */
static bool say_ambiguous(struct str begin, struct buf *why)
{
    size_t n = 0;
    for (const struct option *l = long_options; l->name; l++)
        if (begin.n > 0 && str_starts(str_of(l->name), begin)) {
            if (n++ == 0) {
                buf_puts(why, "ambiguous option --");
                buf_str(why, begin);
            }
            buf_printf(why, "%s--%s", n == 1 ? " (" : ", ", l->name);
        }
    buf_puts(why, n ? ")" : "");
    return n > 0;
}

static void say_unknown_name(const char *given, struct buf *why)
{
    struct str name = {given + 2, strcspn(given + 2, "=")};
    if (say_ambiguous(name, why))
        return;
    const char *names[sizeof long_options / sizeof long_options[0]];
    size_t n = 0;
    for (const struct option *l = long_options; l->name; l++)
        names[n++] = l->name;
    buf_puts(why, "unknown option --");
    text_plain(why, name);
    const char *near = nearest_name(name, names, n);
    if (near)
        buf_printf(why, " (did you mean --%s?)", near);
}

/* getopt stopped at an option that does not exist, is ambiguous, or has a value that it does not
 * take. Only behind a long one is optind sure to be: in a cluster it stays until the last. */
static void say_unknown(char **argv, struct buf *why)
{
    if (optopt == 0) {
        say_unknown_name(argv[optind - 1], why);
    } else if (long_name(optopt)) {
        buf_printf(why, "--%s takes no value", long_name(optopt));
    } else {
        buf_puts(why, "unknown option ");
        say_short(why);
    }
}

static enum options_result contradictions(const struct options *o, struct buf *why)
{
    if (o->table && o->list_user_agents)
        buf_puts(why, "--table and --list-user-agents exclude each other");
    else if (!o->state && (o->state_reset || o->flush))
        buf_puts(why, o->flush ? "--flush needs --state" : "--state-reset needs --state");
    else if (o->check_config && o->exceptions.n + o->useragents.n == 0)
        buf_puts(why, "--check-config needs --exceptions or --user-agents");
    else
        return OPTIONS_RUN;
    return OPTIONS_WRONG;
}

enum options_result options_parse(int argc, char **argv, struct options *o, struct buf *why)
{
    *o = (struct options){.ttl_s = 6 * 3600,
                          .window_s = 15 * 60,
                          .grace_s = 10 * 60,
                          .settle_s = 3600,
                          .max_sessions = 4000000,
                          .max_window = 2000000,
                          .linger_s = -1,
                          .min_severity = SEVERITY_LOW};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":f:j:qhV", long_options, NULL)) != -1;) {
        struct reading g = {.name = long_name(c), .value = optarg, .why = why};
        if (c == 'h')
            return OPTIONS_HELP;
        if (c == 'V')
            return OPTIONS_VERSION;
        if (c == '?')
            say_unknown(argv, why);
        if (c == ':')
            say_missing(argv[optind - 1], why);
        if (c == '?' || c == ':')
            return OPTIONS_WRONG;
        if (!optarg)
            *flag_of(o, (enum flag_option)c) = true;
        else if (!take_value(&g, o, (enum value_option)c))
            return OPTIONS_WRONG;
    }
    o->operands = argv + optind;
    o->n_operands = (size_t)(argc - optind);
    return contradictions(o, why);
}

void options_free(struct options *o)
{
    free(o->issuers.item);
    free(o->trusted_accounts.item);
    free(o->exceptions.item);
    free(o->useragents.item);
}

#include "ctlock/exception_rule.h"

#include "ctlock/byte.h"
#include "ctlock/glob.h"
#include "ctlock/nearest.h"
#include "ctlock/session.h"
#include "ctlock/text.h"
#include "ctlock/timestamp.h"

static const char *const selector_names[EXCEPTION_SELECTORS] = {"account", "role", "instance",
                                                                "event",   "kind", "exp"};

/* The kinds that can alert. The first ones are covered by default: by a rule without kind=. */
static const enum alert_kind kinds[] = {
    KIND_IP_MISMATCH,
    KIND_PRIVATE_IP_MISMATCH,
    KIND_NEW_PATH,
    KIND_USER_AGENT,
    /* Only where kind= names them: */
    KIND_CONSOLE_USE,
    KIND_USE_AFTER_TERMINATE,
    KIND_USE_WHILE_STOPPED,
    KIND_FOREIGN_VPC_ENDPOINT,
};
enum { KINDS = sizeof kinds / sizeof *kinds, KINDS_BY_DEFAULT = 4 };
_Static_assert(KINDS == KIND_NEW_PATH + 1, "each kind that can alert is by default or by name");

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Take the next word out of *rest; empty at the end. */
static struct str next_word(struct str *rest)
{
    while (rest->n > 0 && is_blank(rest->p[0]))
        *rest = str_skip(*rest, 1);
    struct str word = {rest->p, 0};
    while (word.n < rest->n && !is_blank(rest->p[word.n]))
        word.n++;
    if (word.n > 0)
        *rest = str_skip(*rest, word.n);
    return word;
}

void exception_rule_quote(struct buf *why, struct str text)
{
    const size_t most = 100;
    text_logfmt(why, text.n > most ? (struct str){text.p, most} : text);
    if (text.n > most)
        buf_puts(why, "...");
}

/* Say that a word is none of the names. */
static void put_unknown(struct buf *why, const char *what, struct str word,
                        const char *const *names, size_t n)
{
    const char *near = nearest_name(word, names, n);
    buf_printf(why, "unknown %s ", what);
    exception_rule_quote(why, word);
    buf_puts(why, near ? "; did you mean " : "; known are ");
    for (size_t i = 0; i < n && !near; i++) {
        buf_puts(why, i > 0 ? ", " : "");
        buf_puts(why, names[i]);
    }
    buf_puts(why, near ? near : "");
    buf_puts(why, near ? "?" : "");
}

static bool kinds_parse(struct str kind, bool covers[KIND_COUNT], struct buf *why)
{
    const char *names[KINDS];
    bool is_good = glob_is_wild(kind);
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = alert_kind_name(kinds[i]);
        covers[kinds[i]] = glob_match(kind, str_of(names[i]));
        is_good = is_good || covers[kinds[i]];
    }
    if (!is_good)
        put_unknown(why, "kind", kind, names, KINDS);
    return is_good;
}

static bool complain(struct str value, const char *reason, struct buf *why)
{
    exception_rule_quote(why, value);
    buf_puts(why, reason);
    return false;
}

static bool expiry_parse(struct str date, int64_t *expires_s, struct buf *why)
{
    if (timestamp_parse_date(date, expires_s)) {
        *expires_s += 86400;
        return true;
    }
    return complain(date, " is not a date (YYYY-MM-DD)", why);
}

static bool has(struct str text, char c)
{
    return memchr(text.p, c, text.n) != NULL;
}

/* Take the text up to the first slash, and that, out of *rest. */
static bool next_directory(struct str *rest, struct str *out)
{
    const char *slash = memchr(rest->p, '/', rest->n);
    if (!slash)
        return false;
    *out = (struct str){rest->p, (size_t)(slash - rest->p)};
    *rest = str_skip(*rest, out->n + 1);
    return true;
}

static bool is_arn(struct str text)
{
    return str_starts(text, STR("arn:"));
}

/* The role that an ARN or a path ends in, or that the ARN of a session names; empty where that
 * cannot be told. */
static struct str role_name_in(struct str text)
{
    struct str head, directory;
    if (!next_directory(&text, &head))
        return (struct str){0};
    bool is_session = str_ends(head, STR(":assumed-role"));
    while (next_directory(&text, &directory))
        if (is_session)
            return directory;
    return text;
}

/* A name may have a colon: aws:ec2-instance. */
static bool role_is_good(struct str role, struct buf *why)
{
    if (!is_arn(role) && !has(role, '/'))
        return true;
    struct str name = role_name_in(role);
    (void)complain(role, ": a role is a name", why);
    buf_puts(why, is_arn(role) ? ", not an ARN" : ", without its path");
    if (name.n) {
        buf_puts(why, "; did you mean ");
        exception_rule_quote(why, name);
        buf_putc(why, '?');
    }
    return false;
}

static size_t count_digits(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += byte_is_digit(text.p[i]);
    return n;
}

/* Digits, and what people put between them: hyphens, as the console shows an id, and commas. */
static bool is_number(struct str text)
{
    size_t n = count_digits(text);
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '-' || text.p[i] == ',';
    return n == text.n;
}

static bool complain_of_account(struct str account, struct buf *why)
{
    (void)complain(account, " is not an account id of 12 digits", why);
    if (count_digits(account) != 12)
        return false;
    buf_puts(why, "; did you mean ");
    for (size_t i = 0; i < account.n; i++)
        if (byte_is_digit(account.p[i]))
            buf_putc(why, account.p[i]);
    buf_putc(why, '?');
    return false;
}

/* Accounts may have been made anonymous, and be no numbers. */
bool exception_rule_may_be_account(struct str account, struct buf *why)
{
    if (is_number(account) && !session_is_account(account))
        return complain_of_account(account, why);
    return !glob_is_wild(account) || complain(account, ": an account takes no * or ?", why);
}

/* Names of events have no commas and slashes. The service is the first word of eventSource, which
 * AWS writes in small letters. */
static bool event_is_good(struct str event, struct buf *why)
{
    const char *colon = memchr(event.p, ':', event.n);
    if (has(event, ','))
        return complain(event, ": event= takes one pattern; give each a rule of its own", why);
    if (has(event, '/'))
        return complain(event, ": an event is written like s3:ListBuckets, without a /", why);
    for (const char *p = event.p; colon && p < colon; p++)
        if (*p == '.' || (*p >= 'A' && *p <= 'Z'))
            return complain(event, ": a service is written like s3, in s3:ListBuckets", why);
    return true;
}

/* False for what no call can fit. */
static bool value_is_good(enum exception_part which, struct str value, struct buf *why)
{
    if (value.p[0] == '"' || value.p[0] == '\'')
        return complain(value, ": a value is written without quotation marks", why);
    switch (which) {
    case EP_EVENT:
        return event_is_good(value, why);
    case EP_ROLE:
        return role_is_good(value, why);
    case EP_ACCOUNT:
        return exception_rule_may_be_account(value, why);
    case EP_INSTANCE:
        return !glob_is_wild(value) || complain(value, ": instance= takes no * or ?", why);
    default:
        return true;
    }
}

/* EXCEPTION_SELECTORS where it is none. */
static size_t selector_number(struct str name)
{
    size_t i = 0;
    while (i < EXCEPTION_SELECTORS && !str_eq(name, str_of(selector_names[i])))
        i++;
    return i;
}

/* Read NAME=VALUE into the rule. */
static bool selector_parse(struct str word, struct exception_rule *rule, struct buf *why)
{
    const char *equals = memchr(word.p, '=', word.n);
    if (!equals && selector_number(word) < EXCEPTION_SELECTORS)
        return complain(word, " has no value (NAME=VALUE, without spaces)", why);
    if (!equals)
        return complain(word, " is not a selector (NAME=VALUE)", why);
    struct str name = {word.p, (size_t)(equals - word.p)};
    struct str value = str_skip(word, name.n + 1);
    size_t i = selector_number(name);
    if (i == EXCEPTION_SELECTORS) {
        put_unknown(why, "selector", name, selector_names, EXCEPTION_SELECTORS);
        return false;
    }
    if (rule->part[i].p || value.n == 0) {
        buf_puts(why, selector_names[i]);
        buf_puts(why, value.n == 0 ? "= has no value" : "= is given twice");
        return false;
    }
    rule->part[i] = value;
    if (i == EP_KIND)
        return kinds_parse(value, rule->covers, why);
    if (i == EP_EXP)
        return expiry_parse(value, &rule->expires_s, why);
    return value_is_good((enum exception_part)i, value, why);
}

struct exception_rule exception_rule_plain(void)
{
    struct exception_rule rule = {.expires_s = TIME_NONE};
    for (size_t i = 0; i < KINDS_BY_DEFAULT; i++)
        rule.covers[kinds[i]] = true;
    return rule;
}

bool exception_rule_parse(struct str line, struct exception_rule *out, struct buf *why)
{
    *out = exception_rule_plain();
    out->part[EP_TEXT] = line;
    struct str range = next_word(&line);
    const char *problem = cidr_parse(range, &out->range);
    if (problem) {
        exception_rule_quote(why, range);
        buf_puts(why, ": ");
        buf_puts(why, problem);
        return false;
    }
    for (struct str word = next_word(&line); word.n > 0; word = next_word(&line)) {
        if (!selector_parse(word, out, why))
            return false;
    }
    return true;
}

static bool event_fits(struct str pattern, const struct exception_query *q)
{
    if (glob_match(pattern, q->event_name))
        return true;
    struct str service = q->event_source;
    const char *dot = service.n ? memchr(service.p, '.', service.n) : NULL;
    if (dot)
        service.n = (size_t)(dot - service.p);
    return glob_match_pair(pattern, service, q->event_name);
}

static bool is_or_absent(struct str wanted, struct str value)
{
    return !wanted.p || str_eq(wanted, value);
}

bool exception_rule_fits(const struct exception_rule *rule, const struct exception_query *q)
{
    const struct str *part = rule->part;
    return cidr_has(rule->range, q->ip) && rule->covers[q->kind] &&
           (rule->expires_s == TIME_NONE || q->time_s < rule->expires_s) &&
           is_or_absent(part[EP_ACCOUNT], q->account) &&
           is_or_absent(part[EP_PARTITION], q->partition) &&
           is_or_absent(part[EP_INSTANCE], q->instance) &&
           (!part[EP_ROLE].p || glob_match(part[EP_ROLE], q->role)) &&
           (!part[EP_EVENT].p || event_fits(part[EP_EVENT], q));
}

#include "ctlock/exception_rule.h"

#include "ctlock/glob.h"
#include "ctlock/nearest.h"
#include "ctlock/text.h"
#include "ctlock/timestamp.h"

static const char *const selector_names[EXCEPTION_SELECTORS] = {"account", "role", "instance",
                                                                "event",   "kind", "exp"};

/* The kinds of alerts. The first ones are covered by a rule without kind=. */
static const char *const kind_names[] = {
    "ip-mismatch", "private-ip-mismatch", "new-path",          "user-agent",
    "console-use", "use-after-terminate", "use-while-stopped", "foreign-vpc-endpoint",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names, KINDS_COVERED = 4 };

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

static bool kind_is_good(struct str kind, struct buf *why)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (str_eq(kind, str_of(kind_names[i])))
            return true;
    }
    if (glob_is_wild(kind))
        return true;
    put_unknown(why, "kind", kind, kind_names, KINDS);
    return false;
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

/* Accounts may have been made anonymous, and be no numbers. */
bool exception_rule_may_be_account(struct str account, struct buf *why)
{
    size_t digits = 0;
    while (digits < account.n && account.p[digits] >= '0' && account.p[digits] <= '9')
        digits++;
    if (digits == account.n && digits != 12)
        return complain(account, " is not an account id of 12 digits", why);
    return !glob_is_wild(account) || complain(account, ": an account takes no * or ?", why);
}

/* False for what no call can fit. */
static bool value_is_good(enum exception_part which, struct str value, struct buf *why)
{
    switch (which) {
    case EP_KIND:
        return kind_is_good(value, why);
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

/* Read NAME=VALUE into the rule. */
static bool selector_parse(struct str word, struct exception_rule *rule, struct buf *why)
{
    const char *equals = memchr(word.p, '=', word.n);
    if (!equals)
        return complain(word, " is not a selector (NAME=VALUE)", why);
    struct str name = {word.p, (size_t)(equals - word.p)};
    struct str value = str_skip(word, name.n + 1);
    size_t i = 0;
    while (i < EXCEPTION_SELECTORS && !str_eq(name, str_of(selector_names[i])))
        i++;
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
    if (i == EP_EXP)
        return expiry_parse(value, &rule->expires_s, why);
    return value_is_good((enum exception_part)i, value, why);
}

bool exception_rule_parse(struct str line, struct exception_rule *out, struct buf *why)
{
    *out = (struct exception_rule){.part[EP_TEXT] = line, .expires_s = TIME_NONE};
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

static bool kind_is_covered(struct str kind)
{
    for (size_t i = 0; i < KINDS_COVERED; i++) {
        if (str_eq(kind, str_of(kind_names[i])))
            return true;
    }
    return false;
}

static bool is_or_absent(struct str wanted, struct str value)
{
    return !wanted.p || str_eq(wanted, value);
}

bool exception_rule_fits(const struct exception_rule *rule, const struct exception_query *q)
{
    const struct str *part = rule->part;
    return cidr_has(rule->range, q->ip) &&
           (rule->expires_s == TIME_NONE || q->time_s < rule->expires_s) &&
           (part[EP_KIND].p ? glob_match(part[EP_KIND], q->kind) : kind_is_covered(q->kind)) &&
           is_or_absent(part[EP_ACCOUNT], q->account) &&
           is_or_absent(part[EP_PARTITION], q->partition) &&
           is_or_absent(part[EP_INSTANCE], q->instance) &&
           (!part[EP_ROLE].p || glob_match(part[EP_ROLE], q->role)) &&
           (!part[EP_EVENT].p || event_fits(part[EP_EVENT], q));
}

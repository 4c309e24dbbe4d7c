#include "ctlock/exception_json.h"

#include "ctlock/session.h"
#include "ctlock/textfile.h"
#include "ctlock/timestamp.h"

#include <cJSON.h>
#include <errno.h>

/* cJSON keeps no places. The walk over its tree moves this over the same text, token by token. */
struct place {
    const char *at; /* the token */
    const char *next, *end;
    size_t line; /* of at */
};

struct reading {
    const char *name;
    struct place place;
    exception_json_add *add;
    void *self;
    struct buf *why;
};

static size_t count_lines(const char *p, const char *end)
{
    size_t n = 0;
    while (p != end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        n++;
        p++;
    }
    return n;
}

static bool is_between(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ':';
}

/* To the next token of text that cJSON has accepted. */
static void place_next(struct place *place)
{
    const char *p = place->next;
    while (p != place->end && is_between(*p))
        p++;
    place->line += count_lines(place->at, p);
    place->at = p;
    if (p != place->end && *p++ == '"') {
        while (p != place->end && *p != '"')
            p += *p == '\\' && p + 1 != place->end ? 2 : 1;
        if (p != place->end)
            p++;
    }
    place->next = p;
}

/* Append `NAME:LINE: `, the offending text if there is one, and why. Always false. */
static bool complain(struct reading *r, const char *offender, const char *why)
{
    textfile_where(r->why, r->name, r->place.line);
    if (offender) {
        exception_rule_quote(r->why, str_of(offender));
        buf_puts(r->why, ": ");
    }
    buf_puts(r->why, why);
    return false;
}

static bool read_range(struct reading *r, const cJSON *item, const char *arn,
                       struct exception_rule *rule)
{
    place_next(&r->place);
    if (!cJSON_IsString(item))
        return complain(r, NULL, "a range must be a string");
    const char *problem = cidr_parse(str_of(item->valuestring), &rule->range);
    if (problem)
        return complain(r, item->valuestring, problem);
    struct buf text = {0};
    buf_puts(&text, arn);
    buf_putc(&text, ' ');
    buf_puts(&text, item->valuestring);
    rule->part[EP_TEXT] = buf_view(&text);
    bool ok = !text.failed && r->add(r->self, rule, r->place.line);
    buf_free(&text);
    return ok || complain(r, NULL, "out of memory");
}

static bool account_is_good(struct reading *r, struct str account)
{
    struct buf wrong = {0};
    bool is = exception_rule_may_be_account(account, &wrong);
    if (!is) {
        textfile_where(r->why, r->name, r->place.line);
        buf_str(r->why, buf_view(&wrong));
        r->why->failed |= wrong.failed;
    }
    buf_free(&wrong);
    return is;
}

static bool read_role(struct reading *r, const cJSON *ranges)
{
    const char *arn = ranges->string;
    struct session_parts named;
    place_next(&r->place);
    if (!session_parse_role(str_of(arn), &named))
        return complain(r, arn, "not a role ARN (arn:PARTITION:iam::ACCOUNT:role/NAME)");
    if (!account_is_good(r, named.account))
        return false;
    struct exception_rule rule = exception_rule_plain();
    rule.part[EP_PARTITION] = named.partition;
    rule.part[EP_ACCOUNT] = named.account;
    rule.part[EP_ROLE] = named.role;
    place_next(&r->place);
    if (!cJSON_IsArray(ranges))
        return complain(r, arn, "must have a list of ranges");
    const cJSON *item;
    cJSON_ArrayForEach(item, ranges)
    {
        if (!read_range(r, item, arn, &rule))
            return false;
    }
    place_next(&r->place);
    return true;
}

static bool read_tree(struct reading *r, const cJSON *root)
{
    place_next(&r->place);
    if (!cJSON_IsObject(root))
        return complain(r, NULL, "not an object of role ARNs");
    const cJSON *ranges;
    cJSON_ArrayForEach(ranges, root)
    {
        if (!read_role(r, ranges))
            return false;
    }
    return true;
}

/* Where cJSON's strings would end early: a NUL byte, or \u0000. NULL where nothing is. */
static const char *find_nul(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0' || str_starts(str_skip(text, i), STR("\\u0000")))
            return text.p + i;
        i += text.p[i] == '\\';
    }
    return NULL;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p != end && (unsigned char)*p <= ' ')
        p++;
    return p;
}

bool exception_json_parse(const char *name, struct str text, exception_json_add *add, void *self,
                          struct buf *why)
{
    const char *end = text.p + text.n;
    struct reading r = {
        .name = name,
        .place = {.at = text.p, .next = text.p, .end = end, .line = 1},
        .add = add,
        .self = self,
        .why = why,
    };
    const char *problem = "NUL is not allowed";
    const char *at = find_nul(text);
    cJSON *root = NULL;
    if (!at) {
        at = text.p;
        errno = 0;
        root = text.n ? cJSON_ParseWithLengthOpts(text.p, text.n, &at, false) : NULL;
        at = root ? skip_space(at, end) : at;
        problem = root ? "something follows the object" : "not JSON";
        if (!root && errno == ENOMEM)
            problem = "out of memory";
    }
    bool ok = false;
    if (root && at == end) {
        ok = read_tree(&r, root);
    } else {
        r.place.line += count_lines(text.p, at);
        (void)complain(&r, NULL, problem);
    }
    cJSON_Delete(root);
    return ok;
}

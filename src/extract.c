#include "ctlock/extract.h"

#include "ctlock/changename.h"
#include "ctlock/fields.h"
#include "ctlock/prefilter.h"

#include <stdlib.h>

/* The memory of an extractor while a record is read: the event with its text, the decoded strings,
 * the scan. All text of an event comes from different places of the record, and decoding
 * shortens, so each part needs at most the record's length. */
enum {
    COPY_NBYTES = 32 /* text is copied in steps of this */
};

/* A record being read. */
struct reading {
    const struct extract_options *opt;
    struct str rec;
    struct fields fields;
    char *scratch; /* room for decoded strings */
    void *mem;     /* for fields_read */
    struct session_parts session;
    bool instance_session;
    struct str expiration; /* of an issue */
    struct str text[EVENT_NFIELDS];
    struct event *event;
};

static size_t round_up(size_t n)
{
    return (n + 7) / 8 * 8;
}

static bool reserve(struct extractor *x, size_t nbytes)
{
    if (nbytes <= x->cap)
        return true;
    nbytes += nbytes / 2;
    void *mem = malloc(nbytes);
    if (mem == NULL)
        return false;
    free(x->mem);
    x->mem = mem;
    x->cap = nbytes;
    return true;
}

/* Find the fields of a record that begins with `{`. False when memory ran out. */
static bool begin(struct reading *r, struct extractor *x, const struct extract_options *opt,
                  struct str rec)
{
    size_t event_nbytes = sizeof(struct event) + round_up(rec.n + COPY_NBYTES);
    size_t scratch_nbytes = round_up(rec.n);

    if (!reserve(x, event_nbytes + scratch_nbytes + fields_mem_nbytes(rec.n)))
        return false;
    r->opt = opt;
    r->rec = rec;
    r->event = x->mem;
    r->scratch = (char *)x->mem + event_nbytes;
    r->mem = r->scratch + scratch_nbytes;
    r->session = (struct session_parts){0};
    r->instance_session = false;
    r->expiration = (struct str){0};
    memset(r->text, 0, sizeof r->text);
    if (opt->no_prefilter ||
        !straight_read(&x->straight, &r->fields, rec, OBJECT_RECORD, opt->simd))
        fields_read(&r->fields, rec, OBJECT_RECORD, r->mem, opt->simd);
    return true;
}

/* Text of a field. Each is asked for once, so that scratch is enough. */
static struct str take(struct reading *r, enum field field)
{
    return fields_text(&r->fields, field, &r->scratch);
}

/* Read the fields of requestParameters or responseElements. False where that is no object. */
static bool look_inside(struct reading *r, enum field field, enum field_object object,
                        struct fields *out)
{
    struct str value = r->fields.value[field];

    if (value.n == 0 || value.p[0] != '{')
        return false;
    fields_read(out, value, object, r->mem, r->opt->simd);
    return true;
}

static bool is_issuer(const struct extract_options *opt, struct str name, bool instance_session)
{
    if (instance_session &&
        (str_eq(name, STR("ec2.amazonaws.com")) || str_eq(name, STR("ec2.amazonaws.com.cn"))))
        return true;
    for (size_t i = 0; i < opt->n_issuers; i++)
        if (name.p != NULL && str_eq(name, opt->issuers[i]))
            return true;
    return false;
}

/* DETECTION section 2, *Issue*. Sets the session. */
static bool is_issue(struct reading *r)
{
    struct fields request;

    if (!str_eq(r->text[EF_EVENT_NAME], STR("AssumeRole")) ||
        !str_eq(r->text[EF_EVENT_SOURCE], STR("sts.amazonaws.com")) ||
        r->text[EF_ERROR_CODE].p != NULL ||
        !look_inside(r, FIELD_REQUEST, OBJECT_REQUEST, &request))
        return false;
    struct str session = fields_text(&request, FIELD_ROLE_SESSION_NAME, &r->scratch);
    bool is_instance = session_is_instance(session);
    if (session.n == 0 || (!is_issuer(r->opt, r->text[EF_SOURCE], is_instance) &&
                           !is_issuer(r->opt, r->text[EF_INVOKED_BY], is_instance)))
        return false;
    if (!session_parse_role(fields_text(&request, FIELD_ROLE_ARN, &r->scratch), &r->session))
        return false;
    r->session.session = session;
    r->instance_session = is_instance;
    return true;
}

/* DETECTION section 2, *Call*. Sets the session. */
static bool is_call(struct reading *r)
{
    if (!str_eq(take(r, FIELD_TYPE), STR("AssumedRole")))
        return false;
    struct session_parts session;
    if (!session_parse(take(r, FIELD_ARN), &session))
        return false;
    r->instance_session = session_is_instance(session.session);
    if (r->opt->n_issuers == 0 && !r->instance_session)
        return false;
    r->session = session;
    return true;
}

/* DETECTION section 4. */
static bool is_change(const struct reading *r)
{
    return str_eq(r->text[EF_EVENT_SOURCE], STR("ec2.amazonaws.com")) &&
           r->text[EF_ERROR_CODE].p == NULL && changename_is(r->text[EF_EVENT_NAME]);
}

/* What the record is, of enum event_role; 0 if it is irrelevant. */
static uint8_t find_roles(struct reading *r)
{
    r->text[EF_EVENT_SOURCE] = take(r, FIELD_EVENT_SOURCE);
    r->text[EF_EVENT_NAME] = take(r, FIELD_EVENT_NAME);
    r->text[EF_SOURCE] = take(r, FIELD_SOURCE_IP);
    r->text[EF_INVOKED_BY] = take(r, FIELD_INVOKED_BY);
    struct str error = take(r, FIELD_ERROR_CODE);
    if (error.n)
        r->text[EF_ERROR_CODE] = error;
    if (is_issue(r))
        return EVENT_ISSUE;
    return (uint8_t)((is_call(r) ? EVENT_CALL : 0) | (is_change(r) ? EVENT_CHANGE : 0));
}

/* NULL, or what is wrong with it. */
static const char *read_time(struct reading *r, int64_t *out_s)
{
    struct str text = take(r, FIELD_EVENT_TIME);

    if (text.p == NULL)
        text = take(r, FIELD_TIMESTAMP);
    if (text.p == NULL)
        return "no eventTime";
    return timestamp_parse(text, out_s) ? NULL : "bad eventTime";
}

/* A value as written; absent where it is missing or broken. */
static struct str raw_value(const struct reading *r, enum field field)
{
    struct str value = r->fields.value[field];
    return value.n ? value : (struct str){0};
}

/* The texts that do not decide relevance. */
static void take_rest(struct reading *r, uint8_t roles)
{
    static const struct {
        uint8_t text;
        uint8_t field;
    } rest[] = {
        {EF_EVENT_ID, FIELD_EVENT_ID},
        {EF_SHARED_EVENT_ID, FIELD_SHARED_EVENT_ID},
        {EF_REGION, FIELD_REGION},
        {EF_USER_AGENT, FIELD_USER_AGENT},
        {EF_VPC_ENDPOINT_ID, FIELD_VPC_ENDPOINT_ID},
        {EF_VPC_ENDPOINT_ACCOUNT, FIELD_VPC_ENDPOINT_ACCOUNT},
        {EF_EC2_ROLE_DELIVERY, FIELD_EC2_ROLE_DELIVERY},
        {EF_ISSUED_TO, FIELD_ISSUED_TO},
        {EF_AUTH_METHOD, FIELD_AUTH_METHOD},
        {EF_RECIPIENT_ACCOUNT, FIELD_RECIPIENT_ACCOUNT},
    };

    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        r->text[rest[i].text] = take(r, (enum field)rest[i].field);
    r->text[EF_PARTITION] = r->session.partition;
    r->text[EF_ACCOUNT] = r->session.account;
    r->text[EF_ROLE] = r->session.role;
    r->text[EF_SESSION] = r->session.session;
    if (roles & EVENT_ISSUE) {
        struct fields response;
        if (look_inside(r, FIELD_RESPONSE, OBJECT_RESPONSE, &response)) {
            r->text[EF_ACCESS_KEY_ID] = fields_text(&response, FIELD_ISSUED_KEY, &r->scratch);
            r->expiration = fields_text(&response, FIELD_EXPIRATION, &r->scratch);
        }
    } else {
        r->text[EF_ACCESS_KEY_ID] = take(r, FIELD_ACCESS_KEY_ID);
    }
    if (roles & EVENT_CHANGE) {
        r->text[EF_REQUEST] = raw_value(r, FIELD_REQUEST);
        r->text[EF_RESPONSE] = raw_value(r, FIELD_RESPONSE);
        r->text[EF_SERVICE_DETAILS] = raw_value(r, FIELD_SERVICE_DETAILS);
    }
}

/* Copy text to the end of the event. */
static void put_text(struct reading *r, size_t *end, enum event_field field)
{
    struct str text = r->text[field];
    char *to = (char *)r->event + *end;

    if (text.p == NULL)
        return;
    r->event->field[field] = (struct event_span){(uint32_t)*end, (uint32_t)text.n};
    *end += text.n;
    /* Whole steps are quicker than the right length; there is room for them behind the event, and
     * in the record but near its end. Text in scratch, which escapes alone bring there, has none.
     */
    struct str rec = r->rec;
    if (!r->fields.escapes && (size_t)(rec.p + rec.n - text.p) >= text.n + COPY_NBYTES) {
        for (size_t i = 0; i < text.n; i += COPY_NBYTES)
            memcpy(to + i, text.p + i, COPY_NBYTES);
    } else if (text.n) {
        memcpy(to, text.p, text.n);
    }
}

/* Make the event from what was read. */
static void build(struct reading *r, uint8_t roles, int64_t time_s)
{
    struct event *e = r->event;
    size_t end = sizeof *e;
    int64_t creation_s = TIME_NONE, expiration_s = TIME_NONE;

    take_rest(r, roles);
    if (!timestamp_parse(take(r, FIELD_CREATION_DATE), &creation_s))
        creation_s = TIME_NONE;
    if (!timestamp_parse_expiration(r->expiration, &expiration_s))
        expiration_s = TIME_NONE;
    memset(e, 0, sizeof *e);
    e->roles = roles;
    e->flags = str_eq(take(r, FIELD_FROM_CONSOLE), STR("true")) ? EVENT_FROM_CONSOLE : 0;
    e->instance_session = r->session.session.p != NULL && r->instance_session;
    e->time_s = time_s;
    e->creation_s = creation_s;
    e->expiration_s = expiration_s;
    e->source = source_classify(r->text[EF_SOURCE], r->text[EF_VPC_ENDPOINT_ID]);
    for (int field = 0; field < EVENT_NFIELDS; field++)
        put_text(r, &end, (enum event_field)field);
    memset((char *)e + end, 0, round_up(end) - end);
    e->nbytes = (uint32_t)round_up(end);
}

static bool has_time_field(const struct reading *r)
{
    return r->fields.value[FIELD_EVENT_TIME].p != NULL ||
           r->fields.value[FIELD_TIMESTAMP].p != NULL;
}

/* The result for a record that the quick look dismissed. */
static enum extract_result dismiss(struct extractor *x, const struct extract_options *opt,
                                   struct str rec, const char **why)
{
    struct reading r;

    if (prefilter_has_time(rec, opt->simd))
        return EXTRACT_IRRELEVANT;
    if (!begin(&r, x, opt, rec))
        return EXTRACT_NOMEM;
    if (has_time_field(&r))
        return EXTRACT_IRRELEVANT;
    *why = "no eventTime";
    return EXTRACT_MALFORMED;
}

enum extract_result extract_record(struct extractor *x, const struct extract_options *opt,
                                   struct str rec, const struct event **out, const char **why)
{
    struct reading r;
    int64_t time_s;

    if (rec.n == 0 || rec.p[0] != '{' || rec.n > EXTRACT_MAX_NBYTES) {
        *why = rec.n > EXTRACT_MAX_NBYTES ? "too long" : "not an object";
        return EXTRACT_MALFORMED;
    }
    if (!opt->no_prefilter && !prefilter_may_matter(rec, opt->n_issuers > 0, opt->simd))
        return dismiss(x, opt, rec, why);
    if (!begin(&r, x, opt, rec))
        return EXTRACT_NOMEM;
    uint8_t roles = find_roles(&r);
    if (roles == 0 && (has_time_field(&r) || prefilter_has_time(rec, opt->simd)))
        return EXTRACT_IRRELEVANT;
    const char *wrong = roles ? read_time(&r, &time_s) : "no eventTime";
    if (wrong != NULL) {
        *why = wrong;
        return EXTRACT_MALFORMED;
    }
    build(&r, roles, time_s);
    *out = r.event;
    return EXTRACT_EVENT;
}

int64_t extract_time(struct extractor *x, struct str rec)
{
    static const struct extract_options plain = {0};
    struct reading r;
    int64_t time_s;

    if (rec.n == 0 || rec.p[0] != '{' || rec.n > EXTRACT_MAX_NBYTES || !begin(&r, x, &plain, rec))
        return TIME_NONE;
    return read_time(&r, &time_s) == NULL ? time_s : TIME_NONE;
}

void extract_free(struct extractor *x)
{
    free(x->mem);
    *x = (struct extractor){0};
}

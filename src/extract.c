#include "ctlock/extract.h"

#include "ctlock/changename.h"
#include "ctlock/eventhash.h"
#include "ctlock/fields.h"
#include "ctlock/prefilter.h"
#include "ctlock/wrapping.h"

#include <stdlib.h>

/* Text is copied in steps of this. */
enum { COPY_NBYTES = 32 };

/* A record being read. */
struct reading {
    const struct extract_options *opt;
    struct straight *straight;
    enum simd simd;
    struct str rec;
    struct fields fields;
    char *scratch; /* room for decoded strings */
    void *mem;     /* jsonscan_mem_nbytes of the record */
    /* What decides relevance: eventSource and so on. */
    struct str source, name, address, invoked_by, error;
    struct session_parts session;
    bool instance_session;
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

/* What is looked into at all. */
static bool is_object(struct str rec)
{
    return rec.n > 0 && rec.p[0] == '{' && rec.n <= EXTRACT_MAX_NBYTES;
}

/* The quick way, or the way that reads everything. */
static void find_fields(struct reading *r, struct str text, enum field_object object,
                        struct fields *out)
{
    if (r->opt->no_prefilter || !straight_read(r->straight, out, text, object, r->simd))
        fields_read(out, text, object, r->mem, r->simd);
}

/* Find the fields of a record that begins with `{`. False when memory ran out. The memory holds the
 * event, the decoded strings, and what a jsonscan needs. All text of an event comes from different
 * places of the record, and decoding shortens, so that each of the first two needs at most the
 * record's length. */
static bool begin(struct reading *r, struct extractor *x, const struct extract_options *opt,
                  enum simd simd, struct str rec)
{
    size_t made_nbytes = event_nbytes(rec.n + COPY_NBYTES);
    size_t scratch_nbytes = round_up(rec.n);

    if (!reserve(x, made_nbytes + scratch_nbytes + jsonscan_mem_nbytes(rec.n)))
        return false;
    r->opt = opt;
    r->straight = &x->straight;
    r->simd = simd;
    r->rec = rec;
    r->event = x->mem;
    r->scratch = (char *)x->mem + made_nbytes;
    r->mem = r->scratch + scratch_nbytes;
    r->session = (struct session_parts){0};
    r->instance_session = false;
    find_fields(r, rec, OBJECT_RECORD, &r->fields);
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
    struct str value = fields_raw(&r->fields, field);

    if (value.n == 0 || value.p[0] != '{')
        return false;
    find_fields(r, value, object, out);
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

    if (!str_eq(r->name, STR("AssumeRole")) || !str_eq(r->source, STR("sts.amazonaws.com")) ||
        r->error.p != NULL || !look_inside(r, FIELD_REQUEST, OBJECT_REQUEST, &request))
        return false;
    struct str session = fields_text(&request, FIELD_ROLE_SESSION_NAME, &r->scratch);
    bool is_instance = session_is_instance(session);
    if (session.n == 0 || (!is_issuer(r->opt, r->address, is_instance) &&
                           !is_issuer(r->opt, r->invoked_by, is_instance)))
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
    return str_eq(r->source, STR("ec2.amazonaws.com")) && r->error.p == NULL &&
           changename_is(r->name);
}

/* What the record is, of enum event_role; 0 if it is irrelevant. */
static uint8_t find_roles(struct reading *r)
{
    r->source = take(r, FIELD_EVENT_SOURCE);
    r->name = take(r, FIELD_EVENT_NAME);
    r->address = take(r, FIELD_SOURCE_IP);
    r->invoked_by = take(r, FIELD_INVOKED_BY);
    r->error = take(r, FIELD_ERROR_CODE);
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

/* The key that the issue gave out; sets its expiration. */
static struct str read_issued(struct reading *r)
{
    struct fields response;

    if (!look_inside(r, FIELD_RESPONSE, OBJECT_RESPONSE, &response))
        return (struct str){0};
    if (!timestamp_parse_expiration(fields_text(&response, FIELD_EXPIRATION, &r->scratch),
                                    &r->event->expiration_s))
        r->event->expiration_s = TIME_NONE;
    return fields_text(&response, FIELD_ISSUED_KEY, &r->scratch);
}

/* What each field of the event says. */
static void gather(struct reading *r, uint8_t roles, struct str text[EVENT_NFIELDS])
{
    bool is_change = roles & EVENT_CHANGE;
    struct str absent = {0};

    text[EF_PARTITION] = r->session.partition;
    text[EF_ACCOUNT] = r->session.account;
    text[EF_ROLE] = r->session.role;
    text[EF_SESSION] = r->session.session;
    text[EF_EVENT_SOURCE] = r->source;
    text[EF_EVENT_NAME] = r->name;
    text[EF_REGION] = take(r, FIELD_REGION);
    text[EF_INVOKED_BY] = r->invoked_by;
    text[EF_VPC_ENDPOINT_ID] = take(r, FIELD_VPC_ENDPOINT_ID);
    text[EF_VPC_ENDPOINT_ACCOUNT] = take(r, FIELD_VPC_ENDPOINT_ACCOUNT);
    text[EF_AUTH_METHOD] = take(r, FIELD_AUTH_METHOD);
    text[EF_EVENT_ID] = take(r, FIELD_EVENT_ID);
    text[EF_SHARED_EVENT_ID] = take(r, FIELD_SHARED_EVENT_ID);
    text[EF_SOURCE] = r->address;
    text[EF_USER_AGENT] = take(r, FIELD_USER_AGENT);
    text[EF_ERROR_CODE] = r->error;
    text[EF_ACCESS_KEY_ID] = roles & EVENT_ISSUE ? read_issued(r) : take(r, FIELD_ACCESS_KEY_ID);
    text[EF_EC2_ROLE_DELIVERY] = take(r, FIELD_EC2_ROLE_DELIVERY);
    text[EF_ISSUED_TO] = take(r, FIELD_ISSUED_TO);
    text[EF_RECIPIENT_ACCOUNT] = take(r, FIELD_RECIPIENT_ACCOUNT);
    text[EF_REQUEST] = is_change ? fields_raw(&r->fields, FIELD_REQUEST) : absent;
    text[EF_RESPONSE] = is_change ? fields_raw(&r->fields, FIELD_RESPONSE) : absent;
    text[EF_SERVICE_DETAILS] = is_change ? fields_raw(&r->fields, FIELD_SERVICE_DETAILS) : absent;
}

/* Whole steps are quicker than the right length. There is room for them behind the event, and in
 * the record but near its end; text in scratch, which escapes alone bring there, has none. */
static inline void copy_text(const struct reading *r, char *to, struct str text)
{
    size_t left = r->fields.escapes ? 0 : (size_t)(r->rec.p + r->rec.n - text.p);

    if (left < text.n + COPY_NBYTES) {
        memcpy(to, text.p, text.n);
        return;
    }
    for (size_t i = 0; i < text.n; i += COPY_NBYTES)
        memcpy(to + i, text.p + i, COPY_NBYTES);
}

/* Give the event its fields, as event_add does. */
static void put_all(struct reading *r, const struct str text[EVENT_NFIELDS])
{
    struct event *e = r->event;
    uint32_t fields = 0, end = 0;

    for (unsigned f = 0; f < EVENT_NFIELDS; f++) {
        if (text[f].p != NULL) {
            copy_text(r, (char *)(e + 1) + end, text[f]);
            fields |= UINT32_C(1) << f;
            end += (uint32_t)text[f].n;
        }
        e->end[f] = end;
    }
    e->fields = fields;
}

/* Make the event from what was read. */
static void build(struct reading *r, uint8_t roles, int64_t time_s)
{
    struct event *e = r->event;
    struct str text[EVENT_NFIELDS];

    /* Each member, for clearing all of it first takes longer than all that follows. */
    e->roles = roles;
    e->flags = str_eq(take(r, FIELD_FROM_CONSOLE), STR("true")) ? EVENT_FROM_CONSOLE : 0;
    e->instance_session = r->session.session.p != NULL && r->instance_session;
    e->reserved = e->reserved_too = 0;
    e->time_s = time_s;
    e->seq = 0;
    e->file = 0;
    e->offset = 0;
    e->expiration_s = TIME_NONE;
    if (!timestamp_parse(take(r, FIELD_CREATION_DATE), &e->creation_s))
        e->creation_s = TIME_NONE;
    gather(r, roles, text);
    e->source = source_classify(r->address, text[EF_VPC_ENDPOINT_ID]);
    put_all(r, text);
    size_t text_nbytes = e->end[EVENT_NFIELDS - 1], end = sizeof *e + text_nbytes;
    e->nbytes = (uint32_t)event_nbytes(text_nbytes);
    memset((char *)e + end, 0, e->nbytes - end);
    event_hash(r->opt->key, e);
}

static bool has_time_field(const struct reading *r)
{
    return fields_has(&r->fields, FIELD_EVENT_TIME) || fields_has(&r->fields, FIELD_TIMESTAMP);
}

/* The result for a record that the quick look dismissed. */
static enum extract_result dismiss(struct extractor *x, const struct extract_options *opt,
                                   enum simd simd, struct str rec, size_t name_at, const char **why)
{
    struct reading r;

    if (prefilter_has_time(rec, name_at, simd))
        return EXTRACT_IRRELEVANT;
    if (!begin(&r, x, opt, simd, rec))
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
    size_t name_at;

    if (!is_object(rec)) {
        *why = rec.n > EXTRACT_MAX_NBYTES ? "too long" : "not an object";
        return EXTRACT_MALFORMED;
    }
    enum simd simd = simd_choose(opt->simd);
    if (!opt->no_prefilter && !prefilter_may_matter(rec, opt->n_issuers > 0, simd, &name_at))
        return dismiss(x, opt, simd, rec, name_at, why);
    if (!begin(&r, x, opt, simd, rec))
        return EXTRACT_NOMEM;
    uint8_t roles = find_roles(&r);
    if (roles == 0 && (has_time_field(&r) || prefilter_has_time(rec, 0, simd)))
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

bool extract_time(struct extractor *x, struct str rec, int64_t *time_s)
{
    static const struct extract_options plain = {0};
    struct reading r;

    *time_s = TIME_NONE;
    if (!is_object(rec))
        return true;
    if (!begin(&r, x, &plain, simd_choose(SIMD_BEST), rec))
        return false;
    if (read_time(&r, time_s) != NULL)
        *time_s = TIME_NONE;
    return true;
}

bool extract_first(struct extractor *x, struct str rec, const char **why)
{
    static const struct extract_options plain = {0};
    struct reading r;

    *why = NULL;
    if (!is_object(rec))
        return true;
    if (!begin(&r, x, &plain, simd_choose(SIMD_BEST), rec))
        return false;
    bool has_time = has_time_field(&r);
    /* Who ships documents gives them a time, too; but a record has a name. */
    if (has_time &&
        (fields_has(&r.fields, FIELD_EVENT_TIME) || fields_has(&r.fields, FIELD_EVENT_NAME))) {
        *why = wrapping_of_identity(fields_raw(&r.fields, FIELD_IDENTITY));
        return true;
    }
    *why = wrapping_of(rec, r.mem, r.simd);
    if (*why == NULL)
        *why = has_time ? "no eventTime and no eventName" : "no eventTime";
    return true;
}

void extract_free(struct extractor *x)
{
    free(x->mem);
    *x = (struct extractor){0};
}

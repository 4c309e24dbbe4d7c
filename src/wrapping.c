#include "ctlock/wrapping.h"

#include "ctlock/jsonscan.h"

#include <strings.h>

/* A member that tells a form, and how its value begins. */
struct sign {
    const char *name;
    char begins;
    const char *form;
};

static const struct sign signs[] = {
    {"detail", '{', "an EventBridge event, which holds the record: jq -c .detail takes it out"},
    {"Events", '[',
     "output of lookup-events, which holds the records: jq -r '.Events[].CloudTrailEvent' takes "
     "them out"},
    {"CloudTrailEvent", '"',
     "an event of lookup-events, which holds the record: jq -r '..|.CloudTrailEvent?|strings' "
     "takes it out"},
    {"logEvents", '[',
     "a message of CloudWatch Logs, which holds records: jq -c '.logEvents[].message|fromjson?' "
     "takes them out"},
    {"result", '{', "a result of Splunk, which holds the record: jq -r .result._raw takes it out"},
};
enum { N_SIGNS = sizeof signs / sizeof *signs };

size_t wrapping_mem_nbytes(size_t n)
{
    return jsonscan_mem_nbytes(n);
}

/* How the value of the member at a colon begins; 0 where there is none. */
static char value_begins(const struct jsonscan *j, size_t colon)
{
    size_t at = jsonscan_value_at(j, colon);
    return at < j->text.n ? j->text.p[at] : '\0';
}

/* The colon of the member that comes next in an object: behind its opening brace, or behind the
 * colon of another. n_marks where there is none. */
static size_t next_member(const struct jsonscan *j, size_t mark)
{
    const char *p = j->text.p;
    if (p[j->mark[mark]] == ':' && (value_begins(j, mark) | 0x20) == '{')
        mark = jsonscan_close(j, mark + 1);
    for (mark++; mark < j->n_marks; mark++) {
        char c = p[j->mark[mark]];
        if (c == ':')
            return mark;
        if (c == '}' || c == ']')
            break;
        mark = jsonscan_close(j, mark);
    }
    return j->n_marks;
}

/* Has the object that opens at this mark a member "original" with text in it? */
static bool holds_original(const struct jsonscan *j, size_t mark)
{
    while ((mark = next_member(j, mark)) < j->n_marks)
        if (value_begins(j, mark) == '"' && str_eq(jsonscan_name(j, mark), STR("original")))
            return true;
    return false;
}

/* The form that the member at a colon tells. */
static const char *form_of(const struct jsonscan *j, size_t colon)
{
    struct str name = jsonscan_name(j, colon);
    char c = value_begins(j, colon);
    for (size_t i = 0; i < N_SIGNS; i++)
        if (c == signs[i].begins && str_eq(name, str_of(signs[i].name)))
            return signs[i].form;
    if (c == '{' && str_eq(name, STR("event")) && holds_original(j, colon + 1))
        return "a document of Beats, which holds the record: jq -r .event.original takes it out";
    if (c == '[' && name.n == 7 && strncasecmp(name.p, "Records", name.n) == 0)
        return "a list of records under another name than \"Records\": jq -c '.[]|arrays[]' takes "
               "them out";
    return NULL;
}

const char *wrapping_of(struct str text, void *mem, enum simd simd)
{
    struct jsonscan j;
    const char *form = NULL;
    jsonscan_index(&j, text, mem, simd);
    for (size_t mark = 0; !form && (mark = next_member(&j, mark)) < j.n_marks;)
        form = form_of(&j, mark);
    return form;
}

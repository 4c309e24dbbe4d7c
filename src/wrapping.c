#include "ctlock/wrapping.h"

#include "ctlock/jsonscan.h"

#include <strings.h>

/* Where the wrapping objects are: a document's, an array's, or the input's own. No deeper, for what
 * a record holds was chosen by whoever made the call. Where the record is text and nothing of it
 * stands beside it, `..` finds no more. */
#define EACH ".Records? // .|arrays[] // .|"

/* A member that tells a form, and how its value begins. */
struct sign {
    const char *name, *begins, *form;
};

static const struct sign signs[] = {
    {"detail", "{",
     "an EventBridge event, which holds the record: jq -c '" EACH ".detail?|objects' takes it out"},
    {"Events", "[",
     "output of lookup-events, which holds the records, newest first: jq -r "
     "'..|.CloudTrailEvent?|strings' | tac takes them out"},
    {"CloudTrailEvent", "\"",
     "an event of lookup-events, which holds the record (they come newest first): jq -r "
     "'..|.CloudTrailEvent?|strings' | tac takes it out"},
    {"logEvents", "[",
     "a message of CloudWatch Logs, which holds records: jq -c "
     "'..|.logEvents?|arrays[].message|fromjson?' takes them out"},
    {"result", "{",
     "a result of Splunk, which holds the record: jq -r '..|.result?._raw?|strings' takes it out"},
    {"message", "\"{",
     "a document of Beats or Logstash, which holds the record: jq -r '" EACH ".message?|strings' "
     "takes it out"},
};
enum { N_SIGNS = sizeof signs / sizeof *signs };

/* Does the value of the member at a colon begin like this? */
static bool begins(const struct jsonscan *j, size_t colon, const char *head)
{
    size_t at = jsonscan_value_at(j, colon);
    return str_starts((struct str){j->text.p + at, j->text.n - at}, str_of(head));
}

/* The colon of the member that comes next in an object: behind its opening brace, or behind the
 * colon of another. n_marks where there is none. */
static size_t next_member(const struct jsonscan *j, size_t mark)
{
    const char *p = j->text.p;
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
        if (begins(j, mark, "\"") && str_eq(jsonscan_name(j, mark), STR("original")))
            return true;
    return false;
}

/* The form that the member at a colon tells. */
static const char *form_of(const struct jsonscan *j, size_t colon)
{
    struct str name = jsonscan_name(j, colon);
    for (size_t i = 0; i < N_SIGNS; i++)
        if (str_eq(name, str_of(signs[i].name)) && begins(j, colon, signs[i].begins))
            return signs[i].form;
    if (str_eq(name, STR("event")) && begins(j, colon, "{") && holds_original(j, colon + 1))
        return "a document of Beats, which holds the record: jq -r '" EACH
               ".event?.original?|strings' takes it out";
    if (name.n == 7 && strncasecmp(name.p, "Records", name.n) == 0 && begins(j, colon, "["))
        return "a list of records under another name than \"Records\": jq -c '" EACH
               ".[]?|arrays[]' takes them out";
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

const char *wrapping_of_identity(struct str value)
{
    return str_starts(value, STR("\"{"))
               ? "userIdentity is text, not an object: jq -c 'reduce (\"userIdentity\","
                 "\"requestParameters\",\"responseElements\",\"additionalEventData\","
                 "\"serviceEventDetails\") as $k (.;.[$k]=(.[$k]|fromjson? // .))' makes objects "
                 "of it and of others"
               : NULL;
}

#include "ctlock/fields.h"

#include "ctlock/byte.h"
#include "ctlock/jsonscan.h"
#include "ctlock/jsonstring.h"

_Static_assert(N_FIELDS <= 64, "found has a bit for each");

/* The field of object that a name with escapes means; raw stands between its quotation marks. */
static enum field escaped_field(struct str raw, enum field_object object)
{
    enum { LONGEST_ESCAPE = 6 }; /* \uXXXX */
    char text[FIELDNAME_LONGEST * LONGEST_ESCAPE + 2] = "\"";

    if (raw.n == 0 || raw.n > FIELDNAME_LONGEST * LONGEST_ESCAPE ||
        memchr(raw.p, '\\', raw.n) == NULL)
        return FIELD_NONE;
    size_t n = jsonstring_decode(raw, text + 1);
    text[n + 1] = '"';
    enum field field = fieldname_before(text, n + 1, object);
    return fieldname_table[field].n == n ? field : FIELD_NONE;
}

/* The field that the member at a colon is. */
static enum field member_field(const struct jsonscan *scan, size_t colon, enum field_object object)
{
    const char *p = scan->text.p;
    size_t end = scan->mark[colon] - 1;

    while (byte_is_json_space(p[end]))
        end--;
    enum field field = p[end] == '"' ? fieldname_before(p, end, object) : FIELD_NONE;
    if (field == FIELD_NONE && scan->has_backslash)
        field = escaped_field(jsonscan_name(scan, colon), object);
    return field;
}

void fields_read(struct fields *out, struct str text, enum field_object object, void *mem,
                 enum simd simd)
{
    const char *p = text.p;
    enum field_object outer[N_OBJECTS]; /* each is entered once */
    size_t depth = 0;
    struct jsonscan scan;

    jsonscan_index(&scan, text, mem, simd);
    out->found = 0;
    out->escapes = scan.has_backslash;
    for (size_t mark = 1; mark < scan.n_marks; mark++) {
        char c = p[scan.mark[mark]];
        if (c == ':') {
            enum field field = member_field(&scan, mark, object);
            size_t at = jsonscan_value_at(&scan, mark);
            bool is_first = field != FIELD_NONE && !fields_has(out, field);
            bool is_nested = at < text.n && (p[at] | 0x20) == '{';
            if (is_first)
                out->found |= UINT64_C(1) << field;
            if (is_first && is_nested && p[at] == '{' && fieldname_table[field].inside) {
                out->value[field] = (struct str){p + at, 0};
                outer[depth++] = object;
                object = (enum field_object)fieldname_table[field].inside;
                mark++;
                continue;
            }
            if (is_first)
                out->value[field] = jsonscan_value(&scan, mark);
            if (is_nested)
                mark = jsonscan_close(&scan, mark + 1);
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return;
            object = outer[--depth];
        } else {
            mark = jsonscan_close(&scan, mark);
        }
    }
}

struct str fields_decode(struct str value, char **scratch)
{
    char c = value.p[0];

    if (c == '"') {
        struct str text = {value.p + 1, value.n - 2};
        if (text.n == 0 || memchr(text.p, '\\', text.n) == NULL)
            return text;
        text = (struct str){*scratch, jsonstring_decode(text, *scratch)};
        *scratch += text.n;
        return text;
    }
    if (c == '-' || (c >= '0' && c <= '9') || str_eq(value, STR("true")) ||
        str_eq(value, STR("false")))
        return value;
    return (struct str){0};
}

#include "ctlock/doc.h"

#include "ctlock/buf.h"
#include "ctlock/byte.h"

#include <cJSON.h>
#include <errno.h>
#include <stdint.h>

#define NUL_ESCAPE "u0000"

/* Where the next \u0000 begins, behind its backslash; NULL if there is none. */
static const char *find_nul_escape(const char *p, const char *end)
{
    for (; (p = memchr(p, '\\', (size_t)(end - p))) != NULL && end - p > 1; p += 2)
        if ((size_t)(end - p) > sizeof NUL_ESCAPE - 1 &&
            memcmp(p + 1, NUL_ESCAPE, sizeof NUL_ESCAPE - 1) == 0)
            return p + 1;
    return NULL;
}

/* Copy text with U+FFFD for NUL. */
static void copy_without_nul(struct buf *to, struct str text)
{
    const char *p = text.p, *end = text.p + text.n, *hit;
    for (; (hit = find_nul_escape(p, end)) != NULL; p = hit + sizeof NUL_ESCAPE - 1) {
        buf_add(to, p, (size_t)(hit - p));
        buf_puts(to, "ufffd");
    }
    buf_add(to, p, (size_t)(end - p));
}

static bool is_space(const char *p, const char *end)
{
    while (p < end && byte_is_json_space(*p))
        p++;
    return p == end;
}

static enum doc_result parse(struct str text, doc_node **root)
{
    const char *end = NULL;
    errno = 0;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.p, text.n, &end, false);
    if (!tree)
        return errno == ENOMEM ? DOC_NOMEM : DOC_UNFIT;
    if (!is_space(end, text.p + text.n)) {
        cJSON_Delete(tree);
        return DOC_UNFIT;
    }
    *root = tree;
    return DOC_OK;
}

enum doc_result doc_parse(struct str text, doc_node **root)
{
    *root = NULL;
    if (text.n == 0)
        return DOC_OK;
    /* A bare NUL is not JSON, but the library takes it inside strings, and ends them there. */
    if (memchr(text.p, '\0', text.n))
        return DOC_UNFIT;
    struct buf copy = {0};
    copy_without_nul(&copy, text);
    size_t n = copy.n;
    /* cJSON before 1.7.18 looks one byte past a text such as `{"a":1,`. */
    buf_putc(&copy, '\0');
    enum doc_result r = copy.failed ? DOC_NOMEM : parse((struct str){copy.p, n}, root);
    buf_free(&copy);
    return r;
}

void doc_free(doc_node *root)
{
    cJSON_Delete((cJSON *)(uintptr_t)root);
}

static bool name_fits(const char *is, const char *name)
{
    bool first = is[0] == name[0] || (is[0] >= 'A' && is[0] <= 'Z' && is[0] - 'A' + 'a' == name[0]);
    return first && strcmp(is + 1, name + 1) == 0;
}

doc_node *doc_get(doc_node *object, const char *name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (doc_node *m = object->child; m; m = m->next)
        if (m->string && name_fits(m->string, name))
            return cJSON_IsNull(m) ? NULL : m;
    return NULL;
}

static bool is_envelope(doc_node *member)
{
    struct str name = str_of(member->string);
    return cJSON_IsObject(member) &&
           (str_ends(name, STR("Request")) || str_ends(name, STR("Response")));
}

doc_node *doc_find(doc_node *root, const char *name)
{
    doc_node *found = doc_get(root, name);
    if (found || !cJSON_IsObject(root))
        return found;
    for (doc_node *m = root->child; m && !found; m = m->next)
        if (is_envelope(m))
            found = doc_get(m, name);
    return found;
}

struct str doc_text(doc_node *node)
{
    if (cJSON_IsObject(node))
        node = doc_get(node, "content");
    if (!cJSON_IsString(node) || !node->valuestring || node->valuestring[0] == '\0')
        return (struct str){0};
    return str_of(node->valuestring);
}

bool doc_is_number(doc_node *node, int number)
{
    if (cJSON_IsNumber(node))
        return node->valuedouble >= number && node->valuedouble <= number;
    struct str text = doc_text(node);
    int value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || value > 100000)
            return false;
        value = value * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && value == number;
}

struct doc_list doc_list(doc_node *set)
{
    doc_node *inner = doc_get(set, "items");
    if (!inner)
        inner = doc_get(set, "item");
    if (inner)
        set = inner;
    if (cJSON_IsArray(set))
        return (struct doc_list){set->child, false};
    return (struct doc_list){set, true};
}

doc_node *doc_next(struct doc_list *list)
{
    doc_node *node = list->at;
    list->at = node && !list->alone ? node->next : NULL;
    return node;
}

/* The input is a user agent, and a list of families. A family is one that a list can hold; the list
 * that is printed of it covers it; any list is taken or refused with a safe message. */
#include "ctlock/useragent.h"
#include "ctlock/useragents.h"

#include "../safe_text.h"
#include "ctlock/text.h"

#include <stdint.h>
#include <stdlib.h>

static void check_family(struct str agent)
{
    struct buf family = {0}, again = {0}, list = {0}, why = {0};
    useragent_family(agent, &family);
    useragent_family(agent, &again);
    struct str f = buf_view(&family);
    if (f.n == 0 || !str_eq(f, buf_view(&again)))
        abort();
    for (size_t i = 0; i < f.n; i++) {
        if (f.p[i] != '\0' && strchr(" \t\n\v\f\r,;#()", f.p[i]))
            abort();
    }
    if (str_eq(f, STR("none")) && useragent_is_sdk(agent))
        abort();
    text_plain(&list, f);
    buf_puts(&list, "\t1 call\n");
    struct useragents *u = useragents_new();
    if (!u || !useragents_parse(u, "list", buf_view(&list), &why) || !useragents_has(u, f))
        abort();
    useragents_free(u);
    buf_free(&family);
    buf_free(&again);
    buf_free(&list);
    buf_free(&why);
}

static void check_list(struct str text)
{
    struct buf why = {0};
    struct useragents *u = useragents_new();
    if (!u)
        abort();
    bool ok = useragents_parse(u, "list", text, &why);
    if (ok != (why.n == 0) || !text_is_safe(buf_view(&why)))
        abort();
    if (useragents_has(u, STR("")))
        abort();
    (void)useragents_has(u, text);
    useragents_free(u);
    buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct str text = {(const char *)data, nbytes};
    check_family(text);
    check_list(text);
    return 0;
}

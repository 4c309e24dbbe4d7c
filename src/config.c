#include "ctlock/config.h"

static bool load_exceptions(void *into, const char *path, struct buf *why)
{
    return exceptions_load(into, path, why);
}

static bool load_useragents(void *into, const char *path, struct buf *why)
{
    return useragents_load(into, path, why);
}

/* into is NULL when memory ran out. */
static bool load_each(void *into, const struct options_list *files,
                      bool (*load)(void *into, const char *path, struct buf *why), struct buf *why)
{
    if (!into) {
        buf_puts(why, "out of memory");
        return false;
    }
    for (size_t i = 0; i < files->n; i++)
        if (!load(into, files->item[i].p, why))
            return false;
    return true;
}

bool config_load(struct config *c, const struct options *o, struct log *log)
{
    struct buf why = {0};
    bool ok = true;
    *c = (struct config){0};
    if (o->exceptions.n) {
        c->exceptions = exceptions_new();
        ok = load_each(c->exceptions, &o->exceptions, load_exceptions, &why);
    }
    if (ok && o->useragents.n) {
        c->useragents = useragents_new();
        ok = load_each(c->useragents, &o->useragents, load_useragents, &why);
    }
    if (!ok)
        log_say(log, why.failed ? STR("out of memory") : buf_view(&why));
    buf_free(&why);
    return ok;
}

void config_free(struct config *c)
{
    exceptions_free(c->exceptions);
    useragents_free(c->useragents);
}

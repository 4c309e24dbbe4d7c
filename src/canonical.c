#include "ctlock/canonical.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* 0 or an errno. */
static int resolve(struct buf *out, const char *path)
{
    char *name = realpath(path, NULL);
    if (!name)
        return errno;
    buf_clear(out);
    buf_puts(out, name);
    free(name);
    return out->failed ? ENOMEM : 0;
}

/* Have c->base be the canonical name of this directory. 0 or an errno. */
static int find_base(struct canonical *c, struct str directory)
{
    struct str last = buf_view(&c->directory);
    if (last.n && str_eq((struct str){last.p, last.n - 1}, directory))
        return 0;
    buf_clear(&c->directory);
    buf_str(&c->directory, directory);
    buf_putc(&c->directory, '\0');
    int error = c->directory.failed ? ENOMEM : resolve(&c->base, c->directory.p);
    if (error)
        buf_clear(&c->directory);
    return error;
}

/* Have c->path be that of a name in a directory. 0 or an errno. */
static int join(struct canonical *c, struct str directory, const char *name)
{
    int error = find_base(c, directory);
    if (error)
        return error;
    buf_clear(&c->path);
    buf_str(&c->path, buf_view(&c->base));
    if (!str_eq(buf_view(&c->base), STR("/")))
        buf_putc(&c->path, '/');
    buf_puts(&c->path, name);
    if (c->path.failed)
        return ENOMEM;
    return c->path.n < PATH_MAX ? 0 : ENAMETOOLONG; /* it could not be opened by that name */
}

int canonical_find(struct canonical *c, const char *path, bool is_link, struct str *name)
{
    const char *slash = strrchr(path, '/');
    struct str directory = slash ? (struct str){path, (size_t)(slash + 1 - path)} : STR(".");
    int error = is_link ? resolve(&c->path, path) : join(c, directory, slash ? slash + 1 : path);
    if (error)
        return error;
    buf_putc(&c->path, '\0');
    *name = (struct str){c->path.p, c->path.n - 1};
    return c->path.failed ? ENOMEM : 0;
}

void canonical_free(struct canonical *c)
{
    buf_free(&c->directory);
    buf_free(&c->base);
    buf_free(&c->path);
}

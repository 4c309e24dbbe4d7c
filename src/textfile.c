#include "ctlock/textfile.h"

#include "ctlock/file.h"
#include "ctlock/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* NULL, or why not. */
static const char *read_all(int fd, struct buf *text)
{
    size_t start = text->n;
    for (;;) {
        if (!buf_reserve(text, 64 << 10))
            return "out of memory";
        ssize_t n = read(fd, text->p + text->n, text->cap - text->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return strerror(errno);
        if (n == 0)
            return NULL;
        text->n += (size_t)n;
        if (text->n - start > TEXTFILE_MAX_NBYTES)
            return "larger than 64 MiB";
    }
}

bool textfile_read(const char *path, struct buf *text, struct buf *why)
{
    const char *problem = NULL;
    int fd = file_open(path, O_RDONLY, 0);
    if (fd < 0) {
        problem = strerror(errno);
    } else {
        problem = read_all(fd, text);
        /* Nothing was written, so there is nothing that a failed close could lose. */
        (void)close(fd);
    }
    if (!problem)
        return true;
    text_plain(why, str_of(path));
    buf_puts(why, ": ");
    buf_puts(why, problem);
    return false;
}

struct str textfile_skip_bom(struct str text)
{
    struct str bom = STR("\xef\xbb\xbf");
    return str_starts(text, bom) ? str_skip(text, bom.n) : text;
}

bool textfile_line(struct str *rest, struct str *line)
{
    if (rest->n == 0)
        return false;
    const char *lf = memchr(rest->p, '\n', rest->n);
    size_t n = lf ? (size_t)(lf - rest->p) : rest->n;
    *line = (struct str){rest->p, n};
    *rest = str_skip(*rest, lf ? n + 1 : n);
    if (n > 0 && line->p[n - 1] == '\r')
        line->n--;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct str textfile_trim(struct str s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = str_skip(s, 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

void textfile_where(struct buf *why, const char *name, size_t line)
{
    text_plain(why, str_of(name));
    buf_printf(why, ":%zu: ", line);
}

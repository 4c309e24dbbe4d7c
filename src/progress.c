#include "ctlock/progress.h"

#include "ctlock/clock.h"

enum { INTERVAL_MS = 250 };

void progress_init(struct progress *p, struct log *log)
{
    *p = (struct progress){.log = log, .start_ms = clock_now_ms()};
    p->shown_ms = p->start_ms;
}

uint64_t progress_elapsed_ms(const struct progress *p)
{
    return (uint64_t)(clock_now_ms() - p->start_ms);
}

void progress_show(struct progress *p, const struct reading_stats *so_far)
{
    if (!p->log->progress)
        return;
    int64_t now = clock_now_ms();
    if (now - p->shown_ms < INTERVAL_MS)
        return;
    p->shown_ms = now;
    buf_clear(&p->line);
    buf_printf(&p->line, "%llu file%s, %llu record%s, %llu MB of text, %llu MB/s",
               (unsigned long long)so_far->files, buf_plural(so_far->files),
               (unsigned long long)so_far->records, buf_plural(so_far->records),
               (unsigned long long)(so_far->text_nbytes / 1000000),
               (unsigned long long)(so_far->text_nbytes / 1000 / (progress_elapsed_ms(p) + 1)));
    log_progress(p->log, buf_view(&p->line));
}

void progress_free(struct progress *p)
{
    buf_free(&p->line);
}

#include "ctlock/log.h"
#include "ctlock/options.h"
#include "ctlock/output.h"
#include "ctlock/run.h"
#include "ctlock/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static int print(struct log *log, struct str text)
{
    int error = output_all(STDOUT_FILENO, text);
    if (error)
        log_about(log, "standard output", NULL, error);
    return error ? RUN_OUTPUT_LOST : RUN_OK;
}

static int refuse(struct log *log, struct buf *why)
{
    buf_puts(why, " (see --help)");
    log_say(log, why->failed ? STR("out of memory") : buf_view(why));
    return RUN_USAGE;
}

/* A file that is opened later must not become what the program takes for standard input, output or
 * error. What was closed stays unusable: each is opened the wrong way round. */
static bool occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

static int run_with_signals(const struct options *o, struct log *log)
{
    struct signals *signals = signals_open();
    if (!signals) {
        log_about(log, "signals", NULL, errno);
        return RUN_OUTPUT_LOST;
    }
    int status = run(o, log, signals);
    int signal = stop_asked(&signals->stop);
    /* Whoever sent the signal knows that it ends us, and not that alerts are lost. */
    if (signal && status != RUN_OUTPUT_LOST)
        signals_end(signal);
    return status;
}

int main(int argc, char **argv)
{
    struct log log = {.fd = STDERR_FILENO, .is_terminal = isatty(STDERR_FILENO)};
    struct options o;
    struct buf why = {0};
    int status = RUN_USAGE;
    if (!occupy_standard_descriptors()) {
        log_about(&log, "/dev/null", NULL, errno);
        log_free(&log);
        return RUN_OUTPUT_LOST;
    }
    switch (options_parse(argc, argv, &o, &why)) {
    case OPTIONS_HELP:
        status = print(&log, str_of(options_help));
        break;
    case OPTIONS_VERSION:
        status = print(&log, STR("ctlock " CTLOCK_VERSION "\n"));
        break;
    case OPTIONS_WRONG:
        status = refuse(&log, &why);
        break;
    case OPTIONS_RUN:
        log.progress = !o.quiet && !o.no_progress && log.is_terminal;
        status = run_with_signals(&o, &log);
        break;
    }
    options_free(&o);
    buf_free(&why);
    log_free(&log);
    return status;
}

/* walk: the trail files in a directory and below it. */
#ifndef CTLOCK_WALK_H
#define CTLOCK_WALK_H

#include "ctlock/file.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* What is found; valid during the call. False stops the walk: memory ran out. */
typedef bool walk_found(void *self, const char *path, const struct file_status *status);

/* A problem of a path. why is a constant, or NULL where error, an errno, says it. */
typedef void walk_problem(void *self, const char *path, const char *why, int error);

/* Call found for every trail file below the directory, in an order that only names decide; links
 * are followed, and a file is found by each of its names but for those by way of a directory that
 * was walked before. What cannot be read, is no regular file, or leads back to where the walk is
 * now, is a problem and does not end it. False when memory ran out or found said so. */
bool walk_directory(const char *path, walk_found *found, walk_problem *on_problem, void *self);

/* A file name (no directories) ends in .json, .ndjson or .jsonl, or that and .gz, in any case. */
bool walk_is_trail_name(struct str name);

/* A name, of a file or a directory, that CloudTrail gives to its digests or Insight events. */
bool walk_is_left_out(struct str name);

#endif

/* landmark: bytes by which the beginning of a document or a record is known. */
#ifndef CTLOCK_LANDMARK_H
#define CTLOCK_LANDMARK_H

#include <stdbool.h>
#include <stddef.h>

/* No function looks at more bytes than this from one place, so that a stream need not keep more.
 * White space can draw a landmark out beyond it: then a bracket is trusted, and a name not seen. */
#define LANDMARK_NBYTES ((size_t)4096)

enum landmark {
    LANDMARK_NO,
    LANDMARK_YES,
    LANDMARK_OPEN /* the bytes end before it can be told; never with LANDMARK_NBYTES or more */
};

/* The nbytes at p begin with `{` and then a name or the object's end. */
enum landmark landmark_object(const char *p, size_t nbytes);

/* The nbytes at p begin with `[` and then a value or the array's end; with only_objects, an
 * object. */
enum landmark landmark_array(const char *p, size_t nbytes, bool only_objects);

/* The nbytes at p begin with `{"Records":[`, white space allowed between. */
enum landmark landmark_records(const char *p, size_t nbytes);

/* The nbytes before end, which is the place of a `[` outside of strings, end with the name
 * `"Records"` and a colon, white space allowed between. */
bool landmark_records_name(const char *end, size_t nbytes);

/* JSON allows an object to begin at end: the last byte before it that is no white space is a colon,
 * a comma or `[`, or lies farther away than can be seen. */
bool landmark_may_nest(const char *end, size_t nbytes);

/* The first place in p[from] to p[to - 1] that is likely to begin a document or a record even
 * inside of something else: a `{` directly behind a line feed, or a `{` with the name `"Records"`
 * or `"eventVersion"` behind it. *end is then behind the last byte that shows it. to if there is
 * none; *end is then the place from which to look again once there are more bytes. p[from - 1] is
 * read. */
size_t landmark_find(const char *p, size_t from, size_t to, size_t *end);

#endif

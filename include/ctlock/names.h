/* names: texts and their numbers. */
#ifndef CTLOCK_NAMES_H
#define CTLOCK_NAMES_H

#include "ctlock/siphash.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

struct names;

/* NULL when memory ran out. One thread at a time. */
struct names *names_new(struct hash_key key);
void names_free(struct names *n); /* NULL is allowed */

/* The number of a text, from 0 in the order in which they were first asked for. False when memory
 * ran out. */
bool names_number(struct names *n, struct str text, uint32_t *number);

/* The text of a number that was given. Terminated; lives as long as n. */
struct str names_text(const struct names *n, uint32_t number);

#endif

/* effect: what a verdict does to the lock table and the address book; DETECTION section 3. */
#ifndef CTLOCK_EFFECT_H
#define CTLOCK_EFFECT_H

#include "ctlock/judge.h"

/* Carry the verdict on c out. False when memory ran out. */
bool effect_apply(struct locktable *table, struct addressbook *book, const struct call *c,
                  const struct verdict *v);

/* The address book's hooks: take addresses out of an instance's rows. self is a struct
 * effect_hooks. */
struct effect_hooks {
    struct locktable *table;
    struct str spared; /* while book_apply runs: an instance whose rows keep what they have */
    struct addressbook *book; /* set once the book is made */
};
void effect_forget(void *self, struct str instance, struct ip ip, enum slot slot, int64_t until_s);
void effect_forget_range(void *self, struct str instance, struct cidr range, int64_t until_s);
void effect_forget_unknown(void *self, struct str instance, int64_t until_s);
bool effect_in_use(void *self, struct str instance);

#endif

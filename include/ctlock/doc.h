/* doc: tolerant look-ups in the JSON of EC2 records, through cJSON. */
#ifndef CTLOCK_DOC_H
#define CTLOCK_DOC_H

#include "ctlock/str.h"

#include <stdbool.h>

/* A value of a parsed text. NULL stands for an absent one, and all functions take it. Read only;
 * lives as long as its root. */
struct cJSON;
typedef const struct cJSON doc_node;

enum doc_result {
    DOC_OK,
    DOC_UNFIT, /* no JSON text, or nested deeper than 1000 */
    DOC_NOMEM
};

/* Parse the text of one JSON value; *root is for doc_free. An absent or empty text gives NULL and
 * DOC_OK. One thread of the program at a time, for the library writes a global. \u0000 is read
 * as U+FFFD, since the library would end the string there. */
enum doc_result doc_parse(struct str text, doc_node **root);
void doc_free(doc_node *root); /* NULL is allowed */

/* The member of an object whose name is this, or is this with the first letter in the other case.
 * The first of equal names counts; null counts as absent. name begins with a lower-case letter. */
doc_node *doc_get(doc_node *object, const char *name);

/* The same, and if there is none, in a member that is an envelope: an object whose name ends in
 * `Request` or `Response`. */
doc_node *doc_find(doc_node *root, const char *name);

/* The text of a string that is not empty, or of an object's `content`, into which a text turns that
 * had an attribute when it was XML. Absent for all else. Lives as long as the root. */
struct str doc_text(doc_node *node);

/* Is it this number, or a string that spells it? */
bool doc_is_number(doc_node *node, int number);

/* The elements of a list: of an array, or of what is under `items` or `item`; a value that is no
 * list is its own one element. */
struct doc_list {
    doc_node *at;
    bool alone;
};
struct doc_list doc_list(doc_node *set);

/* The next element, or NULL at the end. */
doc_node *doc_next(struct doc_list *list);

#endif

/* siphash: the authors' test vectors (vectors.h of the reference code), input 00 01 02 …, key 00 01
 * … 0f; those of SipHash-1-3 as the reference code gives them with cROUNDS 1 and dROUNDS 3. */
#include "ctlock/seed.h"
#include "ctlock/siphash.h"

#include <check.h>
#include <stdlib.h>

static const struct hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static const uint64_t sip24[16] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
};
static const uint64_t sip13[8] = {
    0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
    0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
};

START_TEST(vectors)
{
    uint8_t in[64];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)i;
    for (size_t n = 0; n < 16; n++)
        ck_assert_uint_eq(siphash24(key, in, n), sip24[n]);
    for (size_t n = 0; n < 8; n++)
        ck_assert_uint_eq(siphash13(key, in, n), sip13[n]);
    ck_assert_uint_eq(siphash24(key, in, 63), 0x958a324ceb064572);
}
END_TEST

START_TEST(unaligned_input_hashes_the_same)
{
    uint8_t room[48];
    for (size_t shift = 0; shift < 8; shift++) {
        for (size_t i = 0; i < 40; i++)
            room[shift + i] = (uint8_t)i;
        ck_assert_uint_eq(siphash24(key, room + shift, 15), sip24[15]);
    }
}
END_TEST

START_TEST(no_bytes_at_null)
{
    ck_assert_uint_eq(siphash24(key, NULL, 0), sip24[0]);
    ck_assert_uint_eq(siphash13(key, NULL, 0), sip13[0]);
}
END_TEST

START_TEST(every_input_byte_and_key_word_counts)
{
    uint8_t in[40] = {0};
    const struct hash_key zero = {0, 0};
    uint64_t base = siphash13(zero, in, sizeof in);
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = 1;
        ck_assert_uint_ne(siphash13(zero, in, sizeof in), base);
        in[i] = 0;
    }
    ck_assert_uint_ne(siphash13((struct hash_key){1, 0}, in, sizeof in), base);
    ck_assert_uint_ne(siphash13((struct hash_key){0, 1}, in, sizeof in), base);
    ck_assert_uint_ne(siphash13(zero, in, sizeof in - 1), base);
}
END_TEST

/* Texts chosen to collide in one run are no more likely than others to do so in the next: each run
 * has a key of its own, and what one key brings together another does not. */
START_TEST(chosen_collisions_end_with_the_run)
{
    enum { BUCKETS = 256, CHOSEN = 64 };
    struct hash_key a = seed_make(), b = seed_make();
    ck_assert(a.k0 != b.k0 && a.k1 != b.k1);
    size_t together = 0;
    uint32_t text = 0;
    for (size_t found = 0; found < CHOSEN; text++)
        if (siphash13(a, &text, sizeof text) % BUCKETS == 0) {
            found++;
            together += siphash13(b, &text, sizeof text) % BUCKETS == 0;
        }
    /* One in 256; 16 of 64 would be seen once in 10^20 runs. */
    ck_assert_uint_lt(together, 16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("siphash");
    TCase *t = tcase_create("siphash");
    tcase_add_test(t, vectors);
    tcase_add_test(t, chosen_collisions_end_with_the_run);
    tcase_add_test(t, unaligned_input_hashes_the_same);
    tcase_add_test(t, no_bytes_at_null);
    tcase_add_test(t, every_input_byte_and_key_word_counts);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

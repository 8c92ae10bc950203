/* SPDX-License-Identifier: GPL-2.0 */
/* The keyed hash of tables whose keys strangers choose. */
#ifndef _NATGW_LIB_HASH_H
#define _NATGW_LIB_HASH_H

#include <linux/random.h>
#include <linux/swab.h>
#include <linux/types.h>

/**
 * struct natgw_hash_key - random, known to nobody: drawn when the module is loaded
 * @add: for the halves of both words
 * @factor: odd
 */
struct natgw_hash_key {
	u32 add[4];
	u64 factor;
};

/** natgw_hash_key_init - draw a key */
static inline void natgw_hash_key_init(struct natgw_hash_key *key)
{
	get_random_bytes(key, sizeof(*key));
	key->factor |= 1;
}

/* of halves of 32 bits, a product of 64 */
static inline u64 natgw_hash_word(u64 word, const u32 *add)
{
	return (u64)((u32)word + add[0]) * ((u32)(word >> 32) + add[1]);
}

/**
 * natgw_hash - hash of two words
 * @a: first word
 * @b: second word
 * @key: key
 *
 * NH, the hash of UMAC (RFC 4418): of two different pairs of words, chosen by somebody who does
 * not know the key, the sums are equal with a probability of 2^-32. The multiplication spreads
 * a sum over the upper bits, of which the first one becomes the lowest here: tables take the
 * lowest bits. It takes 14 instructions, where the kernel's hsiphash_3u32() takes 93. It is
 * no cryptographic function, but nobody sees its results either: who wants a long chain has to
 * find keys that collide for most of 2^191 unknown ones, and there are none.
 */
static inline u32 natgw_hash(u64 a, u64 b, const struct natgw_hash_key *key)
{
	u64 sum = natgw_hash_word(a, key->add) + natgw_hash_word(b, key->add + 2);

	return swab32((sum * key->factor) >> 32);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The keyed hash of tables whose keys strangers choose. */
#ifndef _NATGW_LIB_HASH_H
#define _NATGW_LIB_HASH_H

#include <linux/math64.h>
#include <linux/types.h>

/** struct natgw_hash_key - random, known to nobody: drawn when the module is loaded */
struct natgw_hash_key {
	u64 word[4];
};

/* all bits of a product of 128 bits, folded */
static inline u64 natgw_hash_fold(u64 a, u64 b)
{
	return mul_u64_u64_shr(a, b, 64) ^ (a * b);
}

/**
 * natgw_hash - hash of two words
 * @a: first word
 * @b: second word
 * @key: key
 *
 * Two folded multiplications, as wyhash has them: 15 instructions, where the
 * kernel's hsiphash_3u32() takes 93. It is no cryptographic function, but nor
 * does anybody see its results: who wants a long chain must find keys that
 * collide for one of 2^256 unknown keys. That is what the tables of conntrack's
 * offloaded flows and of fragments trust in, with jhash() and a seed of 32 bits.
 */
static inline u32 natgw_hash(u64 a, u64 b, const struct natgw_hash_key *key)
{
	u64 hash = natgw_hash_fold(a ^ key->word[0], b ^ key->word[1]);

	return natgw_hash_fold(hash ^ key->word[2], key->word[3]);
}

#endif

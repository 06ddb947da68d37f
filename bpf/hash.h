/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The hashes by which Linux chooses, so that a client gets what it would get there: src/service/schedulers, src/nat/hash.ts. */
#pragma once

/* linux/hash.h, hash_32: the upper 8 bits (ip_vs_sh.c). */
static __always_inline __u32 hash8(__u32 value)
{
	return value * 0x61c88647u >> 24;
}

#define ROTATE64(word, by) ((word) << (by) | (word) >> (64 - (by)))
#define SIP_ROUND(v0, v1, v2, v3)						\
	do {									\
		v0 += v1; v1 = ROTATE64(v1, 13); v1 ^= v0; v0 = ROTATE64(v0, 32);	\
		v2 += v3; v3 = ROTATE64(v3, 16); v3 ^= v2;			\
		v0 += v3; v3 = ROTATE64(v3, 21); v3 ^= v0;			\
		v2 += v1; v1 = ROTATE64(v1, 17); v1 ^= v2; v2 = ROTATE64(v2, 32);	\
	} while (0)

#define MAGLEV_SIZE 4093
#define MAGLEV_KEY 2654435761ull

/* lib/siphash.c, hsiphash_1u32 with the key of ip_vs_mh.c; the entry of Maglev's table. */
static __always_inline __u32 maglev(__u32 client)
{
	__u64 v0 = 0x736f6d6570736575ull ^ MAGLEV_KEY, v1 = 0x646f72616e646f6dull ^ MAGLEV_KEY;
	__u64 v2 = 0x6c7967656e657261ull ^ MAGLEV_KEY, v3 = 0x7465646279746573ull ^ MAGLEV_KEY;
	__u64 b = 4ull << 56 | client;

	v3 ^= b;
	SIP_ROUND(v0, v1, v2, v3);
	v0 ^= b;
	v2 ^= 0xff;
	SIP_ROUND(v0, v1, v2, v3);
	SIP_ROUND(v0, v1, v2, v3);
	SIP_ROUND(v0, v1, v2, v3);
	return (__u32)(v0 ^ v1 ^ v2 ^ v3) % MAGLEV_SIZE;
}

#define ROTATE32(word, by) ((word) << (by) | (word) >> (32 - (by)))

/* linux/jhash.h, jhash2 (Bob Jenkins' lookup3, public domain) of an IPv4 address, which the kernel keeps first of four words. */
static __always_inline __u32 jhash_address(__u32 address, __u32 initial)
{
	__u32 a = 0xdeadbeefu + 16 + initial, b = a, c = a;

	a += address;
	a = (a - c) ^ ROTATE32(c, 4), c += b;
	b = (b - a) ^ ROTATE32(a, 6), a += c;
	c = (c - b) ^ ROTATE32(b, 8), b += a;
	a = (a - c) ^ ROTATE32(c, 16), c += b;
	b = (b - a) ^ ROTATE32(a, 19), a += c;
	c = (c - b) ^ ROTATE32(b, 4), b += a;
	c = (c ^ b) - ROTATE32(b, 14);
	a = (a ^ c) - ROTATE32(c, 11);
	b = (b ^ a) - ROTATE32(a, 25);
	c = (c ^ b) - ROTATE32(b, 16);
	a = (a ^ c) - ROTATE32(c, 4);
	b = (b ^ a) - ROTATE32(a, 14);
	return (c ^ b) - ROTATE32(b, 24);
}

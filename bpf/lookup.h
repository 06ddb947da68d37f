/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The connection table as src/conn/{tuple-hash,tuple-index,table}.ts have it: same memory, same hash, same places. */
#pragma once

/*
 * Longer runs are left to the engine: in an index that is half full a run of this length is rare. The engine is the only
 * writer; while it moves an entry a packet may miss here, and then goes its way through the engine.
 */
#define PROBES_MOST 32

static __always_inline __u32 hash_of(const struct config *c, const struct frame *f)
{
	const __u32 *k = c->words + CONFIG_KEYS, *w = f->words;
	__u32 h = (f->ports ^ f->protocol) * k[0] + w[3] * k[1] + w[7] * k[2];

	if (f->v6)
		h += w[0] * k[3] + w[1] * k[4] + w[2] * k[5] + w[4] * k[6] + w[5] * k[7] + w[6] * k[8];
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static __always_inline bool is_flow(const __u32 *words, int direction, const struct frame *f)
{
	const __u32 *key = words + CLIENT + direction * 8;

	if (words[CLIENT_PORTS + direction] != f->ports || (words[META] & 0xff) != f->protocol)
		return false;
	for (int i = 0; i < 8; i++)
		if (key[i] != f->words[i])
			return false;
	return true;
}

/* The record of the packet's connection and its direction, NULL if there is none here. */
static __always_inline struct connection *find(const struct config *c, const struct frame *f, int *direction)
{
	__u32 hash = hash_of(c, f);

	for (int i = 0; i < PROBES_MOST; i++) {
		__u32 place = (hash + i) & c->words[CONFIG_INDEX_MASK];
		__u32 line = place / ENTRIES_IN_LINE, at = place % ENTRIES_IN_LINE * 2;
		struct index_line *entries = bpf_map_lookup_elem(&tuples, &line);
		struct connection *found;
		__u32 ref, element;

		if (!entries)
			return NULL;
		ref = entries->words[at + 1];
		if (!ref)
			return NULL;
		if (entries->words[at] != hash)
			continue;
		element = ((ref - 1) >> 1) + 1;	/* the first is the header */
		found = bpf_map_lookup_elem(&connections, &element);
		if (!found)
			return NULL;
		*direction = (ref - 1) & 1;
		if (*direction ? is_flow(found->words, REPLY, f) : is_flow(found->words, REQUEST, f))
			return found;
	}
	return NULL;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The connection table as src/conn/{tuple-hash,tuple-index,table}.ts have it: same memory, same hash, same places. */
#pragma once

/*
 * Longer runs are left to the engine: in an index that is half full a run of this length is rare. The engine is the only
 * writer; while it moves an entry a packet may miss here, and then goes its way through the engine.
 */
#define PROBES_MOST 32
/* The born tables are filled in rows and never half full. */
#define BORN_PROBES_MOST 16

static __always_inline __u32 finish(__u32 h)
{
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static __always_inline __u32 hash_of(const struct config *c, const struct tuple *t)
{
	const __u32 *k = c->words + CONFIG_KEYS, *w = t->words;
	__u32 h = (t->ports ^ t->protocol) * k[0] + w[3] * k[1] + w[7] * k[2];

	if (t->v6)
		h += w[0] * k[3] + w[1] * k[4] + w[2] * k[5] + w[4] * k[6] + w[5] * k[7] + w[6] * k[8];
	return finish(h);
}

/* A superseded connection has its tuple no more. */
static __always_inline bool is_flow(const __u32 *words, int direction, const struct tuple *t, __u32 met)
{
	const __u32 *key = words + CLIENT + direction * 8;

	if (words[CLIENT_PORTS + direction] != t->ports || (words[META] & met) != t->protocol)
		return false;
	for (int i = 0; i < 8; i++)
		if (key[i] != t->words[i])
			return false;
	return true;
}

#define MET (0xff | FLAG_SUPERSEDED)

static __always_inline struct connection *record_of(__u32 handle)
{
	__u32 element = handle + 1;	/* the first is the header */

	return bpf_map_lookup_elem(&connections, &element);
}

/* Whether the connection of a ref + 1 has the tuple in the ref's direction. */
static __always_inline bool has_tuple(__u32 ref, const struct tuple *t)
{
	struct connection *found = record_of((ref - 1) >> 1);

	if (!found)
		return false;
	return (ref - 1) & 1 ? is_flow(found->words, REPLY, t, MET) : is_flow(found->words, REQUEST, t, MET);
}

/* ref + 1 of the tuple's connection among those that the engine knows, 0 if there is none. */
static __always_inline __u32 find_known(const struct config *c, const struct tuple *t, __u32 hash)
{
	for (int i = 0; i < PROBES_MOST; i++) {
		__u32 place = (hash + i) & c->words[CONFIG_INDEX_MASK];
		__u32 line = place / ENTRIES_IN_LINE, at = place % ENTRIES_IN_LINE * 2;
		struct index_line *entries = bpf_map_lookup_elem(&tuples, &line);
		__u32 ref;

		if (!entries)
			return 0;
		ref = entries->words[at + 1];
		if (!ref)
			return 0;
		if (entries->words[at] != hash)
			continue;
		if (has_tuple(ref, t))
			return ref;
	}
	return 0;
}

static __always_inline __u64 *born_entry(__u32 table, __u32 place)
{
	__u32 line = (table * BORN_MOST + (place & (BORN_MOST - 1))) / ENTRIES_IN_LINE;
	struct born_line *entries = bpf_map_lookup_elem(&born, &line);

	return entries ? &entries->entries[place % ENTRIES_IN_LINE] : NULL;
}

/* The same among those that were made here, in one of the two tables. */
static __always_inline __u32 find_born(const struct tuple *t, __u32 hash, __u32 table)
{
	for (int i = 0; i < BORN_PROBES_MOST; i++) {
		__u64 *entry = born_entry(table, hash + i), value;

		if (!entry)
			return 0;
		value = *(volatile __u64 *)entry;
		if (!value)
			return 0;
		if ((__u32)value != hash)
			continue;
		if (has_tuple(value >> 32, t))
			return value >> 32;
	}
	return 0;
}

/*
 * Functions that are not static are verified once, whatever the state in which they are called: for all that the verifier
 * knows their pointers may be NULL.
 */

/* ref + 1 of the packet's connection; 0 if there is none here. */
__noinline __u32 find(const struct config *c, const struct tuple *t, __u32 hash)
{
	__u32 taking, ref;

	if (!c || !t)
		return 0;
	ref = find_known(c, t, hash);
	if (ref)
		return ref;
	taking = c->words[CONFIG_BORN] & 1;
	ref = find_born(t, hash, taking);
	return ref ? ref : find_born(t, hash, taking ^ 1);
}

/*
 * Makes a whole record findable by its tuple. False: another one has it already, or there is no room. Two processors that
 * enter one tuple meet at the first free place, and one of them sees the other's.
 */
__noinline int enter(const struct config *c, const struct tuple *t, __u32 hash, __u32 ref)
{
	__u32 table;

	if (!c || !t)
		return false;
	table = c->words[CONFIG_BORN] & 1;

	for (int i = 0; i < BORN_PROBES_MOST; i++) {
		__u64 *entry = born_entry(table, hash + i), value;

		if (!entry)
			return false;
		value = *(volatile __u64 *)entry;
		if (!value)
			value = __sync_val_compare_and_swap(entry, 0, hash | (__u64)ref << 32);
		if (!value)
			return true;
		if ((__u32)value == hash && value >> 32 != ref && has_tuple(value >> 32, t))
			return false;
	}
	return false;
}

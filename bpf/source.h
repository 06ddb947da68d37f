/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The source that a new connection shows its real server (src/nat/source.ts): addresses and ports of the pool, or the client's own. */
#pragma once

/* Source ports looked at before the engine is asked. */
#define PORTS_TRIED 8
/* Lowest port of netfilter's class of client ports that most clients use (src/nat/ports.ts). */
#define CLASS_FROM 1024

static __always_inline bool is_blocked(const struct frame *f, __u32 port)
{
	__u32 protocol = f->t.protocol == IPPROTO_UDP;
	struct blocked *bits = bpf_map_lookup_elem(&blocked, &protocol);

	return !bits || bits->words[port >> 5 & (BLOCKED_WORDS - 1)] >> (port & 31) & 1;
}

/* A port of the host's own is nobody's; else 0 if the reply tuple is free, or ref + 1 of the connection that has it. */
#define BLOCKED (~0u)

static __always_inline __u32 holder(const struct config *c, struct opening *o, const struct frame *f, __u32 port)
{
	if (is_blocked(f, port))
		return BLOCKED;
	o->reply->ports = (o->reply->ports & 0xffff0000) | port;
	return find(c, o->reply, hash_of(c, o->reply));
}

/* Of the connection whose place this one takes, the port is free. */
static __always_inline bool is_free(const struct opening *o, __u32 ref)
{
	return !ref || (ref != BLOCKED && o->old && (ref - 1) >> 1 == o->old_handle);
}

/* Whether a connection in TIME_WAIT is over: neither side has to send anything again (src/engine/repair.ts, isSettled). */
static __always_inline bool is_settled(const struct config *c, __u32 handle)
{
	struct connection *cn = record_of(handle);
	__u32 *cold = cold_of(c, handle);

	return cn && cold && cn->words[CONTROLLED] == 0 && (cn->words[META] >> STATE_SHIFT & 0xff) == TCP_TIME_WAIT_STATE &&
	       (cn->words[META] & FLAG_COLD) && cold[SETTLED] == SETTLED_BOTH;
}

/*
 * A port of the pool, from where the last search ended: a free one, or where the engine has found the pool dry, that of a
 * connection that is over. False: the engine looks for one.
 */
static __always_inline bool search_port(const struct config *c, struct opening *o, const struct frame *f, __u32 now)
{
	__u32 *d = o->destination->words, from = d[DESTINATION_FROM], to = d[DESTINATION_TO], begin, port, oldest = 0;
	bool early = f->t.protocol == IPPROTO_TCP && (__s32)(d[DESTINATION_EARLY] - now) > 0;

	if ((!to && f->t.ports >> 16 < CLASS_FROM) || d[DESTINATION_LAST] != d[DESTINATION_POOL + 3])
		return false;
	from = to ? (from ? from : 1) : CLASS_FROM;
	to = to ? to : 0xffff;
	begin = *(volatile __u32 *)&d[DESTINATION_CURSOR];
	port = begin;
#pragma unroll
	for (int i = 0; i < PORTS_TRIED; i++, port++) {
		__u32 ref;

		if (port < from || port > to)
			port = from;
		ref = holder(c, o, f, port);
		if (is_free(o, ref)) {
			o->settled_handle = 0;
			__sync_val_compare_and_swap(&d[DESTINATION_CURSOR], begin, port + 1);
			return true;
		}
		if (!early || o->settled_handle || ref == BLOCKED || !((ref - 1) & 1) || !is_settled(c, (ref - 1) >> 1))
			continue;
		o->settled_handle = ((ref - 1) >> 1) + 1;
		oldest = port;
	}
	if (!o->settled_handle)
		return false;
	o->reply->ports = (o->reply->ports & 0xffff0000) | oldest;
	__sync_val_compare_and_swap(&d[DESTINATION_CURSOR], begin, oldest + 1);
	return true;
}

/*
 * The address of an IPv4 range that netfilter picks for the client (src/nat/range.ts). False: the client lies in the range
 * itself, and keeps its address if it can.
 */
static __always_inline bool pick(__u32 *to, const __u32 *d, const __u32 *client)
{
	__u32 first = d[DESTINATION_POOL + 3], last = d[DESTINATION_LAST];
	__u32 salt = d[DESTINATION_KEEPS] ? 0 : bpf_htonl(d[DESTINATION_ADDRESS + 3]);

	*to = first + ((__u64)jhash_address(bpf_htonl(client[3]), salt) * (last - first + 1) >> 32);
	return client[3] < first || client[3] > last;
}

/* What the real server will answer with: to the client's own port if it can be had. False: the engine finds a source. */
static __always_inline bool take_source(const struct config *c, struct opening *o, const struct frame *f, __u32 now)
{
	const __u32 *d = o->destination->words, *w = f->t.words;
	bool pooled = d[DESTINATION_SOURCE] == SOURCE_POOL;
	__u32 port = f->t.ports >> 16;
	bool untouched = d[DESTINATION_SOURCE] == SOURCE_UNTOUCHED;

	for (int i = 0; i < 4; i++) {
		o->reply->words[i] = d[DESTINATION_ADDRESS + i];
		o->reply->words[4 + i] = pooled ? d[DESTINATION_POOL + i] : untouched ? 0 : w[i];
	}
	if (pooled && d[DESTINATION_LAST] != d[DESTINATION_POOL + 3] && !pick(&o->reply->words[7], d, w))
		return false;
	o->reply->ports = (d[DESTINATION_PORT] ? d[DESTINATION_PORT] : f->t.ports & 0xffff) << 16 | port;
	o->reply->protocol = f->t.protocol;
	o->reply->v6 = f->t.v6;
	if (untouched)
		o->reply->ports &= 0xffff0000;
	if (!port || untouched)
		return port != 0;
	if (!pooled) {
		return is_free(o, find(c, o->reply, hash_of(c, o->reply)));
	}
	if (!d[DESTINATION_TO] || (port >= d[DESTINATION_FROM] && port <= d[DESTINATION_TO])) {
		if (is_free(o, holder(c, o, f, port)))
			return true;
	}
	return search_port(c, o, f, now);
}

/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * A new connection of a service whose choices the engine has written down: match, schedule, source, insert (src/engine/opening.ts,
 * kernel-services.ts). Whatever is not as written is the engine's: nothing is left behind by a connection that is not made.
 */
#pragma once
#include "service.h"
#include "source.h"

static __always_inline bool is_same(const __u32 *a, const __u32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* A free record, filled as src/engine/connections.ts fills it, that nobody finds yet. */
static __always_inline bool fill(const struct config *c, struct opening *o, const struct frame *f, __u32 now)
{
	__u32 processor = bpf_get_smp_processor_id(), taken, element, *r;
	__u32 source = o->destination->words[DESTINATION_SOURCE];

	o->ring = bpf_map_lookup_elem(&rings, &processor);
	if (!o->ring)
		return false;
	taken = o->ring->words[RING_TAKEN];
	if (taken == *(volatile __u32 *)&o->ring->words[RING_OFFERED])
		return false;
	o->handle = o->ring->words[RING_HANDLES + (taken & c->words[CONFIG_RING_MASK] & (RING_MOST - 1))];
	element = o->handle + 1;
	o->record = bpf_map_lookup_elem(&connections, &element);
	if (!o->record)
		return false;
	r = o->record->words;
	for (int i = 0; i < 8; i++) {
		r[CLIENT + i] = f->t.words[i];
		r[REAL + i] = o->reply->words[i];
	}
	r[CLIENT_PORTS] = f->t.ports;
	r[REAL_PORTS] = o->reply->ports;
	r[DESTINATION_SLOT] = o->slot;
	r[SERVICE_SLOT] = o->destination->words[DESTINATION_OPENS] - 1;
	r[CREATED] = now;
	r[FIRST_LENGTH] = f->length;
	r[SUPERSEDED_REQUEST] = o->old ? o->old_handle + 1 : 0;
	r[SUPERSEDED_REPLY] = o->settled_handle;
	r[CONTROL] = o->template;
	r[IN_PACKETS] = r[TIMER_TICK] = r[CONTROLLED] = r[MARK] = 0;
	r[META] = f->t.protocol | FLAG_BORN | FLAG_INACTIVE;
	if (source == SOURCE_UNTOUCHED)
		r[META] |= FLAG_NO_OUTPUT | (__u32)METHOD_GATE << METHOD_SHIFT;
	else
		r[META] |= (source == SOURCE_POOL ? FLAG_POOLED : 0) |
			   (is_same(r + CLIENT, r + SOURCE_ADDRESS) && r[REAL_PORTS] << 16 >> 16 == r[CLIENT_PORTS] >> 16 ? 0 : FLAG_TRANSLATED);
	return true;
}

/* Where the connection ended that a SYN takes the place of, if the new one has its tuple at the server too. */
static __always_inline bool end_of_old(const struct config *c, const struct tuple *reply, __u32 handle, __u32 now,
				       struct end *end)
{
	struct connection *old = record_of(handle);
	__u32 *cold;

	if (!old || !(old->words[META] & FLAG_COLD) || !is_flow(old->words, REPLY, reply, 0xff) ||
	    (__s32)(now - (old->words[EXPIRES] - old->words[TIMEOUT])) >= ENDED_HOLD)
		return false;
	cold = cold_of(c, handle);
	if (!cold || !cold[CLIENT_END])
		return false;
	end->sequence = cold[CLIENT_END];
	end->stamp = cold[CLIENT_STAMP];
	return true;
}

/* What the server may still hold against the connection's first numbers, they are to rise above. */
__noinline int begin_numbers(struct __sk_buff *skb, const struct config *c, const struct frame *f, const struct tuple *reply,
			     __u32 handle)
{
	struct options options = {};
	struct connection *cn;
	struct end end = {};
	__u32 *cold, now, old;
	__be32 first;

	if (!c || !f || !reply)
		return false;
	cn = record_of(handle);
	cold = cold_of(c, handle);
	if (!cn || !cold || bpf_skb_load_bytes(skb, f->transport + TCP_SEQUENCE, &first, sizeof(first)))
		return false;
	now = cn->words[CREATED];
	old = cn->words[SUPERSEDED_REPLY] ? cn->words[SUPERSEDED_REPLY] : cn->words[SUPERSEDED_REQUEST];
	if (!(old && end_of_old(c, reply, old - 1, now, &end)) && !recall(reply, now, &end))
		return true;
	read_options(skb, f, &options);
	begin(cn, cold, &end, bpf_ntohl(first), &options);
	return true;
}

static __always_inline bool has_numbers(const struct opening *o, const struct frame *f)
{
	return f->t.protocol == IPPROTO_TCP && (o->record->words[META] & FLAG_POOLED);
}

/*
 * What was searched for and not found is not there, if the engine neither changed the index meanwhile nor was about to take a
 * source itself.
 */
static __always_inline bool is_quiet(const struct config *c, __u32 version)
{
	const volatile __u32 *words = c->words;

	return !(version & 1) && words[CONFIG_INDEX_VERSION] == version && !words[CONFIG_OPENING];
}

/* The connection that the packet would open, made but for `publish`; false if the engine is to open one. */
static __always_inline bool prepare(struct __sk_buff *skb, const struct config *c, struct opening *o,
				    const struct frame *f, __u32 now)
{
	__u32 slot;

	if (!c->words[CONFIG_OPENS] || f->t.ports >> 16 == FTP_DATA_PORT)
		return false;
	if (f->t.protocol == IPPROTO_TCP && (f->tcp_flags & (SYN | RST | ACK)) != SYN)
		return false;
	slot = service_of(c, &f->t) - 1;
	o->service = bpf_map_lookup_elem(&services, &slot);
	if (!o->service || !choose(c, o, f))
		return false;
	if (o->destination && o->destination->words[DESTINATION_ALIVE] && o->destination->words[DESTINATION_OPENS] &&
	    take_source(c, o, f, now) && fill(c, o, f, now) && (!has_numbers(o, f) || begin_numbers(skb, c, f, o->reply, o->handle)))
		return true;
	give_back(c, o);
	return false;
}

/* Takes a connection out of sight. False: it is already. */
static __always_inline bool supersede(struct connection *cn)
{
	return !(__sync_fetch_and_or(&cn->words[META], FLAG_SUPERSEDED) & FLAG_SUPERSEDED);
}

static __always_inline void restore(struct connection *cn)
{
	__sync_fetch_and_and(&cn->words[META], ~FLAG_SUPERSEDED);
}

/* It lives as long as it is used, and as the connection does. */
static __always_inline void renew(__u32 handle, __u32 now)
{
	struct connection *template = record_of(handle);

	if (!template)
		return;
	__sync_fetch_and_add(&template->words[CONTROLLED], 1);
	template->words[EXPIRES] = now + template->words[TIMEOUT];
}

/* From now on it is found, and what it takes the place of no more. False: somebody else was first. */
static __always_inline bool publish(const struct config *c, struct opening *o, const struct frame *f, __u32 hash,
				    __u32 version)
{
	struct connection *settled = o->settled_handle ? record_of(o->settled_handle - 1) : NULL;
	bool first = is_quiet(c, version) && (!o->old || supersede(o->old));
	bool second = first && (!settled || supersede(settled));

	if (second) {
		__sync_fetch_and_or(&o->record->words[META], FLAG_LIVE);
		bool replies = method_of(o->record) == METHOD_MASQ;

		if ((!replies || enter(c, o->reply, hash_of(c, o->reply), o->handle * 2 + REPLY + 1)) &&
		    enter(c, &f->t, hash, o->handle * 2 + REQUEST + 1)) {
			if (o->old)
				remember(c, o->old, o->old_handle);
			if (o->template)
				renew(o->template - 1, o->record->words[CREATED]);
			return true;
		}
		if (settled)
			restore(settled);
	}
	if (first && o->old)
		restore(o->old);
	give_back(c, o);
	return false;
}

/* It is whole, with its first state and deadline: the engine may take it in. */
static __always_inline void hand_over(struct opening *o)
{
	*(volatile __u32 *)&o->ring->words[RING_TAKEN] = o->ring->words[RING_TAKEN] + 1;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * A new connection of a service whose choices the engine has written down: match, schedule, source, insert (src/engine/opening.ts,
 * kernel-services.ts). Whatever is not as written is the engine's: nothing is left behind by a connection that is not made.
 */
#pragma once

/* A connection on its way into the table. */
struct opening {
	struct service *service;
	struct destination *destination;
	struct connection *record;
	struct connection *old;		/* whose tuple the request has, or NULL */
	struct ring *ring;
	__u32 slot, handle, old_handle;
	struct tuple reply;
};

static __always_inline struct service *service_of(const struct config *c, const struct frame *f)
{
	struct tuple key = { .ports = f->t.ports & 0xffff, .protocol = f->t.protocol, .v6 = f->t.v6 };
	__u32 hash;

	key.words[2] = f->t.v6 ? 0 : 0xffff;
	for (int i = 4; i < 8; i++)
		key.words[i] = f->t.words[i];
	hash = hash_of(c, &key);
	for (int i = 0; i < PROBES_MOST; i++) {
		__u32 place = (hash + i) & c->words[CONFIG_SERVICE_MASK];
		__u32 line = place / ENTRIES_IN_LINE, at = place % ENTRIES_IN_LINE * 2, slot;
		struct index_line *entries = bpf_map_lookup_elem(&service_index, &line);
		struct service *s;

		if (!entries)
			return NULL;
		slot = entries->words[at + 1] - 1;
		if (slot == ~0u)
			return NULL;
		if (entries->words[at] != hash)
			continue;
		s = bpf_map_lookup_elem(&services, &slot);
		if (!s)
			return NULL;
		if (s->words[SERVICE_PROTOCOL] == key.protocol && s->words[SERVICE_PORT] == key.ports &&
		    s->words[0] == key.words[4] && s->words[1] == key.words[5] && s->words[2] == key.words[6] &&
		    s->words[3] == key.words[7])
			return s->words[SERVICE_CHOICE] == CHOICE_ENGINE ? NULL : s;
	}
	return NULL;
}

/* net/netfilter/ipvs/ip_vs_sh.c, as src/service/schedulers/sh.ts has it. */
static __always_inline __u32 hash_of_client(const struct service *s, const struct frame *f)
{
	const __u32 *w = f->t.words;
	__u32 folded = f->t.v6 ? w[0] ^ w[1] ^ w[2] ^ w[3] : w[3];

	return (folded + (s->words[SERVICE_BY_PORT] ? f->t.ports >> 16 : 0)) * 0x61c88647u >> 24;
}

/* False, and no turn taken: the engine chooses. */
static __always_inline bool choose(struct opening *o, const struct frame *f)
{
	struct service *s = o->service;
	__u32 count = s->words[SERVICE_TURNS_COUNT], turn, line;
	struct turns_line *turns_of;

	if (!count)
		return false;
	turn = s->words[SERVICE_CHOICE] == CHOICE_SOURCE ? hash_of_client(s, f)
							 : __sync_fetch_and_add(&s->words[SERVICE_TURNS_TAKEN], 1);
	turn = s->words[SERVICE_TURNS] + turn % count;
	line = turn / TURNS_IN_LINE;
	turns_of = bpf_map_lookup_elem(&turns, &line);
	if (turns_of) {
		o->slot = turns_of->words[turn % TURNS_IN_LINE];
		o->destination = bpf_map_lookup_elem(&destinations, &o->slot);
	}
	return true;
}

/* The engine makes this connection: its scheduler has the turn. */
static __always_inline void give_back(struct opening *o)
{
	if (o->service->words[SERVICE_CHOICE] == CHOICE_TURN)
		__sync_fetch_and_add(&o->service->words[SERVICE_TURNS_TAKEN], -1);
}

static __always_inline bool is_blocked(const struct frame *f, __u32 port)
{
	__u32 protocol = f->t.protocol == IPPROTO_UDP;
	struct blocked *bits = bpf_map_lookup_elem(&blocked, &protocol);

	return !bits || bits->words[port >> 5 & (BLOCKED_WORDS - 1)] >> (port & 31) & 1;
}

/* What the real server will answer with, if the source can be had: the client's own port, or the engine looks for another. */
static __always_inline bool take_source(const struct config *c, struct opening *o, const struct frame *f)
{
	const __u32 *d = o->destination->words, *w = f->t.words;
	bool pooled = d[DESTINATION_SOURCE] == SOURCE_POOL;
	__u32 port = f->t.ports >> 16, from = d[DESTINATION_FROM], to = d[DESTINATION_TO];
	struct connection *other = NULL;

	if (!port || (pooled && ((to && (port < from || port > to)) || is_blocked(f, port))))
		return false;
	for (int i = 0; i < 4; i++) {
		o->reply.words[i] = d[DESTINATION_ADDRESS + i];
		o->reply.words[4 + i] = pooled ? d[DESTINATION_POOL + i] : w[i];
	}
	o->reply.ports = (d[DESTINATION_PORT] ? d[DESTINATION_PORT] : f->t.ports & 0xffff) << 16 | port;
	o->reply.protocol = f->t.protocol;
	o->reply.v6 = f->t.v6;
	return !find(c, &o->reply, hash_of(c, &o->reply), &other) || other == o->old;
}

static __always_inline bool is_same(const __u32 *a, const __u32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* A free record, filled as src/engine/connections.ts fills it, that nobody finds yet. */
static __always_inline bool fill(const struct config *c, struct opening *o, const struct frame *f)
{
	__u32 processor = bpf_get_smp_processor_id(), taken, element, *r;
	bool pooled = o->destination->words[DESTINATION_SOURCE] == SOURCE_POOL;

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
		r[REAL + i] = o->reply.words[i];
	}
	r[CLIENT_PORTS] = f->t.ports;
	r[REAL_PORTS] = o->reply.ports;
	r[DESTINATION_SLOT] = o->slot;
	r[SERVICE_SLOT] = o->destination->words[DESTINATION_OPENS] - 1;
	r[CREATED] = now_of(c);
	r[FIRST_LENGTH] = f->length;
	r[SUPERSEDED_REQUEST] = o->old ? o->old_handle + 1 : 0;
	r[IN_PACKETS] = r[SUPERSEDED_REPLY] = r[TIMER_TICK] = r[CONTROL] = r[CONTROLLED] = r[MARK] = 0;
	r[META] = f->t.protocol | FLAG_BORN | FLAG_INACTIVE | (pooled ? FLAG_POOLED : 0) |
		  (is_same(r + CLIENT, r + SOURCE_ADDRESS) ? 0 : FLAG_TRANSLATED);
	return true;
}

/* The connection that the packet would open, made but for `publish`; false if the engine is to open one. */
static __always_inline bool prepare(const struct config *c, struct opening *o, const struct frame *f)
{
	if (!c->words[CONFIG_OPENS] || f->t.ports >> 16 == FTP_DATA_PORT)
		return false;
	if (f->t.protocol == IPPROTO_TCP && (f->tcp_flags & (SYN | RST | ACK)) != SYN)
		return false;
	o->service = service_of(c, f);
	if (!o->service || !choose(o, f))
		return false;
	if (o->destination && o->destination->words[DESTINATION_ALIVE] && o->destination->words[DESTINATION_OPENS] &&
	    take_source(c, o, f) && fill(c, o, f))
		return true;
	give_back(o);
	return false;
}

/* From now on it is found. False: somebody else was first. */
static __always_inline bool publish(const struct config *c, struct opening *o, const struct frame *f, __u32 hash)
{
	__u32 *meta = &o->record->words[META];

	if (o->old)
		__sync_fetch_and_or(&o->old->words[META], FLAG_SUPERSEDED);
	__sync_fetch_and_or(meta, FLAG_LIVE);
	if (enter(c, &o->reply, hash_of(c, &o->reply), o->handle * 2 + REPLY + 1) &&
	    enter(c, &f->t, hash, o->handle * 2 + REQUEST + 1))
		return true;
	__sync_fetch_and_and(meta, 0);
	if (o->old)
		__sync_fetch_and_and(&o->old->words[META], ~FLAG_SUPERSEDED);
	give_back(o);
	return false;
}

/* It is whole, with its first state and deadline: the engine may take it in. */
static __always_inline void hand_over(struct opening *o)
{
	*(volatile __u32 *)&o->ring->words[RING_TAKEN] = o->ring->words[RING_TAKEN] + 1;
}

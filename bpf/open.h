/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * A new connection of a service whose choices the engine has written down: match, schedule, source, insert (src/engine/opening.ts,
 * kernel-services.ts). Whatever is not as written is the engine's: nothing is left behind by a connection that is not made.
 */
#pragma once
#include "hash.h"

/* Source ports looked at before the engine is asked. */
#define PORTS_TRIED 8
/* Lowest port of netfilter's class of client ports that most clients use (src/nat/ports.ts). */
#define CLASS_FROM 1024

/* A connection on its way into the table. */
struct opening {
	struct service *service;
	struct destination *destination;
	struct connection *record;
	struct connection *old;		/* whose tuple the request has, or NULL */
	struct ring *ring;
	__u32 slot, handle, old_handle;
	__u32 template;			/* + 1: which chose its destination; 0: none */
	__u32 settled_handle;		/* + 1: whose reply tuple it takes early; 0: nobody's */
	struct tuple *reply;
};

/* Slot + 1 of the service that the packet is for and whose connections are made here; 0: there is none. */
__noinline __u32 service_of(const struct config *c, const struct tuple *t)
{
	struct tuple key = {};
	__u32 hash;

	if (!c || !t)
		return 0;
	key.ports = t->ports & 0xffff;
	key.protocol = t->protocol;
	key.v6 = t->v6;
	key.words[2] = t->v6 ? 0 : 0xffff;
	for (int i = 4; i < 8; i++)
		key.words[i] = t->words[i];
	hash = hash_of(c, &key);
	for (int i = 0; i < PROBES_MOST; i++) {
		__u32 place = (hash + i) & c->words[CONFIG_SERVICE_MASK];
		__u32 line = place / ENTRIES_IN_LINE, at = place % ENTRIES_IN_LINE * 2, slot;
		struct index_line *entries = bpf_map_lookup_elem(&service_index, &line);
		struct service *s;

		if (!entries)
			return 0;
		slot = entries->words[at + 1] - 1;
		if (slot == ~0u)
			return 0;
		if (entries->words[at] != hash)
			continue;
		s = bpf_map_lookup_elem(&services, &slot);
		if (!s)
			return 0;
		if (s->words[SERVICE_PROTOCOL] == key.protocol && s->words[SERVICE_PORT] == key.ports &&
		    s->words[0] == key.words[4] && s->words[1] == key.words[5] && s->words[2] == key.words[6] &&
		    s->words[3] == key.words[7])
			return s->words[SERVICE_CHOICE] == CHOICE_ENGINE ? 0 : slot + 1;
	}
	return 0;
}

/* What sh and mh know a client by (net/netfilter/ipvs/ip_vs_sh.c, ip_vs_mh.c). */
static __always_inline __u32 client_of(const struct service *s, const struct frame *f)
{
	const __u32 *w = f->t.words;

	return (f->t.v6 ? w[0] ^ w[1] ^ w[2] ^ w[3] : w[3]) + (s->words[SERVICE_BY_PORT] ? f->t.ports >> 16 : 0);
}

/* The template of the packet's client (src/engine/persistence.ts); without one the engine chooses, and makes one. */
static __always_inline bool choose_again(const struct config *c, struct opening *o, const struct frame *f)
{
	const __u32 *mask = o->service->words + SERVICE_MASK;
	struct tuple *key = o->reply;	/* not needed yet for what it is for */
	struct connection *template;
	__u32 ref;

	for (int i = 0; i < 4; i++) {
		key->words[i] = f->t.words[i] & mask[i];
		key->words[4 + i] = f->t.words[4 + i];
	}
	key->ports = f->t.ports & 0xffff;
	key->protocol = f->t.protocol | TEMPLATE_KIND;
	key->v6 = f->t.v6;
	ref = find(c, key, hash_of(c, key));
	template = ref ? record_of((ref - 1) >> 1) : NULL;
	if (!template)
		return false;
	o->template = ((ref - 1) >> 1) + 1;
	o->slot = template->words[DESTINATION_SLOT];
	o->destination = bpf_map_lookup_elem(&destinations, &o->slot);
	return o->destination != NULL;
}

/* False, and no turn taken: the engine chooses. */
static __always_inline bool choose(const struct config *c, struct opening *o, const struct frame *f)
{
	struct service *s = o->service;
	__u32 count = s->words[SERVICE_TURNS_COUNT], choice = s->words[SERVICE_CHOICE], turn, line;
	struct turns_line *turns_of;

	if (choice == CHOICE_TEMPLATE)
		return choose_again(c, o, f);
	if (!count)
		return false;
	if (choice == CHOICE_TURN)
		turn = __sync_fetch_and_add(&s->words[SERVICE_TURNS_TAKEN], 1);
	else
		turn = choice == CHOICE_SOURCE ? hash8(client_of(s, f)) : maglev(client_of(s, f));
	turn = s->words[SERVICE_TURNS] + turn % count;
	line = turn / TURNS_IN_LINE;
	turns_of = bpf_map_lookup_elem(&turns, &line);
	if (turns_of) {
		o->slot = turns_of->words[turn % TURNS_IN_LINE];
		o->destination = bpf_map_lookup_elem(&destinations, &o->slot);
	}
	return true;
}

/* The engine makes this connection: its scheduler has the turn, and the record is as it was. */
static __always_inline void give_back(const struct config *c, struct opening *o)
{
	__u32 *cold = o->record && (o->record->words[META] & FLAG_COLD) ? cold_of(c, o->handle) : NULL;

	if (cold)
		cold[SEQUENCE_SHIFT] = cold[TIMESTAMP_SHIFT] = 0;
	if (o->record)
		__sync_fetch_and_and(&o->record->words[META], 0);
	if (o->service->words[SERVICE_CHOICE] == CHOICE_TURN)
		__sync_fetch_and_add(&o->service->words[SERVICE_TURNS_TAKEN], -1);
}

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

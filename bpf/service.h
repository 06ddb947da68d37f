/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Which service a first packet is for, and which of its real servers takes it: what the engine has written down
 * (src/engine/kernel-services.ts).
 */
#pragma once
#include "hash.h"

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

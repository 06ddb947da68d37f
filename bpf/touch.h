/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* State, timer, counters: what src/engine/connections.ts and aging.ts do at each packet. */
#pragma once

static __always_inline int event_of(__u32 flags)
{
	if (flags & 4)
		return 3;
	if (flags & 2)
		return 0;
	if (flags & 1)
		return 1;
	return flags & 16 ? 2 : -1;
}

/* Another processor, or the engine, may be moving the same state. */
#define TRIES_MOST 4

/* The side of a connection whose answers pass the director by; else the direction is the side (src/conn/tcp.ts). */
#define INPUT_ONLY 2
#define TCP_FIN_WAIT_STATE 4
#define TCP_CLOSE_STATE 6
#define TCP_TIME_WAIT_STATE 5
#define TCP_ESTABLISHED_STATE 1
#define ACTIVE_STATES (1u << 1 | 1u << 2 | 1u << 3 | 1u << 10)

static __always_inline __u32 tcp_next(const struct config *c, __u32 state, int side, __u32 flags)
{
	int event = event_of(flags);
	__u32 at;

	if (event < 0)
		return TCP_CLOSE_STATE;
	at = side * 64 + (state & 15) * 4 + (event & 3);
	keep(at);
	return ((const __u8 *)&c->words[CONFIG_TCP_NEXT])[at & 255];
}

/* The template's client is real: an answer or a whole handshake was seen. */
static __always_inline void assure(const struct connection *cn)
{
	__u32 element = cn->words[CONTROL];	/* handle + 1: the header stands before handle 0 */
	struct connection *template;

	if (!element)
		return;
	template = bpf_map_lookup_elem(&connections, &element);
	if (template && !(template->words[META] & FLAG_ASSURED))
		__sync_fetch_and_or(&template->words[META], FLAG_ASSURED);
}

/* Moves the state; whoever moves it out of or into the active ones counts that, once. Returns the timeout in ticks. */
static __always_inline __u32 step_tcp(const struct config *c, struct connection *cn, struct destination *d, int direction,
				      __u32 flags)
{
	__u32 next = 0;

	for (int i = 0; i < TRIES_MOST; i++) {
		__u32 meta = *(volatile __u32 *)&cn->words[META], changed;
		bool active;

		next = tcp_next(c, (meta >> STATE_SHIFT) & 15, meta & FLAG_NO_OUTPUT ? INPUT_ONLY : direction, flags) & 15;
		active = ACTIVE_STATES >> next & 1;
		changed = (meta & ~(0xffu << STATE_SHIFT | FLAG_INACTIVE)) | next << STATE_SHIFT | (active ? 0 : FLAG_INACTIVE);
		if (changed == meta)
			break;
		if (__sync_val_compare_and_swap(&cn->words[META], meta, changed) != meta)
			continue;
		if (next == TCP_ESTABLISHED_STATE)
			assure(cn);
		/* One that is born is counted by the state in which the engine takes it in. */
		if (((changed ^ meta) & FLAG_INACTIVE) && !(meta & FLAG_BORN))
			__sync_fetch_and_add(&d->words[DESTINATION_ACTIVE], active ? 1 : -1);
		break;
	}
	return c->words[CONFIG_TCP_TIMEOUTS + next];
}

static __always_inline __u32 now_of(const struct config *c)
{
	return bpf_ktime_get_coarse_ns() / (TICK_MS * 1000000ull) + c->words[CONFIG_CLOCK];
}

static __always_inline void count(const struct config *c, __u32 slot, int direction, __u32 length)
{
	__u32 at = bpf_get_smp_processor_id() * c->words[CONFIG_SLOTS] + slot;
	struct traffic *t = bpf_map_lookup_elem(&traffic, &at);

	if (!t)
		return;
	if (direction) {
		t->words[TRAFFIC_OUT_PACKETS / 2]++;
		t->words[TRAFFIC_OUT_BYTES / 2] += length;
	} else {
		t->words[TRAFFIC_IN_PACKETS / 2]++;
		t->words[TRAFFIC_IN_BYTES / 2] += length;
	}
}

static __always_inline void touch(const struct config *c, struct connection *cn, struct destination *d, int direction,
				  const struct frame *f, __u32 now)
{
	__u32 timeout = c->words[CONFIG_UDP_TIMEOUT];

	count(c, cn->words[DESTINATION_SLOT], direction, f->length);
	if (f->t.protocol == IPPROTO_TCP)
		timeout = step_tcp(c, cn, d, direction, f->tcp_flags);
	else if (direction)
		assure(cn);
	if (!direction && cn->words[IN_PACKETS] < 0x7fffffff)
		cn->words[IN_PACKETS]++;
	cn->words[TIMEOUT] = timeout;
	cn->words[EXPIRES] = now + timeout;
}

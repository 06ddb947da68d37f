/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The route and neighbour towards a packet's new destination, as the host's own tables have them. */
#pragma once

#define AF_INET 2
#define AF_INET6 10

/*
 * What the tables answered is believed for so many ticks (64 ms), for looking it up costs more than all the rest of a packet's
 * way: by processor, the newest wins a place.
 */
#define HOP_TICKS 4
#define HOPS 1024

struct next_hop {
	__u32 source[4], destination[4];
	__u32 from;		/* the interface the packet came by */
	__u32 tick;
	__u32 ifindex;
	__u32 mtu;
	__u8 macs[2 * ETH_ALEN];	/* as they stand in the frame */
	__u32 v6;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOPS);
	__type(key, __u32);
	__type(value, struct next_hop);
} next_hops SEC(".maps");

/* Asks the tables; false: the host's, or the engine's. */
static __always_inline bool look_up(struct __sk_buff *skb, const struct frame *f, struct next_hop *hop, __u32 length)
{
	struct bpf_fib_lookup fib = {};

	fib.family = f->t.v6 ? AF_INET6 : AF_INET;
	fib.l4_protocol = f->t.protocol;
	fib.tot_len = length;	/* without it the helper would not look at the MTU, nor say it */
	fib.ifindex = skb->ifindex;
	for (int i = 0; i < 4; i++) {
		fib.ipv6_src[i] = bpf_htonl(hop->source[i]);
		fib.ipv6_dst[i] = bpf_htonl(hop->destination[i]);
	}
	if (!f->t.v6) {
		fib.ipv4_src = bpf_htonl(hop->source[3]);
		fib.ipv4_dst = bpf_htonl(hop->destination[3]);
		fib.tos = 0;
	} else {
		fib.flowinfo = 0;
	}
	if (bpf_fib_lookup(skb, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return false;
	hop->ifindex = fib.ifindex;
	hop->mtu = fib.mtu_result;
	__builtin_memcpy(hop->macs, fib.dmac, ETH_ALEN);
	__builtin_memcpy(hop->macs + ETH_ALEN, fib.smac, ETH_ALEN);
	return true;
}

static __always_inline bool is_hop(const struct next_hop *hop, const struct translation *t, __u32 from, __u32 now)
{
	if (now - hop->tick >= HOP_TICKS || hop->from != from)
		return false;
	for (int i = 0; i < 4; i++)
		if (hop->source[i] != t->source[i] || hop->destination[i] != t->destination[i])
			return false;
	return true;
}

/* NULL: there is no way that is known and wide enough. */
static __always_inline const struct next_hop *route(struct __sk_buff *skb, const struct frame *f, const struct translation *t,
						    __u32 now)
{
	/* A merged packet goes on in segments: each must fit. */
	__u32 length = skb->gso_size ? f->transport - ETH_HLEN + f->header + skb->gso_size : f->length;
	__u32 place = (t->source[3] * 0x9e3779b1u ^ t->destination[3] * 0x85ebca6bu) >> 22 & (HOPS - 1);
	struct next_hop *hop = bpf_map_lookup_elem(&next_hops, &place);

	if (!hop)
		return NULL;
	if (is_hop(hop, t, skb->ifindex, now))
		return length <= hop->mtu ? hop : NULL;
	for (int i = 0; i < 4; i++) {
		hop->source[i] = t->source[i];
		hop->destination[i] = t->destination[i];
	}
	hop->from = skb->ifindex;
	hop->tick = now - HOP_TICKS;
	if (!look_up(skb, f, hop, length))
		return NULL;
	hop->tick = now;
	return hop;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Carries established connections between interfaces without the host's stack: find, touch, rewrite, send.
 *
 * Reads and writes the same connection table as the TypeScript engine (src/engine), which makes and ends connections.
 * A packet that is not carried here goes on untouched to the host, whose rules steer it to the engine.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "parse.h"
#include "lookup.h"
#include "touch.h"
#include "rewrite.h"

#define AF_INET 2
#define AF_INET6 10
#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16
#define FTP_DATA_PORT 20

#include "open.h"

/* The route and neighbour towards the new destination; anything but success is for the host and the engine. */
static __always_inline bool route(struct __sk_buff *skb, const struct frame *f, const struct translation *t,
				  struct bpf_fib_lookup *fib)
{
	fib->family = f->t.v6 ? AF_INET6 : AF_INET;
	fib->l4_protocol = f->t.protocol;
	/* A merged packet goes on in segments: each must fit. Without a length the helper would not look at the MTU. */
	fib->tot_len = skb->gso_size ? f->transport - ETH_HLEN + f->header + skb->gso_size : f->length;
	fib->ifindex = skb->ifindex;
	for (int i = 0; i < 4; i++) {
		fib->ipv6_src[i] = bpf_htonl(t->source[i]);
		fib->ipv6_dst[i] = bpf_htonl(t->destination[i]);
	}
	if (!f->t.v6) {
		fib->ipv4_src = bpf_htonl(t->source[3]);
		fib->ipv4_dst = bpf_htonl(t->destination[3]);
		fib->tos = 0;
	} else {
		fib->flowinfo = 0;
	}
	return bpf_fib_lookup(skb, fib, sizeof(*fib), 0) == BPF_FIB_LKUP_RET_SUCCESS;
}

/* Whatever a connection may be besides these (of another method, with moved numbers, a template), the engine carries it. */
#define PLAIN_FLAGS (FLAG_LIVE | FLAG_INACTIVE | FLAG_POOLED | FLAG_TRANSLATED | FLAG_BORN)

/*
 * Whether the packet is one of a running connection and changes nothing but its age: beginnings and, where a port of a
 * pool must be known to be free again, ends are the engine's.
 */
static __always_inline bool is_plain(const struct connection *cn, const struct frame *f)
{
	__u32 meta = cn->words[META];

	if (!(meta & FLAG_LIVE) || (meta & 0xffff0000u & ~PLAIN_FLAGS))
		return false;
	if (f->t.protocol != IPPROTO_TCP)
		return true;
	if (f->tcp_flags & SYN)
		return false;
	return !(meta & FLAG_POOLED) || !((f->tcp_flags & (FIN | RST)) || (meta & FLAG_INACTIVE));
}

/* Whether a SYN may begin anew in place of this connection (src/engine/connections.ts, reusable). */
static __always_inline bool is_over(const struct config *c, const struct connection *cn, const struct frame *f)
{
	__u32 meta = cn->words[META], state = meta >> STATE_SHIFT & 0xff;

	return f->t.protocol == IPPROTO_TCP && (f->tcp_flags & SYN) && c->words[CONFIG_REUSES] &&
	       !cn->words[CONTROL] && !cn->words[CONTROLLED] && !(meta & ~(PLAIN_FLAGS | 0xffff)) &&
	       (state == TCP_TIME_WAIT_STATE || state == TCP_CLOSE_STATE);
}

SEC("tc")
int fullnat(struct __sk_buff *skb)
{
	struct bpf_fib_lookup fib = {};
	struct opening o = {};
	struct connection *cn = NULL;
	struct destination *d;
	struct translation t;
	struct config *c;
	struct frame f;
	__u32 zero = 0, hash, ref;
	bool opens;

	/* Frames for another station, and what has a tag still (its VLAN's own interface shows it again), are not for here. */
	if (skb->pkt_type != PACKET_HOST || skb->vlan_present || !parse(skb, &f) || f.ttl <= 1)
		return TC_ACT_OK;
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c)
		return TC_ACT_OK;
	hash = hash_of(c, &f.t);
	ref = find(c, &f.t, hash, &cn);
	opens = !ref || !cn || (!((ref - 1) & 1) && is_over(c, cn, &f));
	if (opens) {
		o.old = ref ? cn : NULL;
		o.old_handle = (ref - 1) >> 1;
		if (!prepare(c, &o, &f))
			return TC_ACT_OK;
		cn = o.record;
		ref = o.handle * 2 + REQUEST + 1;
		d = o.destination;
	} else {
		if (!is_plain(cn, &f))
			return TC_ACT_OK;
		d = bpf_map_lookup_elem(&destinations, &cn->words[DESTINATION_SLOT]);
		if (!d || !d->words[DESTINATION_ALIVE])
			return TC_ACT_OK;
	}
	translation_of(&t, cn, (ref - 1) & 1);
	if (!route(skb, &f, &t, &fib)) {
		if (opens)
			give_back(&o);
		return TC_ACT_OK;
	}
	if (opens && !publish(c, &o, &f, hash))
		return TC_ACT_OK;
	touch(c, cn, d, (ref - 1) & 1, &f);
	if (opens)
		hand_over(&o);
	if (!(f.t.v6 ? rewrite_v6(skb, &f, &t) : rewrite_v4(skb, &f, &t)))
		return TC_ACT_SHOT;
	if (bpf_skb_store_bytes(skb, 0, fib.dmac, ETH_ALEN, 0) ||
	    bpf_skb_store_bytes(skb, ETH_ALEN, fib.smac, ETH_ALEN, 0))
		return TC_ACT_SHOT;
	return bpf_redirect(fib.ifindex, 0);
}

char LICENSE[] SEC("license") = "GPL";

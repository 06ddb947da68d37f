/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Carries connections between interfaces without the host's stack: find (or match, schedule, source, insert), touch, rewrite,
 * send.
 *
 * Reads and writes the same connection table as the TypeScript engine (src/engine), which ends connections, and makes those
 * that are not made here. A packet that is not carried here goes on untouched to the host, whose rules steer it to the engine.
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

#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16
#define FTP_DATA_PORT 20

#include "maps.h"
#include "parse.h"
#include "lookup.h"
#include "touch.h"
#include "translation.h"
#include "repair.h"
#include "open.h"
#include "route.h"
#include "rewrite.h"

/* Whatever a connection may be besides these (of another method, with moved numbers of an application, a template), the engine carries it. */
#define FLAGS 0x1fff0000u
#define PLAIN_FLAGS \
	(FLAG_LIVE | FLAG_INACTIVE | FLAG_POOLED | FLAG_TRANSLATED | FLAG_COLD | FLAG_BORN | FLAG_NO_OUTPUT)

static __always_inline bool is_plain(const struct connection *cn)
{
	__u32 meta = cn->words[META];

	if ((meta & FLAG_NO_OUTPUT) && method_of(cn) != METHOD_GATE)
		return false;
	return (meta & FLAG_LIVE) && !(meta & FLAGS & ~PLAIN_FLAGS) && (!(meta & FLAG_COLD) || (meta & FLAG_POOLED)) &&
	       (method_of(cn) == METHOD_MASQ || method_of(cn) == METHOD_GATE);
}

/* Whether a SYN may begin anew in place of this connection (src/engine/connections.ts, reusable). */
static __always_inline bool is_over(const struct config *c, const struct connection *cn, const struct frame *f)
{
	__u32 meta = cn->words[META], state = meta >> STATE_SHIFT & 0xff;

	if (!(c->words[CONFIG_REUSES] & 1) || cn->words[CONTROL] || cn->words[CONTROLLED])
		return false;
	return state == TCP_TIME_WAIT_STATE || state == TCP_CLOSE_STATE ||
	       ((c->words[CONFIG_REUSES] & 4) && state == TCP_FIN_WAIT_STATE && (meta & FLAG_NO_OUTPUT));
}

/* Of the packet at hand, for each processor: the stack has no room for all of it. */
struct scratch {
	struct frame frame;
	struct translation translation;
	struct tuple reply;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* What is to become of a packet. */
struct way {
	struct connection *record;
	struct destination *destination;
	__u32 handle;
	int direction;
	struct opening opening;
};

/* By a pointer and no flag of its own: so that the verifier of Linux 6.1 knows what else is there. */
static __always_inline bool opens(const struct way *w)
{
	return w->opening.service != NULL;
}

/* The packet's connection: one that is there, or one that it opens. False: the engine's to decide. */
static __always_inline bool follow(struct __sk_buff *skb, struct config *c, struct frame *f, __u32 hash, __u32 now,
				   struct way *w)
{
	__u32 ref = find(c, &f->t, hash);
	struct connection *cn = ref ? record_of((ref - 1) >> 1) : NULL;
	bool begins = f->t.protocol == IPPROTO_TCP && (f->tcp_flags & SYN) && !((ref - 1) & 1);

	if (cn) {
		if (!is_plain(cn) || (begins && (c->words[CONFIG_REUSES] & 2)))
			return false;
		w->handle = (ref - 1) >> 1;
		w->direction = (ref - 1) & 1;
	}
	if (!cn || (begins && is_over(c, cn, f))) {
		w->opening.old = cn;
		w->opening.old_handle = w->handle;
		if (!prepare(skb, c, &w->opening, f, now))
			return false;
		w->record = w->opening.record;
		w->handle = w->opening.handle;
		w->direction = REQUEST;
		w->destination = w->opening.destination;
		return true;
	}
	w->record = cn;
	w->destination = bpf_map_lookup_elem(&destinations, &cn->words[DESTINATION_SLOT]);
	return w->destination && w->destination->words[DESTINATION_ALIVE];
}

SEC("tc")
int fullnat(struct __sk_buff *skb)
{
	const struct next_hop *hop;
	__u32 zero = 0, hash, version, now;
	struct translation *t;
	struct way w = {};
	struct scratch *s;
	struct config *c;
	struct frame *f;

	c = bpf_map_lookup_elem(&config, &zero);
	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!c || !s)
		return TC_ACT_OK;
	f = &s->frame;
	t = &s->translation;
	/* Frames for another station, and what has a tag still (its VLAN's own interface shows it again), are not for here. */
	if (skb->pkt_type != PACKET_HOST || skb->vlan_present || !parse(skb, f) || f->ttl <= 1)
		return TC_ACT_OK;
	version = *(volatile __u32 *)&c->words[CONFIG_INDEX_VERSION];
	now = now_of(c);
	hash = hash_of(c, &f->t);
	w.opening.reply = &s->reply;
	if (!follow(skb, c, f, hash, now, &w))
		return TC_ACT_OK;
	translation_of(t, w.record, w.direction, f);
	hop = route(skb, f, t, now);
	if (!hop) {
		if (opens(&w))
			give_back(c, &w.opening);
		return TC_ACT_OK;
	}
	if (opens(&w) && !publish(c, &w.opening, f, hash, version))
		return TC_ACT_OK;
	touch(c, w.record, w.destination, w.direction, f, now);
	if (opens(&w))
		hand_over(&w.opening);
	if (method_of(w.record) == METHOD_GATE ? !pass_on(skb, f, hop)
					       : ((is_repaired(w.record, f) && !repair(skb, c, f, w.handle, w.direction)) ||
						  !rewrite(skb, f, t, hop)))
		return TC_ACT_SHOT;
	return bpf_redirect(hop->ifindex, 0);
}

char LICENSE[] SEC("license") = "GPL";

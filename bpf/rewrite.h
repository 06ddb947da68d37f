/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Applies a translation in place: addresses, ports, time to live, checksums by their difference (src/rewrite). */
#pragma once

struct translation {
	__u32 source[4], destination[4];
	__u32 ports;	/* source << 16 | destination */
};

static __always_inline void translation_of(struct translation *t, const struct connection *cn, int direction)
{
	const __u32 *w = cn->words;

	for (int i = 0; i < 4; i++) {
		t->source[i] = direction ? w[VIRTUAL + i] : w[SOURCE_ADDRESS + i];
		t->destination[i] = direction ? w[CLIENT + i] : w[REAL + i];
	}
	/* stored as client << 16 | virtual and real << 16 | source: what the other side sends */
	t->ports = direction ? w[CLIENT_PORTS] : w[REAL_PORTS];
	t->ports = t->ports << 16 | t->ports >> 16;
}

/* Offset of the transport checksum. */
static __always_inline __u32 checksum_at(const struct frame *f)
{
	return f->transport + (f->t.protocol == IPPROTO_TCP ? 16 : 6);
}

static __always_inline bool rewrite_v4(struct __sk_buff *skb, const struct frame *f, const struct translation *t)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	__be32 addresses[2] = { bpf_htonl(t->source[3]), bpf_htonl(t->destination[3]) };
	__be32 ports = bpf_htonl(t->ports), old_ports = bpf_htonl(f->t.ports);
	__u64 flags = f->t.protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__be32 old[2];
	__s64 change;
	__u32 sum;

	if ((void *)(ip + 1) > end)
		return false;
	old[0] = ip->saddr;
	old[1] = ip->daddr;
	change = bpf_csum_diff(old, 8, addresses, 8, 0);
	ip->saddr = addresses[0];
	ip->daddr = addresses[1];
	sum = (__u16)~ip->check + (change & 0xffff) + ((__u64)change >> 16 & 0xffff);
	/* one less in the upper byte of time to live and protocol */
	sum += (__u16)~bpf_htons(0x0100);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
	ip->ttl--;
	if (bpf_l4_csum_replace(skb, checksum_at(f), 0, change, BPF_F_PSEUDO_HDR | flags) ||
	    bpf_l4_csum_replace(skb, checksum_at(f), old_ports, ports, 4 | flags))
		return false;
	return bpf_skb_store_bytes(skb, f->transport, &ports, 4, 0) == 0;
}

static __always_inline bool rewrite_v6(struct __sk_buff *skb, const struct frame *f, const struct translation *t)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	__be32 ports = bpf_htonl(t->ports), old_ports = bpf_htonl(f->t.ports);
	__u64 flags = f->t.protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__be32 addresses[8];
	__s64 change;

	if ((void *)(ip + 1) > end)
		return false;
	for (int i = 0; i < 4; i++) {
		addresses[i] = bpf_htonl(t->source[i]);
		addresses[4 + i] = bpf_htonl(t->destination[i]);
	}
	change = bpf_csum_diff((__be32 *)&ip->saddr, 32, addresses, 32, 0);
	__builtin_memcpy(&ip->saddr, addresses, 32);
	ip->hop_limit--;
	if (bpf_l4_csum_replace(skb, checksum_at(f), 0, change, BPF_F_PSEUDO_HDR | flags) ||
	    bpf_l4_csum_replace(skb, checksum_at(f), old_ports, ports, 4 | flags))
		return false;
	return bpf_skb_store_bytes(skb, f->transport, &ports, 4, 0) == 0;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Applies a translation in place: addresses, ports, time to live, checksums by their difference (src/rewrite), and the MACs. */
#pragma once

static __always_inline __u32 folded(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

/* What the change of addresses adds to a checksum; of IPv4 only the last words are in the packet. */
static __always_inline __u32 change_of(const struct frame *f, const struct translation *t)
{
	__u64 sum = 0;

	for (int i = f->t.v6 ? 0 : 3; i < 4; i++) {
		sum += (__u32)~bpf_htonl(f->t.words[i]);
		sum += (__u32)~bpf_htonl(f->t.words[4 + i]);
		sum += bpf_htonl(t->source[i]);
		sum += bpf_htonl(t->destination[i]);
	}
	return folded(sum);
}

/* `sum`: the checksum's complement, and what else is added to it. */
static __always_inline void lose_hop(struct iphdr *ip, __u32 sum)
{
	/* one less in the upper byte of time to live and protocol */
	sum += (__u16)~bpf_htons(0x0100);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
	ip->ttl--;
}

static __always_inline bool rewrite_v4(struct iphdr *ip, const void *end, const struct translation *t, __u32 change)
{
	__u32 sum = (__u16)~ip->check + (change & 0xffff) + (change >> 16);
	__be32 *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > end)
		return false;
	ip->saddr = bpf_htonl(t->source[3]);
	ip->daddr = bpf_htonl(t->destination[3]);
	lose_hop(ip, sum);
	*ports = bpf_htonl(t->ports);
	return true;
}

static __always_inline bool rewrite_v6(struct ipv6hdr *ip, const void *end, const struct translation *t)
{
	__be32 *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > end)
		return false;
	for (int i = 0; i < 4; i++) {
		ip->saddr.in6_u.u6_addr32[i] = bpf_htonl(t->source[i]);
		ip->daddr.in6_u.u6_addr32[i] = bpf_htonl(t->destination[i]);
	}
	ip->hop_limit--;
	*ports = bpf_htonl(t->ports);
	return true;
}

/* A hop less, and another MAC: all that happens to a packet by gate. */
static __always_inline bool pass_on(struct __sk_buff *skb, const struct frame *f, const struct next_hop *hop)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;

	if ((void *)(ip + 1) > end)
		return false;
	__builtin_memcpy(data, hop->macs, 2 * ETH_ALEN);
	if (f->t.v6)
		((struct ipv6hdr *)ip)->hop_limit--;
	else
		lose_hop(ip, (__u16)~ip->check);
	return true;
}

/* False: half done, the packet is lost. */
static __always_inline bool rewrite(struct __sk_buff *skb, const struct frame *f, const struct translation *t,
				    const struct next_hop *hop)
{
	__u64 flags = f->t.protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 change = change_of(f, t);
	void *data, *end;

	if (bpf_l4_csum_replace(skb, checksum_at(f), 0, change, BPF_F_PSEUDO_HDR | flags) ||
	    bpf_l4_csum_replace(skb, checksum_at(f), bpf_htonl(f->t.ports), bpf_htonl(t->ports), 4 | flags))
		return false;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + ETH_HLEN + sizeof(struct iphdr) > end)
		return false;
	__builtin_memcpy(data, hop->macs, 2 * ETH_ALEN);
	return f->t.v6 ? rewrite_v6(data + ETH_HLEN, end, t) : rewrite_v4(data + ETH_HLEN, end, t, change);
}

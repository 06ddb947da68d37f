/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Bytes to a frame: what src/wire/decode.ts reads, for the plain forms that are carried here. Everything else (IPv4
 * options, fragments, extension headers, ICMP, other protocols) is the engine's.
 */
#pragma once


/* What a connection is found by. */
struct tuple {
	__u32 words[8];		/* source, destination; IPv4 in mapped form; host order, as the engine has them */
	__u32 ports;		/* source << 16 | destination */
	__u32 protocol;
	__u32 v6;
};

struct frame {
	struct tuple t;
	__u32 transport;	/* offset from the packet's start */
	__u32 header;		/* length of the transport header */
	__u32 length;		/* by the IP header */
	__u32 tcp_flags;
	__u32 ttl;
};

static __always_inline void mapped(__u32 *words, __be32 address)
{
	words[0] = 0;
	words[1] = 0;
	words[2] = 0xffff;
	words[3] = bpf_ntohl(address);
}

static __always_inline bool parse_ports(struct frame *f, void *at, void *end)
{
	if (f->t.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = at;

		if ((void *)(tcp + 1) > end)
			return false;
		f->t.ports = bpf_ntohs(tcp->source) << 16 | bpf_ntohs(tcp->dest);
		f->tcp_flags = ((__u8 *)tcp)[13];
		f->header = tcp->doff * 4;
		return tcp->doff >= 5;
	}
	if (f->t.protocol == IPPROTO_UDP) {
		struct udphdr *udp = at;

		if ((void *)(udp + 1) > end)
			return false;
		f->t.ports = bpf_ntohs(udp->source) << 16 | bpf_ntohs(udp->dest);
		f->tcp_flags = 0;
		f->header = sizeof(*udp);
		return true;
	}
	return false;
}

/* False: not for this program. */
static __always_inline bool parse(struct __sk_buff *skb, struct frame *f)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	void *network = data + ETH_HLEN;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = network;

		if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl != 5 || (ip->frag_off & bpf_htons(0x3fff)))
			return false;
		f->t.v6 = 0;
		f->t.protocol = ip->protocol;
		f->ttl = ip->ttl;
		f->length = bpf_ntohs(ip->tot_len);
		mapped(f->t.words, ip->saddr);
		mapped(f->t.words + 4, ip->daddr);
		f->transport = ETH_HLEN + sizeof(*ip);
		return parse_ports(f, ip + 1, end);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = network;

		if ((void *)(ip + 1) > end || ip->version != 6)
			return false;
		f->t.v6 = 1;
		f->t.protocol = ip->nexthdr;
		f->ttl = ip->hop_limit;
		f->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
		for (int i = 0; i < 4; i++) {
			f->t.words[i] = bpf_ntohl(ip->saddr.in6_u.u6_addr32[i]);
			f->t.words[4 + i] = bpf_ntohl(ip->daddr.in6_u.u6_addr32[i]);
		}
		f->transport = ETH_HLEN + sizeof(*ip);
		return parse_ports(f, ip + 1, end);
	}
	return false;
}

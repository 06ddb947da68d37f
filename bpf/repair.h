/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What a real server sees rises for each tuple, though another client has it now: src/engine/repair.ts, with its notes and its
 * arithmetic. Also src/rewrite/tcp-sequence.ts.
 */
#pragma once

#define SETTLED_CLIENT_END 1
#define SETTLED_SERVER_END 2
#define SETTLED_BOTH 3
#define LEAST_RISE 0x20000
#define CHANCE 0xffffff

#define TCP_SEQUENCE 4
#define TCP_ACKNOWLEDGEMENT 8
#define TCP_FIXED 20
#define OPTIONS_MOST 40
#define SACK_EDGES_MOST 8
#define SACK_KIND 5
#define TIMESTAMPS_KIND 8
#define TIMESTAMPS_LENGTH 10

/* Offsets from the TCP header, 0 for what is not there. */
struct options {
	__u32 stamps, sack, sack_end;
	__u32 value, echo;
	__u32 sequence, time;	/* what the connection's numbers are moved by */
};

/* src/conn/table.ts, coldBase: two parts in an element, behind the header and all records. */
static __always_inline __u32 *cold_of(const struct config *c, __u32 handle)
{
	__u32 element = 1 + c->words[CONFIG_CAPACITY] + handle / 2;
	struct connection *both = bpf_map_lookup_elem(&connections, &element);

	return both ? both->words + (handle & 1) * COLD_WORDS : NULL;
}

static __always_inline bool rises(__u32 from, __u32 to)
{
	return (__s32)(to - from) > 0;
}

__noinline int read_options(struct __sk_buff *skb, const struct frame *f, struct options *o)
{
	__u32 at = TCP_FIXED;
	__be32 pair[2];
	__u8 option[2];

	if (!f || !o)
		return 0;
	for (int i = 0; i < OPTIONS_MOST && at + 1 < f->header; i++) {
		if (bpf_skb_load_bytes(skb, f->transport + at, option, sizeof(option)))
			return 0;
		if (option[0] == 1) {
			at++;
			continue;
		}
		if (option[0] == 0 || option[1] < 2 || at + option[1] > f->header)
			break;
		if (option[0] == TIMESTAMPS_KIND && option[1] == TIMESTAMPS_LENGTH && !o->stamps)
			o->stamps = at;
		if (option[0] == SACK_KIND && !o->sack) {
			o->sack = at;
			o->sack_end = at + option[1];
		}
		at += option[1];
	}
	if (!o->stamps || bpf_skb_load_bytes(skb, f->transport + o->stamps + 2, pair, sizeof(pair)))
		return 0;
	o->value = bpf_ntohl(pair[0]);
	o->echo = bpf_ntohl(pair[1]);
	return 0;
}

/* Adds to a word of the header. At an odd place the checksum sees the bytes shifted by one (RFC 1071 2 (B)). */
static __always_inline bool add(struct __sk_buff *skb, const struct frame *f, __u32 at, __u32 delta)
{
	__u32 from, to;
	__be32 word;

	if (bpf_skb_load_bytes(skb, f->transport + at, &word, sizeof(word)))
		return false;
	from = bpf_ntohl(word);
	to = from + delta;
	word = bpf_htonl(to);
	if (bpf_skb_store_bytes(skb, f->transport + at, &word, sizeof(word), 0))
		return false;
	if (at & 1) {
		from = from << 8 | from >> 24;
		to = to << 8 | to >> 24;
	}
	return !bpf_l4_csum_replace(skb, checksum_at(f), bpf_htonl(from), bpf_htonl(to), sizeof(to));
}

/* Towards the server its own numbers move, towards the client what is said about them. */
static __always_inline bool shift(struct __sk_buff *skb, const struct frame *f, const struct options *o, int direction)
{
	if (direction == REQUEST)
		return (!o->sequence || add(skb, f, TCP_SEQUENCE, o->sequence)) &&
		       (!o->time || !o->stamps || add(skb, f, o->stamps + 2, o->time));
	if (!(f->tcp_flags & ACK))
		return true;
	if (o->time && o->stamps && !add(skb, f, o->stamps + 6, -o->time))
		return false;
	if (!o->sequence)
		return true;
	if (!add(skb, f, TCP_ACKNOWLEDGEMENT, -o->sequence))
		return false;
	for (__u32 i = 0; i < SACK_EDGES_MOST; i++) {
		__u32 edge = o->sack + 2 + i * 4;

		if (!o->sack || edge + 4 > o->sack_end)
			break;
		if (!add(skb, f, edge, -o->sequence))
			return false;
	}
	return true;
}

/* Keeps the later one; true if that is the new one. 0 means unknown, so 0 is kept as 1. */
static __always_inline bool advance(__u32 *word, __u32 value)
{
	if (*word && !rises(*word, value))
		return false;
	*word = value ? value : 1;
	return true;
}

/* The segment as the server sees it: `sequence` is its first number, `acknowledged` what it acknowledges. */
static __always_inline void note(__u32 *cold, const struct frame *f, const struct options *o, int direction,
				 __u32 sequence, __u32 acknowledged)
{
	__u32 end = sequence + f->length - (f->transport - ETH_HLEN) - f->header + !!(f->tcp_flags & SYN) +
		    !!(f->tcp_flags & FIN);
	bool acknowledges = f->tcp_flags & ACK;

	if (direction == REQUEST) {
		if (o->stamps)
			advance(cold + CLIENT_STAMP, o->value + o->time);
		if (advance(cold + CLIENT_END, end))
			cold[SETTLED] &= ~SETTLED_CLIENT_END;
		if (acknowledges && cold[SERVER_END] && !rises(acknowledged, cold[SERVER_END]))
			cold[SETTLED] |= SETTLED_SERVER_END;
		return;
	}
	if (advance(cold + SERVER_END, end))
		cold[SETTLED] &= ~SETTLED_SERVER_END;
	if (!acknowledges)
		return;
	if (o->stamps)
		advance(cold + CLIENT_STAMP, o->echo);
	advance(cold + CLIENT_END, acknowledged);
	if (cold[CLIENT_END] && !rises(acknowledged, cold[CLIENT_END]))
		cold[SETTLED] |= SETTLED_CLIENT_END;
}

static __always_inline bool is_repaired(const struct connection *cn, const struct frame *f)
{
	__u32 meta = cn->words[META];

	return f->t.protocol == IPPROTO_TCP && (meta & FLAG_POOLED) && (meta & (FLAG_COLD | FLAG_INACTIVE));
}

/*
 * A segment of a pooled connection that is closing, or that has a cold part: moved, and noted as the server sees it. After
 * `touch`.
 */
__noinline int repair(struct __sk_buff *skb, const struct config *c, const struct frame *f, __u32 handle, int direction)
{
	struct connection *cn = record_of(handle);
	struct options o = {};
	__be32 numbers[2];
	__u32 meta, *cold;

	if (!c || !f || !cn)
		return false;
	cold = cold_of(c, handle);
	if (!cold || bpf_skb_load_bytes(skb, f->transport + TCP_SEQUENCE, numbers, sizeof(numbers)))
		return false;
	read_options(skb, f, &o);
	meta = __sync_fetch_and_or(&cn->words[META], FLAG_COLD);
	if (meta & FLAG_COLD) {
		o.sequence = cold[SEQUENCE_SHIFT];
		o.time = cold[TIMESTAMP_SHIFT];
	}
	if (meta & FLAG_INACTIVE)
		note(cold, f, &o, direction, bpf_ntohl(numbers[0]) + (direction == REQUEST ? o.sequence : 0),
		     bpf_ntohl(numbers[1]));
	return (!o.sequence && !o.time) || shift(skb, f, &o, direction);
}

/* Where a tuple ended. */
struct end { __u32 sequence, stamp; };

/* src/conn/tuple-memory.ts: `w` is the real server's address, then the source address. */
static __always_inline __u32 hash_of_ended(const __u32 *w, __u32 ports)
{
	__u32 server = w[3] * 0x165667b1u ^ w[2] * 0xd3a2646du, net = w[1] * 0xfd7046c5u ^ w[0] * 0xb55a4f09u;
	__u32 source = w[7] * 0x9e3779b1u ^ w[6] * 0x85ebca77u, high = w[5] * 0xc2b2ae3du ^ w[4] * 0x27d4eb2fu;

	return finish((source + net) * 0x2c1b3c6du ^ (server + high) ^ ports * 0x297a2d39u);
}

/* False if the server has forgotten the tuple by now. */
static __always_inline bool recall(const struct tuple *reply, __u32 now, struct end *end)
{
	__u32 hash = hash_of_ended(reply->words, reply->ports), place = hash & (ENDED_PLACES - 1);
	struct ended *e = bpf_map_lookup_elem(&ended, &place);

	if (!e || e->words[0] != (hash | 1) || (__s32)(now - e->words[1]) >= ENDED_HOLD)
		return false;
	end->sequence = e->words[2];
	end->stamp = e->words[3];
	return true;
}

/* The connection ends before its time: the engine will say the same when it hears of it. */
static __always_inline void remember(const struct config *c, const struct connection *cn, __u32 handle)
{
	__u32 hash = hash_of_ended(cn->words + REAL, cn->words[REAL_PORTS]), place = hash & (ENDED_PLACES - 1);
	struct ended *e = bpf_map_lookup_elem(&ended, &place);
	const __u32 *cold = cold_of(c, handle);

	if (!e || !cold || !(cn->words[META] & FLAG_POOLED) || !(cn->words[META] & FLAG_COLD) || !cold[CLIENT_END])
		return;
	e->words[0] = hash | 1;
	e->words[1] = cn->words[EXPIRES] - cn->words[TIMEOUT];
	e->words[2] = cold[CLIENT_END];
	e->words[3] = cold[CLIENT_STAMP];
}

/* The numbers of a SYN on a tuple that was used before: how far they are to be moved. */
static __always_inline void begin(struct connection *cn, __u32 *cold, const struct end *e, __u32 first,
				  const struct options *o)
{
	__u32 sequence = rises(e->sequence, first) ? 0 : e->sequence + LEAST_RISE + (first & CHANCE) - first;
	__u32 time = !e->stamp || !o->stamps || rises(e->stamp, o->value) ? 0 : e->stamp + 1 - o->value;

	if (!sequence && !time)
		return;
	cn->words[META] |= FLAG_COLD;
	cold[SEQUENCE_SHIFT] = sequence;
	cold[TIMESTAMP_SHIFT] = time;
}

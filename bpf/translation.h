/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What a connection does to a packet of its, each way. */
#pragma once

struct translation {
	__u32 source[4], destination[4];
	__u32 ports;	/* source << 16 | destination */
};

#define METHOD_SHIFT 29
#define METHOD_MASQ 0
#define METHOD_GATE 3

static __always_inline __u32 method_of(const struct connection *cn)
{
	return cn->words[META] >> METHOD_SHIFT & 3;
}

/* By gate a packet stays as it is, and goes to the real server's MAC. */
static __always_inline void translation_of(struct translation *t, const struct connection *cn, int direction,
					   const struct frame *f)
{
	const __u32 *w = cn->words;

	if (method_of(cn) == METHOD_GATE) {
		for (int i = 0; i < 4; i++) {
			t->source[i] = f->t.words[i];
			t->destination[i] = w[REAL + i];
		}
		return;
	}

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

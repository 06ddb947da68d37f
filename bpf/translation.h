/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What a connection does to a packet of its, each way. */
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

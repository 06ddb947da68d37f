/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The memory that this program and the TypeScript engine share. Every map can be mapped, so neither side makes a system
 * call to read or write it; sizes are set by the loader.
 *
 *   connections   word 0-31 a header, then one record of 32 words a connection (src/conn/record.ts); the rest is
 *                 the engine's
 *   tuples        from the hash of a tuple to its connection, 8 entries of two words in an element
 *   destinations  what schedulers count, by destination slot
 *   traffic       what statistics count, by processor and destination slot
 *   services      whose new connections are made here, by service slot; service_index finds one by its address
 *   turns         which destination takes the next ones
 *   rings         by processor: records that are free to be made into connections
 *   born          finds those that were made here until the engine has them in `tuples`
 *   blocked       ports that are no source ports
 *   ended         where tuples of connections that are gone ended (src/conn/tuple-memory.ts)
 *   config        one element: keys of the hash, sizes, timeouts, the TCP state machine
 *
 * What stands where: src/conn/record.ts, src/engine/kernel-layout.ts.
 */
#pragma once
#include "layout.h"

struct connection { __u32 words[RECORD_WORDS]; };
struct index_line { __u32 words[ENTRIES_IN_LINE * 2]; };
struct destination { __u32 words[DESTINATION_WORDS]; };
struct traffic { __u64 words[TRAFFIC_WORDS / 2]; };
struct config { __u32 words[CONFIG_WORDS]; };
struct service { __u32 words[SERVICE_WORDS]; };
struct turns_line { __u32 words[TURNS_IN_LINE]; };
struct ring { __u32 words[RING_WORDS]; };
struct born_line { __u64 entries[ENTRIES_IN_LINE]; };	/* hash | (ref + 1) << 32 */
struct ended { __u32 words[ENDED_WORDS]; };
struct blocked { __u32 words[BLOCKED_WORDS]; };

/* The compiler may not look through this: it would take away a mask before an access that older verifiers need to see. */
#define keep(value) asm volatile("" : "+r"(value))

#define MEMORY(name, of)				\
	struct {					\
		__uint(type, BPF_MAP_TYPE_ARRAY);	\
		__uint(map_flags, BPF_F_MMAPABLE);	\
		__uint(max_entries, 1);			\
		__type(key, __u32);			\
		__type(value, of);			\
	} name SEC(".maps")

MEMORY(connections, struct connection);
MEMORY(tuples, struct index_line);
MEMORY(destinations, struct destination);
MEMORY(traffic, struct traffic);
MEMORY(services, struct service);
MEMORY(service_index, struct index_line);
MEMORY(turns, struct turns_line);
MEMORY(rings, struct ring);
MEMORY(born, struct born_line);
MEMORY(blocked, struct blocked);
MEMORY(ended, struct ended);
MEMORY(config, struct config);

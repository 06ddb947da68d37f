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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct index_line);
} tuples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct destination);
} destinations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic);
} traffic SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

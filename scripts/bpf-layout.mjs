/**
 * Writes bpf/layout.h: the numbers that the BPF program and the engine must agree on, from the engine's own constants.
 *
 *   node scripts/bpf-layout.mjs [FILE]      after the compiler; FILE instead of bpf/layout.h
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const modules = ['conn/record.js', 'conn/tuple-memory.js', 'engine/kernel-layout.js']

const screaming = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
const define = (name, value) => `#define ${name} ${value}`

const lines = []
for (const module of modules) {
  const exports = await import(join(root, 'dist/src', module))
  lines.push('', `/* src/${module.replace('.js', '.ts')} */`)
  for (const name of Object.keys(exports).sort()) {
    const value = exports[name]
    if (typeof value === 'number') lines.push(define(name, value))
    if (name === 'Flag') for (const flag in value) lines.push(define(`FLAG_${screaming(flag)}`, `${value[flag]}u`))
  }
}

const text = `/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Made by scripts/bpf-layout.mjs from the engine's own constants: change them there. */
#pragma once
${lines.join('\n')}
`
writeFileSync(process.argv[2] ?? join(root, 'bpf/layout.h'), text)

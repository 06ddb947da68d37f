/** bpf/layout.h and the committed object are what scripts/bpf.sh makes of the sources. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../../..')
const hasClang = spawnSync('clang', ['--version']).status === 0
const skip =
  hasClang || process.getuid?.() === 0 ? false : 'clang is not installed: apt-get install clang llvm libbpf-dev'

test('the committed BPF object is that of the sources', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fullnat-bpf-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { status, stderr } = spawnSync('bash', [join(root, 'scripts/bpf.sh'), folder], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const read = (name: string, base: string) => readFileSync(join(base, name))
  assert.equal(String(read('layout.h', folder)), String(read('layout.h', join(root, 'bpf'))), 'run scripts/bpf.sh')
  assert.ok(read('fullnat.bpf.o', folder).equals(read('fullnat.bpf.o', join(root, 'bpf'))), 'run scripts/bpf.sh')
})

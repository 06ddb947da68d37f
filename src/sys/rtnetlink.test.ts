import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** More changes than its socket takes while nobody reads, then one more; prints whether each was heard of. */
const PROGRAM = `
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
const { watchNetwork } = await import(process.argv[1])
let calls = 0
const watch = watchNetwork(() => calls++)
const heard = async (lines) => {
  calls = 0
  execFileSync('ip', ['-batch', '-'], { input: lines.join('\\n') })
  await sleep(300)
  return calls > 0
}
const many = Array.from({ length: 4000 }, (_, i) => 'route add 10.77.' + (i >> 8) + '.' + (i & 255) + '/32 dev lo')
console.log(await heard(['link set lo up', ...many]), await heard(['route add 10.78.0.0/16 dev lo']))
watch.stop()
`

const OWN_NETWORK = process.getuid!() === 0 ? '-n' : '-Urn'
/** Where namespaces are refused there is no network of one's own. */
const refusal = spawnSync('unshare', [OWN_NETWORK, 'true'], { encoding: 'utf8' }).stderr

test('changes are heard of after more of them than a socket takes', { skip: refusal || false }, () => {
  const module = new URL('./rtnetlink.js', import.meta.url).href
  const line = [OWN_NETWORK, process.execPath, '--input-type=module', '-e', PROGRAM, module]
  const { stdout, stderr } = spawnSync('unshare', line, { encoding: 'utf8', timeout: 20_000 })
  assert.equal(stdout, 'true true\n', stderr)
})

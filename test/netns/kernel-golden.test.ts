/** The golden packet table, and random histories, through the program in the kernel with the engine behind it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, Lab } from './lab.js'

/** Everything is reached by one neighbour, so that what comes out is what goes in but for its headers. */
const ROUTES = `
  ip link add name wire type veth peer name end && ip link set end up && ip link set wire address 02:00:00:00:00:01 up &&
  ip address add 10.255.255.2/30 dev wire && ip address add fd00:ffff::2/64 dev wire nodad &&
  ip neighbour add 10.255.255.1 lladdr 02:00:00:00:00:02 dev wire nud permanent &&
  ip neighbour add fd00:ffff::1 lladdr 02:00:00:00:00:02 dev wire nud permanent &&
  ip route add default via 10.255.255.1 && ip -6 route add default via fd00:ffff::1 &&
  sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`

const skip = process.getuid?.() === 0 ? false : 'BPF programs need root'

test('the golden table through BPF_PROG_TEST_RUN', { skip, timeout: 120_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-golden.js')
  const { cases, carried, failures } = JSON.parse(await lab.must('', ['node', program], { timeoutMs: 100_000 }))
  assert.deepEqual(failures, [], `${failures.length} of ${cases} cases`)
  assert.ok(carried >= 200, `the program itself carried ${carried} packets`)
})

test('what the program counted for an engine that died is counted once', { skip, timeout: 60_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-takeover.js')
  const { carried, active, inactive } = JSON.parse(await lab.must('', ['node', program]))
  assert.deepEqual({ carried, active, inactive }, { carried: 4, active: 0, inactive: 1 })
})

test('random histories come out as from the engine alone', { skip, timeout: 120_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-differential.js')
  const { carried, early, differences } = JSON.parse(await lab.must('', ['node', program], { timeoutMs: 100_000 }))
  assert.deepEqual(differences, [])
  assert.ok(carried > 15_000, `the program itself carried ${carried} packets`)
  assert.ok(early > 200, `it took ${early} ports from connections in TIME_WAIT`)
})

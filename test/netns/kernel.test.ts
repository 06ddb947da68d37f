/** What only the program in the kernel can: the end-to-end suites run beside it in kernel-suites and kernel-endurance. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { balance, openBed, translateSource, url } from './bed.js'
import { checkout } from './lab.js'
import { sleep } from './network.js'
import { flat, flatPlan } from './topology.js'

const SLOW_SECONDS = 4
const SLOW_BYTES = SLOW_SECONDS * 20 * 65_536

const asRoot = process.getuid?.() === 0
const options = { skip: asRoot ? (false as const) : 'BPF programs need root', timeout: 60_000 }

if (asRoot) process.env.FULLNAT_DATAPATH = 'ebpf'

test('established connections never reach the engine, and are counted all the same', options, async (t) => {
  const { clients, director } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  const line = `curl -sS --max-time 20 -o /dev/null -w '%{size_download}' ${url(flatPlan[4].vip, 80, '/slow/1')}`
  assert.equal(Number(await clients[0].must(line)), SLOW_BYTES / SLOW_SECONDS)
  const { packets, datapath, carried } = JSON.parse(await director.must('fullnat status --json'))
  assert.equal(datapath, 'ebpf')
  assert.ok(carried.kernel.bytes > SLOW_BYTES / SLOW_SECONDS, `${carried.kernel.bytes} bytes in the kernel`)
  assert.ok(carried.engine.packets <= packets.received * 2, `${carried.engine.packets} packets by the engine`)
  assert.ok(packets.received < 15, `${packets.received} packets through the TUN device`)
  await sleep(2500)
  const [, , packetsIn, packetsOut, , bytesOut] = /:80 +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)/.exec(
    await director.must('ipvsadm -Ln --stats --exact'),
  )!
  assert.ok(Number(packetsIn) > 15 && Number(packetsOut) > 15)
  assert.ok(Number(bytesOut) > SLOW_BYTES / SLOW_SECONDS)
})

test('while the director is dead, established connections go on', options, async (t) => {
  const { clients, director } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  const slow = url(flatPlan[4].vip, 80, `/slow/${SLOW_SECONDS}`)
  const download = clients[0].run(`curl -sS --max-time 30 -o /run/slow -w '%{size_download}' ${slow}`, {
    timeoutMs: 40_000,
  })
  await sleep(1000)
  await director.must(`kill -9 ${JSON.parse(await director.must('fullnat status --json')).pid}`)
  const size = async () => Number(await clients[0].must('stat -c %s /run/slow'))
  const before = await size()
  await sleep(1500)
  assert.ok((await size()) > before + 10 * 65_536, 'the download went on')
  await director.must('fullnat up')
  assert.equal(Number((await download).stdout), SLOW_BYTES)
})

test('down leaves no filter and no queueing discipline behind', options, async (t) => {
  const { director } = await openBed(t, flat)
  await director.must('fullnat down')
  const before = await director.must('tc qdisc show')
  await director.must('fullnat up')
  await balance(director, flatPlan[4], { port: 80 })
  assert.match(await director.must('tc qdisc show; tc filter show dev eth0 ingress'), /clsact[\s\S]*fullnat/)
  await director.must('fullnat down')
  assert.equal(await director.must('tc qdisc show'), before)
})

test("down leaves somebody else's filter where it is", options, async (t) => {
  const { director } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await director.must('tc filter add dev eth0 egress prio 9 bpf da obj bpf/fullnat.bpf.o sec tc')
  const filters = await director.must('tc filter show dev eth0 egress')
  await director.must('fullnat down')
  assert.equal(await director.must('tc filter show dev eth0 egress'), filters)
  assert.equal(await director.must('tc filter show dev eth0 ingress'), '')
})

test('whoever may not load a BPF program is told what to do', { timeout: 30_000 }, (t) => {
  const line = 'mount -t tmpfs t /run && ip link set lo up && bin/fullnat up --datapath=ebpf'
  const environment = { ...process.env, FULLNAT_STATE_DIR: '/run/state' }
  const words = ['-Urnm', 'bash', '-c', line]
  const { status, stderr } = spawnSync('unshare', words, { cwd: checkout, env: environment, encoding: 'utf8' })
  if (stderr.startsWith('unshare:')) return t.skip(`no user namespaces here: ${stderr.trim()}`)
  assert.equal(status, 1)
  assert.match(stderr, /^fullnat: .*not permitted.*as root.*--datapath=tun`\n$/)
})

test('each service says where it runs, and why', options, async (t) => {
  const { director } = await openBed(t, flat)
  const { vip, server } = flatPlan[4]
  const lines = [
    `ipvsadm -A -t ${vip}:80 -s wlc && ipvsadm -a -t ${vip}:80 -r ${server(1)}:80 -m`,
    `ipvsadm -A -t ${vip}:81 -s rr -p 60 && ipvsadm -a -t ${vip}:81 -r ${server(1)}:80 -m`,
    `ipvsadm -A -u ${vip}:53 -s rr -o && ipvsadm -a -u ${vip}:53 -r ${server(1)}:53 -m`,
    `ipvsadm -A -t ${vip}:82 -s rr && ipvsadm -a -t ${vip}:82 -r ${server(1)}:82 -g`,
    `ipvsadm -A -t ${vip}:84 -s rr && ipvsadm -a -t ${vip}:84 -r ${server(1)}:84 -i`,
    `ipvsadm -A -t ${vip}:83 -s rr && ipvsadm -a -t ${vip}:83 -r ${server(1)}:83 -m`,
    `iptables -t nat -A POSTROUTING -m ipvs --vaddr ${vip} --vport 83 -s 10.0.0.0/8 -j MASQUERADE`,
  ]
  for (const line of lines) await director.must(line)
  const text = await director.must('fullnat services')
  const where = (service: string): string[] => new RegExp(`${service} +(\\S+) +(\\S+) *(.*)`).exec(text)!.slice(1)
  assert.deepEqual(where(`TCP ${vip}:80 wlc`), ['kernel', 'kernel', ''])
  assert.deepEqual(where(`TCP ${vip}:81 rr`), ['kernel', 'kernel', ''])
  assert.deepEqual(where(`UDP ${vip}:53 rr`), ['engine', 'kernel', 'each packet is scheduled by itself'])
  assert.deepEqual(where(`TCP ${vip}:82 rr`), ['kernel', 'kernel', ''])
  assert.deepEqual(where(`TCP ${vip}:84 rr`).slice(0, 2), ['engine', 'engine'])
  assert.deepEqual(where(`TCP ${vip}:83 rr`), ['engine', 'kernel', 'rules of nat ask about the client'])
})

test('without the right to load programs auto takes the TUN device, and says so', options, async (t) => {
  const { clients, director } = await openBed(t, flat)
  await director.must('fullnat down')
  const without = 'setpriv --bounding-set=-bpf,-sys_admin,-perfmon --inh-caps=-bpf,-sys_admin,-perfmon'
  const refused = await director.run(`${without} fullnat up --datapath=ebpf`)
  assert.notEqual(refused.status, 0)
  assert.match(refused.stderr, /loading the BPF program fullnat: .*--datapath=tun/)
  await director.must(`${without} fullnat up --datapath=auto`)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  assert.match(await clients[0].must(`curl -sS --max-time 5 ${url(flatPlan[4].vip, 80)}`), /./)
  const { datapath, warnings } = JSON.parse(await director.must('fullnat status --json'))
  assert.equal(datapath, 'tun')
  assert.match(
    warnings[0],
    /the kernel carries nothing, every packet goes through the TUN device: loading the BPF program/,
  )
  await director.must('fullnat down && fullnat up --datapath=auto')
  assert.equal(JSON.parse(await director.must('fullnat status --json')).datapath, 'ebpf')
})

test('killed ten times under load, nothing fails', { ...options, timeout: 120_000 }, async (t) => {
  const { clients, director } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  const target = url(flatPlan[4].vip, 80)
  const load = (header: string) =>
    clients[0].run(`wrk -t1 -c16 -d14s --timeout 5s ${header} ${target}`, { timeoutMs: 40_000 })
  const both = [load(''), load(`-H 'Connection: close'`)]
  for (let n = 0; n < 10; n++) {
    await sleep(600)
    await director.must(`kill -9 ${JSON.parse(await director.must('fullnat status --json')).pid}`)
    await sleep(200)
    await director.must('fullnat up')
  }
  for (const { stdout } of await Promise.all(both)) {
    assert.match(stdout, /\d+ requests in/)
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/)
  }
})

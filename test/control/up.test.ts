/** `fullnat up` and `down` with the real data path, in namespaces of their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inLab, Lab, type Result } from '../netns/lab.js'

/** All that a director may change in its namespace. */
const SNAPSHOT = [
  'sh',
  '-c',
  `ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; ip -o link
   cd /proc/sys/net && grep -rs . ipv4/ip_* ipv4/tcp_* ipv4/conf ipv6/conf | sort`,
]

async function open(t: { after(clean: () => Promise<void>): void }): Promise<Lab> {
  const lab = await Lab.open(`fullnat-up-${process.pid}`)
  t.after(() => lab.close())
  return lab
}

const pidOf = async (lab: Lab): Promise<number> => JSON.parse(await lab.must('', ['fullnat', 'status', '--json'])).pid

/** Kills the director outright and waits until its name is free. */
async function killDirector(lab: Lab): Promise<void> {
  await lab.must('', ['kill', '-9', String(await pidOf(lab))])
  while ((await lab.run('', ['fullnat', 'status'])).status === 0);
}

const oneLine = ({ stderr, stdout }: Result): string => {
  assert.equal(stdout, '')
  assert.match(stderr, /^[^\n]+\n$/)
  return stderr
}

test('up serves before it returns; down gives everything back', inLab(), async (t) => {
  const lab = await open(t)
  const before = await lab.must('', SNAPSHOT)
  const up = await lab.run('', ['fullnat', 'up'])
  assert.equal(up.status, 0)
  assert.match(
    up.stdout,
    /^fullnat: up, pid \d+, 0 services with 0 real servers through tun; state and log in \/run\/[^\n]+\n$/,
  )
  assert.match(
    up.stderr,
    /^warning +settings changed until `fullnat down`: [^\n]*net\.ipv4\.ip_forward=1 \(was 0\)[^\n]*\n$/,
  )
  assert.notEqual(await lab.must('', SNAPSHOT), before)
  assert.match(await lab.must('', ['fullnat', 'up']), /^fullnat: already up, pid \d+\n$/)
  const second = await lab.run('', ['fullnat', 'up', '--foreground'])
  assert.equal(second.status, 1)
  assert.match(
    oneLine(second),
    /^fullnat: a director already runs in this network namespace; `fullnat status` shows it\n$/,
  )
  await lab.must('', ['ipvsadm', '-A', '-t', '192.0.2.45:80', '-s', 'rr'])
  await lab.must('', ['ipvsadm', '-a', '-t', '192.0.2.45:80', '-r', '192.0.2.21:80', '-m'])
  await lab.must('', 'iptables -t nat -A POSTROUTING -m ipvs --ipvs -j SNAT --to-source 192.0.2.10'.split(' '))
  const reserved = await lab.must('', ['cat', '/proc/sys/net/ipv4/ip_local_reserved_ports'])
  assert.match(reserved, /^\d+-\d+\n$/)
  assert.match(await lab.must('', ['ip', 'rule']), /to 192\.0\.2\.45 ipproto tcp dport 80/)
  assert.equal(await lab.must('', ['fullnat', 'down']), 'fullnat: down\n')
  assert.equal(await lab.must('', SNAPSHOT), before)
  assert.equal(await lab.must('', ['ls', '/dev/shm']), '')
})

test('killed: the rules stand, the next up goes on with the same', inLab(), async (t) => {
  const lab = await open(t)
  const before = await lab.must('', SNAPSHOT)
  await lab.must('', ['fullnat', 'up'])
  await lab.must('', ['ipvsadm', '-A', '-t', '192.0.2.45:80', '-s', 'rr'])
  const rules = await lab.must('', ['ip', 'rule'])
  await killDirector(lab)
  assert.equal(await lab.must('', ['ip', 'rule']), rules)
  assert.match(await lab.must('', ['fullnat', 'up']), / 1 service with 0 real servers /)
  assert.equal(await lab.must('', ['ip', 'rule']), rules)
  await killDirector(lab)
  const down = await lab.must('', ['fullnat', 'down', '--forget'])
  assert.equal(down, 'fullnat: no director runs here; what a killed one left is given back, and nothing is kept\n')
  assert.equal(await lab.must('', SNAPSHOT), before)
  assert.match(await lab.must('', ['fullnat', 'up']), / 0 services with 0 real servers /)
})

test('what a dead namespace left under the same number is not taken over', inLab(), async (t) => {
  const lab = await open(t)
  const fullnat = (...words: string[]) => lab.must('', ['env', '-u', 'FULLNAT_STATE_DIR', 'fullnat', ...words])
  assert.match(await fullnat('up'), /; state and log in \/run\/fullnat\/netns-\d+\n$/)
  await lab.must('', ['ipvsadm', '-A', '-t', '192.0.2.45:80', '-s', 'rr'])
  await killDirector(lab)
  assert.match(await fullnat('up'), / 1 service /)
  await killDirector(lab)
  await lab.must('', ['sh', '-c', 'for file in /run/fullnat/netns-*/namespace; do echo another > $file; done'])
  assert.match(await fullnat('up'), / 0 services /)
})

test('up right after a kill', inLab(), async (t) => {
  const lab = await open(t)
  await lab.must('', ['fullnat', 'up'])
  for (let i = 0; i < 5; i++) {
    const up = `kill -9 ${await pidOf(lab)}; exec fullnat up`
    assert.match(await lab.must('', ['sh', '-c', up]), /^fullnat: up, pid /)
  }
})

test('a changing command starts a director; two at once start one', inLab(), async (t) => {
  const lab = await open(t)
  assert.equal((await lab.must('', ['ipvsadm', '-ln'])).split('\n').length, 4)
  assert.equal((await lab.run('', ['fullnat', 'status'])).status, 3)
  const add = (port: number) => lab.run('', ['ipvsadm', '-A', '-t', `192.0.2.45:${port}`, '-s', 'rr'])
  for (const result of await Promise.all([add(80), add(81), add(82)])) {
    assert.deepEqual(result, { status: 0, stdout: '', stderr: '' })
  }
  assert.equal((await lab.must('', ['ipvsadm', '-S', '-n'])).split('\n').length, 4)
})

test('a director has the extra certificates that commands do without', inLab(), async (t) => {
  const lab = await open(t)
  await lab.must('', ['env', 'NODE_EXTRA_CA_CERTS=/own.pem', 'ipvsadm', '-A', '-t', '192.0.2.45:80', '-s', 'rr'])
  const environment = await lab.must('', ['cat', `/proc/${await pidOf(lab)}/environ`])
  assert.match(environment, /(^|\0)NODE_EXTRA_CA_CERTS=\/own\.pem\0/)
})

test('in the foreground it ends cleanly by a signal', inLab(), async (t) => {
  const lab = await open(t)
  const before = await lab.must('', SNAPSHOT)
  const child = lab.spawn('', ['fullnat', 'up', '--foreground', '--log-level', 'info'], { stdio: 'pipe' })
  let log = ''
  for await (const part of child.stderr!) {
    const isUp = !log.includes('up pid=') && `${log}${part}`.includes('up pid=')
    log += part
    if (isUp) await lab.must('', ['kill', '-TERM', String(await pidOf(lab))])
  }
  assert.match(log, /info {2}SIGTERM: going down\n.* info {2}down\n$/)
  assert.equal(await lab.must('', SNAPSHOT), before)
})

test('without /dev/net/tun: one line says what to do, and nothing has changed', inLab(), async (t) => {
  const lab = await open(t)
  const before = await lab.must('', SNAPSHOT)
  await lab.must('', ['mount', '-t', 'tmpfs', 'tmpfs', '/dev/net'])
  const up = await lab.run('', ['fullnat', 'up'])
  assert.equal(up.status, 1)
  assert.match(oneLine(up), /^fullnat: \/dev\/net\/tun cannot be opened \(ENOENT\): modprobe tun, or give/)
  const change = await lab.run('', ['ipvsadm', '-A', '-t', '192.0.2.45:80'])
  assert.notEqual(change.status, 0)
  assert.match(oneLine(change), /\/dev\/net\/tun cannot be opened/)
  assert.equal(await lab.must('', SNAPSHOT), before)
})

test('settings are set by the kernel’s names, all or none, and outlive the director', inLab(), async (t) => {
  const lab = await open(t)
  const none = await lab.run('', ['fullnat', 'settings'])
  assert.equal(none.status, 1)
  assert.match(oneLine(none), /^fullnat: no director runs in this network namespace/)
  const [nodest, drop] = ['net.ipv4.vs.expire_nodest_conn', 'net.ipv4.vs.drop_entry']
  assert.equal(await lab.must('', ['fullnat', 'set', `${nodest}=1`, `${drop}=3`]), `${nodest} = 1\n${drop} = 3\n`)
  const wrong = await lab.run('', ['fullnat', 'set', `${drop}=0`, `${nodest}=x`])
  assert.equal(wrong.status, 1)
  assert.match(oneLine(wrong), /^fullnat: net\.ipv4\.vs\.expire_nodest_conn takes a whole number .* not 'x'$/m)
  await lab.must('', ['fullnat', 'down'])
  await lab.must('', ['fullnat', 'up'])
  assert.equal(await lab.must('', ['fullnat', 'settings', 'drop_entry', nodest]), `${drop} = 3\n${nodest} = 1\n`)
  const all = (await lab.must('', ['fullnat', 'settings', '-a'])).trimEnd().split('\n')
  assert.equal(all.length, 29)
  assert.ok(all.includes('net.ipv4.vs.sync_threshold = 3\t50'), all.join('\n'))
})

/**
 * Programs that call `ipvsadm` and `iptables` and read what they print, as their packages bring them: ldirectord, Debian's
 * init script with ipvsadm-save and ipvsadm-restore, and lines of monitoring. Those that know the program by its place
 * find fullnat's there: the laboratory's /sbin/ipvsadm is a link of a kind to it, and its /etc is a layer over the machine's.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask, type Bed, balance, openBed, translateSource, url } from './bed.js'
import { checkout, inLab } from './lab.js'
import { until } from './network.js'
import { flat, flatPlan } from './topology.js'

const plan = flatPlan[4]
const LDIRECTORD = '/usr/sbin/ldirectord'
const INIT = '/etc/init.d/ipvsadm'

const needs = (path: string) => {
  const options = inLab(90_000)
  return { ...options, skip: options.skip || (!existsSync(path) && `no ${path}: scripts/prepare.sh test brings it`) }
}

/** fullnat's ipvsadm where Debian's lies, and an /etc that may be written to. */
async function installed({ lab }: Bed): Promise<void> {
  const program = join(checkout, 'bin/ipvsadm')
  await lab.must('', [
    'bash',
    '-ec',
    `
    printf '#!/bin/sh\\nexec %s "$@"\\n' '${program}' >/run/ipvsadm && chmod +x /run/ipvsadm
    mount --bind /run/ipvsadm /sbin/ipvsadm
    mkdir /run/etc /run/etc.work
    mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/etc.work /etc`,
  ])
}

const LDIRECTORD_CONFIGURATION = `checktimeout=2
checkinterval=1
negotiatetimeout=2
autoreload=no
quiescent=yes
logfile="/run/ldirectord.log"
virtual=${plan.vip}:80
\treal=${plan.server(1)}:80 masq 1
\treal=${plan.server(2)}:80 masq 2
\tservice=http
\trequest="/"
\treceive="web"
\tscheduler=wrr
\tprotocol=tcp
\tchecktype=negotiate
`

test('ldirectord fills the table, watches the servers and empties it', needs(LDIRECTORD), async (t) => {
  const bed = await openBed(t, flat)
  await installed(bed)
  const { director, clients, servers } = bed
  await director.must('cat >/run/ld.cf', { input: LDIRECTORD_CONFIGURATION })
  await director.must(`${LDIRECTORD} /run/ld.cf start >/run/ld.out 2>&1`)
  const weights = async () => {
    const list = await director.must('ipvsadm -Ln')
    return [...list.matchAll(/-> (\S+) +Masq +(\d+)/g)].map(([, server, weight]) => `${server} ${weight}`).join(', ')
  }
  const [web1, web2] = [1, 2].map((n) => `${plan.server(n)}:80`)
  const come = (expected: string) => until(async () => (await weights()) === expected, expected, 20_000)
  await come(`${web1} 1, ${web2} 2`)
  await translateSource(director, plan, 80)
  assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 3), ['web1', 'web2', 'web2'])
  await bed.webs[1].stop()
  await come(`${web1} 1, ${web2} 0`)
  await servers[1].serve('web-server.js', 'web2', 80)
  await come(`${web1} 1, ${web2} 2`)
  await director.must(`${LDIRECTORD} /run/ld.cf stop`, { timeoutMs: 30_000 })
  await come('')
})

test("Debian's init script saves and loads, ipvsadm-save and -restore as well", needs(INIT), async (t) => {
  const bed = await openBed(t, flat)
  await installed(bed)
  const { director } = bed
  await balance(director, plan, { port: 80 })
  const before = await director.must('ipvsadm -Ln')
  await director.must(`${INIT} save`)
  assert.match(await director.must('cat /etc/ipvsadm.rules'), /^# ipvsadm\.rules\n-A -t 192\.0\.2\.45:80 -s rr\n-a /)
  await director.must('/sbin/ipvsadm -C')
  assert.doesNotMatch(await director.must('ipvsadm -Ln'), /TCP/)
  await director.must(`${INIT} load`)
  assert.equal(await director.must('ipvsadm -Ln'), before)
  assert.equal(await director.must(`${INIT} status`), before)
  await director.must('/sbin/ipvsadm-save -n >/run/saved; ipvsadm -C; /sbin/ipvsadm-restore </run/saved')
  assert.equal(await director.must('ipvsadm -Ln'), before)
})

/** Lines as people have them in their monitoring, and what they make of the table. */
const LINES: [line: string, made: string][] = [
  [
    `ipvsadm -Ln | awk '/^(TCP|UDP|SCTP)/ {vip = $2} $1 == "->" && $3 != "Forward" {print vip, $2, $3, $4, $5 + $6}'`,
    '192.0.2.45:80 192.0.2.21:80 Masq 1 2\n192.0.2.45:80 192.0.2.22:80 Masq 1 2\n',
  ],
  [`ipvsadm -Ln --stats | awk '$1 == "TCP" {print $3}'`, '4\n'],
  [`ipvsadm -Ln --stats --exact | sed -n 's/^TCP *\\([0-9.:]*\\) *\\([0-9]*\\) .*/\\1=\\2/p'`, '192.0.2.45:80=4\n'],
  [`ipvsadm -Ln --rate | awk 'NR > 3 {print NF}' | sort -u`, '7\n'],
  [`ipvsadm -Lnc | awk 'NR > 2 {count[$3]++} END {for (state in count) print state, count[state]}'`, 'TIME_WAIT 4\n'],
  [`ipvsadm -Ln | grep -c -- '->.*Masq'`, '2\n'],
  [`ipvsadm -L -n -t ${plan.vip}:80 | tail -n +4 | awk '{total += $5 + $6} END {print total}'`, '4\n'],
  [`ipvsadm -Sn | grep -c '^-a'`, '2\n'],
  [`iptables -t nat -nvxL POSTROUTING | awk 'NR > 2 {print $1, $3, $NF}'`, '4 SNAT to:192.0.2.10\n'],
  [`iptables-save -t nat | grep -c -- '-j SNAT --to-source ${plan.director}'`, '1\n'],
  [
    `iptables -t nat -C POSTROUTING -m ipvs --vaddr ${plan.vip}/32 --vport 80 -j SNAT --to-source ${plan.director} && echo there`,
    'there\n',
  ],
]

test('lines of monitoring read what they expect', inLab(), async (t) => {
  const bed = await openBed(t, flat)
  const { director, clients } = bed
  await balance(director, plan, { port: 80 })
  await translateSource(director, plan, 80)
  await ask(clients[0], url(plan.vip, 80), 4)
  const counted = `ipvsadm -Ln --stats | awk '$1 == "TCP" {print $3}'`
  await until(async () => (await director.must(counted)) === '4\n', 'the estimator has counted')
  for (const [line, expected] of LINES) assert.equal(await director.must(line), expected, line)
})

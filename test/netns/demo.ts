/**
 * `npm run demo`: the LVS-SNAT article on real packets, step by step, every shown fact checked.
 *
 *   demo                  build the network, balance, show, take everything away
 *   demo --keep           leave it up
 *   demo --on HOST [COMMAND...]   in a kept demo: run a command, or a shell, on one of its hosts
 *   demo --dashboard [PORT]       a kept demo's dashboard, at this machine's loopback
 *   demo --down           end a kept demo
 */
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DASHBOARD, operate } from './demo-operate.js'
import { checkout, environment, Lab, obstacle } from './lab.js'
import { addBridge, addHost, type Host, until } from './network.js'
import { Stage } from './stage.js'

const HOSTS = { client: '192.0.2.100', director: '192.0.2.10', web1: '192.0.2.21', web2: '192.0.2.22' } as const
const VIP = '192.0.2.45'
const REQUESTS = 4
const KEPT = 'fullnat-demo-kept'
type Name = keyof typeof HOSTS

const PICTURE = `    client             director              web1             web2
  192.0.2.100         192.0.2.10          192.0.2.21       192.0.2.22
       |            VIP 192.0.2.45             |                |
  -----+------------------+--------------------+----------------+-----
                            192.0.2.0/24

`
const INTRODUCTION = `One flat network. The web servers have no default gateway and know nothing of
the director; nothing on them changes. Nor does this kernel need IPVS.`

async function build(lab: Lab): Promise<Record<Name, Host>> {
  await addBridge(lab, 'lan')
  const hosts = {} as Record<Name, Host>
  for (const [name, address] of Object.entries(HOSTS)) {
    const addresses = name === 'director' ? [address, VIP] : [address]
    hosts[name as Name] = await addHost(lab, name, {
      bridge: 'lan',
      addresses: addresses.map((each) => `${each}/24`),
    })
  }
  await Promise.all([startWeb(hosts.web1), startWeb(hosts.web2)])
  return hosts
}

/** It outlives this process in a kept demo, so its access log is a file of the laboratory. */
async function startWeb(host: Host): Promise<void> {
  const program = join(checkout, 'dist/test/netns/web-server.js')
  const errors = `/run/${host.name}-errors.log`
  await host.must(
    `setsid ${process.execPath} ${program} ${host.name} 80 </dev/null >>${logOf(host)} 2>${errors} & echo $! >/run/${host.name}.pid`,
  )
  const listens = async () => (await host.run(`cat ${errors}`)).stdout.includes('listening')
  await until(listens, `${host.name} listens on port 80`)
}

const logOf = (host: Host): string => `/run/${host.name}-access.log`

async function play(stage: Stage, { client, director, web1, web2 }: Record<Name, Host>): Promise<void> {
  stage.step('Start the director. It needs no kernel module.')
  await stage.type(director, 'fullnat up --api=127.0.0.1:8080')

  stage.step('Make port 80 of the VIP a virtual service; rr gives each server its turn.')
  await stage.type(director, `ipvsadm -A -t ${VIP}:80 -s rr`)

  stage.step('Put the web servers behind it; -m rewrites the address of each packet.')
  await stage.type(director, `ipvsadm -a -t ${VIP}:80 -r ${HOSTS.web1}:80 -m`)
  await stage.type(director, `ipvsadm -a -t ${VIP}:80 -r ${HOSTS.web2}:80 -m`)

  stage.step('Rewrite the source too, so that the servers answer to the director.')
  await stage.type(
    director,
    `iptables -t nat -A POSTROUTING -m ipvs --vaddr ${VIP}/32 \\\n  --vport 80 -j SNAT --to-source ${HOSTS.director}`,
  )

  stage.step('A client asks the VIP four times.')
  const numbers = Array.from({ length: REQUESTS }, (_, n) => n + 1).join(' ')
  const answers = lines(await stage.type(client, `for n in ${numbers}; do curl -sS -m 5 http://${VIP}/; done`))
  const fair = ['web1', 'web2'].every((server) => count(answers, server) === REQUESTS / 2)
  stage.check(fair, 'web1 answered two and web2 answered two')

  stage.step("Read the servers' access logs: who asked them?")
  const logs = [await stage.type(web1, `cat ${logOf(web1)}`), await stage.type(web2, `cat ${logOf(web2)}`)]
  const sources = lines(logs.join('')).map((line) => line.split(' ')[0])
  stage.check(
    sources.length === REQUESTS && sources.every((source) => source === HOSTS.director),
    `${REQUESTS} requests, all from the director, ${HOSTS.director}`,
  )
  await showTables(stage, director)
}

async function showTables(stage: Stage, director: Host): Promise<void> {
  stage.step('List the services: four connections, closed, remembered for two minutes.')
  const services = await stage.type(director, 'ipvsadm -ln')
  stage.check(matches(services, /-> 192\.0\.2\.2[12]:80 +Masq +1 +0 +2 /) === 2, 'two closed connections each')

  stage.step('List the connections: the director alone knows who the client is.')
  const connections = await stage.type(director, 'ipvsadm -Lnc')
  const waiting = /TIME_WAIT +192\.0\.2\.100:\d+ +192\.0\.2\.45:80 +192\.0\.2\.2[12]:80/
  stage.check(matches(connections, waiting) === REQUESTS, `${REQUESTS} connections of ${HOSTS.client}`)

  stage.step('List the counters. They are summed every two seconds, as in IPVS.')
  const total = new RegExp(`${VIP}:80 +${REQUESTS} `)
  await until(async () => total.test(await director.must('ipvsadm -Ln --stats')), `${REQUESTS} connections counted`)
  const stats = await stage.type(director, 'ipvsadm -Ln --stats')
  stage.check(total.test(stats), `${REQUESTS} connections counted`)

  stage.step('List the nat table.')
  const nat = await stage.type(director, 'iptables -t nat -L -n')
  stage.check(nat.includes(`vaddr ${VIP} vport 80 to:${HOSTS.director}`), 'the rule stands in POSTROUTING')
}

async function end(stage: Stage, lab: Lab, director: Host, keep: boolean): Promise<void> {
  if (keep) {
    lab.keep()
    stage.say(KEEP_HELP)
    return
  }
  stage.step('Stop the director; it puts back what it changed on its host.')
  await stage.type(director, 'fullnat down')
  await lab.close()
  stage.say('The network, its processes and its files are gone. All as it should be.')
}

const KEEP_HELP = `The demo stays up. Try:

  npm run -s demo -- --on client curl http://${VIP}/
  npm run -s demo -- --on director ipvsadm -Ln --stats
  npm run -s demo -- --on web1 cat /run/web1-access.log
  npm run -s demo -- --on director        a shell; exit leaves it
  npm run -s demo -- --dashboard          the dashboard for your browser
  npm run -s demo -- --down               end the demo`

async function show(keep: boolean): Promise<void> {
  const why = obstacle()
  if (why) fail(why)
  if (keep && Lab.find(KEPT).length > 0) fail('a demo is up already; `npm run demo -- --down` ends it')
  const lab = await Lab.open(keep ? KEPT : undefined)
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stopped = true
      void lab.close()
    })
  }
  const stage = new Stage(process.stdout)
  stage.title('fullnat: LVS in SNAT mode')
  stage.say(PICTURE + INTRODUCTION)
  try {
    const hosts = await build(lab)
    await play(stage, hosts)
    const { web1, web2 } = HOSTS
    await operate(stage, hosts, { vip: VIP, web1, web2 }, () => startWeb(hosts.web1))
    await end(stage, lab, hosts.director, keep)
  } catch (error) {
    await lab.close()
    fail(stopped ? 'stopped; everything it made is gone' : (error as Error).message)
  }
}

function runOn(name: string, words: string[]): never {
  const [lab] = Lab.find(KEPT)
  if (!lab) fail('no demo is up; `npm run demo -- --keep` starts one that stays')
  if (!(name in HOSTS)) fail(`--on wants one of ${Object.keys(HOSTS).join(', ')}`)
  const [program, ...rest] = lab.enter(name, words.length ? words : ['bash', '--norc'])
  process.exit(spawnSync(program, rest, { stdio: 'inherit', env: { ...environment(), PS1: `${name}# ` } }).status ?? 1)
}

/** Each connection of a browser goes on from the director's own loopback. */
function dashboard(port: number): void {
  const [lab] = Lab.find(KEPT)
  if (!lab) fail('no demo is up; `npm run demo -- --keep` starts one that stays')
  const target = new URL(DASHBOARD)
  const words = [process.execPath, join(checkout, 'dist/test/netns/pipe.js'), target.hostname, target.port]
  const server = createServer((socket) => {
    const child = lab.spawn('director', words, { stdio: ['pipe', 'pipe', 'inherit'] })
    socket.on('error', () => child.kill())
    socket.pipe(child.stdin!)
    child.stdout!.pipe(socket)
  })
  server.on('error', (error) => fail(error.message))
  server.listen(port, '127.0.0.1', () => console.log(`The dashboard: http://127.0.0.1:${port}/ (Ctrl-C ends this)`))
}

async function down(): Promise<void> {
  const kept = Lab.find(KEPT)
  for (const lab of kept) await lab.close()
  console.log(kept.length ? 'The demo is gone.' : 'No demo is up.')
}

function fail(message: string): never {
  console.error(`\nfullnat demo: ${message}`)
  process.exit(1)
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
const count = (all: string[], wanted: string): number => all.filter((line) => line === wanted).length
const matches = (text: string, pattern: RegExp): number => lines(text).filter((line) => pattern.test(line)).length

const [option, ...words] = process.argv.slice(2)
if (option === undefined || option === '--keep') await show(option === '--keep')
else if (option === '--on') runOn(words[0] ?? '', words.slice(1))
else if (option === '--dashboard') dashboard(Number(words[0] ?? 8080))
else if (option === '--down') await down()
else fail(`unknown option ${option}; it takes --keep, --on HOST [COMMAND...], --dashboard [PORT] or --down`)

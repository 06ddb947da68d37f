/**
 * Run by kernel-golden.test.ts inside a network namespace: while no engine is there, the program ends a connection's active
 * time; the next engine counts it once. JSON to stdout.
 */
import { compile } from '../../src/compile/compile.js'
import { emptyState } from '../../src/model/state.js'
import { type Built, tcp } from './build.js'
import { routes } from './golden-run.js'
import { KernelPath, openKernel } from './kernel-path.js'
import { changed } from './state.js'

const CLIENT = '192.0.2.100:5000'
const VIP = '198.51.100.45:80'
const SERVER = '203.0.113.1:80'
const request = (flags: string): Built => tcp({ from: CLIENT, to: VIP, flags })

const kernel = openKernel()
const lines = [`ipvsadm -A -t ${VIP} -s rr`, `ipvsadm -a -t ${VIP} -r ${SERVER} -m`]
const table = compile(lines.reduce(changed, emptyState()), routes)
const dead = new KernelPath(kernel)
dead.install(table)
for (const packet of [request('S'), tcp({ from: SERVER, to: CLIENT, flags: 'SA' }), request('A')]) dead.handle(packet)
dead.handle(request('FA'))
const next = new KernelPath(kernel, true)
next.install(table)
next.wait(4000)
const { active, inactive } = next.books().services[0].destinations[0]
console.log(JSON.stringify({ carried: dead.carried, active, inactive }))

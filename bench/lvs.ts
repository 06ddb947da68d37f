/**
 * Real LVS in SNAT mode and fullnat on one kernel, in turn: run in the oracle's guest by scripts/bench-lvs.sh.
 *   lvs.js [--rounds N] [--seconds N] [--reuse-seconds N] [--json FILE]
 */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { measureNetwork } from './network.js'
import * as print from './print.js'
import { measureReuse } from './reuse.js'
import { LVS_SYSTEMS } from './systems.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'reuse-seconds': { type: 'string', default: '60' },
    json: { type: 'string', default: 'lvs.json' },
  },
})

const machine = { cpu: cpus()[0].model, cores: cpus().length, kernel: release(), node: process.version }
console.log(`Linux ${machine.kernel}, ${machine.cores} x ${machine.cpu}`)
const network = await measureNetwork(LVS_SYSTEMS, Number(values.rounds), Number(values.seconds), true)
print.network(network)
const reuseSeconds = Number(values['reuse-seconds'])
const reuse = await measureReuse(['real LVS-SNAT', 'fullnat (eBPF)'], ['1 024'], reuseSeconds)
print.reuse(reuse, reuseSeconds)
writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), machine, network, reuse }, null, 1)}\n`)

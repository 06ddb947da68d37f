/**
 * The code cache of the command lines' bundle (dist/cli.cjs.cache): V8 keeps what was compiled, so common commands are
 * run first, where no director answers.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { bundle, load } = createRequire(import.meta.url)('../bin/start.cjs')
process.env.FULLNAT_SOCKET = `fullnat-build-${process.pid}`

const LISTINGS = [
  'ipvsadm -ln',
  'ipvsadm -Lnc',
  'ipvsadm-save -n',
  'iptables -t nat -nvL',
  'iptables -t nat -S',
  'fullnat status',
]
const CHANGES = [
  'ipvsadm -A -t 192.0.2.45:80 -s rr',
  'ipvsadm -a -t 192.0.2.45:80 -r 192.0.2.21:80 -m -w 1',
  'iptables -t nat -A POSTROUTING -m ipvs --vaddr 192.0.2.45/32 --vport 80 -j SNAT --to-source 192.0.2.10',
]
const io = { stdin: async () => '', out() {}, err() {}, flush() {} }
const director = { commands: async (list) => list.map(() => ({ ok: true })) }

const { script, exports: cli } = load(readFileSync(bundle), undefined)
for (const line of LISTINGS) {
  const [name, ...words] = line.split(' ')
  await cli.run({}, name, words, io)
}
for (const line of CHANGES) {
  const [name, ...words] = line.split(' ')
  await cli.PROGRAMS[name](words, { ...io, director })
}
writeFileSync(`${bundle}.cache.new`, script.createCachedData())
renameSync(`${bundle}.cache.new`, `${bundle}.cache`)

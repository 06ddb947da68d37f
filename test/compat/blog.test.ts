/** The article's commands answer as real LVS did: oracle/commands/blog.real, recorded on a real kernel. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { checkout, inLab, Lab } from '../netns/lab.js'
import { addBridge, addHost } from '../netns/network.js'

const oracle = resolve(checkout, '../shared/oracle')
const { skip, timeout } = inLab()
const options = {
  timeout,
  skip: skip || (!existsSync(oracle) && 'the recordings of real LVS are not beside the checkout'),
}

test('blog.cmds answers exactly as blog.real', options, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await addBridge(lab, 'lan')
  const director = await addHost(lab, 'director', { bridge: 'lan', addresses: ['192.0.2.10/24', '192.0.2.45/24'] })
  const transcript = await director.must(`${oracle}/transcript ${oracle}/commands/blog.cmds`)
  const [, ...lines] = transcript.split('\n')
  assert.equal(lines.join('\n'), readFileSync(join(oracle, 'commands/blog.real'), 'utf8'))
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, inLab, Lab } from './lab.js'
import { until } from './network.js'
import { flat, flatPlan } from './topology.js'

const OPENER = `
  import { Lab } from ${JSON.stringify(join(checkout, 'dist/test/netns/lab.js'))}
  const lab = await Lab.open()
  lab.spawn('', ['setsid', 'sleep', '1000'])
  console.log(lab.pid)`

test(
  'a laboratory goes when the process that opened it is killed, and takes what runs in it along',
  inLab(),
  async () => {
    const opener = spawn(process.execPath, ['--input-type=module', '-e', OPENER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = Number(await new Promise((done) => opener.stdout.once('data', (part) => done(part.toString()))))
    assert.ok(existsSync(`/proc/${pid}`))
    opener.kill('SIGKILL')
    await until(() => !existsSync(`/proc/${pid}`), 'the first process ends')
  },
)

test('it has namespaces of its own and the machine sees none of its hosts', inLab(), async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['ip', 'netns', 'add', 'only-in-the-lab'])
  assert.ok(!existsSync('/run/netns/only-in-the-lab'))
  for (const kind of ['net', 'pid', 'mnt']) {
    assert.notEqual(readlinkSync(`/proc/${lab.pid}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`))
  }
})

test('hosts of a flat network reach each other, and nothing beyond it', inLab(), async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  const { clients, servers } = await flat(lab)
  await servers[0].serve('web-server.js', 'web1', 80)
  await servers[1].serve('echo.js', 'serve', 'web2', 53)
  for (const family of [4, 6] as const) {
    const web = flatPlan[family].server(1)
    const answer = await clients[0].must(`curl -sS --max-time 5 http://${family === 6 ? `[${web}]` : web}/`)
    assert.equal(answer, 'web1\n')
    const echoed = await clients[1].must(`node dist/test/netns/echo.js ask ${flatPlan[family].server(2)} 53 1`)
    assert.match(echoed, new RegExp(`^web2 ${flatPlan[family].client(2)} \\d+ x\n$`))
  }
  const { status } = await servers[0].run('ip route get 203.0.113.1')
  assert.notEqual(status, 0)
})

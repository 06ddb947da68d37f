/** Alerts to a real mail server and a real HTTP server: what dies is told with its evidence, late if need be, and once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, openBed } from './bed.js'
import { inLab } from './lab.js'
import { type Host, type Running, until } from './network.js'
import { flat, flatPlan } from './topology.js'

const { vip, server } = flatPlan[4]
const CHECKS = { health: { checks: [{ kind: 'tcp', intervalMs: 300, timeoutMs: 200, fall: 2, rise: 1, port: 7000 }] } }
const HOOK = `import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
  def do_POST(self):
    body = self.rfile.read(int(self.headers['Content-Length'])).decode()
    print('POST', self.headers['Authorization'], body, flush=True)
    self.send_response(204 if self.path == '/well' else 500)
    self.end_headers()
  def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('127.0.0.1', 8125), Handler).serve_forever()
`
const MAIL = {
  host: '127.0.0.1',
  port: 2525,
  security: 'none',
  user: '',
  password: '',
  from: 'lb@example',
  to: ['ops@example'],
}

const mailServer = (director: Host): Running =>
  director.start('python3 -u -m aiosmtpd -n -c aiosmtpd.handlers.Debugging stdout -l 127.0.0.1:2525')

async function hooks(director: Host): Promise<Running> {
  await director.must('cat >/run/hook.py', { input: HOOK })
  return director.start('python3 /run/hook.py')
}

const put = (director: Host, path: string, body: object) =>
  director.must(`fullnat api PUT ${path} '${JSON.stringify(body)}'`)

const subjects = ({ lines }: Running) => lines.filter((line) => line.startsWith('Subject: '))

test('a server that dies and comes back: a mail and a POST each, with what the check saw', inLab(), async (t) => {
  const { director, servers } = await openBed(t, flat)
  const [mail, hook] = [mailServer(director), await hooks(director)]
  await balance(director, flatPlan[4], { port: 80, servers: [1, 2] })
  const well = await Promise.all(servers.map((one) => one.serve('web-server.js', one.name, 7000)))
  const webhooks = [{ url: 'http://127.0.0.1:8125/well', token: 'word' }]
  await put(director, '/v1/alerts', { mail: MAIL, webhooks, perMinute: 60, poolFreePercent: 10 })
  await until(async () => (await director.run('fullnat alerts test')).status === 0, 'both receivers', 10_000)
  await put(director, `/v1/services/tcp:${vip}:80/health`, CHECKS)
  await new Promise((done) => setTimeout(done, 1000))
  await well[0].stop()
  await mail.line(new RegExp(`Subject: fullnat on .*${server(1)}:80 of tcp:${vip}:80 is down`), 15_000)
  await mail.line(/check by tcp: connection refused/)
  const post = await hook.line(/POST .*is down/, 15_000)
  assert.match(post, /^POST Bearer word /)
  const { alerts } = JSON.parse(post.slice(post.indexOf('{')))
  assert.deepEqual([alerts[0].kind, alerts[0].good], ['server', false])
  await servers[0].serve('web-server.js', 'web1', 7000)
  await mail.line(/is up$/, 15_000)
  assert.match(await director.must('fullnat alerts'), /ops@example: \d+ messages sent, 0 alerts wait/)
})

test('receivers that are not there: it waits, is in the status, and goes once', inLab(), async (t) => {
  const { director, servers } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80, servers: [1] })
  const well = await servers[0].serve('web-server.js', 'web1', 7000)
  await put(director, '/v1/alerts', { mail: MAIL, webhooks: [{ url: 'http://127.0.0.1:8125/bad', token: '' }] })
  await put(director, `/v1/services/tcp:${vip}:80/health`, CHECKS)
  await new Promise((done) => setTimeout(done, 1000))
  const tried = await director.run('fullnat alerts test')
  assert.equal(tried.status, 1)
  assert.match(tried.stdout, /ops@example: not taken: .*ECONNREFUSED/)
  await well.stop()
  await until(
    async () => /\d alerts for ops@example wait: /.test(await director.must('fullnat status')),
    'the complaint',
    15_000,
  )
  const mail = mailServer(director)
  const hook = await hooks(director)
  await mail.line(/^Subject: .*changes, the first: |^Subject: .*is down/, 20_000)
  await hook.line(/POST/, 20_000)
  await new Promise((done) => setTimeout(done, 3000))
  assert.equal(subjects(mail).length, 1, subjects(mail).join())
  assert.match(
    await director.must('fullnat alerts'),
    /8125\/bad: 0 messages sent, \d alerts wait; the last attempt failed: HTTP status 500/,
  )
})

test('a storm: a hundred servers down at once are few mails', inLab(), async (t) => {
  const { director } = await openBed(t, flat)
  const mail = mailServer(director)
  const lines = Array.from({ length: 100 }, (_, n) => `-a -t ${vip}:80 -r 192.0.2.${100 + n}:80 -m`)
  await director.must('ip route add unreachable 192.0.2.128/25', {})
  await director.must('ipvsadm -R', { input: [`-A -t ${vip}:80 -s rr`, ...lines].join('\n') })
  await put(director, '/v1/alerts', { mail: MAIL, webhooks: [], perMinute: 2 })
  await put(director, `/v1/services/tcp:${vip}:80/health`, CHECKS)
  await mail.line(/Subject: .* changes, the first: /, 20_000)
  await new Promise((done) => setTimeout(done, 5000))
  assert.ok(subjects(mail).length <= 2, subjects(mail).join('; '))
})

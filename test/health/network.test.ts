/** Checks of the network itself: https, icmp, udp, dns, an external program, an agent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inLab } from '../netns/lab.js'
import { Clinic } from './clinic.js'

test('https: a certificate that is trusted, of this name, long enough', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must(
    `cd /run && openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=web.example -addext subjectAltName=DNS:web.example \
      -keyout key.pem -out certificate.pem 2>/dev/null && mkdir page && echo hello >page/index.html`,
  )
  const server = clinic.start(
    'bash -c "cd /run/page && openssl s_server -WWW -accept 4433 -key ../key.pem -cert ../certificate.pem"',
  )
  await clinic.listens(4433, server)
  const known = { host: 'web.example', path: '/index.html', authority: '/run/certificate.pem' }
  const { received } = await clinic.good('https', 4433, { ...known, body: 'hel+o' })
  assert.match(received, /^HTTP\/1\.[01] 200/)
  await clinic.good('https', 4433, { ...known, host: '', serverName: 'web.example', daysLeft: 9 })
  await clinic.bad(/in \d days, not in 30/, 'https', 4433, { ...known, daysLeft: 30 })
  await clinic.bad(/other\.example/, 'https', 4433, { ...known, host: 'other.example' })
  await clinic.bad(/127\.0\.0\.1/, 'https', 4433, { ...known, host: '' })
  await clinic.bad(/self-signed certificate/, 'https', 4433, { ...known, authority: '' })
  await clinic.good('https', 4433, { path: '/index.html', verify: false })
  await clinic.bad(/does not match \/goodbye\//, 'https', 4433, { ...known, body: 'goodbye' })
  await clinic.bad(/cannot read the certificates/, 'https', 4433, { ...known, authority: '/nonexistent.pem' })
  await clinic.bad(/connection refused/, 'https', 4434, known)
})

test('icmp: echo by IPv4 and IPv6', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.good('icmp', 0)
  await clinic.good('icmp', 0, {}, '::1')
  await clinic.host.must('ip link add name d0 type bridge && ip link set d0 up && ip address add 192.0.2.1/24 dev d0')
  const { sent, received } = await clinic.bad(/no answer within 600 ms/, 'icmp', 0, { timeoutMs: 600 }, '192.0.2.9')
  assert.ok(sent.length > 0 && received === '')
  await clinic.bad(/network is unreachable/, 'icmp', 0, {}, '203.0.113.1')
})

test('udp: an answer that is expected, and a port that is closed', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  clinic.start("socat UDP4-LISTEN:5000,fork,reuseaddr SYSTEM:'read x; echo pong $x'")
  await new Promise((done) => setTimeout(done, 500))
  const { received } = await clinic.good('udp', 5000, { send: 'ping\n', expect: '^pong ping' })
  assert.match(received, /pong ping/)
  await clinic.bad(/does not match/, 'udp', 5000, { send: 'ping\n', expect: '^nothing' })
  await clinic.good('udp', 5000, { send: 'ping\n' })
  await clinic.bad(/port unreachable/, 'udp', 5001, { send: 'ping\n' })
})

test('dns: by UDP and TCP, with answers of every type', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  const server = clinic.start(
    `dnsmasq -d -p 5300 -C /dev/null --no-resolv --no-hosts --user=root --pid-file= \
      --host-record=www.example,192.0.2.7,2001:db8::7 --txt-record=text.example,"a text" --cname=alias.example,www.example \
      --mx-host=example,mail.example,10 --srv-host=_sip._tcp.example,sip.example,5060 --local=/example/`,
  )
  await clinic.listens(5300, server)
  const www = { name: 'www.example', type: 'A' } as const
  await clinic.good('dns', 5300, { ...www, answer: '192.0.2.7' })
  await clinic.good('dns', 5300, { ...www, answer: '192.0.2.7', transport: 'tcp' })
  await clinic.good('dns', 5300, { name: 'www.example', type: 'AAAA', answer: '2001:db8:0::7' })
  await clinic.good('dns', 5300, { name: 'text.example', type: 'TXT', answer: 'a text' })
  await clinic.good('dns', 5300, { name: 'alias.example', type: 'CNAME', answer: 'www.example' })
  await clinic.good('dns', 5300, { name: 'example', type: 'MX', answer: 'mail.example' })
  await clinic.good('dns', 5300, { name: '_sip._tcp.example', type: 'SRV', answer: 'sip.example.' })
  await clinic.bad(/answers are 192\.0\.2\.7; 192\.0\.2\.8 is not/, 'dns', 5300, { ...www, answer: '192.0.2.8' })
  await clinic.bad(/NXDOMAIN/, 'dns', 5300, { name: 'nowhere.example', type: 'A' })
  await clinic.bad(/REFUSED/, 'dns', 5300, { name: 'www.elsewhere.test', type: 'A' })
  await clinic.bad(/connection refused/, 'dns', 5301, www)
})

test('external: the status of a program, its words and its end', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  const { received } = await clinic.good('external', 8080, { command: '/bin/sh', arguments: ['-c', 'echo "$0" "$@"'] })
  assert.equal(received, '192.0.2.45 80 127.0.0.1 8080\\n')
  await clinic.bad(/status 3/, 'external', 1, { command: '/bin/sh', arguments: ['-c', 'exit 3'] })
  await clinic.bad(/cannot be run: ENOENT/, 'external', 1, { command: '/nonexistent' })
  const slow = ['-c', 'sleep 97 & wait']
  await clinic.bad(/no answer within 300 ms/, 'external', 1, { command: '/bin/sh', arguments: slow, timeoutMs: 300 })
  assert.equal((await clinic.host.run('pgrep -f "sleep 97"')).stdout, '', 'what it started ended too')
})

test('agent: a share of the weight, drain, down', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  const says = { 6001: 'up 75%', 6002: 'drain', 6003: 'down#disk full', 6004: 'ready', 6005: 'well' }
  for (const [port, text] of Object.entries(says))
    await clinic.listens(Number(port), clinic.start(`socat TCP-LISTEN:${port},fork,reuseaddr SYSTEM:'echo "${text}"'`))
  const shares = [6001, 6002, 6004].map(async (port) => (await clinic.good('agent', port)).share)
  assert.deepEqual(await Promise.all(shares), [0.75, 0, 1])
  await clinic.bad(/the agent says down: disk full/, 'agent', 6003)
  await clinic.bad(/no word of an agent/, 'agent', 6005)
})

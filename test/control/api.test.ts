import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { call } from '../../src/api/client.js'
import { listen } from '../../src/api/listener.js'
import type { CommandResult, StatusView } from '../../src/api/routes.js'
import type { ServiceView } from '../../src/api/v1/schema/service.js'
import type { Command } from '../../src/commands/command.js'
import { addToken } from '../../src/store/token.js'
import { addDestination, addService, addSnat, snatRule } from './command.js'
import { type Answer, type Asked, http, overSocket, overTcp } from './http.js'
import { complaint, type Document, routesOf } from './openapi.js'
import { type World, world } from './world.js'

const SERVICE = 'tcp:192.0.2.45:80'
const SERVER = '192.0.2.21:80'
const ONE = `/v1/services/${SERVICE}`
const QUESTION = { protocol: 'tcp', client: '192.0.2.9', clientPort: 999, virtual: '192.0.2.45', virtualPort: 80 }
const ANY_PORT = { address: '127.0.0.1', port: 0, tls: null, insecure: false }

const send = (...commands: Command[]) => call<CommandResult[]>('POST', '/commands', commands)
const onSocket = (path: string, asked?: Asked) => http(overSocket(), path, asked)
const change = (method: string, path: string, body?: unknown, headers = {}) => onSocket(path, { method, body, headers })

const never = () => new Promise<never>(() => {})
const code = ({ json }: Answer): string => (json as { code: string }).code
const urlOf = async (): Promise<string> => (await call<StatusView>('GET', '/status')).api

/** Each route once or more, in an order that works: route, path, body, status. */
const SCRIPT: [route: string, path: string, body: unknown, status: number][] = [
  ['POST /v1/services', '/v1/services', { service: SERVICE, scheduler: 'rr' }, 200],
  ['POST /v1/services', '/v1/services', { service: SERVICE }, 409],
  ['POST /v1/services', '/v1/services', { service: 'tcp:[2001:db8::1]:53', persistence: 60 }, 200],
  ['POST /v1/services', '/v1/services', { service: 'fwm:7' }, 200],
  ['POST /v1/services', '/v1/services', { service: 'tcp:nowhere:80' }, 400],
  ['POST /v1/services', '/v1/services', { service: 'tcp:192.0.2.1:80', colour: 'red' }, 400],
  ['POST /v1/explain', '/v1/explain', QUESTION, 200],
  ['POST /v1/explain', '/v1/explain', { ...QUESTION, client: 'nowhere' }, 400],
  ['GET /v1/failures', '/v1/failures?last=60', undefined, 200],
  ['GET /v1/failures', '/v1/failures?last=soon', undefined, 400],
  ['PATCH /v1/services/{service}', ONE, { scheduler: 'wlc' }, 200],
  ['PATCH /v1/services/{service}', '/v1/services/udp:192.0.2.1:1', { scheduler: 'wlc' }, 404],
  ['POST /v1/services/{service}/servers', `${ONE}/servers`, { server: SERVER }, 200],
  ['POST /v1/services/{service}/servers', `${ONE}/servers`, { server: '192.0.2.22:80', weight: 3 }, 200],
  ['PATCH /v1/services/{service}/servers/{server}', `${ONE}/servers/${SERVER}`, { weight: 5 }, 200],
  ['PATCH /v1/services/{service}/servers/{server}', `${ONE}/servers/192.0.2.99:80`, { weight: 5 }, 404],
  ['PATCH /v1/services/{service}/servers/{server}', `${ONE}/servers/${SERVER}`, { weight: -1 }, 400],
  ['PUT /v1/services/{service}/health', `${ONE}/health`, { health: { checks: [{ kind: 'http', path: '/up' }] } }, 200],
  ['PUT /v1/services/{service}/health', `${ONE}/health`, { health: { checks: [{ kind: 'http', path: 'up' }] } }, 400],
  [
    'PUT /v1/services/{service}/servers/{server}/checks',
    `${ONE}/servers/${SERVER}/checks`,
    { checks: [{ kind: 'passive' }] },
    400,
  ],
  [
    'PUT /v1/services/{service}/servers/{server}/checks',
    `${ONE}/servers/${SERVER}/checks`,
    { checks: [{ kind: 'tcp' }] },
    200,
  ],
  [
    'PUT /v1/services/{service}/servers/{server}/maintenance',
    `${ONE}/servers/${SERVER}/maintenance`,
    { admin: 'drain' },
    200,
  ],
  ['PUT /v1/services/{service}/maintenance', `${ONE}/maintenance`, { admin: 'halt', honourPersistence: false }, 200],
  ['PUT /v1/servers/{server}/maintenance', '/v1/servers/192.0.2.21/maintenance', { admin: 'online' }, 200],
  ['PUT /v1/servers/{server}/maintenance', '/v1/servers/192.0.2.22:80/maintenance', { admin: 'online' }, 200],
  ['PUT /v1/servers/{server}/maintenance', '/v1/servers/web1/maintenance', { admin: 'online' }, 400],
  ['GET /v1/services', '/v1/services?search=192.0.2.2&limit=1', undefined, 200],
  ['GET /v1/services', '/v1/services?limit=0', undefined, 400],
  ['GET /v1/services/{service}', ONE, undefined, 200],
  ['GET /v1/services/{service}', '/v1/services/tcp:[2001:db8::1]:53', undefined, 200],
  ['GET /v1/services/{service}', '/v1/services/tcp:192.0.2.1:1', undefined, 404],
  ['GET /v1/services/{service}/health', `${ONE}/health`, undefined, 200],
  ['GET /v1/services/{service}/health', '/v1/services/fwm:7/health', undefined, 404],
  ['GET /v1/health', '/v1/health', undefined, 200],
  ['POST /v1/services/{service}/zero', `${ONE}/zero`, undefined, 200],
  [
    'POST /v1/rules/{table}/{family}',
    '/v1/rules/nat/4',
    {
      changes: [
        { kind: 'chain.new', chain: 'web' },
        { kind: 'rule.append', chain: 'web', rule: { target: snatRule.target } },
        { kind: 'rule.append', chain: 'POSTROUTING', rule: { target: { kind: 'JUMP', chain: 'web', goto: false } } },
      ],
    },
    200,
  ],
  ['POST /v1/rules/{table}/{family}', '/v1/rules/nat/4', { changes: [{ kind: 'chain.delete', chain: 'web' }] }, 409],
  ['GET /v1/rules/{table}/{family}', '/v1/rules/nat/4', undefined, 200],
  ['GET /v1/rules/{table}/{family}', '/v1/rules/mangle/6', undefined, 200],
  ['GET /v1/rules/{table}/{family}', '/v1/rules/filter/4', undefined, 400],
  ['GET /v1/connections', '/v1/connections?search=tcp&limit=5', undefined, 200],
  ['PATCH /v1/settings', '/v1/settings', { expire_nodest_conn: '1' }, 200],
  ['PATCH /v1/settings', '/v1/settings', { expire_nodest_conn: 'x' }, 400],
  ['GET /v1/settings', '/v1/settings', undefined, 200],
  ['PATCH /v1/timeouts', '/v1/timeouts', { udp: 30 }, 200],
  ['GET /v1/timeouts', '/v1/timeouts', undefined, 200],
  ['GET /v1/daemons', '/v1/daemons', undefined, 200],
  ['PUT /v1/alerts', '/v1/alerts', {}, 200],
  ['PUT /v1/alerts', '/v1/alerts', { webhooks: [{ url: 'http://192.0.2.1/', token: 'hush' }] }, 200],
  ['PUT /v1/alerts', '/v1/alerts', { webhooks: [{ url: 'ftp://192.0.2.1/' }] }, 400],
  ['GET /v1/alerts', '/v1/alerts', undefined, 200],
  ['GET /v1/status', '/v1/status', undefined, 200],
  ['GET /v1/session', '/v1/session', undefined, 200],
  ['GET /v1/carriers', '/v1/carriers', undefined, 200],
  ['GET /v1/pools', '/v1/pools', undefined, 200],
  ['GET /v1/history', '/v1/history', undefined, 200],
  ['DELETE /v1/services/{service}/servers/{server}', `${ONE}/servers/${SERVER}`, undefined, 200],
  ['DELETE /v1/services/{service}/servers/{server}', `${ONE}/servers/${SERVER}`, undefined, 404],
  ['DELETE /v1/services/{service}', ONE, undefined, 200],
]

test('every route answers as its schema says', async (t) => {
  await world(t)
  const document = (await onSocket('/v1/openapi.json')).json as Document
  assert.match(document.openapi, /^3\.1\./)
  for (const [route, path, body, status] of SCRIPT) {
    const answer = await onSocket(path, { method: route.split(' ')[0], body })
    assert.equal(answer.status, status, `${route} ${path}: ${answer.text}`)
    const type = answer.headers['content-type']!
    assert.equal(type.split(';')[0], status === 200 ? 'application/json' : 'application/problem+json')
    assert.equal(complaint(document, route, status, type, answer.json), '', `${route} ${path}: ${answer.text}`)
  }
  const asked = new Set([...SCRIPT.map(([route]) => route), 'GET /v1/events'])
  assert.deepEqual(
    routesOf(document).filter((route) => !asked.has(route)),
    [],
  )
})

test('a service as it was made; what is not built is refused, and no secret repeated', async (t) => {
  await world(t)
  await change('POST', '/v1/services', { service: SERVICE, scheduler: 'rr' })
  await change('POST', `${ONE}/servers`, { server: SERVER, weight: 4 })
  const body = { health: { checks: [{ kind: 'redis', password: 'hush' }, { kind: 'passive' }] } }
  const refused = await onSocket(`${ONE}/health`, { method: 'PUT', body })
  assert.match(refused.text, /checks of kind passive are not made yet; tcp, http, .* and agent are/)
  await change('PUT', `${ONE}/health`, { health: { checks: [{ kind: 'tcp' }] } })
  const { json } = await onSocket(ONE)
  const { scheduler, servers, health } = json as ServiceView
  assert.equal(scheduler, 'rr')
  assert.deepEqual([servers[0].server, servers[0].weight, servers[0].method], [SERVER, 4, 'masq'])
  assert.equal(health!.checks[0].kind, 'tcp')
  assert.ok(!refused.text.includes('hush'))
})

test('a problem says what, where and why, by the one table', async (t) => {
  await world(t)
  const { json } = await onSocket('/v1/services/tcp:192.0.2.1:80')
  assert.deepEqual(json, {
    type: 'urn:fullnat:failure:service-missing',
    title: 'there is no such service',
    status: 404,
    detail: 'there is no service tcp:192.0.2.1:80',
    code: 'service-missing',
    facts: {},
  })
  assert.equal(code(await change('POST', '/v1/services', '{')), 'bad-request')
  assert.match((await change('POST', '/v1/services', { service: 7 })).text, /service: [^"]*expected string/)
  const untyped = await http(overSocket(), '/v1/services', { method: 'POST', headers: { 'Content-Length': '0' } })
  assert.equal(code(untyped), 'bad-request')
  assert.equal(code(await onSocket('/v2')), 'route-missing')
  assert.equal(code(await change('PUT', '/v1/status', {})), 'route-missing')
  assert.equal(code(await change('POST', '/v1/services', `"${'x'.repeat(9 << 20)}"`)), 'too-large')
})

test('a change that is based on an old revision is refused and changes nothing', async (t) => {
  await world(t)
  const made = await change('POST', '/v1/services', { service: SERVICE })
  assert.deepEqual([made.json, made.headers.etag], [{ revision: 1 }, '"1"'])
  assert.equal((await onSocket('/v1/services')).headers.etag, '"1"')
  await send(addDestination())
  const late = await change('PATCH', ONE, { scheduler: 'rr' }, { 'If-Match': '"1"' })
  assert.deepEqual([late.status, code(late)], [412, 'revision-conflict'])
  assert.equal((await call<StatusView>('GET', '/status')).revision, 2)
  assert.equal((await change('PATCH', ONE, { scheduler: 'rr' }, { 'If-Match': '"2"' })).status, 200)
  assert.equal((await change('PATCH', ONE, { scheduler: 'sh' }, { 'If-Match': '*' })).status, 200)
  assert.equal((await change('PATCH', ONE, { scheduler: 'rr' }, { 'If-Match': 'W/"4"' })).status, 400)
})

test('each change has its line in the audit: who, what, revision', async (t) => {
  const { log } = await world(t)
  await send(addService(), addDestination(), addSnat())
  await change('PATCH', ONE, { scheduler: 'sh' })
  await change('PATCH', ONE, { scheduler: 'sh' }) // changes nothing
  const lines = log.filter((line) => line.includes(' change ')).map((line) => line.replace(/^\S+ /, ''))
  const uid = process.geteuid!()
  assert.deepEqual(lines, [
    `info  change revision=3 by=uid:${uid} what=service.add ${SERVICE}, destination.add ${SERVICE} ${SERVER}, rule.append nat/4 POSTROUTING\n`,
    `info  change revision=4 by=uid:${uid} what=service.edit ${SERVICE}\n`,
  ])
})

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

async function onTcp(t: TestContext): Promise<World & { ask: (path: string, asked?: Asked) => Promise<Answer> }> {
  const found = await world(t, { api: ANY_PORT })
  const way = overTcp(await urlOf())
  return { ...found, ask: (path, asked) => http(way, path, asked) }
}

test('TCP: who has no token sees nothing, who may read changes nothing', async (t) => {
  const { ask, folder, log } = await onTcp(t)
  const [reader, writer] = [addToken(folder, 'look', 'read'), addToken(folder, 'ops', 'write')]
  for (const path of ['/v1/status', '/metrics', '/v1/events', '/commands', '/status', '/nothing']) {
    const answer = await ask(path)
    assert.deepEqual([answer.status, code(answer)], [401, 'unauthorized'], path)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  }
  assert.equal((await ask('/v1/status', bearer(`${reader}x`))).status, 401)
  assert.match(log.at(-1)!, /WARN {2}an unknown token was refused address=127\.0\.0\.1\n$/)
  assert.equal((await ask('/v1/status', bearer(reader))).status, 200)
  const add = { method: 'POST', body: { service: SERVICE } }
  const refused = await ask('/v1/services', { ...add, ...bearer(reader) })
  assert.deepEqual([refused.status, code(refused)], [403, 'permission'])
  assert.equal((await ask('/v1/services', { ...add, ...bearer(writer) })).status, 200)
  assert.match(
    log.find((line) => line.includes(' change '))!,
    / by=token:ops what=service\.add tcp:192\.0\.2\.45:80\n$/,
  )
  assert.equal((await ask('/commands', { method: 'POST', body: [], ...bearer(writer) })).status, 404)
})

test('TCP: who asks too often is told to wait', async (t) => {
  const { ask, folder } = await onTcp(t)
  const wrong = await Promise.all(Array.from({ length: 25 }, () => ask('/v1/status', bearer('wrong'))))
  assert.deepEqual([...new Set(wrong.map(({ status }) => status))].sort(), [401, 429])
  const token = addToken(folder, 'look', 'read')
  const answers = await Promise.all(Array.from({ length: 320 }, () => ask('/v1/timeouts', bearer(token))))
  const late = answers.filter(({ status }) => status === 429)
  assert.ok(late.length > 0 && late.length <= 120, `${late.length} of 320`)
  assert.deepEqual([code(late[0]), late[0].headers['retry-after']], ['too-many-requests', '1'])
})

test('TCP in the clear is for loopback alone, unless it is asked for', async () => {
  const open = (more: object) => listen({ ...ANY_PORT, address: '0.0.0.0', ...more }, never, () => {})
  await assert.rejects(open({}), /bad-request|in the clear: name --api-cert and --api-key, or say --api-insecure/)
  const waived = await open({ insecure: true })
  waived.close()
  await assert.rejects(open({ tls: { certificate: '/nothing', key: '/nothing' } }), /cannot read \/nothing/)
  const first = await listen(ANY_PORT, never, () => {})
  const port = Number(new URL(first.url).port)
  await assert.rejects(
    listen({ ...ANY_PORT, port }, never, () => {}),
    /another program listens at 127\.0\.0\.1 port/,
  )
  first.close()
})

test('TLS with a given certificate', async (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'fullnat-tls-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=lb', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate]
  assert.equal(spawnSync('openssl', [...words, ...name]).status, 0)
  const tls = { certificate, key }
  const { folder: state } = await world(t, { api: { ...ANY_PORT, tls } })
  const url = await urlOf()
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/$/)
  const way = { ...overTcp(url), tls: { ca: fs.readFileSync(certificate, 'utf8') } }
  assert.equal((await http(way, '/v1/status', bearer(addToken(state, 'ops', 'read')))).status, 200)
  await assert.rejects(http(overTcp(url), '/v1/status'))
})

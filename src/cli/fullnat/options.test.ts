import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, UsageError } from './options.js'

test('up: what is not said has its default', () => {
  const options = {
    connections: 1 << 20,
    datapath: 'tun',
    logLevel: 'info',
    logFormat: 'text',
    api: null,
    config: '',
    watch: false,
  }
  assert.deepEqual(parse(['up']), { command: 'up', foreground: false, readyFd: -1, options })
  assert.deepEqual(parse(['up', '--foreground', '--connections=5', '--log-level', 'debug', '--ready-fd', '3']), {
    command: 'up',
    foreground: true,
    readyFd: 3,
    options: { ...options, connections: 5, logLevel: 'debug' },
  })
})

test('the API is where it is asked for', () => {
  const api = (...words: string[]) => {
    const request = parse(['up', ...words])
    return request.command === 'up' ? request.options.api : undefined
  }
  assert.deepEqual(api('--api=127.0.0.1:8080'), { address: '127.0.0.1', port: 8080, tls: null, insecure: false })
  assert.deepEqual(api('--api', '[::1]:0', '--api-insecure'), { address: '::1', port: 0, tls: null, insecure: true })
  const tls = { certificate: '/c.pem', key: '/k.pem' }
  assert.deepEqual(api('--api=192.0.2.1:443', '--api-cert=/c.pem', '--api-key=/k.pem')?.tls, tls)
})

test('a request to the API', () => {
  const get = { command: 'api', method: 'GET', path: '/v1/status', body: '' }
  assert.deepEqual(parse(['api', '/v1/status']), get)
  assert.deepEqual(parse(['api', 'get', '/v1/status']), get)
  assert.deepEqual(parse(['api', 'PATCH', '/v1/timeouts', '{}']), {
    ...get,
    method: 'PATCH',
    path: '/v1/timeouts',
    body: '{}',
  })
})

test('a token is made, listed, removed', () => {
  const add = { command: 'token', action: 'add', name: 'ops' }
  assert.deepEqual(parse(['token', 'add', 'ops']), { ...add, scope: 'read' })
  assert.deepEqual(parse(['token', 'add', 'ops', 'write']), { ...add, scope: 'write' })
  assert.deepEqual(parse(['token', 'add', 'ops', '--scope=write']), { ...add, scope: 'write' })
  assert.deepEqual(parse(['token', 'list']), { command: 'token', action: 'list' })
  assert.deepEqual(parse(['token', 'remove', 'ops']), { command: 'token', action: 'remove', name: 'ops' })
})

test('the other commands', () => {
  assert.deepEqual(parse(['down', '--forget']), { command: 'down', forget: true })
  assert.deepEqual(parse(['status', '--json']), { command: 'status', json: true })
  assert.deepEqual(parse(['status']), { command: 'status', json: false })
  assert.deepEqual(parse([]), { command: 'help' })
  assert.deepEqual(parse(['--version']), { command: 'version' })
})

test('settings are given as to sysctl', () => {
  assert.deepEqual(parse(['set', 'net.ipv4.vs.drop_entry=1', 'amemthresh = 5', 'sloppy_tcp']), {
    command: 'set',
    assignments: [
      { name: 'net.ipv4.vs.drop_entry', value: '1' },
      { name: 'amemthresh', value: '5' },
      { name: 'sloppy_tcp', value: null },
    ],
  })
  assert.deepEqual(parse(['settings', 'drop_entry']), { command: 'settings', names: ['drop_entry'] })
  assert.deepEqual(parse(['settings', '-a']), { command: 'settings', names: [] })
})

const wrong: [string[], RegExp][] = [
  [['set'], /^set takes NAME=VALUE/],
  [['set', '-w', 'a=1'], /not '-w'$/],
  [['settings', '-x'], /-x/],
  [['start'], /^start is no command of fullnat$/],
  [['up', '--connections', '0'], /^--connections takes a whole number from 1 to \d+, not '0'$/],
  [['up', '--connections', '1e3'], /not '1e3'$/],
  [['up', '--connections'], /--connections/],
  [['up', '--log-level', 'loud'], /^--log-level takes one of debug, info, warn, error, not 'loud'$/],
  [['up', 'now'], /now/],
  [['up', '--api', '8080'], /^--api takes ADDRESS:PORT such as 127\.0\.0\.1:8080 or \[::1\]:8080, not '8080'$/],
  [['up', '--api', 'localhost:8080'], /not 'localhost:8080'$/],
  [['up', '--api-cert', 'x'], /^--api-cert and --api-key go together$/],
  [['up', '--api-insecure'], /go with --api$/],
  [['up', '--log-format', 'xml'], /^--log-format takes one of text, json, not 'xml'$/],
  [['token'], /^token takes add NAME/],
  [['api'], /^api takes \[METHOD\] PATH/],
  [['api', 'v1'], /^api takes/],
  [['api', '/v1/events'], /never ends$/],
  [['token', 'add', 'ops', 'root'], /^token takes add NAME/],
  [['token', 'remove'], /^token takes add NAME/],
  [['down', '--forget=yes'], /--forget/],
  [['status', '--xml'], /--xml/],
]
for (const [argv, message] of wrong) {
  test(`fullnat ${argv.join(' ')} is refused in one line`, () => {
    assert.throws(
      () => parse(argv),
      (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes('\n'),
    )
  })
}

test('the data path is one of two', () => {
  const request = parse(['up', '--datapath', 'ebpf'])
  assert.ok(request.command === 'up' && request.options.datapath === 'ebpf')
  assert.throws(() => parse(['up', '--datapath', 'xdp']), /--datapath takes tun, ebpf or auto, not 'xdp'/)
})

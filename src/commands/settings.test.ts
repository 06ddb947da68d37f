import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import { defaultSettings, settingNames, settingSpecs } from '../model/settings.js'
import { emptyState, type State } from '../model/state.js'
import { apply } from './apply.js'

const set = (settings: Record<string, string>, state = emptyState()): State =>
  apply(state, { kind: 'settings.set', settings })

function failure(settings: Record<string, string>): Failure {
  try {
    set(settings)
  } catch (error) {
    if (error instanceof Failure) return error
  }
  assert.fail('it was taken')
}

test('a setting is known by the name of its file, with dots, with slashes or alone', () => {
  const state = set({ 'net.ipv4.vs.drop_entry': '3', 'net/ipv4/vs/amemthresh': '64', sloppy_tcp: ' 1 ' })
  const { drop_entry, amemthresh, sloppy_tcp } = state.settings
  assert.deepEqual([drop_entry, amemthresh, sloppy_tcp, state.revision], [3, 64, 1, 1])
})

test('all of a command are taken, or none', () => {
  const state = emptyState()
  assert.throws(() => set({ drop_entry: '3', drop_packet: '4' }, state))
  assert.deepEqual(state.settings, defaultSettings)
})

test('what stands already changes nothing', () => {
  assert.equal(set({ conn_reuse_mode: '1', sync_threshold: '3 50', snat_reroute: '1' }).revision, 0)
})

test('ranges are the kernel’s; the complaint names value and range', () => {
  for (const [name, value] of [
    ['drop_entry', '4'],
    ['secure_tcp', '-1'],
    ['expire_nodest_conn', '2147483648'],
    ['am_droprate', 'abc'],
    ['amemthresh', ''],
    ['pmtu_disc', '1x'],
    ['lblc_expiration', '-1'],
  ]) {
    const { code, message } = failure({ [name]: value })
    assert.equal(code, 'setting-range', name)
    assert.ok(message.includes(`net.ipv4.vs.${name} takes a whole number`) && message.endsWith(`'${value}'`), message)
  }
  assert.equal(set({ expire_nodest_conn: '-5' }).settings.expire_nodest_conn, -5)
  assert.equal(set({ drop_packet: '2' }).settings.drop_packet, 1)
})

test('what fullnat cannot do otherwise is refused with the reason', () => {
  const { code, message } = failure({ 'net.ipv4.vs.sync_version': '0' })
  assert.equal(code, 'setting-fixed')
  assert.match(message, /^net\.ipv4\.vs\.sync_version is 1 and stays so: messages of version 1 are sent/)
  assert.equal(failure({ sync_ports: '2' }).code, 'setting-fixed')
})

test('sync_threshold is two numbers, the first below the second or the second 0', () => {
  assert.deepEqual(set({ sync_threshold: '2 10' }).settings.sync_threshold, [2, 10])
  assert.deepEqual(set({ sync_threshold: ' 5\t0' }).settings.sync_threshold, [5, 0])
  for (const value of ['3', '3 3', '50 3', '-1 3', '3 50 1', 'a b', ''])
    assert.equal(failure({ sync_threshold: value }).code, 'setting-range', value)
})

test('a name nobody knows is named', () => {
  for (const name of ['net.ipv4.vs.nonsense', 'net.ipv4.ip_forward', 'toString']) {
    assert.equal(failure({ [name]: '1' }).code, 'setting-unknown')
    assert.ok(failure({ [name]: '1' }).message.includes(name))
  }
})

test('every default lies in its range', () => {
  for (const name of settingNames) {
    const values = [defaultSettings[name]].flat()
    for (const value of values) assert.ok(value >= settingSpecs[name].from && value <= settingSpecs[name].to, name)
  }
})

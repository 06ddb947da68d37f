import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Destinations } from './destination.js'
import { destinationSpec, words } from './fixture.js'

const SERVICE = 3

const made = (upperThreshold: number, lowerThreshold: number) => {
  const destinations = new Destinations()
  const slot = destinations.add(SERVICE, destinationSpec(11, { upperThreshold, lowerThreshold }))
  return { destinations, slot }
}

const find = (destinations: Destinations, id: number) =>
  destinations.find(SERVICE, Int32Array.from(words(`172.16.0.${id}`)), 0, 9)

test('active and inactive connections and templates are counted as LVS does', () => {
  const { destinations, slot } = made(0, 0)
  destinations.opened(slot)
  destinations.opened(slot)
  destinations.activate(slot)
  destinations.templateOpened(slot)
  assert.deepEqual([destinations.active[slot], destinations.inactive[slot], destinations.persistent[slot]], [1, 1, 1])
  assert.equal(destinations.refs[slot], 3)
  destinations.deactivate(slot)
  destinations.closed(slot)
  destinations.closed(slot)
  destinations.templateClosed(slot)
  assert.deepEqual([destinations.active[slot], destinations.inactive[slot], destinations.persistent[slot]], [0, 0, 0])
  assert.equal(destinations.refs[slot], 0)
})

test('overload begins at the upper threshold and ends below the lower one', () => {
  const { destinations, slot } = made(4, 2)
  const usable = () => destinations.usable(slot)
  for (let i = 0; i < 3; i++) destinations.opened(slot)
  assert.equal(usable(), true)
  destinations.opened(slot)
  assert.equal(usable(), false)
  destinations.closed(slot)
  destinations.closed(slot)
  assert.equal(usable(), false)
  destinations.closed(slot)
  assert.equal(usable(), true)
})

test('without a lower threshold, overload ends below three quarters of the upper one', () => {
  const { destinations, slot } = made(10, 0)
  for (let i = 0; i < 10; i++) destinations.opened(slot)
  destinations.activate(slot)
  destinations.closed(slot)
  destinations.closed(slot)
  assert.equal(destinations.usable(slot), false)
  destinations.closed(slot)
  assert.equal(destinations.active[slot] + destinations.inactive[slot], 7)
  assert.equal(destinations.usable(slot), true)
})

test('an edit of the thresholds decides anew', () => {
  const { destinations, slot } = made(0, 0)
  for (let i = 0; i < 4; i++) destinations.opened(slot)
  assert.equal(destinations.update(slot, destinationSpec(11, { upperThreshold: 4 })), true)
  assert.equal(destinations.usable(slot), false)
  destinations.update(slot, destinationSpec(11, { upperThreshold: 8 }))
  assert.equal(destinations.usable(slot), true)
})

test('another route is no edit, and is taken over', () => {
  const { destinations, slot } = made(0, 0)
  const outAddress = words('172.16.0.1')
  assert.equal(destinations.update(slot, destinationSpec(11, { outInterface: 'eth1', outAddress })), false)
  assert.deepEqual([destinations.outInterface[slot], destinations.outAddress[slot]], ['eth1', outAddress])
})

test('a removed destination is neither found nor usable nor alive, and keeps its slot', () => {
  const { destinations, slot } = made(0, 0)
  destinations.opened(slot)
  destinations.remove(slot)
  assert.deepEqual([find(destinations, 11), destinations.usable(slot), destinations.alive(slot)], [-1, false, false])
  for (let tick = 0; tick < 1000; tick++) assert.deepEqual(destinations.tick(), [])
  assert.equal(destinations.add(SERVICE, destinationSpec(21, { address: words('172.16.0.11') })), slot)
  assert.deepEqual([find(destinations, 11), destinations.inactive[slot]], [slot, 1])
  assert.equal(destinations.alive(slot), true)
  assert.equal(destinations.alive(-1), false)
})

test('a slot is given up two minutes after the last reference, then reused from zero', () => {
  const { destinations, slot } = made(0, 0)
  destinations.opened(slot)
  destinations.estimator.countIn(slot, 100)
  destinations.remove(slot)
  destinations.tick()
  destinations.closed(slot)
  for (let tick = 1; tick < 60; tick++) assert.deepEqual(destinations.tick(), [])
  assert.equal(destinations.holds(SERVICE), true)
  assert.deepEqual(destinations.tick(), [slot])
  assert.equal(destinations.holds(SERVICE), false)
  const other = destinations.add(SERVICE, destinationSpec(12))
  assert.deepEqual([other, find(destinations, 12), find(destinations, 11)], [slot, slot, -1])
  assert.equal(destinations.estimator.view(other).inBytes, 0)
})

test('slots grow, keeping all there is', () => {
  const destinations = new Destinations()
  const slots = Array.from({ length: 300 }, (_, i) => destinations.add(SERVICE, destinationSpec(i, { weight: i })))
  assert.deepEqual(
    slots.map((slot) => destinations.weight[slot]),
    Array.from({ length: 300 }, (_, i) => i),
  )
  assert.deepEqual(destinations.words.slice(299 * 4, 300 * 4), Int32Array.from(words('172.16.1.43')))
})

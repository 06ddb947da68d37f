/**
 * Schedulers against the kernel: what IPVS of Linux 6.1 (oracle/real-lvs) chose for real TCP connections while real
 * servers were added, edited, removed and added again, and connections closed.
 *
 *   aN=W,U,L  ipvsadm -a real server N with weight W, thresholds U and L      eN=...  -e      dN  -d
 *   oN        a client connected, and N answered (0: connection refused)      cN      one of N's connections was closed
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

const recordings: [scheduler: string, log: string][] = [
  [
    'rr',
    `
    a11=2,0,0 a12=2,0,0 a13=1,0,0 o13 c13 o12 o11 o13 c11 o12 o11 a14=0,8,2 c12 o13 o12 c12 c11 o11 c12 o13 o12 o11
    e12=6,3,0 o13 o11 c11 c13 o13 c11 c12 o11 c13 o13 c11 c13 o11 o13 o11 o13 o11 o13 e14=2,3,0 e11=2,3,0 o14 o13
    e13=4,0,0 o14 o13 c13 c11 o14 o13 o13 o13 o13 o13 o13 c11 o13 c13 o13 o13 o13 d11 o13 o13 c14 o13 o13 o13 o13
    c13 o13 o13 o13 o13 c13 c13 c13 o13 o13 e12=6,6,0 o12 o13 c13 o12 a11=2,0,0 o11 e12=1,4,1 o13 c14 c13 o11 o13
    c13 c12 e11=1,0,0 o11 o13 o11 o13 c13 e13=4,4,1 o11 c13 o11 o11 o11 o11 o11 o11 o11 o11
    `,
  ],
  [
    'wrr',
    `
    a11=1,0,0 a12=4,0,0 a13=3,0,0 o13 o12 o11 o12 o13 c13 c11 a14=0,3,0 o13 e13=2,8,2 o12 c13 d12 d13 o11 o11 c11
    o11 e14=6,0,0 o14 a13=1,0,0 o13 o14 c11 c11 o11 e14=5,8,2 o13 o14 o11 a12=2,0,0 c14 o12 o13 o14 o11 o14
    e14=2,8,2 o12 o14 c11 o12 o13 c12 o14 o11 o12 o14 o12 o13 c14 o11 o12 o12 o13 o11 o12 c14 o12 o13 o11 d11 o12
    o13 c13 o12 c13 o12 o13 o12 d14 d12 o13 o13 o13 o13 c13 o13 c13 c13 c13 o13 o13 o13 e13=1,4,1 o0 o0 c13 o0 o0
    a11=3,0,0 e13=3,0,0 o11 o13 e13=1,0,0 o11 c13 o13 o11 o11 o11 o13 o11 o11 e11=0,0,0 o13 o13 c13 o13 o13
    a12=1,0,0 d12 o13 c11 o13 o13 o13 o13 e11=2,0,0 c13
    `,
  ],
  [
    'wrr',
    `
    a11=2,0,0 a12=4,0,0 a13=2,0,0 o13 d11 o13 o12 o12 a11=4,0,0 c12 o11 c13 o12 o11 c11 o13 c13 o12 o11 o12 c12 o11
    o13 e13=0,0,0 e11=4,6,0 o11 e11=2,4,1 o12 o12 o12 c12 o12 o12 o12 e13=1,3,0 o12 c11 c11 c12 o12 o12 o12
    e12=2,0,0 o12 c12 o12 o12 o12 o12 a14=2,0,0 o14 o12 o14 o12 e13=2,0,0 e11=3,0,0 o14 o11 o13 o12 o11 o14 o11
    e13=3,0,0 d11 o14 c13 c12 e13=1,0,0 o14 o12 o14 c12 o13 o12 c12 c12 o14 o12 o14 o13 e14=1,0,0 c12 o14 o13 o12
    o12 c13 o14 o13 o12 o12 o14 e14=0,0,0 e14=2,8,2 o13 o12 e14=2,0,0 c12 c14 c12 a11=3,0,0 o11 d11 e13=1,8,2 c13
    c14 a11=3,0,0 d11 o14 o12 o14 o12 o14 o12 o14 o12 o14 c12 c14 o12 e12=0,0,0 o14
    `,
  ],
  [
    'lc',
    `
    a11=3,0,0 a12=2,0,0 a13=4,0,0 o13 o12 o11 c13 o13 o12 c12 c13 o13 o11 c11 e13=6,8,2 c11 c12 o12 o11 c11 c12 c13
    o13 o12 o11 c11 o11 o13 o12 o11 o13 c12 e13=2,4,1 o12 o12 c13 o11 e12=3,0,0 d13 e12=2,4,1 a13=2,0,0 o13 c12 o13
    c11 c13 c13 o11 e13=2,0,0 c11 o13 o11 a14=1,0,0 o14 o14 o14 o14 o13 o11 c13 e14=6,4,1 o13 o11 c12 e14=0,3,0 o13
    o11 c13 c13 o13 c11 c11 o11 o13 c11 e13=6,3,0 c13 c11 e11=2,4,1 o0 d11 o0 o0 c12 o0 o0 o0 c14 c13 o0 c13 c14 o0
    o0 o0 o0 o0 c14 o0 o0 e12=3,8,2 a11=2,0,0 o11 o11 c11 e11=0,0,0 c13 o0 d11 o0 o0 o0 e14=6,0,0
    `,
  ],
  [
    'wlc',
    `
    a11=3,0,0 a12=4,0,0 a13=4,0,0 o13 o12 o11 c11 o11 c13 a14=2,6,0 o14 d12 o13 c13 o13 o13 o11 o14 e14=6,3,0 c14
    c11 o14 o11 c14 c13 d13 o11 o11 o11 c11 e14=2,3,0 o11 o11 a13=3,0,0 o13 e13=2,0,0 o13 o13 d14 c13 a12=2,0,0 o12
    a14=1,0,0 o12 o14 o12 o13 o12 d12 e14=4,0,0 a12=1,4,1 e13=0,8,2 o14 o14 o14 c11 o14 c14 e12=5,0,0 o12 d13 o12
    c11 c12 o12 c12 o12 o14 c11 e12=5,4,1 e11=6,4,1 c14 o14 c12 o14 d14 e12=0,3,0 c12 c12 o0 o0 a13=4,0,0 c13 o13
    o13 c12 c12 e12=0,3,0 c13 e12=5,3,0 d12 o13 o13 o13 o13 o13 c13 c11 o13 d11 o13 a14=1,0,0 o13 o13 o13 o13 o13
    o13 o13 o13 o13 o13 c13
    `,
  ],
  [
    'sed',
    `
    a11=2,0,0 a12=4,0,0 a13=3,0,0 o12 o13 c12 o12 o12 o11 o13 o12 o13 o12 c12 c12 o12 o12 o11 o12 o13 c11 o11 o12
    c12 e12=4,0,0 o12 o11 c13 c12 d11 o13 o12 o13 e13=1,0,0 o12 c12 o12 e13=2,8,2 o12 o12 o12 d12 o13 o13 o0 o0
    e13=2,4,1 o0 c13 o0 o0 o0 c13 o0 o0 o0 o0 e13=1,4,1 a12=4,0,0 d12 o0 o0 c13 c13 o0 o0 o0 o0 o0 o0 e13=5,3,0 o0
    o0 o0 o0 o0 c13 o0 e13=3,0,0 o13 c13 o13 o13 c13 o13 o13 o13 o13 e13=2,0,0 e13=0,0,0 a14=2,0,0 o14 c13 o14 o14
    e13=1,6,0 a11=3,0,0 e14=1,3,0 c14 d13 o11 o11 e11=2,0,0 o11 c11 o11 o11 c14 c11 d11 c14 o0 o0
    `,
  ],
  [
    'nq',
    `
    a11=1,0,0 a12=1,0,0 a13=4,0,0 o13 e12=5,8,2 o12 c12 c13 o13 o12 o11 o12 o13 o12 c13 o13 o13 a14=1,4,1 o14 o12
    o13 o12 c12 o12 o12 o13 c13 c12 o13 o13 o13 c11 o11 o14 o13 o11 c14 o14 c13 c13 o13 o13 o13 o13 o13 o14 c13 c11
    o11 e13=4,6,0 o11 o11 e14=2,0,0 e13=5,3,0 o14 c13 o14 o14 o14 c14 o14 c14 o14 o14 c13 o14 o14 o11 o14 o14 o11
    c11 o11 c13 c13 o14 o14 o11 c13 o14 o14 e14=0,4,1 o11 o11 o11 c13 c14 o11 o11 o11 o11 e11=2,0,0 o11 o11 c11 o11
    c11 o11 o11 e14=1,3,0 c11 o11 e11=0,8,2 o0 o0 o0 e13=0,8,2 d13 o0 o0 e14=5,0,0 c14 e12=2,0,0
    `,
  ],
  [
    'fo',
    `
    a11=3,0,0 a12=3,0,0 a13=4,0,0 o13 d13 o12 e11=2,3,0 c12 o12 o12 o12 o12 o12 o12 e11=6,6,0 c12 o11 a14=4,0,0 o11
    o11 o11 o11 e11=2,3,0 o14 o14 o14 o14 o14 o14 o14 e14=2,0,0 c14 o12 o12 c12 o12 c12 o12 o12 c14 o12 d14 o12
    e12=4,0,0 c12 c12 o12 c12 o12 a13=4,0,0 o13 a14=0,0,0 o13 o13 o13 o13 e14=1,4,1 o13 o13 c14 o13 c14 c13 c11 o13
    c13 e13=2,4,1 o12 o12 o12 o12 o12 o12 o12 c13 o12 o12 o12 c12 o12 o12 o12 o12 c12 c12 c13 e11=2,3,0 o12 o12 c12
    c12 o12 o12 o12 o12 e14=2,4,1 o12 o12 o12 c12 o12 o12 o12 c14 e12=1,0,0 o12 o12 d13 c12 e14=1,0,0 c12 e14=4,3,0
    c12
    `,
  ],
  [
    'ovf',
    `
    a11=3,0,0 a12=2,0,0 a13=2,0,0 o11 o11 a14=3,0,0 c11 d14 c11 o11 c11 o11 c11 o11 o11 c11 o11 c11 o11 a14=4,4,1
    o14 o14 o14 e12=3,3,0 o14 d13 o12 o12 c11 o12 o11 c14 o11 o11 c12 o0 e11=1,6,0 c14 o0 e12=6,6,0 o12 c11 o12 o12
    o0 d12 c11 o0 o0 o0 o0 o0 c11 o0 o0 e14=3,0,0 c14 o14 o14 o14 o0 o0 o0 o0 c11 o0 o0 o0 o0 o0 o0 o0 o0 o0 o0 o0
    o0 o0 e14=0,0,0 o0 o0 e14=6,8,2 o14 o0 o0 o0 o0 o0 c14 o0 o0 o0 e11=2,0,0 e14=1,6,0 o11 c11 o11 o11 o11 o0 o0
    a13=2,0,0 o13 c13 e11=2,0,0 o13 o13 e14=2,0,0 c13 o13 d11 o13 d13
    `,
  ],
  [
    'lblc',
    `
    a11=3,0,0 a12=3,0,0 a13=2,0,0 o13 o13 c13 o13 o13 c13 e11=0,6,0 o13 o12 o12 c12 d13 e12=2,0,0 o12 c12 o12
    e11=1,3,0 e12=4,0,0 o12 o12 o12 c12 o12 o11 e11=1,0,0 o11 c11 a13=3,0,0 e11=1,4,1 o11 c11 d13 o11 e12=2,0,0 o11
    o11 o11 o11 o11 c11 a13=4,0,0 o11 c11 e12=1,0,0 o11 o11 o11 o11 c13 o11 e12=0,0,0 o11 e11=0,0,0 o13 o13 c12 o13
    o13 c13 o13 c13 o13 o13 o13 o13 o13 o13 o13 c13 c13 o13 c13 o13 o13 e13=2,0,0 c12 o13 c12 o13 c11 o13 c13 c13
    o13 o13 o13 o13 o13 o13 o13 c13 c11 a14=1,0,0 c11 o14 o14 o14 o14 e13=2,0,0 o14 o14 o14 e12=4,6,0 c13 c13 o14
    o14 o14 o14 o14
    `,
  ],
  [
    'lblcr',
    `
    a11=1,0,0 a12=1,0,0 a13=2,0,0 o13 o13 o13 o12 e11=6,4,1 o12 o11 o11 e13=2,0,0 o11 c12 d12 o11 o13 o13 o13 o13
    c11 o13 c13 c13 o13 c13 o13 o13 c13 e11=3,3,0 a14=3,0,0 e11=2,0,0 e14=1,4,1 o14 c11 o14 c13 o11 c13 c11
    a12=4,0,0 o12 o12 o12 e12=1,0,0 c14 o14 c12 o11 c14 o14 o11 e14=5,8,2 o11 o11 o13 o11 c11 o12 o11 o13 o11 o13
    o12 o11 o13 c13 d14 e11=2,4,1 c13 o13 o13 o13 o12 o13 e11=6,0,0 e11=2,4,1 o13 o12 c13 e12=1,8,2 c11 e12=0,0,0
    o13 o13 o13 c13 o13 c11 o13 c11 o13 a14=6,8,2 o13 o13 e14=0,3,0 o13 o13 o13 o13 c13 c12 c13 c12 e14=6,0,0 o14
    o14 o14 o14 c13 c13 c12 d11
    `,
  ],
]

function settings(token: string) {
  const [weight, upperThreshold, lowerThreshold] = token.split('=')[1].split(',').map(Number)
  return { weight, upperThreshold, lowerThreshold }
}

function replay(rig: Rig, token: string): void {
  const id = Number.parseInt(token.slice(1), 10)
  const { destinations } = rig.table
  if (token[0] === 'a') rig.add(id, settings(token))
  else if (token[0] === 'e') rig.edit(id, settings(token))
  else if (token[0] === 'd') rig.remove(id)
  else if (token[0] === 'c') destinations.deactivate(rig.destination(id))
  else {
    assert.equal(rig.open(), id)
    if (id !== 0) destinations.activate(rig.destination(id))
  }
}

for (const [i, [scheduler, log]] of recordings.entries()) {
  test(`${scheduler} chooses as the kernel did (recording ${i + 1})`, () => {
    const rig = new Rig(scheduler)
    const tokens = log.trim().split(/\s+/)
    tokens.forEach((token, at) => {
      try {
        replay(rig, token)
      } catch (error) {
        throw new Error(`at step ${at}: ${tokens.slice(0, at + 1).join(' ')}`, { cause: error })
      }
    })
  })
}

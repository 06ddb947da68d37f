import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { ofTest } from './alert.js'
import { Receiver } from './receiver.js'

const turn = () => new Promise((done) => setImmediate(done))

test('a receiver that is closed while a message is on its way is not tried again', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    let attempts = 0
    let refuse: (error: Error) => void = () => {}
    const receiver = new Receiver('ops', 6, () => {
      attempts++
      return new Promise<void>((_, reject) => {
        refuse = reject
      })
    })
    receiver.add(ofTest(0))
    mock.timers.tick(2000)
    assert.equal(attempts, 1)
    receiver.close()
    refuse(new Error('gone'))
    await turn()
    mock.timers.tick(600_000)
    assert.equal(attempts, 1)
  } finally {
    mock.timers.reset()
  }
})

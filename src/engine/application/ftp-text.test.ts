import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FtpLine, readCommand, readReply, Word } from './ftp-text.js'

const AT = 7
const line = new FtpLine()

/** What is read of a text that lies between other bytes; `covers`: what another address would replace. */
function read(
  text: string,
  by: typeof readCommand,
): { word: number; begin: number; port: number; address: string; covers: string } {
  const bytes = new TextEncoder().encode(`1234567${text}1`)
  by(new DataView(bytes.buffer), AT, AT + text.length, line)
  const { word, begin, port, address } = line
  const covers = text.slice(line.at - AT, line.at - AT + line.length)
  return { word, begin: begin - AT, port, address, covers }
}

test('commands that name an address', () => {
  const port = { word: Word.port, begin: 0, port: 19 * 256 + 137, address: '192.0.2.100', covers: '192,0,2,100,19,137' }
  assert.deepEqual(read('PORT 192,0,2,100,19,137\r\n', readCommand), port)
  assert.deepEqual(read('port  192,0,2,100,19,137\n', readCommand), { ...port })
  const eprt = { word: Word.eprt, begin: 0, port: 5001, address: '2001:db8::1', covers: '|2|2001:db8::1|5001|' }
  assert.deepEqual(read('EPRT |2|2001:db8::1|5001|\r\n', readCommand), eprt)
  const bang = { ...eprt, address: '192.0.2.1', covers: '!1!192.0.2.1!5001!' }
  assert.deepEqual(read('EPRT !1!192.0.2.1!5001!\r\n', readCommand), bang)
  assert.deepEqual(read('NOOP\r\nPORT 192,0,2,100,19,137\r\n', readCommand), { ...port, begin: 6 })
})

test('commands that ask for one', () => {
  for (const text of ['PASV\r\n', 'pasv\n', 'TYPE I\r\nPASV\r\nRETR x\r\n'])
    assert.equal(read(text, readCommand).word, Word.pasv)
  for (const text of ['EPSV\r\n', 'epsv 1\r\n', 'EPSV ALL\r\n']) assert.equal(read(text, readCommand).word, Word.epsv)
})

test('replies that name a port', () => {
  const passive = { word: Word.passive, begin: 0, port: 80 * 256 + 1, address: '192.0.2.21', covers: '192,0,2,21,80,1' }
  assert.deepEqual(read('227 Entering Passive Mode (192,0,2,21,80,1).\r\n', readReply), passive)
  assert.deepEqual(read('200 ok\r\n227 =192,0,2,21,80,1\r\n', readReply), { ...passive, begin: 8 })
  const extended = { word: Word.extendedPassive, begin: 0, port: 6446, address: '', covers: '|||6446|' }
  assert.deepEqual(read('229 Entering Extended Passive Mode (|||6446|)\r\n', readReply), extended)
})

const nothing: [typeof readCommand, string][] = [
  ...[
    'PORT 192,0,2,100,19', // cut off, as by the end of a segment
    'PORT 192,0,2,100,19,137',
    'PORT 192,0,2,256,19,137\r\n',
    'PORT 192,0,2,1000,9,137\r\n',
    'PORT 192.0.2.100,19,137\r\n',
    'PORT 192,0,2,100,0,0\r\n',
    'PORT\r\n',
    'XPORT 192,0,2,100,19,137\r\n',
    'EPRT |3|192.0.2.1|5001|\r\n',
    'EPRT |1|192.0.2.1|65536|\r\n',
    'EPRT |1|192.0.2.1|5001',
    'EPRT |1|192.0.2.1|\r\n',
    `EPRT |1|${'1'.repeat(99)}|1|\r\n`,
    'EPRT',
    'PASVX\r\n',
    'PASV',
    'PAS',
    '',
    '\r\n\r\n',
  ].map((text): [typeof readCommand, string] => [readCommand, text]),
  ...[
    '227 Entering Passive Mode\r\n192,0,2,21,80,1\r\n',
    '228 (192,0,2,21,80,1)\r\n',
    ' 227 (192,0,2,21,80,1)\r\n',
    '229 Entering (|1|192.0.2.1|6446|)\r\n',
    '229 (|||0|)\r\n',
    '229 |||6446|\r\n',
    '227 ',
  ].map((text): [typeof readCommand, string] => [readReply, text]),
]

for (const [by, text] of nothing)
  test(`nothing is read of ${JSON.stringify(text.slice(0, 50))}`, () => assert.equal(read(text, by).word, Word.none))

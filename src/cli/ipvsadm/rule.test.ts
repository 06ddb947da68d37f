import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMAND_RULES, type CommandName, checkCommand, checkTunnel, OPTION_NAMES, type OptionName } from './rule.js'

/**
 * The matrix again, as a drawing: one row for each command, one letter for each option in the order of messages.
 * + required, x illegal, 1 exclusive, - optional.
 */
const MATRIX: Record<CommandName, string> = {
  //                n c s s p m r f w x y m t d s r t p n s e o p b g p t l i t p n c r
  'add-service': '   x x + - - - x x x x x x x x x x x x x x x - - - x x x x x x x x x x',
  'edit-service': '  x x + - - - x x x x x x x x x x x x x x x - - - x x x x x x x x x x',
  'delete-service': 'x x + x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  flush: '           x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  list: '            - 1 1 x x x x x x x x x 1 1 - - - - - - - x x x x x x x - x x x x x',
  'add-server': '    x x + x x x + - - - - x x x x x x x x x x x x x x x x x x - - - - -',
  'edit-server': '   x x + x x x + - - - - x x x x x x x x x x x x x x x x x x - - - - -',
  'delete-server': ' x x + x x x + x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  set: '             x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  'start-daemon': '  x x x x x x x x x x x - x x x x x x x - x x x x - - - - x x x x x x',
  'stop-daemon': '   x x x x x x x x x x x x x x x x x x x - x x x x x x x x x x x x x x',
  restore: '         x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  save: '            - x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
  zero: '            x x - x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x',
}

const letters = (command: CommandName): string[] => MATRIX[command].trim().split(' ')
const commands = Object.keys(COMMAND_RULES) as CommandName[]

test('every command with every option', () => {
  for (const command of commands) {
    const row = letters(command)
    assert.equal(row.length, OPTION_NAMES.length)
    const required = OPTION_NAMES.filter((_, i) => row[i] === '+')
    for (const [i, name] of OPTION_NAMES.entries()) {
      const check = () => checkCommand(command, new Set([...required, name]))
      if (row[i] === 'x') assert.throws(check, { message: `Illegal '${name}' option with the '${command}' command` })
      else check()
    }
  }
})

test('a missing option is named', () => {
  for (const command of commands)
    for (const [i, letter] of letters(command).entries()) {
      if (letter !== '+') continue
      const others = OPTION_NAMES.filter((_, j) => letters(command)[j] === '+' && j !== i)
      const message = `You need to supply the '${OPTION_NAMES[i]}' option for the '${command}' command`
      assert.throws(() => checkCommand(command, new Set(others)), { message })
    }
})

test('of exclusive options the second in their order is the one complained of', () => {
  const given = new Set<OptionName>(['daemon', 'connection', 'numeric'])
  const message = "The option 'daemon' conflicts with the 'connection' option in the 'list' command"
  assert.throws(() => checkCommand('list', given), { message })
})

test('tunnels', () => {
  const check = (type: 'ipip' | 'gue' | 'gre', ...given: OptionName[]) => checkTunnel(type, new Set(given))
  check('ipip', 'tun-type')
  check('gue', 'tun-port', 'tun-remcsum')
  check('gre', 'tun-csum')
  assert.throws(() => check('ipip', 'tun-nocsum'), /Illegal 'tun-nocsum' option with the 'ipip' tunnel type/)
  assert.throws(() => check('gue'), /supply the 'tun-port' option for the 'gue' tunnel type/)
  assert.throws(() => check('gre', 'tun-remcsum'), /Illegal 'tun-remcsum' option with the 'gre' tunnel type/)
  assert.throws(() => check('gre', 'tun-csum', 'tun-nocsum'), /'tun-csum' conflicts with the 'tun-nocsum' option/)
})

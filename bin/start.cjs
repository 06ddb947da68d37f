// Runs one program of the bundle that `npm run build` makes, found beside this file whatever link led here.
const { dirname } = require('node:path')

const root = dirname(__dirname)

module.exports = (program) => {
  let cli
  try {
    cli = require('../dist/cli.cjs')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    process.stderr.write(`${program}: fullnat is not built yet: run \`npm ci && npm run build\` in ${root}\n`)
    process.exit(1)
  }
  cli.main(root, program)
}

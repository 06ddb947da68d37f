/**
 * Runs one program of the bundle that `npm run build` makes, found beside this file whatever link led here.
 *
 * The build leaves the bundle's machine code beside it, which spares a command the compiler. Where that is missing, or
 * was made by another node, the bundle is compiled.
 */
const { readFileSync } = require('node:fs')
const { dirname } = require('node:path')
const { Script } = require('node:vm')

const root = dirname(__dirname)
const bundle = `${root}/dist/cli.cjs`

module.exports = (program) => {
  const source = read(bundle)
  if (source === undefined) {
    process.stderr.write(`${program}: fullnat is not built yet: run \`npm ci && npm run build\` in ${root}\n`)
    process.exit(1)
  }
  load(source, read(`${bundle}.cache`)).exports.main({ root, import: (url) => import(url) }, program)
}

/** Also for the build, which makes the cache from `script`. */
Object.assign(module.exports, { bundle, load })

/** The source is a function expression in ASCII. */
function load(bytes, cachedData) {
  const source = bytes.toString('latin1')
  const script = new Script(source, { filename: bundle, cachedData })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, require, module)
  return { script, exports: module.exports }
}

function read(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

/** Standard input and output as a TCP connection: `node pipe.js ADDRESS PORT`. */
import { connect } from 'node:net'

const [host, port] = process.argv.slice(2)
const socket = connect({ host, port: Number(port) })
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('error', () => process.exit(1))

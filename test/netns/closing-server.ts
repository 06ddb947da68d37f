/**
 * A server that closes first, as HTTP/1.0 servers do, and so keeps the TIME_WAIT: `node closing-server.js PORT`. Whatever
 * it reads it answers once. Standard error begins with `listening`.
 */
import { createServer } from 'node:net'

createServer({ noDelay: true }, (socket) => {
  socket.once('data', (request) => socket.end(request))
  socket.on('error', (error) => console.error(error.message))
}).listen({ port: Number(process.argv[2]), host: '::', backlog: 1024 }, () => console.error('listening'))

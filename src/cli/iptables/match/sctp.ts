import type { SctpMatch } from '../../../model/netfilter.js'
import type { MatchExtension } from '../extension.js'
import { port, span } from '../value.js'
import { chunksOf, chunksText } from './chunk-types.js'
import { onlyOnce, PORT_OPTIONS, portReader, printPorts, savePorts } from './port-match.js'

export const sctp: MatchExtension<SctpMatch> = {
  name: 'sctp',
  options: [...PORT_OPTIONS, { names: ['chunk-types'], argument: 'required', second: true }],
  help: `sctp match options
[!] --source-port port[:port]                          match source port(s)
 --sport ...
[!] --destination-port port[:port]                     match destination port(s)
 --dport ...
[!] --chunk-types (all|any|none) (chunktype[:flags])+	match if all, any or none of
						        chunktypes are present
chunktypes - DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK ECN_ECNE ECN_CWR SHUTDOWN_COMPLETE ASCONF ASCONF_ACK FORWARD_TSN ALL NONE
`,
  reader({ lookup }) {
    const once = onlyOnce()
    const ports = portReader('sctp', once, (text) => span(text, (part) => port(part, 'sctp', lookup)))
    let chunks: SctpMatch['chunks'] = null
    return {
      take(use) {
        if (use.option !== 'chunk-types') return ports.take(use)
        once(use)
        chunks = { invert: use.invert, value: chunksOf(use.argument, use.second) }
      },
      finish: () => ({ ...ports.finish(), chunks }),
    }
  },
  print: (match, printing) => `${printPorts(match, printing)}${withChunks(match, ' ', '', printing.numeric)}`,
  save(match) {
    const ports = savePorts(match)
    return `${ports}${withChunks(match, ports && ' ', '--chunk-types ', false)}`
  },
}

const withChunks = ({ chunks }: SctpMatch, before: string, option: string, numeric: boolean): string =>
  chunks ? `${before}${chunks.invert ? '! ' : ''}${option}${chunksText(chunks.value, numeric)}` : ''

import type { PortMatch } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, Usage } from '../extension.js'
import { anyPort, span } from '../value.js'
import { INVERTIBLE, isAny, PORT_OPTIONS, portReader, printPorts, savePorts } from './port-match.js'

export const udp: MatchExtension<PortMatch> = {
  name: 'udp',
  options: PORT_OPTIONS,
  help: `udp match options:
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
`,
  reader({ lookup }) {
    const usage = new Usage('udp', INVERTIBLE)
    let option = ''
    const check: typeof usage.check = (use) => {
      usage.check(use)
      option = use.option
    }
    return portReader('udp', check, (text) => {
      if (text.split(':').length > 2) throw misuse(`udp: Too many components for option "--${option}" (max: 2)\n`)
      const ports = span(text, (part) => anyPort(part, lookup))
      return isAny(ports) ? null : ports
    })
  },
  print: printPorts,
  save: savePorts,
}

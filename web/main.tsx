/**
 * The dashboard: what the director carries, second by second, and its levers, for a person at three in the morning.
 *
 * Everything comes from the API of the director that served the page. Who may only read sees no lever.
 */
import 'uplot/dist/uPlot.min.css'
import './style.css'
import { render } from 'preact'
import { begin, enter, needsToken } from './state.js'
import { Shell } from './view/shell.js'
import { TokenForm } from './view/token-form.js'

const App = () => (needsToken.value ? <TokenForm /> : <Shell />)

/** A link from the command line may bring a token; it does not stay in the address. */
function tokenInAddress(): string {
  const [, found = ''] = /^#token=([\w-]+)$/.exec(location.hash) ?? []
  if (found) history.replaceState(null, '', location.pathname)
  return found
}

const given = tokenInAddress()
void (given ? enter(given) : begin())
render(<App />, document.getElementById('app')!)

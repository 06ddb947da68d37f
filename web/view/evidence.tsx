/** Why a server is up or down: what was sent to it, and what came back. */
import { clock, duration } from '../format.js'
import { evidence } from '../state.js'

export function Evidence({ id }: { id: number }) {
  const found = evidence.value.get(id)
  if (!found) return null
  const { checks, changes, since } = found
  return (
    <div class="evidence">
      {since > 0 && (
        <p>
          {found.up ? 'Up' : 'Down'} for {duration(Date.now() - since)}
        </p>
      )}
      {checks.map(({ kind, port, up, streak, last }, i) => (
        <section key={`${i} ${kind}`}>
          <h3>
            {kind} to port {port}: {up ? 'up' : 'down'}, {streak} such {streak === 1 ? 'answer' : 'answers'} in a row
          </h3>
          {last ? <Answer {...last} /> : <p class="hint">No answer yet.</p>}
        </section>
      ))}
      {changes.length > 0 && <h3>Changes of state, the newest first</h3>}
      {changes.toReversed().map((change) => (
        <section key={change.at}>
          <p>
            {clock(new Date(change.at).toISOString())} {change.up ? 'up' : 'down'} by {change.check}
          </p>
          <Answer {...change} />
        </section>
      ))}
    </div>
  )
}

interface AnswerProps {
  good: boolean
  reason: string
  tookMs: number
  sent: string
  received: string
}

const Answer = ({ good, reason, tookMs, sent, received }: AnswerProps) => (
  <dl>
    <dt>{good ? 'good' : 'bad'}</dt>
    <dd>
      {reason} ({tookMs.toFixed(0)} ms)
    </dd>
    {sent && <dt>sent</dt>}
    {sent && <dd class="bytes">{sent}</dd>}
    {received && <dt>received</dt>}
    {received && <dd class="bytes">{received}</dd>}
  </dl>
)

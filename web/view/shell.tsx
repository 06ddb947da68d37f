/** The frame around each view: where one is, who one is, whether what one sees is live. */
import { signal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { duration } from '../format.js'
import { isLive, leave, mayWrite, refusal, session, status } from '../state.js'
import { Connections } from './connections.js'
import { Events } from './events.js'
import { Overview } from './overview.js'
import { Services } from './services.js'
import { ThemeButton } from './theme-button.js'

const VIEWS: Readonly<Record<string, { title: string; view: FunctionComponent }>> = {
  '': { title: 'Overview', view: Overview },
  services: { title: 'Services', view: Services },
  connections: { title: 'Connections', view: Connections },
  events: { title: 'Events', view: Events },
}

const nameInAddress = (): string => {
  const name = location.hash.replace(/^#\/?/, '').split('?')[0]
  return Object.hasOwn(VIEWS, name) ? name : ''
}
const shown = signal(nameInAddress())

export function Shell() {
  useEffect(() => {
    const follow = () => {
      shown.value = nameInAddress()
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const { title, view: View } = VIEWS[shown.value]
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <header>
        <strong class="brand">fullnat</strong>
        <nav aria-label="Views">
          {Object.entries(VIEWS).map(([name, { title }]) => (
            <a key={name} href={`#/${name}`} aria-current={name === shown.value ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <Standing />
      </header>
      <Notices />
      <main id="content" tabIndex={-1} aria-label={title}>
        <View />
      </main>
      <Foot />
    </>
  )
}

function Standing() {
  return (
    <div class="standing">
      <span class={`live ${isLive.value ? 'good' : 'bad'}`} role="status">
        {isLive.value ? 'live' : 'not live'}
      </span>
      {session.value && <span>{mayWrite.value ? 'may change' : 'read only'}</span>}
      <ThemeButton />
      {session.value?.name.startsWith('token:') && (
        <button type="button" onClick={() => leave('')}>
          Leave
        </button>
      )}
    </div>
  )
}

function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {session.value && !isLive.value && (
        <p class="notice bad">No connection to the director: what is shown may be old. It is tried again.</p>
      )}
      {refusal.value && (
        <p class="notice bad" role="alert">
          {refusal.value}
          <button
            type="button"
            onClick={() => {
              refusal.value = ''
            }}
          >
            Dismiss
          </button>
        </p>
      )}
    </div>
  )
}

function Foot() {
  if (!status.value) return null
  const { version, pid, uptimeMs, datapath, revision } = status.value
  return (
    <footer>
      fullnat {version}, pid {pid}, up {duration(uptimeMs)}, data path {datapath}, revision {revision}
    </footer>
  )
}

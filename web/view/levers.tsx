/** What may be done with a server or a service: weight, drain, halt, online. */
import type { ServerView, ServiceView } from '../../src/api/v1/schema/service.js'
import { whole } from '../format.js'
import { change, rateOf } from '../state.js'

interface LeverProps {
  service: ServiceView
  server: ServerView
}

type Admin = ServerView['admin']

const pathOf = (service: ServiceView): string => `/v1/services/${encodeURIComponent(service.service)}`
const serverPath = ({ service, server }: LeverProps): string =>
  `${pathOf(service)}/servers/${encodeURIComponent(server.server)}`

/** Takes the number when Enter is pressed or the field is left; Escape takes it back. */
export function Weight(props: LeverProps) {
  const { weight, server } = props.server
  const take = async (field: HTMLInputElement) => {
    const wanted = Number(field.value)
    if (field.value === '' || wanted === weight) return put(field, weight)
    if (!(await change('PATCH', serverPath(props), { weight: wanted }))) put(field, weight)
  }
  return (
    <input
      type="number"
      class="weight"
      min="0"
      step="1"
      aria-label={`Weight of ${server}`}
      value={weight}
      onKeyDown={(event) => {
        if (event.key === 'Escape') put(event.currentTarget, weight)
        if (event.key === 'Enter') event.currentTarget.blur()
      }}
      onBlur={(event) => void take(event.currentTarget)}
    />
  )
}

function put(field: HTMLInputElement, weight: number): void {
  field.value = `${weight}`
}

export function Levers(props: LeverProps) {
  const { server } = props
  const set = (admin: Admin) => change('PUT', `${serverPath(props)}/maintenance`, { admin })
  return <Buttons name={server.server} admin={server.admin} ids={[server.id]} set={set} />
}

export function ServiceLevers({ service }: { service: ServiceView }) {
  const [first, ...others] = service.servers.map(({ admin }) => admin)
  if (first === undefined) return null
  const set = (admin: Admin) => change('PUT', `${pathOf(service)}/maintenance`, { admin })
  const shared = others.every((admin) => admin === first) ? first : null
  return (
    <Buttons name={`all of ${service.service}`} admin={shared} ids={service.servers.map(({ id }) => id)} set={set} />
  )
}

interface ButtonsProps {
  name: string
  /** null: they differ. */
  admin: Admin | null
  ids: number[]
  set: (admin: Admin) => Promise<boolean>
}

function Buttons({ name, admin, ids, set }: ButtonsProps) {
  const halt = () => {
    const open = ids.reduce((sum, id) => sum + rateOf(id).peek()[1], 0)
    if (confirm(`Halt ${name}? Its ${whole(open)} active connections end now.`)) void set('halt')
  }
  return (
    <span class="buttons">
      {admin !== 'online' && (
        <button type="button" aria-label={`Bring ${name} online`} onClick={() => void set('online')}>
          Online
        </button>
      )}
      {admin !== 'drain' && (
        <button type="button" aria-label={`Drain ${name}`} onClick={() => void set('drain')}>
          Drain
        </button>
      )}
      {admin !== 'halt' && (
        <button type="button" aria-label={`Halt ${name}`} onClick={halt}>
          Halt
        </button>
      )}
    </span>
  )
}

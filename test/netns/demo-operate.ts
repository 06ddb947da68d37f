/** The second act of the demo: a server that dies and comes back, maintenance, an explanation, the dashboard. */
import { type Host, until } from './network.js'
import type { Stage } from './stage.js'

export interface Players {
  client: Host
  director: Host
  web1: Host
  web2: Host
}

export interface Where {
  vip: string
  web1: string
  web2: string
}

export const DASHBOARD = 'http://127.0.0.1:8080/'
const REQUESTS = 4
const CHECK = '{"health": {"checks": [{"kind": "http", "intervalMs": 300, "timeoutMs": 200, "fall": 2, "rise": 2}]}}'

export async function operate(
  stage: Stage,
  { client, director, web1 }: Players,
  { vip, web1: first, web2: second }: Where,
  startAgain: () => Promise<void>,
): Promise<void> {
  const asked = `for n in $(seq ${REQUESTS}); do curl -sS -m 5 http://${vip}/; done`
  const answers = async () => (await stage.type(client, asked)).trim().split('\n')
  const stands = (text: string) => until(async () => (await director.must('fullnat health')).includes(text), text)

  stage.step('Ask each server for its page, three times a second.')
  await stage.type(director, `fullnat api PUT /v1/services/tcp:${vip}:80/health \\\n  '${CHECK}' >/dev/null`)

  stage.step('web1 dies. Its weight becomes 0, and why is kept.')
  await stage.type(web1, 'kill $(cat /run/web1.pid)')
  await stands(`${first}:80  DOWN`)
  const health = await stage.type(director, 'fullnat health')
  stage.check(/connection refused/.test(health), 'the answer that decided: connection refused')
  stage.check(
    (await answers()).every((line) => line === 'web2'),
    `${REQUESTS} requests, all answered by web2`,
  )

  stage.step('web1 comes back, and takes its turns again.')
  await startAgain()
  await stands(`${first}:80  up`)
  stage.check(new Set(await answers()).size === 2, 'both answer')

  stage.step('Maintenance: no new connection for web2, the ones it has go on.')
  await stage.type(director, `fullnat drain ${second}:80`)
  stage.check(
    (await answers()).every((line) => line === 'web1'),
    `${REQUESTS} requests, all answered by web1`,
  )
  await stage.type(director, `fullnat online ${second}:80`)

  stage.step('What would become of a packet, step by step? And why?')
  const explained = await stage.type(director, `fullnat explain tcp 192.0.2.100:5555 ${vip}:80`)
  stage.check(
    /schedule +rr: /.test(explained) && /becomes 192\.0\.2\.10/.test(explained),
    'the server and the source are foretold',
  )

  stage.step('The dashboard, for a browser on the director; its token may read.')
  await stage.type(director, 'fullnat token add demo read')
  const page = await stage.type(director, `curl -sS ${DASHBOARD} | grep -o '<title>.*</title>'`)
  stage.check(/fullnat/.test(page), `it answers at ${DASHBOARD}`)
}

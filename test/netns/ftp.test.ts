/** A real FTP server and client: passive and active, by the old commands and the extended ones, through SNAT and masq. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, connectionsIn, endpoint, FAMILIES, openBed, translateSource } from './bed.js'
import { inLab } from './lab.js'
import { type Host, isIpv6, until } from './network.js'
import { type Family, flat, flatPlan, type Plan, twoArm, twoArmPlan } from './topology.js'

const PORT = 21
const SETTINGS = `background=NO
listen=NO
listen_ipv6=YES
anonymous_enable=YES
no_anon_password=YES
run_as_launching_user=YES
seccomp_sandbox=NO
port_enable=YES
write_enable=YES
anon_upload_enable=YES
secure_chroot_dir=/run/empty`

/** vsftpd, with a file `name` that holds the server's name; active connections come from port 20, or from any. */
async function serveFtp(server: Host, from20: boolean): Promise<void> {
  const folder = `/run/ftp-${server.name}`
  await server.must(`mkdir -p ${folder}/in /run/empty && chmod 777 ${folder}/in && echo ${server.name} >${folder}/name`)
  const settings = `${SETTINGS}\nanon_root=${folder}\nconnect_from_port_20=${from20 ? 'YES' : 'NO'}\n`
  await server.must(`head -c 300000 /dev/zero >${folder}/large; cat >${folder}.conf`, { input: settings })
  server.start(`vsftpd ${folder}.conf`)
  await until(async () => (await server.run(`ss -Hltn sport = ${PORT}`)).stdout !== '', 'vsftpd listens')
}

/** How a client asks for its data connection. */
const WAYS: Record<Family, Record<string, string>> = {
  4: {
    EPSV: '',
    PASV: '--disable-epsv',
    EPRT: '--ftp-port -',
    PORT: '--ftp-port - --disable-eprt',
  },
  6: { EPSV: '', EPRT: '--ftp-port -' },
}

const url = (plan: Plan, path: string): string =>
  `ftp://${isIpv6(plan.vip) ? `[${plan.vip}]` : plan.vip}:${PORT}/${path}`

async function assertServes(client: Host, plan: Plan, family: Family): Promise<void> {
  for (const [way, options] of Object.entries(WAYS[family])) {
    const get = (path: string) => client.run(`curl -sS --max-time 8 ${options} ${url(plan, path)}`)
    const names = [await get('name'), await get('name')]
    assert.deepEqual(names.map(({ stdout }) => stdout).sort(), ['web1\n', 'web2\n'], `${way}: ${names[0].stderr}`)
    assert.match((await get('')).stdout, / large\n/, way)
    // One control connection, several data connections: numbers behind the first rewritten command have moved.
    const several = await client.run(`curl -sS --max-time 8 ${options} ${url(plan, '{large,name,large}')}`)
    assert.equal(several.stdout.length, 2 * 300_000 + 'web1\n'.length, `${way}: ${several.stderr}`)
    const put = await client.run(`echo text | curl -sS --max-time 8 ${options} -T - ${url(plan, `in/${way}`)}`)
    assert.equal(put.status, 0, `${way}: ${put.stderr}`)
  }
}

for (const family of FAMILIES) {
  test(`IPv${family}: FTP through SNAT`, inLab(120_000), async (t) => {
    const plan = flatPlan[family]
    const { clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await serveFtp(server, true)
    await balance(director, plan, { port: PORT })
    await translateSource(director, plan, PORT)
    const tables = family === 4 ? 'iptables' : 'ip6tables'
    const rule = `-m ipvs --vaddr ${plan.vip} --vportctl ${PORT} -j SNAT --to-source ${plan.director}`
    await director.must(`${tables} -t nat -A POSTROUTING ${rule}`)
    await assertServes(clients[0], plan, family)
  })

  test(`IPv${family}: FTP through masq, from any port of the server`, inLab(120_000), async (t) => {
    const plan = twoArmPlan[family]
    const { clients, director, servers } = await openBed(t, (lab) => twoArm(lab, true))
    for (const server of servers) await serveFtp(server, false)
    await balance(director, plan, { port: PORT })
    await assertServes(clients[0], plan, family)
  })
}

test('what the director itself serves on high ports of the VIP is still its own', inLab(), async (t) => {
  const plan = flatPlan[4]
  const { clients, director } = await openBed(t, flat)
  await balance(director, plan, { port: PORT })
  await director.serve('web-server.js', 'director', 8080)
  assert.equal(await clients[0].must(`curl -sS --max-time 5 http://${endpoint(plan.vip, 8080)}/`), 'director\n')
  assert.equal(await connectionsIn(director, 'ESTABLISHED'), 0)
})

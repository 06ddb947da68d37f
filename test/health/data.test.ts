/** Checks of servers with protocols of their own: mysql, postgresql, ldap, radius, sip. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inLab } from '../netns/lab.js'
import { until } from '../netns/network.js'
import { Clinic } from './clinic.js'

const ann = { user: 'ann', password: 'secret', database: 'shop' }

test('mysql: MariaDB', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must(
    'mkdir /run/my && mariadb-install-db --no-defaults --user=root --datadir=/run/my/data --auth-root-authentication-method=normal --skip-test-db',
    { timeoutMs: 60_000 },
  )
  await clinic.host.must('cat >/run/my/init.sql', {
    input: `CREATE DATABASE shop;
CREATE USER ann@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('secret');
GRANT ALL ON shop.* TO ann@localhost;
CREATE USER eve@localhost IDENTIFIED VIA unix_socket;
`,
  })
  const server = clinic.start(
    'mariadbd --no-defaults --user=root --datadir=/run/my/data --port=3306 --bind-address=127.0.0.1 --socket=/run/my/socket --init-file=/run/my/init.sql --innodb-buffer-pool-size=16M',
  )
  await clinic.listens(3306, server)
  await clinic.good('mysql', 3306)
  const { sent } = await clinic.good('mysql', 3306, { ...ann, query: 'SELECT 1' })
  assert.match(sent, /login as ann/)
  await clinic.bad(/login is refused: 1045 Access denied/, 'mysql', 3306, { ...ann, password: 'guess' })
  await clinic.bad(/login is refused: 10(44|49) /, 'mysql', 3306, { ...ann, database: 'nowhere' })
  await clinic.bad(/the query fails: 1146 /, 'mysql', 3306, { ...ann, query: 'SELECT * FROM nothing' })
  await clinic.bad(/login is refused|wants a login by/, 'mysql', 3306, { user: 'eve', password: 'x' })
  await clinic.bad(/connection refused/, 'mysql', 3307)
})

test('postgresql: SCRAM, MD5 and cleartext', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  const as = (line: string) => `setpriv --reuid=65534 --regid=65534 --clear-groups -- bash -c ${JSON.stringify(line)}`
  await clinic.host.must('mkdir /run/pg && chown 65534:65534 /run/pg')
  await clinic.host.must(
    `PATH=/usr/lib/postgresql/15/bin:$PATH; ${as('initdb -D /run/pg/data -U boss --auth=trust --no-sync >/dev/null')}`,
    { timeoutMs: 60_000 },
  )
  await clinic.host.must('cat >/run/pg/data/pg_hba.conf', {
    input: `local all all trust\nhost all ann 127.0.0.1/32 scram-sha-256\nhost all bob 127.0.0.1/32 md5\nhost all cid 127.0.0.1/32 password\nhost all boss 127.0.0.1/32 trust\n`,
  })
  const server = clinic.start(as('exec /usr/lib/postgresql/15/bin/postgres -D /run/pg/data -k /run/pg -p 5432 -F'))
  await clinic.listens(5432, server)
  await clinic.host.must('/usr/lib/postgresql/15/bin/psql -h /run/pg -U boss postgres', {
    input: `CREATE DATABASE shop; CREATE USER ann PASSWORD 'secret'; CREATE USER cid PASSWORD 'secret';
SET password_encryption = 'md5'; CREATE USER bob PASSWORD 'secret';\n`,
  })
  await clinic.good('postgresql', 5432)
  for (const user of ['ann', 'bob', 'cid', 'boss']) {
    const { sent } = await clinic.good('postgresql', 5432, { ...ann, user, query: 'SELECT 1' })
    assert.doesNotMatch(sent, /secret/)
  }
  for (const user of ['ann', 'bob', 'cid'])
    await clinic.bad(/the login fails: 28P01 /, 'postgresql', 5432, { ...ann, user, password: 'guess' })
  await clinic.bad(/the login fails: 3D000 /, 'postgresql', 5432, { ...ann, database: 'nowhere' })
  await clinic.bad(/the query fails: 42P01 /, 'postgresql', 5432, { ...ann, query: 'SELECT * FROM nothing' })
})

test('ldap: OpenLDAP', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('mkdir -p /run/ldap/db && cat >/run/ldap/conf', {
    input: `include /etc/ldap/schema/core.schema
moduleload back_mdb
modulepath /usr/lib/ldap
pidfile /run/ldap/pid
database mdb
suffix dc=example
rootdn cn=boss,dc=example
rootpw secret
directory /run/ldap/db
`,
  })
  await clinic.host.must('slapadd -f /run/ldap/conf', {
    input: 'dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n',
  })
  await clinic.listens(3890, clinic.start('slapd -d 0 -f /run/ldap/conf -h ldap://127.0.0.1:3890'))
  await clinic.good('ldap', 3890)
  const boss = { user: 'cn=boss,dc=example', password: 'secret' }
  const { sent } = await clinic.good('ldap', 3890, { ...boss, base: 'dc=example' })
  assert.doesNotMatch(sent, /secret/)
  await clinic.bad(/the bind is refused: invalid credentials/, 'ldap', 3890, { ...boss, password: 'guess' })
  await clinic.bad(/dc=nowhere: no such object/, 'ldap', 3890, { ...boss, base: 'dc=nowhere' })
})

test('radius: FreeRADIUS', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('mkdir -p /run/radius/mods /run/radius/sites && cat >/run/radius/radiusd.conf', {
    input: `prefix = /usr
localstatedir = /run/radius
logdir = /run/radius
run_dir = /run/radius
libdir = /usr/lib/freeradius
confdir = /run/radius
security {
 status_server = yes
}
log {
 destination = stdout
}
client here {
 ipaddr = 127.0.0.1
 secret = shared
}
modules {
 pap {
 }
 files {
  usersfile = /run/radius/users
 }
}
server default {
 listen {
  type = auth
  ipaddr = 127.0.0.1
  port = 18120
 }
 authorize {
  files
  pap
 }
 authenticate {
  Auth-Type PAP {
   pap
  }
 }
}
`,
  })
  await clinic.host.must('cat >/run/radius/users', {
    input: 'ann Cleartext-Password := "a secret of more than sixteen"\n',
  })
  const server = clinic.start('freeradius -f -l stdout -d /run/radius -D /usr/share/freeradius')
  const there = async () => (await clinic.host.must("ss -Hlun 'sport = :18120'")) !== ''
  await until(there, `freeradius; it said:\n${server.lines.join('\n')}`, 20_000)
  const user = { secret: 'shared', user: 'ann', password: 'a secret of more than sixteen' }
  await clinic.good('radius', 18120, { secret: 'shared' })
  await clinic.good('radius', 18120, user)
  await clinic.bad(/ann is rejected/, 'radius', 18120, { ...user, password: 'guess' })
  await clinic.bad(/no answer within|not signed/, 'radius', 18120, { ...user, secret: 'other', timeoutMs: 1500 })
})

test('sip: a server as RFC 3261 has it, by UDP and TCP', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('cat >/run/sip.py', {
    input: `import socketserver, threading
def answer(request):
  lines = request.decode().split('\\r\\n')
  kept = [line for line in lines if line.split(':')[0] in ('Via', 'From', 'To', 'Call-ID', 'CSeq')]
  assert lines[0].startswith('OPTIONS sip:') and len(kept) == 5, lines
  busy = 'sip:busy@' in lines[0]
  head = 'SIP/2.0 503 Service Unavailable' if busy else 'SIP/2.0 200 OK'
  trying = '\\r\\n'.join(['SIP/2.0 100 Trying'] + kept + ['Content-Length: 0', '', '']).encode()
  return trying, '\\r\\n'.join([head] + kept + ['Content-Length: 0', '', '']).encode()
class Datagram(socketserver.BaseRequestHandler):
  def handle(self):
    for part in answer(self.request[0]): self.request[1].sendto(part, self.client_address)
class Stream(socketserver.BaseRequestHandler):
  def handle(self):
    for part in answer(self.request.recv(4096)): self.request.sendall(part)
socketserver.TCPServer.allow_reuse_address = True
threading.Thread(target=socketserver.ThreadingUDPServer(('127.0.0.1', 5060), Datagram).serve_forever).start()
socketserver.ThreadingTCPServer(('127.0.0.1', 5060), Stream).serve_forever()
`,
  })
  await clinic.listens(5060, clinic.start('python3 /run/sip.py'))
  for (const transport of ['udp', 'tcp']) {
    await clinic.good('sip', 5060, { transport })
    await clinic.bad(/SIP status 503 Service Unavailable, not 200-299/, 'sip', 5060, { transport, user: 'busy' })
  }
  await clinic.bad(/connection refused/, 'sip', 5061)
})

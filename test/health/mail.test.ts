/** Checks of servers that talk in lines: smtp, imap, pop3, ftp, nntp, redis. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inLab } from '../netns/lab.js'
import { Clinic } from './clinic.js'

const right = { user: 'ann', password: 'sec"ret' }
const wrong = { ...right, password: 'guess' }

test('smtp', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.listens(2525, clinic.start('python3 -m aiosmtpd -n -l 127.0.0.1:2525'))
  const { received } = await clinic.good('smtp', 2525)
  assert.match(received, /^220 .*250/)
  clinic.start("socat TCP-LISTEN:2526,fork,reuseaddr SYSTEM:'echo 421 too busy'")
  await clinic.listens(2526, clinic.start('true'))
  clinic.start('socat TCP-LISTEN:2527,fork,reuseaddr SYSTEM:true')
  await clinic.listens(2527, clinic.start('true'))
  await clinic.bad(/the server closed the connection/, 'smtp', 2527)
  await clinic.bad(/no SMTP greeting \(220\) but '421 too busy'/, 'smtp', 2526)
})

test('imap and pop3', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('mkdir -p /run/dove/mail /run/dove/run && cat >/run/dove/dovecot.conf', {
    input: `base_dir = /run/dove/run
log_path = /dev/stderr
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
service anvil {
 chroot =
}
service imap-login {
 chroot =
 inet_listener imap {
  port = 1143
 }
}
service pop3-login {
 chroot =
 inet_listener pop3 {
  port = 1110
 }
}
first_valid_uid = 0
mail_location = maildir:/run/dove/mail
passdb {
 driver = passwd-file
 args = /run/dove/users
}
userdb {
 driver = static
 args = uid=65534 gid=65534 home=/run/dove/mail
}
`,
  })
  await clinic.host.must(`chown 65534 /run/dove/mail && cat >/run/dove/users`, { input: `ann:{PLAIN}sec"ret\n` })
  const server = clinic.start('dovecot -F -c /run/dove/dovecot.conf')
  await clinic.listens(1143, server)
  for (const [kind, port] of [
    ['imap', 1143],
    ['pop3', 1110],
  ] as const) {
    await clinic.good(kind, port)
    const { sent } = await clinic.good(kind, port, right)
    assert.doesNotMatch(sent, /ret/, 'the password is no evidence')
    await clinic.bad(/is refused/, kind, port, wrong)
  }
  await clinic.bad(/no IMAP greeting \(\* OK\) but '\+OK/, 'imap', 1110)
})

test('ftp', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('mkdir -p /run/ftp /run/vsftpd/empty && cat >/run/ftp.conf', {
    input: `listen=YES
listen_port=2121
anonymous_enable=YES
no_anon_password=NO
anon_root=/run/ftp
local_root=/run/ftp
secure_chroot_dir=/run/vsftpd/empty
ftp_username=ftp
seccomp_sandbox=NO
`,
  })
  await clinic.listens(2121, clinic.start('vsftpd /run/ftp.conf'))
  await clinic.good('ftp', 2121)
  await clinic.good('ftp', 2121, { user: 'anonymous', password: 'ann@example' })
  await clinic.bad(/is refused/, 'ftp', 2121, wrong)
})

test('nntp: a server as RFC 3977 and RFC 4643 have it', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.host.must('cat >/run/nntp.py', {
    input: `import socketserver
class Handler(socketserver.StreamRequestHandler):
  def say(self, text): self.wfile.write((text + '\\r\\n').encode())
  def handle(self):
    self.say('200 news.example ready, posting allowed')
    for line in self.rfile:
      words = line.decode().split()
      if words[:2] == ['AUTHINFO', 'USER']: self.say('381 password required')
      elif words[:2] == ['AUTHINFO', 'PASS']: self.say('281 accepted' if words[2] == 'sec"ret' else '481 rejected')
      elif words[:1] == ['QUIT']: return self.say('205 bye')
      else: self.say('500 what?')
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', 1119), Handler).serve_forever()
`,
  })
  await clinic.listens(1119, clinic.start('python3 /run/nntp.py'))
  await clinic.good('nntp', 1119)
  await clinic.good('nntp', 1119, right)
  await clinic.bad(/the password is refused: '481 rejected'/, 'nntp', 1119, wrong)
})

test('redis: password, role', inLab(), async (t) => {
  const clinic = await Clinic.open(t)
  await clinic.listens(6379, clinic.start('redis-server --port 6379 --dir /run --requirepass secret --save ""'))
  await clinic.listens(
    6380,
    clinic.start('redis-server --port 6380 --dir /run --replicaof 127.0.0.1 6379 --masterauth secret --save ""'),
  )
  await clinic.good('redis', 6379, { password: 'secret', role: 'master' })
  await clinic.good('redis', 6379, { user: 'default', password: 'secret' })
  await clinic.good('redis', 6380, { role: 'replica' })
  await clinic.bad(/the server is slave, not master/, 'redis', 6380, { role: 'master' })
  const { sent } = await clinic.bad(/the password is refused: '-WRONGPASS/, 'redis', 6379, { password: 'guess' })
  assert.doesNotMatch(sent, /guess/)
  await clinic.bad(/NOAUTH/, 'redis', 6379)
})

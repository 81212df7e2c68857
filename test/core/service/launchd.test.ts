import t from 'tap'
import { launchd } from '../../../core/service/launchd.ts'
import { callsOf, fileOf, REQUEST } from './requests.ts'

const COMMANDS = [
  'install -d -m 0700 -o root /var/lib/gururmm',
  'chown root /etc/gururmm/token',
  'chmod 0600 /etc/gururmm/token',
  'launchctl bootout system/gururmm-agent',
  'launchctl enable system/gururmm-agent',
  'launchctl bootstrap system /Library/LaunchDaemons/gururmm-agent.plist',
]

t.test('an installation replaces what was loaded, and loads the new', async (t) => {
  const steps = launchd.install(REQUEST)
  t.same(callsOf(steps), COMMANDS)
  t.match(
    steps.find((step) => step.kind === 'call' && step.args[0] === 'bootout'),
    { mayFail: true },
  )
  t.same(callsOf(launchd.install({ ...REQUEST, start: false })), COMMANDS.slice(0, -1))
})

t.test('the property list is what launchd reads', async (t) => {
  const { path, mode, content } = fileOf(
    launchd.install({ ...REQUEST, args: ['start', '--set', 'agent.id=a<b&c'], user: '_gururmm' }),
  )
  t.equal(path, '/Library/LaunchDaemons/gururmm-agent.plist')
  t.equal(mode, 0o644)
  t.equal(
    content,
    `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>gururmm-agent</string>
  <key>ProgramArguments</key>
  <array>
    <string>/opt/gururmm-agent/runtime/bin/node</string>
    <string>/opt/gururmm-agent/bin/gururmm-agent.js</string>
    <string>start</string>
    <string>--set</string>
    <string>agent.id=a&lt;b&amp;c</string>
  </array>
  <key>UserName</key>
  <string>_gururmm</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>60</integer>
  <key>ExitTimeOut</key>
  <integer>80</integer>
  <key>StandardErrorPath</key>
  <string>/Library/Logs/gururmm-agent.log</string>
</dict>
</plist>
`,
  )
})

t.test('removing unloads it and leaves the data unless told otherwise', async (t) => {
  const steps = launchd.uninstall({ dataDir: null })
  t.same(steps, [
    { kind: 'call', program: 'launchctl', args: ['bootout', 'system/gururmm-agent'], mayFail: true },
    { kind: 'remove', path: '/Library/LaunchDaemons/gururmm-agent.plist' },
  ])
  t.same(launchd.uninstall({ dataDir: '/data' }).at(-1), { kind: 'remove', path: '/data' })
})

t.test('the status is launchd’s', async (t) => {
  const print = 'system/gururmm-agent = {\n\tactive count = 1\n\tstate = running\n\n\tpid = 511\n}\n'
  t.match(await launchd.status(async () => ({ code: 0, stdout: print })), { installed: true, running: true, pid: 511 })
  t.match(await launchd.status(async () => ({ code: 113, stdout: '' })), {
    installed: false,
    running: false,
    pid: null,
  })
})

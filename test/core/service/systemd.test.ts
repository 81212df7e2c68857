import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createSystemd } from '../../../core/service/systemd.ts'
import { callsOf, fileOf, REQUEST } from './requests.ts'

const run = promisify(execFile)

const fresh = createSystemd({ exists: () => false, hasAccount: () => false })
const known = createSystemd({ exists: () => false, hasAccount: () => true })

/** The unit in a folder of its own, since its name is part of what is checked; its account is one of every machine. */
async function unitIn(t: Test, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gururmm-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(path.join(folder, 'units'))
  const file = path.join(folder, 'units/gururmm-agent.service')
  await writeFile(file, text)
  return file
}

t.test('an installation makes the account, its folder and secrets, writes the unit and starts it', async (t) => {
  const steps = fresh.install(REQUEST)
  t.same(callsOf(steps), [
    'useradd --system --user-group --no-create-home --shell /usr/sbin/nologin --home-dir /var/lib/gururmm --comment GuruRMM agent gururmm',
    'install --directory --owner=gururmm --mode=0700 /var/lib/gururmm',
    'chown --recursive --no-dereference gururmm: /var/lib/gururmm',
    'chown gururmm: /etc/gururmm/token',
    'chmod 0600 /etc/gururmm/token',
    'systemctl daemon-reload',
    'systemctl enable gururmm-agent.service',
    'systemctl restart gururmm-agent.service',
  ])
  t.match(fileOf(steps), { path: '/etc/systemd/system/gururmm-agent.service', mode: 0o644 })
  const before = steps.findIndex(({ kind }) => kind === 'file')
  t.match(steps[before + 1], { args: ['daemon-reload'] })
})

t.test('a second installation makes no account; without a start the service only comes with the machine', async (t) => {
  const calls = callsOf(known.install({ ...REQUEST, start: false }))
  t.notMatch(calls.join('\n'), /useradd|restart/)
  t.match(calls.at(-1), 'systemctl enable gururmm-agent.service')
})

t.test('the unit starts the agent as it was called, and never again after what a start can’t mend', async (t) => {
  const { content } = fileOf(fresh.install(REQUEST))
  for (const line of [
    'ExecStart=/opt/gururmm-agent/runtime/bin/node /opt/gururmm-agent/bin/gururmm-agent.js start --config /etc/gururmm/agent.config.json',
    'User=gururmm',
    'Restart=always',
    'RestartPreventExitStatus=64 78',
    'KillMode=mixed',
    'Delegate=yes',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ReadWritePaths=/var/lib/gururmm',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  ]) {
    t.ok(content.split('\n').includes(line), line)
  }
  t.notMatch(content, /^(MemoryDenyWriteExecute|RestrictNamespaces|ProtectControlGroups|WatchdogSec)=/m)
})

t.test('folders for the log and for commands are opened, odd paths are quoted', async (t) => {
  const request = { ...REQUEST, logFile: '/var/log/gururmm/agent.log', writable: ['/srv/50% "off" $x'] }
  const steps = fresh.install({ ...request, args: ['start', '--set', 'log.level=$x y'] })
  t.match(fileOf(steps).content, 'start --set "log.level=$$x y"\n')
  t.match(fileOf(steps).content, 'ReadWritePaths=/var/lib/gururmm /var/log/gururmm "/srv/50%% \\"off\\" $x"\n')
  t.match(callsOf(steps).join('\n'), 'install --directory --owner=gururmm --mode=0750 /var/log/gururmm')
})

t.test('as root nothing changes hands, and nothing is closed', async (t) => {
  const steps = fresh.install({ ...REQUEST, user: 'root' })
  t.same(callsOf(steps).slice(0, 2), [
    'install --directory --owner=root --mode=0700 /var/lib/gururmm',
    'systemctl daemon-reload',
  ])
  t.match(fileOf(steps).content, /^User=root$/m)
  t.notMatch(fileOf(steps).content, /^(NoNewPrivileges|ProtectSystem|CapabilityBoundingSet)=/m)
})

t.test('a service that a system package brought is left to the package', async (t) => {
  const packaged = createSystemd({ exists: (file) => file.startsWith('/lib/systemd'), hasAccount: () => true })
  t.throws(() => packaged.install(REQUEST), { code: 'SERVICE_UNSUPPORTED', message: /systemctl enable --now/ })
})

t.test('removing leaves the data unless told otherwise', async (t) => {
  t.same(known.uninstall({ dataDir: null }), [
    { kind: 'call', program: 'systemctl', args: ['disable', '--now', 'gururmm-agent.service'], mayFail: true },
    { kind: 'remove', path: '/etc/systemd/system/gururmm-agent.service' },
    { kind: 'call', program: 'systemctl', args: ['daemon-reload'] },
  ])
  t.same(known.uninstall({ dataDir: '/var/lib/gururmm' }).slice(3), [
    { kind: 'remove', path: '/var/lib/gururmm' },
    { kind: 'call', program: 'userdel', args: ['gururmm'] },
  ])
})

t.test('the status is systemd’s', async (t) => {
  const answers = (stdout: string) => async () => ({ code: 0, stdout })
  const up =
    'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=42\nExecMainStatus=0\n'
  t.same(await fresh.status(answers(up)), {
    manager: 'systemd',
    installed: true,
    enabled: true,
    running: true,
    pid: 42,
    detail: 'active (running)',
  })
  const down =
    'LoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=disabled\nMainPID=0\nExecMainStatus=78\n'
  t.match(await fresh.status(answers(down)), { running: false, enabled: false, pid: null, detail: /last exit code 78/ })
  t.match(await fresh.status(answers('LoadState=not-found\n')), { installed: false, running: false })
})

if (process.platform === 'linux') {
  t.test('systemd itself finds no fault with the unit', async (t) => {
    for (const user of ['root', 'daemon']) {
      const request = { ...REQUEST, command: [process.execPath, REQUEST.command[1]] as const, user }
      const unit = await unitIn(t, fileOf(known.install(request)).content)
      const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', unit])
      // It looks at all that the unit needs of this machine; only what it says of the unit itself counts.
      t.notMatch(`${stdout}${stderr}`, /gururmm/)
    }
  })

  t.test('systemd itself rates the unit of an unprivileged agent as contained', async (t) => {
    const unit = await unitIn(t, fileOf(known.install(REQUEST)).content)
    const args = ['security', '--offline=true', '--no-pager', '--threshold=45', unit]
    // Ends with 1 above the threshold (4.5 of 10, where less is better)
    const { stdout } = await run('systemd-analyze', args)
    t.match(stdout, /Overall exposure level/)
    t.comment(/Overall exposure level.*/.exec(stdout)?.[0] ?? '')
  })
}

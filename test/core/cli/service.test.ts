import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { agentFolder, type CliEnd, cli } from './cli.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const isRoot = process.geteuid?.() === 0

/** Writes down how it was called, and does what it is given. */
const double = (log: string, more = '') => `#!/bin/sh\necho "$(basename "$0") $*" >> ${log}\n${more}`

/** systemd’s answers of a service that runs. */
const SHOW = `if [ "$1" = show ]; then
  printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\nMainPID=1\\nExecMainStatus=0\\n'
fi
`

/**
 * Runs the command line as root on a machine that seems to have systemd: in a mount namespace, where its folders and the list of
 * accounts are copies. systemd itself cannot be had without being the first process, so \`systemctl\` is a double; all else is real.
 */
function onMachine(
  folder: string,
  commands: readonly string[],
): CliEnd & { readonly calls: readonly string[]; readonly units: string } {
  const log = path.join(folder, 'calls')
  const units = path.join(folder, 'units')
  const script = `set -e
  mount -t tmpfs none /run; mkdir -p /run/systemd/system
  mount -t tmpfs none /mnt; mkdir /mnt/agent /mnt/node /mnt/etc /mnt/doubles
  mount --bind '${ROOT}' /mnt/agent
  mount --bind '${path.dirname(process.execPath)}' /mnt/node
  for file in passwd group shadow gshadow; do
    grep -v '^gururmm:' /etc/$file > /mnt/etc/$file || true
    chmod 644 /mnt/etc/$file
  done
  mount -t tmpfs none /etc/systemd/system
  printf %s "$SYSTEMCTL" > /mnt/doubles/systemctl
  printf %s "$USERADD" > /mnt/doubles/useradd
  printf %s "$USERDEL" > /mnt/doubles/userdel
  chmod 755 /mnt/doubles/*
  mount --bind /mnt/etc/passwd /etc/passwd; mount --bind /mnt/etc/group /etc/group
  export PATH=/mnt/doubles:$PATH
  export NODE_COMPILE_CACHE=/mnt/agent/.tap/compile-cache
  agent() { /mnt/node/node --conditions=gururmm-source /mnt/agent/core/cli/main.ts "$@"; }
  code=0
  { ${commands.join('\n')}
  } || code=$?
  rm -rf '${units}'; cp -r /etc/systemd/system '${units}'
  exit $code`
  const { PATH = '' } = process.env
  const doubles = {
    SYSTEMCTL: double(log, SHOW),
    // useradd renames a new list into place, which a mounted file does not allow
    USERADD: double(
      log,
      'echo gururmm:x:64999:64999::/:/bin/false >> /etc/passwd; echo gururmm:x:64999: >> /etc/group',
    ),
    USERDEL: double(log),
  }
  const env = { PATH, HOME: folder, ...doubles }
  const ended = spawnSync('unshare', ['--mount', 'sh', '-c', script], { cwd: folder, env, encoding: 'utf8' })
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr, calls, units }
}

/** A folder that every account may enter. */
function openFolder(t: Parameters<typeof agentFolder>[0], config?: object): string {
  const folder = agentFolder(t, config)
  chmodSync(folder, 0o755)
  chmodSync(path.join(folder, 'agent.config.json'), 0o644)
  return folder
}

t.test('service install writes nothing where the config does not hold, and ends with 78', async (t) => {
  const folder = agentFolder(t, { log: { level: 'loud' } })
  t.match(await cli(folder, ['service', 'install']), { code: 78, stderr: /log\.level/ })
  const json = await cli(folder, ['service', 'install', '--json'])
  t.match(JSON.parse(json.stdout), { problems: [{ path: 'log.level' }] })
  const noToken = agentFolder(t, { server: { url: 'ws://127.0.0.1:9/agent' } })
  const options = { env: { GURURMM_TOKEN: 'a-token-of-this-call' } }
  t.match(await cli(noToken, ['service', 'install'], options), { code: 78, stderr: /server\.tokenFile must be/ })
})

t.test('service says where there is no service manager', { skip: existsSync('/run/systemd/system') }, async (t) => {
  t.match(await cli(agentFolder(t), ['service', 'status']), { code: 1, stderr: /gururmm-agent start/ })
  t.match(await cli(agentFolder(t), ['service', 'install']), { code: 1, stderr: /none of them running here/ })
})

t.test(
  'a dry run needs no service manager that runs',
  { skip: (process.platform !== 'linux' || existsSync('/run/systemd/system')) && 'for Linux without systemd' },
  async (t) => {
    const folder = openFolder(t)
    const { code, stdout, stderr } = await cli(folder, ['service', 'uninstall', '--dry-run'])
    t.equal(code, 0)
    t.equal(stderr, 'systemd does not run on this machine; where it runs, this would be done:\n')
    t.match(stdout, /^→ remove \/etc\/systemd\/system\/gururmm-agent\.service$/m)
    const json = await cli(folder, ['service', 'uninstall', '--dry-run', '--json'])
    t.match(JSON.parse(json.stdout), { manager: 'systemd', dryRun: true })
  },
)

if (process.platform === 'linux' && isRoot) {
  t.test(
    'service install makes the account, hands over what it needs, writes the unit and starts it; again does no harm',
    async (t) => {
      const folder = openFolder(t)
      const { code, stdout, stderr, calls, units } = onMachine(folder, [
        'agent service install',
        `stat -c '%U %a' data token`,
        'agent service install',
        'agent service status',
      ])
      t.equal(code, 0, stderr)
      t.same(calls, [
        `useradd --system --user-group --no-create-home --shell /usr/sbin/nologin --home-dir ${folder}/data --comment GuruRMM agent gururmm`,
        'systemctl daemon-reload',
        'systemctl enable gururmm-agent.service',
        'systemctl restart gururmm-agent.service',
        'systemctl daemon-reload',
        'systemctl enable gururmm-agent.service',
        'systemctl restart gururmm-agent.service',
        'systemctl show gururmm-agent --property=LoadState --property=ActiveState --property=SubState --property=UnitFileState --property=MainPID --property=ExecMainStatus',
      ])
      t.match(stdout, /^gururmm 700\ngururmm 600$/m)
      t.match(stdout, /journalctl -u gururmm-agent -f/)
      t.match(stdout, /running, process 1: active/)
      const unit = readFileSync(path.join(units, 'gururmm-agent.service'), 'utf8')
      const start = `ExecStart=/mnt/node/node /mnt/agent/bin/gururmm-agent.js start --config ${folder}/agent.config.json`
      t.match(unit, start)
      t.match(unit, `ReadWritePaths=${folder}/data\n`)
    },
  )

  t.test('a dry run shows all of it and does nothing', async (t) => {
    const folder = openFolder(t)
    const { code, stdout, calls, units } = onMachine(folder, ['agent service install --dry-run'])
    t.equal(code, 0)
    t.same(calls, [])
    t.same(readdirSync(units), [])
    t.notOk(existsSync(path.join(folder, 'data')))
    t.match(stdout, /→ write \/etc\/systemd\/system\/gururmm-agent\.service\n {4}# Written by/)
    t.match(stdout, /→ systemctl restart gururmm-agent\.service/)
    const json = onMachine(folder, ['agent service install --dry-run --json --no-start --user daemon'])
    const { dryRun, manager, steps } = JSON.parse(json.stdout)
    t.match({ dryRun, manager }, { dryRun: true, manager: 'systemd' })
    t.same(steps.at(-1), { kind: 'call', program: 'systemctl', args: ['enable', 'gururmm-agent.service'] })
  })

  t.test('an account that is missing, or cannot read the config, is refused before anything is written', async (t) => {
    const folder = openFolder(t)
    const unknown = onMachine(folder, ['agent service install --user nobody-of-this-name'])
    t.match(unknown, { code: 1, calls: [], stderr: /nobody-of-this-name/ })
    chmodSync(folder, 0o700)
    const closed = onMachine(folder, ['agent service install'])
    t.match(closed, { code: 1, calls: [], stderr: `${folder} is closed to it` })
    t.same(readdirSync(closed.units), [])
  })

  t.test('service uninstall removes the unit and leaves the data; with --purge only what is an agent’s', async (t) => {
    const folder = openFolder(t)
    const kept = onMachine(folder, ['agent service install', 'echo id > data/agent-id', 'agent service uninstall'])
    t.equal(kept.code, 0, kept.stderr)
    t.same(readdirSync(kept.units), [])
    t.same(kept.calls.slice(-2), ['systemctl disable --now gururmm-agent.service', 'systemctl daemon-reload'])
    t.ok(existsSync(path.join(folder, 'data/agent-id')))

    writeFileSync(path.join(folder, 'data/agent-id'), 'id')
    const purged = onMachine(folder, ['agent service uninstall --purge', 'agent service uninstall --purge'])
    t.equal(purged.code, 0, purged.stderr)
    t.notOk(existsSync(path.join(folder, 'data')))
    t.ok(existsSync(path.join(folder, 'agent.config.json')))

    const other = onMachine(folder, ['mkdir data', 'agent service uninstall --purge'])
    t.match(other, { code: 78, stderr: /remove it by hand/ })
    t.ok(existsSync(path.join(folder, 'data')))
  })

  t.test('without root’s rights nothing is done, and that is said', async (t) => {
    const folder = openFolder(t)
    const drop = 'setpriv --reuid=65534 --regid=65534 --clear-groups --'
    const main = '/mnt/node/node --conditions=gururmm-source /mnt/agent/core/cli/main.ts'
    const { code, stderr, calls } = onMachine(folder, [`${drop} ${main} --config agent.config.json service install`])
    t.match({ code, stderr, calls }, { code: 1, stderr: /sudo/, calls: [] })
  })

  t.test('what root does with a service’s data folder, it does as the service’s account', async (t) => {
    const folder = openFolder(t)
    const { code, stdout, stderr } = onMachine(folder, [
      'agent service install >/dev/null',
      "agent run shell 'id -u'",
      'agent doctor | grep token',
      `find data ! -user gururmm | sed 's/^/not its own: /'`,
      // Ends it as a service manager would
      'timeout 5 /mnt/node/node --conditions=gururmm-source /mnt/agent/core/cli/main.ts start || true',
      `find data ! -user gururmm | sed 's/^/not its own: /'`,
    ])
    t.equal(code, 0, stderr)
    t.match(stdout, /^64999\n/)
    t.match(stdout, /✓ token readable/)
    t.notMatch(stdout, /not its own/)
  })
}

import { dirname } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { type Removal, SERVICE_NAME, type ServiceManager, type ServiceRequest, type Step } from './contract.ts'
import { unitFile } from './systemd-unit.ts'

/** Where an administrator's own units lie. */
const UNIT_FILE = `/etc/systemd/system/${SERVICE_NAME}.service`

/** Where packages put theirs. */
const PACKAGED = ['/lib/systemd/system', '/usr/lib/systemd/system'].map((folder) => `${folder}/${SERVICE_NAME}.service`)

/** The account that is made for the agent where none is named. */
export const SERVICE_USER = 'gururmm'

/** What is asked of the machine while planning. */
export interface SystemdFacts {
  exists(path: string): boolean
  hasAccount(user: string): boolean
}

/** systemd, on Linux. */
export function createSystemd({ exists, hasAccount }: SystemdFacts): ServiceManager {
  return {
    name: 'systemd',
    defaultUser: SERVICE_USER,
    logHint: `journalctl -u ${SERVICE_NAME} -f`,
    install(request) {
      const user = request.user ?? SERVICE_USER
      refusePackaged(exists)
      return [
        ...(user === SERVICE_USER && !hasAccount(user) ? [addUser(request.dataDir)] : []),
        ...folders(request, user),
        { kind: 'file', path: UNIT_FILE, mode: 0o644, content: unitFile({ ...request, user }) },
        systemctl('daemon-reload'),
        systemctl('enable', `${SERVICE_NAME}.service`),
        // Not `start`: one that runs shall take up what was changed
        ...(request.start ? [systemctl('restart', `${SERVICE_NAME}.service`)] : []),
      ]
    },
    uninstall: ({ dataDir }: Removal) => [
      { ...systemctl('disable', '--now', `${SERVICE_NAME}.service`), mayFail: true },
      { kind: 'remove', path: UNIT_FILE },
      systemctl('daemon-reload'),
      ...(dataDir === null ? [] : [{ kind: 'remove', path: dataDir } as const]),
      ...(dataDir !== null && hasAccount(SERVICE_USER) ? [call('userdel', SERVICE_USER)] : []),
    ],
    async status(ask) {
      const properties = ['LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'MainPID', 'ExecMainStatus']
      const { stdout } = await ask('systemctl', [
        'show',
        SERVICE_NAME,
        ...properties.map((name) => `--property=${name}`),
      ])
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? ''
      const running = value('ActiveState') === 'active'
      const ended = running || value('ExecMainStatus') === '0' ? '' : `, last exit code ${value('ExecMainStatus')}`
      return {
        manager: 'systemd',
        installed: value('LoadState') === 'loaded',
        enabled: value('UnitFileState').startsWith('enabled'),
        running,
        pid: Number(value('MainPID')) || null,
        detail: `${value('ActiveState')} (${value('SubState')})${ended}`,
      }
    },
  }
}

function refusePackaged(exists: SystemdFacts['exists']): void {
  const packaged = PACKAGED.find(exists)
  if (packaged === undefined) return
  const message =
    `A system package brings this service already (${packaged}): start it with \`systemctl enable --now ${SERVICE_NAME}\`, ` +
    `and change it with \`systemctl edit ${SERVICE_NAME}\`.`
  throw new CommandError('SERVICE_UNSUPPORTED', message, { refused: true })
}

/** Root may read all as it is. What another account has to read and write becomes its own. */
function folders({ dataDir, logFile, secretFiles }: ServiceRequest, user: string): readonly Step[] {
  const own = [dataDir, ...(logFile === null ? [] : [dirname(logFile)])]
  const made = call('install', '--directory', `--owner=${user}`, '--mode=0700', dataDir)
  const log = own.slice(1).filter((folder) => folder !== dataDir)
  if (user === 'root') return [made]
  return [
    made,
    ...log.map((folder) => call('install', '--directory', `--owner=${user}`, '--mode=0750', folder)),
    // What an agent of another account left there
    call('chown', '--recursive', '--no-dereference', `${user}:`, dataDir),
    ...secretFiles.flatMap((file) => [call('chown', `${user}:`, file), call('chmod', '0600', file)]),
  ]
}

function addUser(home: string): Step {
  const flags = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', '--home-dir', home]
  return call('useradd', ...flags, '--comment', 'GuruRMM agent', SERVICE_USER)
}

function systemctl(...args: readonly string[]) {
  return call('systemctl', ...args)
}

function call(program: string, ...args: readonly string[]) {
  return { kind: 'call', program, args } as const
}

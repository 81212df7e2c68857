import { win32 as path } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { ONLY_ADMINISTRATORS, systemProgram } from '../windows/index.ts'
import { SERVICE_NAME, type ServiceManager, type ServiceRequest, STOP_SECONDS } from './contract.ts'
import { xml } from './xml.ts'

export interface WindowsFacts {
  /** WinSW, the program that Windows starts as a service and that starts the agent. */
  readonly wrapper: string
  /** The machine's folder for programs' data, `C:\ProgramData`. */
  readonly programData: string
}

/** The Windows service control manager, by WinSW. The agent runs as LocalSystem. */
export function createWindowsManager({ wrapper, programData }: WindowsFacts): ServiceManager {
  // Commands and Windows itself find the wrapper here, whatever becomes of the folder it was installed from
  const folder = path.join(programData, 'GuruRMM', 'service')
  const program = path.join(folder, `${SERVICE_NAME}.exe`)
  const logs = path.join(programData, 'GuruRMM', 'logs')
  const winsw = (verb: string) => ({ kind: 'call', program, args: [verb] }) as const
  // Unlike WinSW, this returns when it is done
  const net = (verb: string) =>
    ({ kind: 'call', program: systemProgram('net.exe'), args: [verb, SERVICE_NAME] }) as const
  return {
    name: 'windows',
    defaultUser: null,
    logHint: `Event Viewer, Windows Logs, Application, source ${SERVICE_NAME}; the agent’s own lines are in ${logs}`,
    install(request) {
      refuseUser(request.user)
      return [
        { kind: 'folder', path: request.dataDir },
        { kind: 'folder', path: folder },
        { kind: 'folder', path: logs },
        // Whoever could write here would decide what runs as SYSTEM
        ...[request.dataDir, folder, logs].map(
          (own) =>
            ({ kind: 'call', program: systemProgram('icacls.exe'), args: [own, ...ONLY_ADMINISTRATORS] }) as const,
        ),
        // The file of a service that runs cannot be replaced; the first time there is none
        { ...net('stop'), mayFail: true },
        { ...winsw('uninstall'), mayFail: true },
        { kind: 'copy', from: wrapper, path: program },
        { kind: 'copy', from: `${wrapper}.config`, path: `${program}.config` },
        { kind: 'file', path: path.join(folder, `${SERVICE_NAME}.xml`), mode: 0o600, content: settings(request, logs) },
        winsw('install'),
        ...(request.start ? [net('start')] : []),
      ]
    },
    uninstall: ({ dataDir }) => [
      { ...net('stop'), mayFail: true },
      { ...winsw('uninstall'), mayFail: true },
      { kind: 'remove', path: folder },
      ...(dataDir === null ? [] : [dataDir, logs].map((own) => ({ kind: 'remove', path: own }) as const)),
    ],
    async status(ask) {
      const [query, settings] = await Promise.all([
        ask(systemProgram('sc.exe'), ['queryex', SERVICE_NAME]),
        ask(systemProgram('sc.exe'), ['qc', SERVICE_NAME]),
      ])
      // By their numbers: the words are in the machine's language
      const state = /^\s*STATE\s*:\s*(\d+)\s+(\S+)/m.exec(query.stdout)
      const pid = Number(/^\s*PID\s*:\s*(\d+)/m.exec(query.stdout)?.[1] ?? 0)
      return {
        manager: 'windows',
        installed: query.code === 0,
        enabled: /^\s*START_TYPE\s*:\s*2\b/m.test(settings.stdout),
        running: state?.[1] === '4',
        pid: pid || null,
        detail: state?.[2] ?? 'no such service',
      }
    },
  }
}

function refuseUser(user: string | null): void {
  if (user === null) return
  const message =
    `On Windows the service runs as LocalSystem, not as ${JSON.stringify(user)}: leave --user out. ` +
    'Another account can be set in services.msc, which asks for its password.'
  throw new CommandError('SERVICE_UNSUPPORTED', message, { refused: true })
}

/**
 * WinSW's settings. It asks the agent to stop by a Ctrl-C, waits, then ends its tree. After a failure it starts it again: soon at first,
 * then every five minutes, since Windows knows no exit codes that forbid it.
 */
function settings({ command: [program, script], args }: ServiceRequest, logs: string): string {
  const lines = [
    '<service>',
    `  <id>${SERVICE_NAME}</id>`,
    '  <name>GuruRMM agent</name>',
    '  <description>Runs what the GuruRMM server asks for, under the policy of this machine’s config.</description>',
    `  <executable>${xml(program)}</executable>`,
    ...[script, ...args].map((argument) => `  <argument>${xml(quoted(argument))}</argument>`),
    '  <startmode>Automatic</startmode>',
    `  <logpath>${xml(logs)}</logpath>`,
    '  <log mode="roll-by-size">',
    '    <sizeThreshold>10240</sizeThreshold>',
    '    <keepFiles>5</keepFiles>',
    '  </log>',
    '  <onfailure action="restart" delay="5 sec"/>',
    '  <onfailure action="restart" delay="1 min"/>',
    '  <onfailure action="restart" delay="5 min"/>',
    '  <resetfailure>1 hour</resetfailure>',
    `  <stoptimeout>${STOP_SECONDS} sec</stoptimeout>`,
    '</service>',
  ]
  return `${lines.join('\r\n')}\r\n`
}

/** WinSW joins its arguments with spaces and quotes none. No path can hold a quotation mark. */
function quoted(argument: string): string {
  return /\s/.test(argument) ? `"${argument}"` : argument
}

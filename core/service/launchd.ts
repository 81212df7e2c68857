import { SERVICE_NAME, type ServiceManager, type ServiceRequest, STOP_SECONDS } from './contract.ts'
import { xml } from './xml.ts'

const PLIST = `/Library/LaunchDaemons/${SERVICE_NAME}.plist`

/** launchd keeps no log of its own. */
const LOG_FILE = `/Library/Logs/${SERVICE_NAME}.log`

const TARGET = `system/${SERVICE_NAME}`

/** launchd, on macOS. The agent runs as root unless another account, which has to be there, is named. */
export const launchd: ServiceManager = {
  name: 'launchd',
  defaultUser: 'root',
  logHint: `tail -f ${LOG_FILE}`,
  install: (request) => [
    call('install', '-d', '-m', '0700', '-o', request.user ?? 'root', request.dataDir),
    ...request.secretFiles.flatMap((file) => [
      call('chown', request.user ?? 'root', file),
      call('chmod', '0600', file),
    ]),
    // One that is loaded keeps the old file in mind
    { ...call('launchctl', 'bootout', TARGET), mayFail: true },
    { kind: 'file', path: PLIST, mode: 0o644, content: plist(request) },
    call('launchctl', 'enable', TARGET),
    ...(request.start ? [call('launchctl', 'bootstrap', 'system', PLIST)] : []),
  ],
  uninstall: ({ dataDir }) => [
    { ...call('launchctl', 'bootout', TARGET), mayFail: true },
    { kind: 'remove', path: PLIST },
    ...(dataDir === null ? [] : [{ kind: 'remove', path: dataDir } as const]),
  ],
  async status(ask) {
    const { code, stdout } = await ask('launchctl', ['print', TARGET])
    const state = /^\s*state = (.+)$/m.exec(stdout)?.[1] ?? 'not loaded'
    const pid = Number(/^\s*pid = (\d+)$/m.exec(stdout)?.[1] ?? 0)
    return {
      manager: 'launchd',
      installed: code === 0,
      enabled: code === 0,
      running: pid > 0,
      pid: pid || null,
      detail: state,
    }
  },
}

/** launchd knows no exit codes that forbid another start; with a broken config it tries again each minute. */
function plist({ command, args, user }: ServiceRequest): string {
  const words = [...command, ...args]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${SERVICE_NAME}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xml(word)}</string>`).join('\n')}
  </array>
  <key>UserName</key>
  <string>${xml(user ?? 'root')}</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>60</integer>
  <key>ExitTimeOut</key>
  <integer>${STOP_SECONDS}</integer>
  <key>StandardErrorPath</key>
  <string>${LOG_FILE}</string>
</dict>
</plist>
`
}

function call(program: string, ...args: readonly string[]) {
  return { kind: 'call', program, args } as const
}

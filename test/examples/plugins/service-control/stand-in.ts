import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { scratchFolder } from '../example-plugins.ts'

/** A program in the place of a service manager, which a test machine has none of. */
export interface StandIn {
  readonly program: string
  /** What it was called with, one call a line. */
  calls(): readonly string[]
}

const SYSTEMCTL = `
block() {
  state=active/running pid=4242
  [ -f "$here/state-$1" ] && state=$(cat "$here/state-$1") && pid=0
  printf 'Id=%s\\nDescription=%s\\nLoadState=%s\\nActiveState=%s\\nSubState=%s\\nUnitFileState=%s\\nMainPID=%s\\n' \\
    "$1" "$2" loaded "\${state%/*}" "\${state#*/}" enabled "$pid"
}
for last; do :; done
case "$*" in
  *' show -- '*)
    case "$last" in
      '*.service') block nginx.service 'Web = server'; echo; block app-one.service 'The first'; echo
        printf 'Id=gone.service\\nLoadState=not-found\\nActiveState=inactive\\n' ;;
      www.service) block nginx.service 'Web = server' ;;
      nginx.service | app-one.service | broken.service | locked.service) block "$last" 'One' ;;
      *) printf 'Id=%s\\nLoadState=not-found\\nActiveState=inactive\\nMainPID=0\\n' "$last" ;;
    esac ;;
  *' restart -- broken.service') echo failed/failed > "$here/state-broken.service" ;;
  *' restart -- locked.service') echo 'Access denied' >&2; exit 4 ;;
  *' restart -- '*) ;;
  *) echo "unexpected: $*" >&2; exit 64 ;;
esac
`

const POWERSHELL = `
for script; do :; done
case "$script" in
  *Restart-Service*) [ "$SERVICE_CONTROL_NAME" = Spooler ] || { echo 'Cannot stop it' >&2; exit 1; } ;;
  *Where-Object*) [ "$SERVICE_CONTROL_NAME" = Nothing ] ||
    echo '{"Name":"Spooler","DisplayName":"Print Spooler","State":"Running","StartMode":"Auto","ProcessId":1234}' ;;
  *) echo '[{"Name":"W32Time","DisplayName":"Windows Time","State":"Stopped","StartMode":"Manual","ProcessId":0},'
    echo '{"Name":"Spooler","DisplayName":"Print Spooler","State":"Stop Pending","StartMode":"Auto","ProcessId":1234}]' ;;
esac
`

/** A folder that isolated plugins' programs reach as well. */
export function standIn(t: Test, kind: 'systemctl' | 'powershell'): StandIn {
  const folder = scratchFolder(t)
  chmodSync(folder, 0o777)
  const program = join(folder, kind)
  const body = kind === 'systemctl' ? SYSTEMCTL : POWERSHELL
  writeFileSync(program, `#!/bin/sh\nhere=\${0%/*}\nprintf '%s\\n' "$*" >> "$here/calls"\n${body}`)
  chmodSync(program, 0o755)
  return { program, calls: () => readFileSync(join(folder, 'calls'), 'utf8').split('\n').slice(0, -1) }
}

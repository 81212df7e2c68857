import {
  ask,
  type Context,
  invalidAnswer,
  managerFailed,
  type Service,
  type ServiceManager,
} from './service-manager.ts'

const STATES: Readonly<Record<string, Service['state']>> = {
  Running: 'running',
  Stopped: 'stopped',
  'Start Pending': 'changing',
  'Stop Pending': 'changing',
  'Continue Pending': 'changing',
  'Pause Pending': 'changing',
  Paused: 'stopped',
}

/** The name goes by a variable, never into the script: nothing in it can become code. */
const NAME_VARIABLE = 'SERVICE_CONTROL_NAME'

const PREAMBLE =
  "$ErrorActionPreference = 'Stop'; [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false; "
const QUERY = 'Get-CimInstance Win32_Service'
const TELL = ' | Select-Object Name, DisplayName, State, StartMode, ProcessId | ConvertTo-Json -Compress'
const NAMED = `Where-Object { $_.Name -eq $env:${NAME_VARIABLE} }`

/**
 * Services of Windows, by PowerShell's JSON: the words that `sc.exe` writes are translated on some systems. The states of
 * `Win32_Service` are not.
 */
export function windowsServices(program: string): ServiceManager {
  return {
    program,
    plainName: (name) => name.toLowerCase(),
    list: (ctx) => query(`${QUERY}${TELL}`, ctx, program),
    async find(name, ctx) {
      const [found] = await query(`${QUERY} | ${NAMED}${TELL}`, ctx, program, name)
      return found ?? null
    },
    async restart(name, ctx) {
      // Without -Force: a service that others depend on is not restarted, for they would end with it
      const script = `Get-Service | ${NAMED} | Restart-Service`
      const answer = await powershell(script, ctx, program, name)
      if (answer.end.exitCode !== 0) throw managerFailed(`restart ${name}`, answer)
    },
  }
}

async function query(script: string, ctx: Context, program: string, name?: string): Promise<readonly Service[]> {
  const answer = await powershell(script, ctx, program, name)
  if (answer.end.exitCode !== 0) throw managerFailed('tell of services', answer)
  return parseServices(answer.stdout)
}

function powershell(script: string, ctx: Context, program: string, name?: string) {
  const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', PREAMBLE + script]
  return ask(ctx, program, args, name === undefined ? {} : { [NAME_VARIABLE]: name })
}

/**
 * The services in what `ConvertTo-Json` wrote: nothing for none, an object for one, an array for more.
 *
 * @throws CommandError `SERVICE_CONTROL_ANSWER_INVALID` where it is no JSON of services.
 */
export function parseServices(text: string): readonly Service[] {
  if (text.trim() === '') return []
  return [parseJson(text)]
    .flat()
    .map(serviceOf)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidAnswer(JSON.stringify(text.slice(0, 100)))
  }
}

function serviceOf(found: unknown): Service {
  const { Name, DisplayName, State, StartMode, ProcessId } = (found ?? {}) as Readonly<Record<string, unknown>>
  if (typeof Name !== 'string') throw invalidAnswer('an entry without a name')
  const detail = typeof State === 'string' ? State : ''
  return {
    name: Name,
    description: typeof DisplayName === 'string' ? DisplayName : '',
    state: STATES[detail] ?? 'unknown',
    detail,
    start: typeof StartMode === 'string' ? StartMode : null,
    pid: typeof ProcessId === 'number' && ProcessId > 0 ? ProcessId : null,
  }
}

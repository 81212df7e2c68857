import { ask, type Context, managerFailed, type Service, type ServiceManager } from './service-manager.ts'

const PROPERTIES = ['Id', 'Description', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'MainPID']

const STATES: Readonly<Record<string, Service['state']>> = {
  active: 'running',
  inactive: 'stopped',
  failed: 'failed',
  activating: 'changing',
  deactivating: 'changing',
  reloading: 'changing',
  refreshing: 'changing',
}

/**
 * Services of systemd. It is asked by `systemctl show`, whose `Key=value` blocks are made for programs and the same in every version
 * and language; the tables of `list-units` are not.
 */
export function systemd(program: string): ServiceManager {
  return {
    program,
    plainName: unitName,
    list: (ctx) => show('*.service', ctx, program),
    async find(name, ctx) {
      const [found] = await show(unitName(name), ctx, program)
      return found ?? null
    },
    async restart(name, ctx) {
      const answer = await ask(ctx, program, ['--no-pager', '--no-ask-password', 'restart', '--', unitName(name)])
      if (answer.end.exitCode !== 0) throw managerFailed(`restart ${unitName(name)}`, answer)
    },
  }
}

/** As systemctl does it: a name without its kind is a service's. */
function unitName(name: string): string {
  return name.endsWith('.service') ? name : `${name}.service`
}

async function show(units: string, ctx: Context, program: string): Promise<readonly Service[]> {
  const args = ['--no-pager', '--all', `--property=${PROPERTIES.join(',')}`, 'show', '--', units]
  const answer = await ask(ctx, program, args)
  if (answer.end.exitCode !== 0) throw managerFailed('tell of services', answer)
  return parseShow(answer.stdout)
}

/** The services in the output of `systemctl show`; those that are only named by others, and do not exist, are left out. */
export function parseShow(text: string): readonly Service[] {
  return text
    .split(/\n{2,}/)
    .map(propertiesOf)
    .filter(({ Id, LoadState }) => Id !== undefined && LoadState !== 'not-found')
    .map(serviceOf)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

function propertiesOf(block: string): Readonly<Record<string, string>> {
  const pairs = block.split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
  return Object.fromEntries(pairs)
}

function serviceOf(found: Readonly<Record<string, string>>): Service {
  const { Id = '', Description = '', ActiveState = '', SubState = '', UnitFileState = '', MainPID = '' } = found
  const pid = /^[1-9]\d*$/.test(MainPID) ? Number(MainPID) : null
  // A service that did its work and ended is active too; nothing of it runs
  const state = ActiveState === 'active' && SubState === 'exited' ? 'stopped' : (STATES[ActiveState] ?? 'unknown')
  const detail = [ActiveState, SubState].filter((part) => part !== '').join('/')
  return { name: Id, description: Description, state, detail, start: UnitFileState || null, pid }
}

import { CommandError, type Infer } from '@gururmm/plugin-sdk'
import { managerOf } from './manager.ts'
import { requireRestartable } from './policy.ts'
import type { listSchema, nameSchema } from './schemas.ts'
import type { Context, Service, ServiceManager } from './service-manager.ts'

type NameInput = Infer<typeof nameSchema>

/** Handles `service_list`. */
export async function listServices({ state, name }: Infer<typeof listSchema>, ctx: Context) {
  const wanted = name?.toLowerCase() ?? ''
  const services = (await managerOf(ctx.config).list(ctx)).filter(
    (service) =>
      (state === undefined || service.state === state) &&
      `${service.name}\n${service.description}`.toLowerCase().includes(wanted),
  )
  return { data: { services }, stdout: services.map(lineOf).join('') }
}

/** Handles `service_status`. */
export async function tellService({ name }: NameInput, ctx: Context) {
  const service = await findService(name, managerOf(ctx.config), ctx)
  return { data: service, stdout: lineOf(service) }
}

/** Handles `service_restart`. */
export async function restartService({ name }: NameInput, ctx: Context) {
  const manager = managerOf(ctx.config)
  requireRestartable(name, ctx.config, manager)
  const before = await findService(name, manager, ctx)
  // An alias that is allowed may stand for a service that is not
  requireRestartable(before.name, ctx.config, manager)
  ctx.progress({ service: before.name, step: 'restart' })
  await manager.restart(before.name, ctx)
  const after = await findService(before.name, manager, ctx)
  // One that does its work and ends rests before and after
  if (after.state === 'running' || (after.state === 'stopped' && before.state === 'stopped')) {
    return { data: { before, after }, stdout: lineOf(after) }
  }
  const message = `The service ${after.name} was restarted and was expected to run, and it is ${after.state} (${after.detail}); look into its log.`
  throw new CommandError('SERVICE_CONTROL_NOT_RUNNING', message, { outcome: { data: { before, after } } })
}

/** @throws CommandError `SERVICE_CONTROL_UNKNOWN`. */
async function findService(name: string, manager: ServiceManager, ctx: Context): Promise<Service> {
  const service = await manager.find(name, ctx)
  if (service !== null) return service
  const message = `This machine has no service ${JSON.stringify(name)}; \`service_list\` tells which there are.`
  throw new CommandError('SERVICE_CONTROL_UNKNOWN', message)
}

function lineOf({ name, state, detail, pid, description }: Service): string {
  const process = pid === null ? '' : `, process ${pid}`
  return `${name}: ${state} (${detail}${process}) ${description}\n`
}

import { CommandError } from '@gururmm/plugin-sdk'
import type { ServiceConfig } from './schemas.ts'
import type { ServiceManager } from './service-manager.ts'

/**
 * Refuses a service that the operator does not let be restarted.
 *
 * @param name its own name, or the one it was asked by.
 * @throws CommandError `SERVICE_CONTROL_NOT_ALLOWED`, refused.
 */
export function requireRestartable(name: string, { restartable }: ServiceConfig, manager: ServiceManager): void {
  if (restartable.some((allowed) => covers(allowed, name, manager))) return
  const message = `This agent restarts only the services its operator names, and ${JSON.stringify(name)} is none of them; name one that is, or let the operator add it.`
  throw new CommandError('SERVICE_CONTROL_NOT_ALLOWED', message, {
    refused: true,
    rule: 'plugins.service_control.config.restartable',
  })
}

function covers(allowed: string, name: string, { plainName }: ServiceManager): boolean {
  const plain = plainName(name)
  if (!allowed.endsWith('*')) return plain === plainName(allowed)
  // A prefix is the begin of a name, so its own kind is not added to it
  const prefix = allowed.slice(0, -1)
  return plain.startsWith(prefix) || plain.startsWith(plainName(prefix))
}

import { HTTPException } from 'hono/http-exception'
import type { CommandRecord } from './command.ts'
import type { ServerContext } from './session.ts'
import type { OperatorCredential } from './tokens.ts'

/** What a request carries from one handler to the next. */
export type Env = { Variables: { operator: OperatorCredential } }

/** Answers the request with a refusal. */
export function fail(status: 400 | 404 | 409 | 410 | 413 | 429 | 502 | 503, message: string): never {
  throw new HTTPException(status, { message })
}

/** The command that a request is about. */
export function findCommand({ store }: ServerContext, id: string): CommandRecord {
  return store.command(id) ?? fail(404, 'no such command')
}

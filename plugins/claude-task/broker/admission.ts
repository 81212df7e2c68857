import type { IncomingMessage } from 'node:http'
import type { Credentials } from './credentials.ts'

/** Why a request is not let through. */
export interface Refusal {
  readonly status: number
  readonly why: string
}

/** All that the CLI needs of the API. The paths are compared as they come: nothing is decoded or straightened. */
const ROUTES = ['POST /v1/messages', 'POST /v1/messages?beta=true', 'HEAD /']

/** The API takes no more. */
export const MAX_REQUEST_BYTES = 32 * 1024 * 1024

/** Looks at a request before anything of it is read; null: it may pass. */
export function refusalOf(request: IncomingMessage, credentials: Credentials): Refusal | null {
  if (!credentials.isBorne(request.headers)) return { status: 401, why: 'This is not the token of the task.' }
  if (!ROUTES.includes(`${request.method} ${request.url}`)) {
    return { status: 403, why: 'A Claude task may ask for messages, nothing else.' }
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES) {
    return { status: 413, why: `A request may have ${MAX_REQUEST_BYTES} bytes.` }
  }
  return null
}

import { randomUUID } from 'node:crypto'
import type { QueryPayload, QueryResultPayload } from 'gururmm-agent/protocol'

/** What is asked of an agent; the id is given here. */
export type Query = Partial<QueryPayload> & Pick<QueryPayload, 'what'>

/** The queries of one connection, and who waits for their answers. */
export interface AgentQueries {
  /** @throws QueryError where the agent refuses, does not answer in time, or its connection ends. */
  ask(query: Query): Promise<QueryResultPayload>
  answered(result: QueryResultPayload): void
  /** The connection is gone. */
  end(): void
}

/** Why there is no answer: the agent's own code, or `AGENT_GONE`, `QUERY_TIMEOUT`. */
export interface QueryError extends Error {
  readonly code: string
}

/** An agent answers in turn, so this covers a queue of them. */
const ANSWER_MS = 60_000

export function createQueries(send: (payload: QueryPayload) => void, answerMs: number = ANSWER_MS): AgentQueries {
  const waiting = new Map<string, PromiseWithResolvers<QueryResultPayload>>()
  return {
    async ask(query) {
      const id = randomUUID()
      const answer = Promise.withResolvers<QueryResultPayload>()
      waiting.set(id, answer)
      const late = () =>
        answer.reject(queryError('QUERY_TIMEOUT', `the agent did not answer within ${answerMs / 1000} s`))
      const timer = setTimeout(late, answerMs)
      try {
        send({ ...query, id })
        return await answer.promise
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },
    answered(result) {
      const { error } = result
      if (error === undefined) waiting.get(result.id)?.resolve(result)
      else waiting.get(result.id)?.reject(queryError(error.code, error.message))
    },
    end() {
      for (const answer of waiting.values()) answer.reject(queryError('AGENT_GONE', 'the agent’s connection ended'))
    },
  }
}

function queryError(code: string, message: string): QueryError {
  return Object.assign(new Error(message), { code })
}

import type { ServerResponse } from 'node:http'
import type { ApprovalQuestion, Asker } from '../approvals/index.ts'

/** A command's question on its way to whoever called it, and the answer on its way back. */
export interface QuestionLine extends ApprovalQuestion {
  readonly id: number
}

export interface LocalAnswer {
  readonly id: string
  readonly question: number
  readonly approved: boolean
  readonly by: string
}

/** The questions of one local run that wait for an answer. */
export interface LocalQuestions {
  readonly asker: Asker
  /** An answer to none of them changes nothing. */
  answer(answer: LocalAnswer): void
}

/** Puts questions into the stream of news that the caller reads. */
export function createLocalQuestions(response: Pick<ServerResponse, 'write'>): LocalQuestions {
  const open = new Map<number, (answer: LocalAnswer) => void>()
  let asked = 0
  const send = (line: object) => response.write(`${JSON.stringify(line)}\n`)
  return {
    asker(question, signal) {
      const id = ++asked
      const { promise, resolve } = Promise.withResolvers<LocalAnswer>()
      open.set(id, resolve)
      signal.addEventListener('abort', () => {
        if (open.delete(id)) send({ withdrawn: id })
      })
      send({ question: { ...question, id } })
      return promise
    },
    answer(answer) {
      const settle = open.get(answer.question)
      open.delete(answer.question)
      settle?.(answer)
    },
  }
}

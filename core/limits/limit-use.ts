import type { Failure } from '../dispatch/contract.ts'

/** How one limit stands. */
export interface LimitUse {
  /** `concurrent`: places; `rate`: starts in a window; `usage`: what results told as used, in a window. */
  readonly kind: 'concurrent' | 'rate' | 'usage'
  /** Whose, as it reads after a number: `shell commands of the user olga`. */
  readonly of: string
  readonly max: number
  readonly used: number
  readonly windowSeconds?: number
  /** Of `usage`: which. */
  readonly key?: string
  /** Of `concurrent`: how many may wait, and do. */
  readonly maxWaiting?: number
  readonly waiting?: number
  /** The place that says the limit. */
  readonly rule: string
  readonly full: boolean
  /** Until there is room, at the latest; undefined: nobody knows. */
  readonly retryAfterSeconds: number | undefined
}

/** What a command is told that met a full limit. */
export function refusalOf(use: LimitUse): Failure {
  const { kind, rule, retryAfterSeconds } = use
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
  const code = {
    concurrent: use.maxWaiting === 0 ? 'LIMIT_CONCURRENT' : 'LIMIT_QUEUE',
    rate: 'LIMIT_RATE',
    usage: 'LIMIT_USAGE',
  }[kind]
  return { code, message: `Refused, not run: ${SENTENCES[kind](use)}`, rule, ...retry }
}

const SENTENCES: Readonly<Record<LimitUse['kind'], (use: LimitUse) => string>> = {
  concurrent({ of, max, maxWaiting = 0, retryAfterSeconds }) {
    const hint =
      retryAfterSeconds === undefined ? 'try again later' : `one ends in ${retryAfterSeconds} s at the latest`
    const waiting = maxWaiting === 0 ? 'none may wait' : `${maxWaiting} wait, as many as may`
    return `${max} ${of} are running and ${waiting}; ${hint}.`
  },
  rate({ of, max, windowSeconds, retryAfterSeconds }) {
    const hint = retryAfterSeconds === undefined ? 'try again later' : `try again in ${retryAfterSeconds} s`
    return `${max} ${of} in ${windowSeconds} s are allowed and as many have started; ${hint}.`
  },
  usage({ of, max, used, key, windowSeconds, retryAfterSeconds }) {
    const sum = Math.round(used * 1e6) / 1e6
    return `${of} may use ${max} ${key} in ${windowSeconds} s, and have used ${sum}; try again in ${retryAfterSeconds} s.`
  },
}

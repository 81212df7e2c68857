import type { TaskData } from '../schemas.ts'
import type { Spent, Tokens } from './event.ts'
import { countOf, type Fields, fieldsOf, isFields } from './fields.ts'

/** What a run has taken before its first answer. */
export const NOTHING: Spent = { costUsd: 0, tokens: { input: 0, output: 0, cacheCreation: 0, cacheRead: 0 } }

/**
 * What a result event says was used. The sums per model come first: they also count the turn that went over the budget, which
 * `usage` leaves out.
 */
export function tokensOf(result: Fields): Tokens {
  const models = fieldsOf(result, 'modelUsage')
  if (Object.values(models).some(isFields)) return tokensOfModels(models)
  const usage = fieldsOf(result, 'usage')
  return {
    input: countOf(usage, 'input_tokens'),
    output: countOf(usage, 'output_tokens'),
    cacheCreation: countOf(usage, 'cache_creation_input_tokens'),
    cacheRead: countOf(usage, 'cache_read_input_tokens'),
  }
}

/** The sums over all models; `byModel` has the CLI's counts by the model's name. */
export function tokensOfModels(byModel: Fields): Tokens {
  const models = Object.values(byModel).filter(isFields)
  const sum = (key: string) => models.reduce((total, model) => total + countOf(model, key), 0)
  return {
    input: sum('inputTokens'),
    output: sum('outputTokens'),
    cacheCreation: sum('cacheCreationInputTokens'),
    cacheRead: sum('cacheReadInputTokens'),
  }
}

/** As results and progress tell them: by the names that the API gives them. */
export function tokenFields(tokens: Tokens): TaskData['usage'] {
  return {
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    cache_creation_input_tokens: tokens.cacheCreation,
    cache_read_input_tokens: tokens.cacheRead,
  }
}

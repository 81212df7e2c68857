import type { Tokens } from './event.ts'
import { countOf, type Fields, fieldsOf, isFields } from './fields.ts'

/**
 * What a result event says was used. The sums per model come first: they also count the turn that went over the budget, which
 * `usage` leaves out.
 */
export function tokensOf(result: Fields): Tokens {
  const models = Object.values(fieldsOf(result, 'modelUsage')).filter(isFields)
  if (models.length === 0) {
    const usage = fieldsOf(result, 'usage')
    return {
      input: countOf(usage, 'input_tokens'),
      output: countOf(usage, 'output_tokens'),
      cacheCreation: countOf(usage, 'cache_creation_input_tokens'),
      cacheRead: countOf(usage, 'cache_read_input_tokens'),
    }
  }
  const sum = (key: string) => models.reduce((total, model) => total + countOf(model, key), 0)
  return {
    input: sum('inputTokens'),
    output: sum('outputTokens'),
    cacheCreation: sum('cacheCreationInputTokens'),
    cacheRead: sum('cacheReadInputTokens'),
  }
}

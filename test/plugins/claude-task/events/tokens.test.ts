import t from 'tap'
import { tokensOf } from '../../../../plugins/claude-task/events/tokens.ts'

const usage = { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 }

t.test('the sums of all models come first', async (t) => {
  const model = { inputTokens: 10, outputTokens: 20, cacheCreationInputTokens: 30, cacheReadInputTokens: 40 }
  t.same(tokensOf({ usage, modelUsage: { a: model, b: { inputTokens: 5 }, c: 'odd' } }), {
    input: 15,
    output: 20,
    cacheCreation: 30,
    cacheRead: 40,
  })
})

t.test('without them the run’s own usage counts, and nothing is 0', async (t) => {
  t.same(tokensOf({ usage, modelUsage: {} }), { input: 1, output: 2, cacheCreation: 3, cacheRead: 4 })
  t.same(tokensOf({ usage: { input_tokens: 'x', output_tokens: -1 } }), {
    input: 0,
    output: 0,
    cacheCreation: 0,
    cacheRead: 0,
  })
})

import t from 'tap'
import { createSamples } from '../../bench/samples.ts'
import { median, quantile } from '../../bench/statistics.ts'

t.test('a quantile is one of the values, whatever their order', async (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(median(values), 51)
  t.equal(quantile(values, 0.99), 100)
  t.equal(quantile(values, 0), 1)
  t.equal(quantile(values, 1), 100)
  t.equal(quantile([10, 9, 100], 0.5), 10, 'by size, not as text')
})

t.test('nothing measured is NaN', async (t) => {
  t.ok(Number.isNaN(median([])))
  t.ok(Number.isNaN(createSamples().value('latency', 'agent', 0.5)))
  t.ok(Number.isNaN(createSamples().ratio(['latency', 'latency'], 'agent', 'floor', 0.5)))
})

t.test('a ratio is that of each round, so that a spell in which the machine was slow does not count', async (t) => {
  const samples = createSamples()
  for (const slow of [1, 10, 1, 10, 10]) {
    samples.add('latency', 'agent', [2 * slow, 3 * slow, 99 * slow])
    samples.add('latency', 'floor', [1 * slow, 2 * slow, 3 * slow])
  }
  samples.add('latency', 'agent', [1000])
  samples.add('latency', 'floor', [10])
  t.equal(samples.ratio(['latency', 'latency'], 'agent', 'floor', 0.5), 1.5)
  t.equal(samples.value('latency', 'agent', 1), 1000)
})

t.test('other quantiles are compared over all rounds', async (t) => {
  const samples = createSamples()
  samples.add('latency', 'agent', [1, 2])
  samples.add('latency', 'agent', [40])
  samples.add('latency', 'floor', [1, 2])
  samples.add('latency', 'floor', [10])
  t.equal(samples.ratio(['latency', 'latency'], 'agent', 'floor', 0.99), 4)
})

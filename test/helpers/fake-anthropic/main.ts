// The stand-in API as a program of its own:
//
//   node main.ts [--port N] [--scenarios JSON] [--exit-with-stdin]
//
// First line on standard output, once it listens: {"url":"http://127.0.0.1:40123"}
import { parseArgs } from 'node:util'
import { startFakeAnthropic } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    scenarios: { type: 'string', default: '{}' },
    'exit-with-stdin': { type: 'boolean', default: false },
  },
})
const fake = await startFakeAnthropic({ port: Number(values.port), scenarios: JSON.parse(values.scenarios) })
console.log(JSON.stringify({ url: fake.url }))
const stop = () => void fake.close().then(() => process.exit(0))
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
if (values['exit-with-stdin']) process.stdin.on('end', stop).resume()

import t from 'tap'
import { routeFor } from '../../../../plugins/claude-task/broker/route.ts'

t.test('without a word of the config the API itself is asked', async (t) => {
  const { url, agent } = await routeFor({})
  t.equal(url.href, 'https://api.anthropic.com/')
  agent.destroy()
})

t.test('the key crosses no network in plain sight', async (t) => {
  for (const url of ['http://127.0.0.1:1', 'http://localhost:1/x', 'http://[::1]:1', 'https://gateway.example'])
    (await routeFor({ ANTHROPIC_BASE_URL: url })).agent.destroy()
  const wrong = [
    'http://gateway.example',
    'http://127.0.0.1.example',
    'ftp://x',
    'nonsense',
    'https://u:p@x',
    'https://x?y',
  ]
  for (const url of wrong) {
    const refusal = { code: 'CLAUDE_ROUTE_INVALID', refused: true, message: /ANTHROPIC_BASE_URL/ }
    await t.rejects(routeFor({ ANTHROPIC_BASE_URL: url }), refusal, url)
  }
})

t.test('a proxy needs a Node.js that goes through it', async (t) => {
  const variables = { HTTPS_PROXY: 'http://proxy.example:8080' }
  for (const version of ['22.21.0', '24.5.0', '26.0.0']) (await routeFor(variables, version)).agent.destroy()
  for (const version of ['22.20.0', '23.11.0', '24.4.1']) {
    await t.rejects(routeFor(variables, version), { code: 'CLAUDE_ROUTE_INVALID', message: /HTTPS_PROXY/ }, version)
    ;(await routeFor({}, version)).agent.destroy()
  }
})

t.test('a file of certificates that cannot be read is told', async (t) => {
  const variables = { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }
  await t.rejects(routeFor(variables), { code: 'CLAUDE_ROUTE_INVALID', message: /NODE_EXTRA_CA_CERTS/ })
})

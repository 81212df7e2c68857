import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { createAuthority } from '../../../helpers/certificates.ts'
import { brokered, echo, listening } from './brokered.ts'

t.test('over TLS, by an authority of the config’s, also through a proxy', async (t) => {
  const authority = createAuthority(t)
  const api = await echo(t, authority.issue('DNS:localhost'))
  const tunnels: string[] = []
  const proxy = await listening(t, () => {})
  proxy.server.on('connect', (req: IncomingMessage, client: import('node:net').Socket) => {
    tunnels.push(String(req.url))
    const there = connect(api.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(there).pipe(client)
    })
    for (const end of [client, there]) end.on('error', () => {})
    there.on('close', () => client.destroy())
    client.on('close', () => there.destroy())
  })
  const direct = { ANTHROPIC_BASE_URL: api.url, NODE_EXTRA_CA_CERTS: authority.caFile }
  t.match(await (await brokered(t, direct)).ask(), { status: 200 })
  t.same(tunnels, [])
  t.match(await (await brokered(t, { ...direct, HTTPS_PROXY: proxy.url })).ask(), { status: 200 })
  t.same(tunnels, [new URL(api.url).host])
  t.match(await (await brokered(t, { ...direct, HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' })).ask(), {
    status: 200,
  })
  t.equal(tunnels.length, 1, 'NO_PROXY is heeded')
  const unknown = await brokered(t, { ANTHROPIC_BASE_URL: api.url })
  await t.rejects(unknown.ask())
  t.match(unknown.broker.tally().failure, /certificate/)
  t.equal(api.seen.length, 3)
})

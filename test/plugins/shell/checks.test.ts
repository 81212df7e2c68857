import t from 'tap'
import { shellHost } from './shell-host.ts'

async function checksOf(t: Parameters<typeof shellHost>[0], config: object): Promise<Record<string, boolean>> {
  const host = await shellHost(t, config)
  return Object.fromEntries((await host.check('shell')).map(({ name, ok }) => [name, ok]))
}

t.test('a machine as it comes passes', async (t) => {
  t.same(await checksOf(t, {}), { shell: true, powershell: true, allow: true, elevation: true })
})

t.test('programs that are configured and missing are found out', async (t) => {
  t.match(await checksOf(t, { interpreter: 'no-such-shell', powershell: '/no/pwsh' }), {
    shell: false,
    powershell: false,
  })
  t.match(await checksOf(t, { interpreter: 'bash', powershell: '/bin/sh', allow: ['a'] }), {
    shell: true,
    powershell: true,
    allow: true,
  })
})

t.test('elevation that this agent cannot give is found out', async (t) => {
  t.match(await checksOf(t, { elevated: true }), { elevation: process.geteuid?.() === 0 })
})

import type { SiteProfileAppliedPayload } from 'gururmm-agent/protocol'
import type { Hono } from 'hono'
import { createCheck } from './check.ts'
import { type Env, fail } from './requests.ts'
import type { ServerContext } from './session.ts'
import type { Store } from './store.ts'

/** What is taken away at a site. */
export interface SiteProfile {
  readonly revision: number
  readonly plugins: Readonly<Record<string, object>>
}

/** A site's profile as the API shows it, and what each of the site's agents made of the last one it was sent. */
export interface SiteProfileView {
  readonly site: string
  readonly profile: SiteProfile | null
  readonly agents: readonly {
    readonly id: string
    readonly online: boolean
    readonly applied: SiteProfileAppliedPayload | null
  }[]
}

/** Only the outer shape: whether it narrows an agent's own config is for that agent to say. */
const checkBody = createCheck({
  type: 'object',
  additionalProperties: false,
  required: ['plugins'],
  properties: { plugins: { type: 'object', additionalProperties: { type: 'object' } } },
})

/** Routes for what the server takes away at a site; see README.md. */
export function addProfileRoutes(api: Hono<Env>, context: ServerContext): void {
  api.get('/api/sites/:site/profile', (c) => c.json(viewOf(context, c.req.param('site'))))
  api.put('/api/sites/:site/profile', async (c) => {
    const site = c.req.param('site')
    const body: unknown = await c.req.json().catch(() => fail(400, 'expected a body of JSON'))
    const problem = checkBody(body)
    if (problem !== null) fail(400, `the profile is not valid: ${problem}`)
    const { plugins } = body as Pick<SiteProfile, 'plugins'>
    const profile = { revision: nextRevision(context.store, site), plugins }
    await context.store.record({ event: 'profile', at: new Date().toISOString(), site, profile })
    for (const agent of agentsOf(context, site)) agent.session?.sendProfile(profile)
    return c.json(viewOf(context, site))
  })
}

/** Seconds since the epoch where that is more: a server that lost its log still counts upwards. */
function nextRevision(store: Store, site: string): number {
  return Math.max((store.profile(site)?.revision ?? 0) + 1, Math.floor(Date.now() / 1000))
}

function viewOf(context: ServerContext, site: string): SiteProfileView {
  const agents = agentsOf(context, site)
  if (agents.length === 0) fail(404, 'no agent of this site')
  return {
    site,
    profile: context.store.profile(site) ?? null,
    agents: agents.map(({ id, session, profileApplied }) => ({
      id,
      online: session !== null,
      applied: profileApplied,
    })),
  }
}

function agentsOf({ agents }: ServerContext, site: string) {
  return agents.list().filter((agent) => agent.site === site)
}

import { type CommandContext, definePlugin, type Infer, type Plugin } from '@gururmm/plugin-sdk'

/** What must infer. Checked by the type check; types.test.ts sees to it that it is. Nothing here runs. */

/** Compiles only where A and B are the same type, both ways. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <T extends true>(..._: T[]) => {}

export const plugin: Plugin = definePlugin({
  name: 'acme',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['folder'],
    properties: {
      folder: { type: 'string', format: 'path' },
      depth: { type: 'integer', default: 3 },
      tokenFile: { type: ['string', 'null'], format: 'secret-file', default: null },
      mode: { enum: ['fast', 'slow'] },
    },
  },
  permissions: { read: 'operator', programs: ['lsblk'], environment: ['LANG'] },
  commands: {
    acme_list: {
      description: 'Lists.',
      schemas: {
        input: {
          type: 'object',
          additionalProperties: false,
          required: ['path'],
          properties: {
            path: { type: 'string' },
            max: { type: 'integer' },
            tags: { type: 'array', items: { type: 'string' } },
          },
        },
        result: { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } },
      },
      timeoutSeconds: 10,
      limits: { concurrent: 1, queued: 0, rate: { count: 1, windowSeconds: 60 } },
      elevation: true,
      afterCrash: 'rerun',
      async handler(input, ctx) {
        is<Same<typeof input.path, string>>()
        is<Same<typeof input.max, number | undefined>>()
        is<Same<typeof input.tags, string[] | undefined>>()
        is<Same<typeof ctx.config.folder, string>>()
        // A default is filled in before the plugin sees it
        is<Same<typeof ctx.config.depth, number>>()
        is<Same<typeof ctx.config.tokenFile, string | null>>()
        is<Same<typeof ctx.config.mode, 'fast' | 'slow' | undefined>>()
        is<Same<typeof ctx.command.origin, 'server' | 'local'>>()
        const directory = await ctx.openDirectory(input.path, [ctx.config.folder])
        const run = ctx.run('lsblk', ['--json'], { cwd: directory, idleTimeoutSeconds: 1, output: 'plugin' })
        for await (const line of run.lines('stdout')) is<Same<typeof line, string>>()
        const { exitCode } = await run.ended
        is<Same<typeof exitCode, number | null>>()
        return { exitCode: 0, data: { count: 1 }, usage: { disks: 1 } }
      },
    },
    // Without a result schema: any data, or none
    acme_any: {
      description: 'Says anything.',
      schemas: { input: { type: 'object' } },
      async handler(input) {
        is<Same<typeof input, { [key: string]: unknown }>>()
        return { data: { whatever: [1, 'two'] } }
      },
    },
    acme_void: {
      description: 'Only runs.',
      schemas: { input: { type: 'object' } },
      async handler(_input, ctx) {
        await ctx.run('true', []).ended
      },
    },
  },
  async setup({ config, logger, signal, site, dataDir }) {
    is<Same<typeof config.depth, number>>()
    logger.info({ site, dataDir, stopped: signal.aborted }, 'ready')
  },
  check: async ({ config }) => [{ name: 'folder', ok: config.folder !== '', message: 'It is set.' }],
  async teardown() {},
})

/** A plugin without a config. */
export const bare = definePlugin({
  name: 'bare',
  commands: { bare: { description: 'x', schemas: { input: { type: 'object' } }, async handler() {} } },
})

const inputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } } as const

/** A handler in a file of its own names its types by the schemas. */
async function handler(input: Infer<typeof inputSchema>, _ctx: CommandContext<{ folder?: string }>) {
  is<Same<typeof input.n, number>>()
  return { data: input.n }
}

export const apart = definePlugin({
  name: 'apart',
  configSchema: { type: 'object', properties: { folder: { type: 'string' } } },
  commands: { apart: { description: 'x', schemas: { input: inputSchema }, handler } },
})

import { type CommandContext, definePlugin, type ObjectSchema, type Plugin } from '@gururmm/plugin-sdk'
import type { Test } from 'tap'
import { hostOfPlugin, type RunOptions, runOn } from './plugin-host.ts'

export const node = process.execPath

/** A plugin of one command type, `act`; its handler may do what no type checker would let it. */
export function actor(handler: (ctx: CommandContext, input: unknown) => unknown, result?: ObjectSchema): Plugin {
  const schemas = { input: { type: 'object' } as const, ...(result && { result }) }
  return definePlugin({
    name: 'actor',
    permissions: { programs: [node] },
    commands: { act: { description: 'Acts.', schemas, handler: async (input, ctx) => handler(ctx, input) as never } },
  })
}

/** Runs one command whose handler is given. */
export async function act(
  t: Test,
  handler: Parameters<typeof actor>[0],
  options: RunOptions & { result?: ObjectSchema } = {},
) {
  const host = hostOfPlugin(t, actor(handler, options.result), {}, { stuckAfterSeconds: 0.2 })
  return { host, result: await runOn(host, 'act', {}, options) }
}

/** Runs a script. */
export const print = (ctx: CommandContext, script: string) => ctx.run(node, ['-e', script])

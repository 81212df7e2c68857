import { CommandError, definePlugin, type Outcome } from '@gururmm/plugin-sdk'
import { testPlugin } from '@gururmm/plugin-sdk/testing'

/** What must not compile: each line is an error that the compiler has to find. Nothing here runs. */

const input = { type: 'object', properties: { path: { type: 'string' } }, additionalProperties: false } as const
const result = { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } } as const
const description = 'x'

export const wrongUse = definePlugin({
  name: 'acme',
  configSchema: { type: 'object', additionalProperties: false, properties: { depth: { type: 'integer' } } },
  commands: {
    acme_use: {
      description,
      schemas: { input },
      async handler(given, ctx) {
        // @ts-expect-error a key that the schema does not have
        given.pth
        // @ts-expect-error it may be absent
        given.path.length
        // @ts-expect-error of another type
        const depth: string | undefined = ctx.config.depth
        // @ts-expect-error a config key that the schema does not have
        ctx.config.dept
        // @ts-expect-error the config is frozen
        ctx.config.depth = 3
        // @ts-expect-error arguments are a list, not a line
        ctx.run('ls', '-l')
        // @ts-expect-error an option that does not exist
        ctx.run('ls', [], { shell: true })
        // @ts-expect-error news is an object
        ctx.progress('half way')
        // @ts-expect-error a secret is read, not there
        ctx.secret('tokenFile').length
        return { stdout: depth ?? '' }
      },
    },
  },
})

export const wrongData = definePlugin({
  name: 'acme',
  commands: {
    // @ts-expect-error data of another type than the result schema's
    acme_data: { description, schemas: { input, result }, handler: async () => ({ data: { count: 'one' } }) },
    // @ts-expect-error data without what the result schema requires
    acme_less: { description, schemas: { input, result }, handler: async () => ({ data: {} }) },
    // @ts-expect-error an exit code is a number
    acme_exit: { description, schemas: { input }, handler: async () => ({ exitCode: '0' }) },
    // @ts-expect-error a handler is asynchronous
    acme_sync: { description, schemas: { input }, handler: () => ({ stdout: '' }) },
    // @ts-expect-error an outcome is an object
    acme_text: { description, schemas: { input }, handler: async () => 'done' },
  },
})

export const wrongShape = definePlugin({
  // @ts-expect-error a name is text
  name: 7,
  // @ts-expect-error a config is an object
  configSchema: { type: 'string' },
  // @ts-expect-error a permission that does not exist
  permissions: { disk: true },
  commands: {
    // @ts-expect-error a command needs a handler
    acme_none: { description, schemas: { input } },
    // @ts-expect-error a command needs a description
    acme_mute: { schemas: { input }, async handler() {} },
    // @ts-expect-error an input is an object
    acme_list: { description, schemas: { input: { type: 'array' } }, async handler() {} },
    // @ts-expect-error one of two words
    acme_after: { description, schemas: { input }, afterCrash: 'retry', async handler() {} },
    // @ts-expect-error a key that does not exist
    acme_more: { description, schemas: { input }, timeout: 3, async handler() {} },
    // @ts-expect-error an outcome key that does not exist
    acme_case: { description, schemas: { input }, handler: async () => ({ stdOut: '' }) },
    // @ts-expect-error a rate needs its window
    acme_rate: { description, schemas: { input }, limits: { rate: { count: 1 } }, async handler() {} },
  },
})

// @ts-expect-error a plugin brings commands
definePlugin({ name: 'acme' })
definePlugin({
  name: 'acme',
  // @ts-expect-error the plugin's version is that of its package.json
  version: '1.0.0',
  commands: { acme: { description, schemas: { input }, async handler() {} } },
})
// @ts-expect-error a code and a message
new CommandError('ACME_X')
// @ts-expect-error an option that does not exist
new CommandError('ACME_X', 'No.', { retry: 5 })

export const outcome: Outcome<{ count: number }> = {
  // @ts-expect-error of another type
  data: { count: 'one' },
}

// @ts-expect-error a plugin, not its name
void testPlugin('acme')
// @ts-expect-error an option that does not exist
void testPlugin(wrongUse, { configuration: {} })

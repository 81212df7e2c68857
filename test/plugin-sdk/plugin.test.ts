import { definePlugin } from '@gururmm/plugin-sdk'
import { test } from 'tap'

type Fields = Record<string, unknown>

const command = { description: 'Acts.', schemas: { input: { type: 'object' } }, handler: async () => {} }
const valid: Fields = { name: 'acme', commands: { acme_act: command } }

/** As an author of plain JavaScript calls it. */
const define = (plugin: unknown) => definePlugin(plugin as never)
const withCommand = (changes: Fields) => ({ ...valid, commands: { acme_act: { ...command, ...changes } } })
const withLimits = (limits: unknown) => withCommand({ limits })

test('a definition comes back as it is', async (t) => {
  const plugin = {
    ...valid,
    configSchema: { type: 'object' },
    permissions: { read: 'operator', programs: ['lsblk'], network: false, environment: ['LANG'] },
    setup: async () => {},
    check: async () => [],
    teardown: async () => {},
  }
  t.equal(define(plugin), plugin)
  t.ok(define(withCommand({ timeoutSeconds: 0.5, elevation: true, afterCrash: 'rerun' })))
  t.ok(define(withLimits({ concurrent: 1, queued: 0, rate: { count: 0, windowSeconds: 0.5 } })))
})

test('what is wrong is named with its key, what it must be and what it is', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /A plugin must be .* not missing/],
    [[], /A plugin/],
    [{ ...valid, name: 'Acme-Inventory' }, /`name` .*snake_case.* "Acme-Inventory"/],
    [{ ...valid, name: 'a'.repeat(65) }, /`name`/],
    [{ ...valid, name: undefined }, /`name`.*missing/],
    [{ ...valid, version: '1.0.0' }, /`version` must be one of name, /],
    [{ ...valid, configSchema: { type: 'string' } }, /`configSchema\.type` must be 'object', not "string"/],
    [{ ...valid, configSchema: {} }, /`configSchema\.type`/],
    [{ ...valid, configSchema: 'object' }, /`configSchema`/],
    [{ ...valid, setup: {} }, /`setup` must be a function/],
    [{ ...valid, teardown: 'x' }, /`teardown`/],
    [{ ...valid, permissions: [] }, /`permissions`/],
    [{ ...valid, permissions: { disk: true } }, /`permissions\.disk` must be one of read, /],
    [{ ...valid, permissions: { programs: 'all' } }, /`permissions\.programs` .*'operator'/],
    [{ ...valid, permissions: { read: [''] } }, /`permissions\.read`/],
    [{ ...valid, permissions: { network: 'yes' } }, /`permissions\.network` must be true or false, not "yes"/],
    [{ ...valid, permissions: { environment: 'operator' } }, /`permissions\.environment`/],
    [{ name: 'acme' }, /`commands`.*missing/],
    [{ name: 'acme', commands: {} }, /`commands`/],
    [{ name: 'acme', commands: [command] }, /`commands`/],
    [{ name: 'acme', commands: { 'acme-act': command } }, /`commands\.acme-act` .*snake_case/],
    [{ name: 'acme', commands: { act: 7 } }, /`commands\.act`/],
    [withCommand({ handler: undefined }), /`commands\.acme_act\.handler` must be a function, not missing/],
    [withCommand({ handle: () => {} }), /`commands\.acme_act\.handle` must be one of/],
    [withCommand({ description: '' }), /`commands\.acme_act\.description`/],
    [withCommand({ schemas: undefined }), /`commands\.acme_act\.schemas`/],
    [withCommand({ schemas: {} }), /`commands\.acme_act\.schemas\.input`/],
    [withCommand({ schemas: { input: { type: 'array' } } }), /`commands\.acme_act\.schemas\.input\.type`/],
    [withCommand({ schemas: { input: { type: 'object' }, result: true } }), /schemas\.result/],
    [withCommand({ schemas: { input: { type: 'object' }, output: {} } }), /schemas\.output/],
    [withCommand({ timeoutSeconds: 0 }), /timeoutSeconds/],
    [withCommand({ timeoutSeconds: Number.POSITIVE_INFINITY }), /timeoutSeconds/],
    [withCommand({ elevation: 'yes' }), /elevation/],
    [withCommand({ afterCrash: 'retry' }), /afterCrash` must be 'interrupt' or 'rerun', not "retry"/],
    [withLimits({ concurrent: 0 }), /limits\.concurrent/],
    [withLimits({ queued: -1 }), /limits\.queued/],
    [withLimits({ max: 1 }), /limits\.max/],
    [withLimits({ rate: { count: 1 } }), /limits\.rate\.windowSeconds/],
    [withLimits({ rate: { count: 1.5, windowSeconds: 1 } }), /limits\.rate\.count/],
  ]
  for (const [plugin, message] of wrong) t.throws(() => define(plugin), { name: 'TypeError', message }, message.source)
})

import type { Command } from 'commander'
import { verb, withJson } from './define-verb.ts'

/** `plugin …`: what operators do with plugins. */
export function addPlugin(program: Command): void {
  const plugin = program.command('plugin').description('look at plugins and switch them')
  withJson(verb(plugin, 'list', 'list the plugins and how they stand', () => import('./verbs/plugin-list.ts')))
  withJson(
    verb(plugin, 'info', 'show a plugin’s commands, settings and permissions', () => import('./verbs/plugin-info.ts')),
  ).argument('<name>')
  for (const name of ['enable', 'disable']) {
    const summary = `switch a plugin ${name === 'enable' ? 'on' : 'off'} in the config, and in the running agent`
    withJson(verb(plugin, name, summary, () => import('./verbs/plugin-switch.ts')))
      .argument('<name>')
      .option('--site <site>', 'only at this site')
  }
  addIntegrity(plugin)
}

function addIntegrity(plugin: Command): void {
  const pin = 'write the digest of a plugin’s files into the config: it is loaded only as it is now'
  withJson(verb(plugin, 'pin', pin, () => import('./verbs/plugin-pin.ts'))).argument('<name>')
  const verify = 'compare plugins’ files with what the config pins; ends with 1 where they differ'
  withJson(verb(plugin, 'verify', verify, () => import('./verbs/plugin-verify.ts'))).argument('[name]')
}

import { type Command, Option } from 'commander'
import { verb, withJson } from './define-verb.ts'

/** `plugin …`: what operators and authors do with plugins. */
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
  const reload =
    'take the code of a plugin from the disk anew, in the running agent; its commands that run are not touched'
  withJson(verb(plugin, 'reload', reload, () => import('./verbs/plugin-reload.ts'))).argument('<name>')
  addInstalling(plugin)
  addIntegrity(plugin)
  addAuthors(plugin)
}

function addInstalling(plugin: Command): void {
  const install = 'copy a plugin below the data folder; grant, pin and leave it disabled'
  withJson(verb(plugin, 'install', install, () => import('./verbs/plugin-install.ts')))
    .argument('<folder|tgz>', 'as `plugin pack` makes it, or the plugin’s own folder')
    .option('--yes', 'do not ask')
    .option('--integrity <digest>', 'install nothing but the package with this digest')
  const remove = 'take a plugin out of the config, and remove what was installed of it'
  withJson(verb(plugin, 'remove', remove, () => import('./verbs/plugin-remove.ts')))
    .argument('<name>')
    .option('--data', 'remove its data folder, too')
}

function addIntegrity(plugin: Command): void {
  const pin = 'write the digest of a plugin’s files into the config: it is loaded only as it is now'
  withJson(verb(plugin, 'pin', pin, () => import('./verbs/plugin-pin.ts'))).argument('<name>')
  const verify = 'compare plugins’ files with what the config pins; ends with 1 where they differ'
  withJson(verb(plugin, 'verify', verify, () => import('./verbs/plugin-verify.ts'))).argument('[name]')
}

/** What authors of plugins do. */
function addAuthors(plugin: Command): void {
  const create = 'make a plugin that runs as it is, in a folder of its name'
  withJson(verb(plugin, 'new', create, () => import('./verbs/plugin-new.ts')))
    .argument('<name>', 'of the plugin and its command type, e.g. acme_inventory')
    .addOption(
      new Option('--language <language>', 'what to write it in')
        .choices(['typescript', 'javascript'])
        .default('typescript'),
    )
    .option('--dir <folder>', 'where to (default: ./NAME)')
  const dev = 'run a plugin in an agent of its own, and again after each change'
  verb(plugin, 'dev', dev, () => import('./verbs/plugin-dev.ts')).argument(
    '[folder]',
    'of the plugin (default: this one)',
  )
  const test = 'run its own tests, then what every plugin must stand; ends with 1 where one fails'
  withJson(verb(plugin, 'test', test, () => import('./verbs/plugin-test.ts')))
    .argument('[folder]', 'of the plugin (default: this one)')
    .option('--no-own', 'leave its own tests out')
  verb(plugin, 'manifest', 'write a plugin’s manifest from its code', () => import('./verbs/plugin-manifest.ts'))
    .argument('[folder]', 'of the plugin (default: this one)')
    .option('--check', 'only say whether it is what the code says; ends with 1 where not')
  const pack = 'make a .tgz that can be installed: JavaScript only, with the packages it needs'
  withJson(verb(plugin, 'pack', pack, () => import('./verbs/plugin-pack.ts')))
    .argument('[folder]', 'of the plugin (default: this one)')
    .option('--out <file>', 'the file to write (default: ./NAME-VERSION.tgz)')
}

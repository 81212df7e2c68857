import t from 'tap'
import { environmentFor, probeEnvironment } from '../../../plugins/claude-task/environment.ts'
import { configWith, policyWith } from './settings.ts'

const scratch = {
  root: '/s',
  home: '/s/home',
  config: '/s/config',
  temp: '/s/tmp',
  settingsFile: '/s/settings.json',
  writeSettings: async () => {},
  remove: async () => {},
}
const access = { variable: 'ANTHROPIC_API_KEY', token: 'token', url: 'http://127.0.0.1:9', socket: null }

t.test('home, config and temporary folder are those of the task', async (t) => {
  t.match(environmentFor(configWith(), policyWith(), scratch, access), {
    HOME: '/s/home',
    CLAUDE_CONFIG_DIR: '/s/config',
    TMPDIR: '/s/tmp',
    XDG_RUNTIME_DIR: '/s/tmp',
    ANTHROPIC_API_KEY: 'token',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
  })
})

t.test('a long-lived token goes where the CLI looks for tokens', async (t) => {
  const env = environmentFor(configWith(), policyWith(), scratch, {
    ...access,
    variable: 'CLAUDE_CODE_OAUTH_TOKEN',
  })
  t.equal(env.CLAUDE_CODE_OAUTH_TOKEN, 'token')
  t.notOk('ANTHROPIC_API_KEY' in env)
})

t.test('the config adds variables and tunes retries, but cannot undo the containment', async (t) => {
  const config = configWith({
    environment: {
      CLAUDE_CODE_MAX_RETRIES: '0',
      CLAUDE_CODE_DISABLE_ATTACHMENTS: '0',
    },
  })
  t.match(environmentFor(config, policyWith(), scratch, access), {
    CLAUDE_CODE_MAX_RETRIES: '0',
    CLAUDE_CODE_DISABLE_ATTACHMENTS: '1',
  })
})

t.test('variables of the profile come over those of the plugin', async (t) => {
  const config = configWith({ environment: { LC_ALL: 'C', TZ: 'UTC' } })
  const policy = policyWith('operate', { environment: { TZ: 'Europe/Berlin', DISABLE_TELEMETRY: '0' } })
  const env = environmentFor(config, policy, scratch, access)
  t.match(env, { LC_ALL: 'C', TZ: 'Europe/Berlin', DISABLE_TELEMETRY: '1' })
})

t.test('one attempt at the API ends before the idle timeout does', async (t) => {
  const env = environmentFor(configWith({ idleTimeoutSeconds: 3 }), policyWith(), scratch, access)
  t.equal(env.API_TIMEOUT_MS, '2000')
})

t.test('asking the CLI for its version needs no key', async (t) => {
  t.notOk(Object.keys(probeEnvironment(scratch)).some((name) => /KEY|TOKEN/.test(name)))
})

t.test('on Windows the user’s profile folders are the task’s own too', async (t) => {
  t.match(environmentFor(configWith(), policyWith(), scratch, access, 'win32'), {
    USERPROFILE: '/s/home',
    APPDATA: '/s/home',
    TEMP: '/s/tmp',
  })
  t.notOk('APPDATA' in environmentFor(configWith(), policyWith(), scratch, access, 'linux'))
})

t.test('the way to the API is the broker’s: no proxy, no certificate, no other address reaches the CLI', async (t) => {
  const environment = {
    ANTHROPIC_BASE_URL: 'https://gateway.example',
    HTTPS_PROXY: 'http://proxy.example',
    no_proxy: '*',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    LC_ALL: 'C',
  }
  const env = environmentFor(configWith({ environment }), policyWith(), scratch, {
    ...access,
    socket: '/run/claude/api',
  })
  t.match(env, { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_UNIX_SOCKET: '/run/claude/api', LC_ALL: 'C' })
  t.notMatch(JSON.stringify(env), /example|no_proxy|NODE_EXTRA/)
  t.notOk('ANTHROPIC_UNIX_SOCKET' in environmentFor(configWith(), policyWith(), scratch, access))
})

import type { AgentMessage, ServerMessage } from '../../core/protocol/messages.ts'
import { APPROVAL_EXAMPLES } from './approval-examples.ts'
import { QUERY_EXAMPLES } from './query-examples.ts'
import { SITE_PROFILE_EXAMPLES } from './site-profile-examples.ts'

/** One frame as the documentation shows it. */
export interface Example {
  readonly title: string
  readonly message: AgentMessage | ServerMessage
}

const AGENT_ID = '1f0c9a4e-8f0e-4f7a-9a37-2f6f3f5f7d11'
const CLAUDE_COMMAND = '550e8400-e29b-41d4-a716-446655440000'
const SHELL_COMMAND = '7b1e6b0c-54d5-4f0e-9df8-0a1b2c3d4e5f'
const CAPABILITIES = [
  'command_ack',
  'command_progress',
  'command_result_ack',
  'command_cancel',
  'result_details',
  'query',
  'site_profile',
  'approvals',
  'error',
]

/** At least one for every message; a test checks each against its schema. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'An agent with the shipped plugins',
    message: {
      type: 'auth',
      payload: {
        ...{ agent_id: AGENT_ID, site: 'main-office', protocol_version: 1, agent_version: '1.0.0' },
        ...{ hostname: 'reception-pc', os: 'linux', os_version: '6.12.0', arch: 'x64' },
        capabilities: CAPABILITIES,
        plugins: [
          {
            ...{ name: 'shell', version: '1.0.0', state: 'enabled' },
            commands: [{ type: 'shell', schema_digest: 'sha256-9b1f7c0c7f5b9d2a' }],
          },
        ],
      },
    },
  },
  {
    title: 'A server that knows everything here',
    message: {
      type: 'auth_ack',
      payload: {
        ...{ success: true, agent_id: AGENT_ID, heartbeat_seconds: 30 },
        ...{ capabilities: CAPABILITIES, site_profile: null },
      },
    },
  },
  {
    title: 'A server that does not know the agent; it then closes with 1008',
    message: { type: 'auth_ack', payload: { success: false, message: 'this token belongs to another agent' } },
  },
  {
    title: 'One command runs',
    message: {
      type: 'heartbeat',
      payload: {
        ...{ agent_id: AGENT_ID, uptime_seconds: 3600, running: 1, queued: 0, outbox: 0, event_loop_lag_ms: 1.2 },
        plugins: [{ name: 'claude_task', state: 'disabled', reason: 'Switched off for the site main-office.' }],
      },
    },
  },
  {
    title: 'A Claude task, in the object form of `command_type`',
    message: {
      type: 'command',
      payload: {
        id: CLAUDE_COMMAND,
        command_type: {
          claude_task: {
            task: 'Check the sync log for errors in last 24 hours',
            working_directory: 'C:\\Shares\\test\\logs',
            context_files: ['sync.log', 'error.log'],
          },
        },
        command: 'unused for claude_task',
        timeout_seconds: 300,
        elevated: false,
      },
    },
  },
  {
    title: 'A shell command, in the text form, with what `result_details` adds',
    message: {
      type: 'command',
      payload: {
        ...{ id: SHELL_COMMAND, command_type: 'shell', command: 'df -h', timeout_seconds: 60, elevated: false },
        requested_by: { user: 'olga', role: 'technician' },
        expires_at: '2026-01-21T18:00:00Z',
      },
    },
  },
  {
    title: 'The command is recorded and will run',
    message: { type: 'command_ack', payload: { command_id: SHELL_COMMAND, status: 'accepted', code: null } },
  },
  {
    title: 'The id belongs to an earlier command with another content; there will be no second result',
    message: {
      type: 'command_ack',
      payload: { command_id: SHELL_COMMAND, status: 'rejected', code: 'COMMAND_ID_REUSED' },
    },
  },
  {
    title: 'Output of a program',
    message: {
      type: 'command_progress',
      payload: {
        ...{ command_id: SHELL_COMMAND, seq: 1, stream: 'stdout', offset: 0 },
        ...{ data: 'Filesystem      Size  Used Avail Use% Mounted on\n', dropped: 0 },
      },
    },
  },
  {
    title: 'News of a plugin, here of a Claude task',
    message: {
      type: 'command_progress',
      payload: {
        ...{ command_id: CLAUDE_COMMAND, seq: 4, stream: 'event', offset: 0 },
        data: {
          event: 'turn',
          turn: 2,
          cost_usd: 0.0142,
          usage: {
            ...{ input_tokens: 3000, output_tokens: 110 },
            ...{ cache_creation_input_tokens: 0, cache_read_input_tokens: 12_500 },
          },
        },
        dropped: 2,
      },
    },
  },
  {
    title: 'A Claude task that ended well',
    message: {
      type: 'command_result',
      payload: {
        command_id: CLAUDE_COMMAND,
        exit_code: 0,
        stdout: 'Claude Code output here...',
        stderr: '',
        duration_ms: 45230,
      },
    },
  },
  {
    title: 'A refusal, with what `result_details` adds',
    message: {
      type: 'command_result',
      payload: {
        ...{ command_id: CLAUDE_COMMAND, exit_code: -1, stdout: '' },
        stderr: '10 commands of type claude_task have started in the last hour, and no more are allowed.',
        duration_ms: 0,
        error: {
          code: 'LIMIT_RATE',
          message: '10 commands of type claude_task have started in the last hour, and no more are allowed.',
          retry_after_seconds: 1260,
        },
        plugin: 'claude_task',
      },
    },
  },
  {
    title: 'The result is saved',
    message: { type: 'command_result_ack', payload: { command_id: SHELL_COMMAND } },
  },
  {
    title: 'End it',
    message: { type: 'command_cancel', payload: { command_id: SHELL_COMMAND } },
  },
  ...APPROVAL_EXAMPLES,
  ...SITE_PROFILE_EXAMPLES,
  ...QUERY_EXAMPLES,
  {
    title: 'A frame without an id',
    message: {
      type: 'error',
      payload: {
        code: 'MESSAGE_INVALID',
        message: 'The frame is not valid: expected a text frame, found a binary one.',
      },
    },
  },
]

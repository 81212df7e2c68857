import type { Example } from './examples.ts'

const SHELL_COMMAND = '7b1e6b0c-54d5-4f0e-9df8-0a1b2c3d4e5f'

/** What a server asks, and what it is told. */
export const QUERY_EXAMPLES: readonly Example[] = [
  {
    title: 'The output from byte 262144 on, which did not come as progress',
    message: {
      type: 'query',
      payload: { id: 'q-1', what: 'output', command_id: SHELL_COMMAND, stream: 'stdout', offset: 262_144 },
    },
  },
  {
    title: 'What user olga asked for since the 20th',
    message: {
      type: 'query',
      payload: { id: 'q-2', what: 'history', user: 'olga', since: '2026-01-20T00:00:00Z', limit: 20 },
    },
  },
  {
    title: 'A piece of output; there is more',
    message: {
      type: 'query_result',
      payload: { id: 'q-1', data: 'file-9361\nfile-9362\n', offset: 262_144, total_bytes: 1_048_576, end: false },
    },
  },
  {
    title: 'A page of the history; `next` is null on the last',
    message: {
      type: 'query_result',
      payload: {
        id: 'q-2',
        data: {
          entries: [
            {
              ...{ seq: 17, command_id: SHELL_COMMAND, type: 'shell', plugin: 'shell', origin: 'server' },
              ...{ state: 'acknowledged', user: 'olga', role: 'technician' },
              ...{ received_at: '2026-01-21T17:03:01.120Z', started_at: '2026-01-21T17:03:01.124Z' },
              ...{ finished_at: '2026-01-21T17:03:02.001Z', acknowledged_at: '2026-01-21T17:03:02.044Z' },
              ...{ exit_code: 0, error_code: null, duration_ms: 877 },
            },
          ],
          next: null,
        },
      },
    },
  },
  {
    title: 'No answer',
    message: {
      type: 'query_result',
      payload: {
        id: 'q-3',
        error: {
          code: 'QUERY_INVALID',
          message:
            'The query message is not valid: payload.what must be "status", "plugins", "history" or "output", found "weather".',
        },
      },
    },
  },
]

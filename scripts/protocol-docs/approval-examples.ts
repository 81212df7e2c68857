import type { Example } from './examples.ts'

const about = {
  command_id: '550e8400-e29b-41d4-a716-446655440000',
  request_id: '0d2c5b0e-3f0a-4c3f-8a53-5a0c6d7e8f90',
}

/** One question to a person, and its answer. */
export const APPROVAL_EXAMPLES: readonly Example[] = [
  {
    title: 'May it be done?',
    message: {
      type: 'approval_request',
      payload: {
        ...about,
        tool: 'Bash',
        target: 'systemctl restart nginx',
        rule: 'security.profiles.operate.rules.services',
        expires_at: '2026-03-04T05:08:07.000Z',
      },
    },
  },
  {
    title: 'It may',
    message: { type: 'approval_response', payload: { ...about, approved: true, user: 'anna@msp.example' } },
  },
]

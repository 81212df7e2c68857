/**
 * What runs in the process of a plugin that is not shipped with the agent, beside the plugin itself.
 *
 * @module
 */
import { Socket } from 'node:net'
import { serve } from './inside/serve.ts'
import { CHANNEL_FD } from './start.ts'

serve(new Socket({ fd: CHANNEL_FD, readable: true, writable: true }))

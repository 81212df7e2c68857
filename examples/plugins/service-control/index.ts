/**
 * The `service_list`, `service_status` and `service_restart` commands, for services of systemd and of Windows.
 *
 * @module
 */
import { definePlugin } from '@gururmm/plugin-sdk'
import { listServices, restartService, tellService } from './commands.ts'
import {
  configSchema,
  listResultSchema,
  listSchema,
  nameSchema,
  restartResultSchema,
  serviceSchema,
} from './schemas.ts'

export default definePlugin({
  name: 'service_control',
  configSchema,
  // One program, which differs by platform: the operator names it
  permissions: { programs: 'operator' },
  commands: {
    service_list: {
      description: 'Lists the services of this machine.',
      schemas: { input: listSchema, result: listResultSchema },
      timeoutSeconds: 60,
      handler: listServices,
    },
    service_status: {
      description: 'Tells how one service fares.',
      schemas: { input: nameSchema, result: serviceSchema },
      timeoutSeconds: 60,
      handler: tellService,
    },
    service_restart: {
      description: 'Restarts a service that the operator lets be restarted.',
      schemas: { input: nameSchema, result: restartResultSchema },
      timeoutSeconds: 180,
      limits: { concurrent: 1 },
      elevation: true,
      handler: restartService,
    },
  },
})

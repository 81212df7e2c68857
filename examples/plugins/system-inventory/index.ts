/**
 * The `system_inventory` command: what hardware, system, disks, network and packages this machine has.
 *
 * @module
 */
import { definePlugin } from '@gururmm/plugin-sdk'
import { takeInventory } from './inventory.ts'
import { configSchema, inputSchema, resultSchema } from './schemas.ts'

export default definePlugin({
  name: 'system_inventory',
  configSchema,
  permissions: {
    read: ['/proc', '/sys/class/dmi/id', '/sys/devices/virtual/dmi/id', '/etc/os-release', '/usr/lib/os-release'],
    // Which there are differs by platform; what is not granted is left out, with a note
    programs: 'operator',
  },
  commands: {
    system_inventory: {
      description: 'Tells what hardware, system, disks, network and packages this machine has.',
      schemas: { input: inputSchema, result: resultSchema },
      timeoutSeconds: 300,
      limits: { concurrent: 1 },
      afterCrash: 'rerun',
      handler: takeInventory,
    },
  },
})

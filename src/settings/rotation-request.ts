import { join } from 'node:path'

/** The file by which the command line asks a running provider to rotate its keys. @param data the data folder */
export function rotationRequestOf(data: string): string {
  return join(data, 'rotate-provider-keys')
}

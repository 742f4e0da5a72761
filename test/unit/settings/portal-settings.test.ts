import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('portal.json')

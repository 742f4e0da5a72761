import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('provider.json')

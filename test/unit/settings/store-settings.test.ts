import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('store.json')

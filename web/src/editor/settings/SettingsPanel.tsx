import type { SettingsPanelProps } from '../contract'

export function SettingsPanel(_props: SettingsPanelProps) {
  return null
}

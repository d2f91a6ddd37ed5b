import type { YamlPaneProps } from '../contract'

export function YamlPane(_props: YamlPaneProps) {
  return null
}

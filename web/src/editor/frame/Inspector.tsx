/**
 * What is known of the selection and of the workflow: the node's form, the triggers, the settings. The pieces are loaded
 * when they are first shown.
 */
import { Suspense, lazy, useEffect } from 'react'

import { preloadCode } from '../../ui/code/loading'
import { Skeleton } from '../../ui/states'
import { Tabs } from '../../ui/Tabs'
import type { InspectorTab } from '../looks'
import { useTools } from '../tools'
import { NodePart } from './NodePart'
import { PartBoundary } from './PartBoundary'

const TriggerPanel = lazy(() =>
  import('../../triggers/TriggerPanel').then((module) => ({ default: module.TriggerPanel })),
)
const SettingsPanel = lazy(() =>
  import('../settings/SettingsPanel').then((module) => ({ default: module.SettingsPanel })),
)

const ITEMS: readonly { value: InspectorTab; label: string }[] = [
  { value: 'node', label: 'Node' },
  { value: 'triggers', label: 'Triggers' },
  { value: 'settings', label: 'Settings' },
]

export function Inspector() {
  const { looks, look, editor } = useTools()
  const triggers = editor.definition.triggers?.length ?? 0
  // Expressions are typed in its forms.
  useEffect(preloadCode, [])
  const items = ITEMS.map((item) =>
    item.value === 'triggers' && triggers > 0 ? { ...item, badge: <Count>{triggers}</Count> } : item,
  )
  return (
    <section aria-label="Inspector" data-inspector className="flex h-full min-h-0 flex-col">
      <Tabs
        label="Inspector"
        value={looks.tab}
        onChange={(tab) => look({ tab })}
        items={items}
        className="flex min-h-0 flex-1 flex-col"
      >
        {(tab) => (
          <PartBoundary key={tab}>
            <Suspense fallback={<Skeleton />}>
              <div className="h-full overflow-y-auto">
                {tab === 'node' && <NodePart />}
                {tab === 'triggers' && <TriggerPanel editor={editor} />}
                {tab === 'settings' && <SettingsPanel editor={editor} />}
              </div>
            </Suspense>
          </PartBoundary>
        )}
      </Tabs>
    </section>
  )
}

export function Count({ children, tone = 'neutral' }: { children: number; tone?: string }) {
  return (
    <span
      data-tone={tone}
      className="rounded-full bg-tone-soft px-1.5 text-[11px] leading-4 text-tone tabular-nums"
    >
      {children}
    </span>
  )
}

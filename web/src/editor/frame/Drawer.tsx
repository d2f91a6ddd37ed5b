/** The drawer: problems, the document as YAML, tests. Below the canvas, or beside it; its edge can be moved. */
import { PanelBottom, PanelRight, X } from 'lucide-react'
import { Suspense, lazy } from 'react'

import { Skeleton } from '../../ui/states'
import { Tabs } from '../../ui/Tabs'
import type { DrawerTab } from '../looks'
import { useTools } from '../tools'
import { IconButton } from './IconButton'
import { Count } from './Inspector'
import { PartBoundary } from './PartBoundary'

const ProblemsPanel = lazy(() =>
  import('../problems/ProblemsPanel').then((module) => ({ default: module.ProblemsPanel })),
)
const YamlPane = lazy(() => import('../yaml/YamlPane').then((module) => ({ default: module.YamlPane })))
const TestPanel = lazy(() => import('../testing/TestPanel').then((module) => ({ default: module.TestPanel })))

export function Drawer({ tab }: { tab: DrawerTab }) {
  const { editor, looks, look, checking, onRun, narrow } = useTools()
  const count = editor.problems.length
  const items: { value: DrawerTab; label: string; badge?: React.ReactNode }[] = [
    {
      value: 'problems',
      label: 'Problems',
      badge: <Count tone={count > 0 ? 'failure' : 'neutral'}>{count}</Count>,
    },
    { value: 'yaml', label: 'YAML' },
    { value: 'test', label: 'Test' },
  ]
  const aside = (
    <span className="flex items-center">
      {!narrow && (
        <IconButton
          label={looks.beside ? 'Put the drawer below' : 'Put the drawer beside'}
          Icon={looks.beside ? PanelBottom : PanelRight}
          onClick={() => look({ beside: !looks.beside })}
        />
      )}
      <IconButton label="Close the drawer" Icon={X} onClick={() => look({ drawer: null })} />
    </span>
  )
  return (
    <section aria-label="Drawer" className="flex h-full min-h-0 flex-col bg-panel">
      <Tabs
        label="Drawer"
        value={tab}
        onChange={(drawer) => look({ drawer })}
        items={items}
        aside={aside}
        className="flex min-h-0 flex-1 flex-col"
      >
        {(shown) => (
          <PartBoundary key={shown}>
            <Suspense fallback={<Skeleton rows={3} />}>
              <div className="h-full overflow-y-auto">
                {shown === 'problems' && <ProblemsPanel editor={editor} checking={checking} />}
                {shown === 'yaml' && <YamlPane editor={editor} />}
                {shown === 'test' && <TestPanel editor={editor} onRun={onRun} />}
              </div>
            </Suspense>
          </PartBoundary>
        )}
      </Tabs>
    </section>
  )
}
